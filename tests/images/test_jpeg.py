"""JPEG by bands and without Pillow's pixels: nothing that a reader could tell apart."""

from __future__ import annotations

import io
import itertools
from typing import Any

import cv2
import numpy as np
import pytest
import simplejpeg
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as PillowImages
from PIL import JpegImagePlugin

from convfilter.images import Image, Metadata, jpeg, read, write

SUBSAMPLINGS = ("4:4:4", "4:2:2", "4:2:0", "4:1:1", "4:4:0")


def photograph(height: int, width: int, channels: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    shape = (height, width) if channels == 1 else (height, width, channels)
    rng = np.random.default_rng(height * width + channels)
    steps = rng.normal(0, 9, shape).cumsum(axis=0).cumsum(axis=1)
    return (np.abs(steps) % 256).astype(np.uint8)


def saved(pixels: np.ndarray[Any, Any], **options: Any) -> bytes:
    stream = io.BytesIO()
    PillowImages.fromarray(pixels).save(stream, format="JPEG", **options)
    return stream.getvalue()


def coded(data: bytes, **options: Any) -> bytes:
    """Return pixels coded by OpenCV, which knows other subsamplings than Pillow."""
    pixels = np.asarray(PillowImages.open(io.BytesIO(data)))
    factors = {"4:4:0": 0x121111, "4:1:1": 0x411111}
    chosen = [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, factors[options["subsampling"]]]
    done, buffer = cv2.imencode(".jpg", pixels, chosen)
    assert done
    return buffer.tobytes()


@given(
    st.integers(1, 40),
    st.integers(1, 40),
    st.sampled_from([1, 3]),
    st.sampled_from(SUBSAMPLINGS),
    st.booleans(),
)
def test_pixels_are_those_of_pillow(
    height: int, width: int, channels: int, subsampling: str, progressive: bool
):
    pixels = photograph(height, width, channels)
    if subsampling in ("4:4:0", "4:1:1"):
        data = coded(saved(pixels), subsampling=subsampling)
    else:
        data = saved(pixels, subsampling=subsampling, progressive=progressive, quality=80)
    with PillowImages.open(io.BytesIO(data)) as picture:
        expected = np.array(picture)
    with JpegImagePlugin.JpegImageFile(io.BytesIO(data)) as picture:
        found = jpeg.decode(picture)
    assert found is not None
    np.testing.assert_array_equal(found, expected)
    assert found.flags.writeable
    np.testing.assert_array_equal(read(io.BytesIO(data)).pixels, expected)


def test_inks_and_damage_are_left_to_pillow():
    pixels = photograph(64, 64, 3)
    inks = io.BytesIO()
    PillowImages.fromarray(pixels).convert("CMYK").save(inks, format="JPEG")
    whole = saved(pixels)
    for data in (inks.getvalue(), whole[:-200], whole[:700] + b"\xff\xd5" + whole[700:]):
        with JpegImagePlugin.JpegImageFile(io.BytesIO(data)) as picture:
            assert jpeg.decode(picture) is None


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [(3, 11), (129, 100), (1000, 700), (64, 4099)])
def test_bands_decode_as_one_piece_does(
    size: tuple[int, int], channels: int, monkeypatch: pytest.MonkeyPatch
):
    pixels = photograph(*size, channels)
    expected = np.asarray(PillowImages.open(io.BytesIO(saved(pixels, quality=92, subsampling=0))))
    monkeypatch.setattr(jpeg, "_SMALLEST", 1)
    monkeypatch.setattr(jpeg, "_BAND_PIXELS", 1 << 12)
    files = [b"".join(jpeg.encode(pixels, 92, {}, workers)) for workers in (1, 2, 5)]
    assert files[0] == files[1] == files[2]
    np.testing.assert_array_equal(np.asarray(PillowImages.open(io.BytesIO(files[0]))), expected)
    colours = "GRAY" if channels == 1 else "RGB"
    strict = simplejpeg.decode_jpeg(files[0], colours, strict=True).reshape(pixels.shape)
    np.testing.assert_array_equal(strict, expected)
    seen = cv2.imdecode(np.frombuffer(files[0], np.uint8), cv2.IMREAD_UNCHANGED)
    seen = seen if channels == 1 else seen[..., ::-1]
    np.testing.assert_array_equal(seen, expected)


def test_restart_markers_go_round_and_round(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(jpeg, "_SMALLEST", 1)
    monkeypatch.setattr(jpeg, "_BAND_PIXELS", 1)
    pixels = photograph(8 * 20 + 3, 64, 3)
    data = b"".join(jpeg.encode(pixels, 92, {}))
    scan = data[data.index(b"\xff\xda") :]
    markers = [after for before, after in itertools.pairwise(scan) if before == 0xFF]
    assert [m & 7 for m in markers if 0xD0 <= m < 0xD8] == [n % 8 for n in range(20)]


def test_what_describes_the_picture_is_in_the_first_band(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(jpeg, "_SMALLEST", 1)
    monkeypatch.setattr(jpeg, "_BAND_PIXELS", 1 << 10)
    exif = PillowImages.Exif()
    exif[0x010E] = "described"
    profile = bytes(16) + b"RGB " + bytes(range(256)) * 300  # more than one segment holds
    given = Image(
        photograph(300, 200, 3),
        metadata=Metadata(icc_profile=profile, exif=exif.tobytes()[6:], dpi=(300.0, 150.0)),
    )
    stream = io.BytesIO()
    write(given, stream, format="JPEG")
    with PillowImages.open(stream) as picture:
        assert picture.size == (200, 300)
        assert picture.info["dpi"] == (300, 150)
        assert picture.info["icc_profile"] == profile
        assert picture.getexif()[0x010E] == "described"
        picture.load()


@pytest.mark.parametrize("channels", [1, 3])
def test_large_pictures_are_cut_and_small_ones_are_not(channels: int):
    assert len(jpeg.encode(photograph(100, 100, channels), 92, {})) == 1
    assert len(jpeg.encode(photograph(1024, 1025, channels), 92, {})) > 5
