"""What is written exactly comes back exactly."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from convfilter.images import FORMATS, Image, Metadata, read, write
from tests.examples import examples
from tests.formats.declared import DEPTHS, GREY, exact, written


def there_and_back(image: Image | np.ndarray, format_name: str) -> Image:
    """Return what is read of a file of an image; two and four channels of an array have alpha."""
    if isinstance(image, np.ndarray):
        image = Image(image, alpha=image.shape[2:] in ((2,), (4,)))
    stream = io.BytesIO()
    assert write(image, stream, format=format_name) == []
    stream.seek(0)
    return read(stream)


@pytest.mark.parametrize(("format_name", "channels"), exact("uint8"))
@examples(15)
@given(data=st.data())
def test_uint8(format_name: str, channels: int, data: st.DataObject) -> None:
    size = data.draw(st.tuples(st.integers(1, 9), st.integers(1, 9)))
    shape = size if channels == 1 else (*size, channels)
    pixels = data.draw(arrays(np.uint8, shape))
    assume(channels not in (2, 4) or pixels[..., -1].min() < 255)  # full alpha: see below
    back = there_and_back(pixels, format_name)
    np.testing.assert_array_equal(back.pixels, pixels)
    assert back.pixels.dtype == np.uint8
    assert back.alpha == (channels in (2, 4))
    assert back.pixels.flags.writeable


@pytest.mark.parametrize(
    "format_name",
    written(lambda h: h.alpha and not (h.lossy or h.colours or h.floats_alone)),
)
def test_alpha_that_is_full_everywhere_may_be_left_out(format_name: str) -> None:
    pixels = np.random.default_rng(2).integers(0, 256, (5, 7, 4), dtype=np.uint8)
    pixels[..., 3] = 255
    back = there_and_back(pixels, format_name)
    np.testing.assert_array_equal(back.pixels[..., :3], pixels[..., :3])
    assert back.alpha == (back.channels == 4)
    assert (back.pixels[..., 3:] == 255).all()


@pytest.mark.parametrize(("format_name", "channels"), exact("uint16"))
@examples(15)
@given(data=st.data())
def test_uint16(format_name: str, channels: int, data: st.DataObject) -> None:
    size = data.draw(st.tuples(st.integers(1, 9), st.integers(1, 9)))
    pixels = data.draw(arrays(np.uint16, size if channels == 1 else (*size, channels)))
    back = there_and_back(pixels, format_name)
    np.testing.assert_array_equal(back.pixels, pixels)
    assert back.pixels.dtype == np.uint16
    assert back.alpha == (channels in (2, 4))


@pytest.mark.parametrize(("format_name", "channels"), exact("float32"))
@examples(15)
@given(data=st.data())
def test_floats(format_name: str, channels: int, data: st.DataObject) -> None:
    size = data.draw(st.tuples(st.integers(1, 9), st.integers(1, 9)))
    pixels = data.draw(arrays(np.float32, size if channels == 1 else (*size, channels)))
    back = there_and_back(pixels, format_name)
    assert back.pixels.dtype == np.float32
    np.testing.assert_array_equal(back.pixels, pixels)


@pytest.mark.parametrize(
    "format_name",
    [name for name, n in exact("uint8") if n == GREY and not FORMATS[name].holds.arrays],
)
def test_bool_becomes_black_and_white(format_name: str) -> None:
    mask = np.random.default_rng(0).random((7, 13)) > 0.5
    back = there_and_back(mask, format_name)
    np.testing.assert_array_equal(back.pixels, mask * 255)


@pytest.mark.parametrize("alpha", [False, True])
def test_gif_with_few_colours(alpha: bool) -> None:
    rng = np.random.default_rng(1)
    colours = rng.integers(0, 256, (255, 3), dtype=np.uint8)
    pixels = colours[rng.integers(0, 255, (40, 50))]
    if alpha:
        opaque = np.where(rng.random((40, 50, 1)) > 0.3, 255, 0).astype(np.uint8)
        back = there_and_back(np.concatenate([pixels, opaque], axis=2), "GIF")
        np.testing.assert_array_equal(back.pixels[..., 3:], opaque)
        shown = opaque[..., 0] == 255
        np.testing.assert_array_equal(back.pixels[shown][:, :3], pixels[shown])
    else:
        np.testing.assert_array_equal(there_and_back(pixels, "GIF").pixels, pixels)


def test_fully_transparent_gif() -> None:
    back = there_and_back(np.zeros((3, 4, 4), np.uint8), "GIF")
    assert back.alpha
    assert not back.pixels[..., -1].any()


@pytest.mark.parametrize("format_name", written(lambda h: not h.grey and not h.lossy))
def test_grey_becomes_rgb_where_there_is_no_grey(format_name: str) -> None:
    grey = np.arange(20, dtype=np.uint8).reshape(4, 5)
    back = there_and_back(grey, format_name)
    np.testing.assert_array_equal(back.pixels, np.stack([grey] * 3, axis=-1))


@pytest.mark.parametrize("shape", [(16, 24), (16, 24, 3)])
@pytest.mark.parametrize("format_name", written(lambda holds: holds.lossy))
def test_lossy_formats_stay_near(format_name: str, shape: tuple[int, ...]) -> None:
    ramp = np.linspace(20, 230, int(np.prod(shape))).reshape(shape).astype(np.uint8)
    back = there_and_back(ramp, format_name)
    expected = ramp if back.pixels.ndim == ramp.ndim else np.stack([ramp] * 3, axis=-1)
    assert np.abs(back.pixels.astype(int) - expected).max() <= 12


def test_views_that_are_not_contiguous() -> None:
    pixels = np.arange(8 * 10 * 3, dtype=np.uint8).reshape(8, 10, 3)[::-2, ::3, ::-1]
    np.testing.assert_array_equal(there_and_back(pixels, "PNG").pixels, pixels)
    np.testing.assert_array_equal(there_and_back(pixels[..., :1], "PNG").pixels, pixels[..., 0])


def grey_profile() -> bytes:
    return bytes(16) + b"GRAY" + bytes(108)


@pytest.mark.parametrize("format_name", written(keeps="profile EXIF"))
def test_metadata_goes_along(format_name: str) -> None:
    from PIL import Image as PillowImage
    from PIL import ImageCms

    exif = PillowImage.Exif()
    exif[0x010F] = "Maker"
    exif[0x0112] = 1
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    block = exif.tobytes().removeprefix(b"Exif\0\0")
    del exif[0x0112]
    without_orientation = exif.tobytes().removeprefix(b"Exif\0\0")
    image = Image(
        np.full((4, 4, 3), 99, np.uint8), metadata=Metadata(profile, block, (300.0, 150.0))
    )
    back = there_and_back(image, format_name).metadata
    assert back.icc_profile == profile
    assert back.exif in (block, without_orientation)
    if "resolution" in FORMATS[format_name].keeps:
        assert back.dpi == pytest.approx((300, 150), rel=1e-3)


def test_profile_of_other_colours_is_left_out() -> None:
    image = Image(np.zeros((4, 4, 3), np.uint8), metadata=Metadata(grey_profile()))
    stream = io.BytesIO()
    notes = write(image, stream, format="PNG")
    assert len(notes) == 1
    assert "profile" in notes[0]
    stream.seek(0)
    assert read(stream).metadata.icc_profile is None


XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF><rdf:Description dc:title="a \xc3\xa4 title"'
    b' tiff:Orientation="6" photoshop:City="Here"/></rdf:RDF></x:xmpmeta>'
)


@pytest.mark.parametrize(
    ("format_name", "dtype"),
    [
        (name, dtype)
        for name in written(keeps="XMP")
        for dtype, depth in DEPTHS.items()
        if depth <= FORMATS[name].holds.depth
    ],
)
def test_xmp(format_name: str, dtype: str) -> None:
    pixels = np.zeros((4, 5, 3), dtype)
    back = there_and_back(Image(pixels, metadata=Metadata(xmp=XMP)), format_name)
    assert back.metadata.xmp == XMP.replace(b'Orientation="6"', b'Orientation="1"')
    again = there_and_back(back, format_name)
    assert again.metadata.xmp == back.metadata.xmp


def test_an_orientation_in_words_of_its_own() -> None:
    packet = b"<tiff:Orientation>8</tiff:Orientation><other:Orientation>8</other:Orientation>"
    back = there_and_back(Image(np.zeros((4, 5), np.uint8), metadata=Metadata(xmp=packet)), "PNG")
    assert back.metadata.xmp == packet.replace(b"<tiff:Orientation>8", b"<tiff:Orientation>1")


def test_xmp_too_long_for_a_segment_of_jpeg_takes_several() -> None:
    picture = Image(np.zeros((4, 5), np.uint8), metadata=Metadata(xmp=b"<x/>" + b" " * 66_000))
    file = io.BytesIO()
    assert write(picture, file, format="JPEG") == []
    file.seek(0)
    assert read(file).metadata.xmp == picture.metadata.xmp
