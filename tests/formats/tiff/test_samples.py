"""TIFF of 16-bit colour and of floats, held against files made byte by byte, and against OpenCV."""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import TiffImagePlugin

from convfilter.errors import ImageError
from convfilter.formats.exif.ifd import Source
from convfilter.images import Image, Metadata, read, write
from tests.formats.tiff.tiff_files import COMPRESSIONS, Kind, tiff_file

Array = NDArray[Any]

RANDOM = np.random.default_rng(3)
SHAPES = {"grey": (), "grey, alpha": (2,), "RGB": (3,), "RGBA": (4,)}


def picture(dtype: str, shape: tuple[int, ...], height: int = 23, width: int = 37) -> Array:
    """Return random pixels, smooth enough to be compressed."""
    values = np.cumsum(RANDOM.integers(-300, 300, (height, width, *shape)), axis=1) + 30000
    if dtype[0] == "f":
        return (values / 65535 * 3 - 1).astype(dtype)  # below 0 and above 1, too
    return values.astype(dtype)


def opened(data: bytes) -> Image:
    """Read a file in memory."""
    return read(io.BytesIO(data))


def extra_of(shape: tuple[int, ...]) -> int | None:
    """Return what a last channel of alpha is called."""
    return 2 if shape in ((2,), (4,)) else None


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("compression", COMPRESSIONS)
@pytest.mark.parametrize("predictor", [1, 2])
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("tile", [None, (16, 16)], ids=["strips", "tiles"])
def test_whole_numbers(
    shape: tuple[int, ...],
    compression: str,
    predictor: int,
    order: str,
    tile: tuple[int, int] | None,
):
    pixels = picture("uint16", shape)
    kind = Kind(compression, predictor, order, tile=tile, extra=extra_of(shape))
    image = opened(tiff_file(pixels, kind))
    assert image.dtype == np.uint16
    assert image.alpha == (shape in ((2,), (4,)))
    np.testing.assert_array_equal(image.pixels, pixels)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("compression", COMPRESSIONS)
@pytest.mark.parametrize("predictor", [1, 3])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_floats(dtype: str, shape: tuple[int, ...], order: str, compression: str, predictor: int):
    pixels = picture(dtype, shape)
    image = opened(tiff_file(pixels, Kind(compression, predictor, order, extra=extra_of(shape))))
    assert image.dtype == dtype
    np.testing.assert_array_equal(image.pixels, pixels)


@pytest.mark.parametrize("dtype", ["uint16", "float32"])
def test_planes_apart(dtype: str):
    pixels = picture(dtype, (3,))
    image = opened(tiff_file(pixels, Kind("deflate", apart=True)))
    np.testing.assert_array_equal(image.pixels, pixels)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("compression", ["none", "lzw", "deflate"])
def test_alpha_of_grey_apart(dtype: str, compression: str):
    pixels = picture(dtype, (2,))
    image = opened(tiff_file(pixels, Kind(compression, apart=True, extra=2)))
    assert (image.alpha, image.dtype) == (True, dtype)
    np.testing.assert_array_equal(image.pixels, pixels)


def test_bytes_multiplied_by_alpha_are_divided():
    pixels = np.array([[[50, 0, 127, 128], [255, 255, 3, 255], [7, 1, 1, 0]]], np.uint8)
    image = opened(tiff_file(pixels, Kind("deflate", extra=1)))
    assert image.pixels.tolist() == [[[100, 0, 253, 128], [255, 255, 3, 255], [0, 0, 0, 0]]]


def test_grey_apart_multiplied_by_alpha_is_divided():
    pixels = np.array([[[50, 128], [255, 255], [7, 0]]], np.uint8)
    image = opened(tiff_file(pixels, Kind("deflate", apart=True, extra=1)))
    assert image.pixels.tolist() == [[[100, 128], [255, 255], [0, 0]]]


@pytest.mark.parametrize("dtype", ["int16", "int32"])
@pytest.mark.parametrize("compression", ["none", "lzw", "deflate"])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("lowest", [0, -300])
def test_signed_numbers_keep_their_sign(lowest: int, dtype: str, compression: str, order: str):
    pixels = np.arange(lowest, lowest + 23 * 37, dtype=dtype).reshape(23, 37)
    image = opened(tiff_file(pixels, Kind(compression, order=order)))
    assert image.dtype == np.int16
    np.testing.assert_array_equal(image.pixels, pixels)


@pytest.mark.parametrize("predictor", [1, 2])
@pytest.mark.parametrize("compression", ["none", "lzw", "deflate"])
def test_signed_bytes_keep_their_sign(compression: str, predictor: int):
    pixels = np.arange(-128, 128, dtype=np.int8).reshape(16, 16)
    image = opened(tiff_file(pixels, Kind(compression, predictor)))
    assert image.dtype == np.int16
    np.testing.assert_array_equal(image.pixels, pixels)


@pytest.mark.parametrize("compression", ["none", "deflate"])
def test_strips_that_share_their_bytes_are_not_read_whole(
    compression: str, monkeypatch: pytest.MonkeyPatch
):
    data = tiff_file(picture("float32", (3,), 300), Kind(compression, rows=1))
    with tifffile.TiffFile(io.BytesIO(data)) as opened_file:
        tag = opened_file.pages[0].tags[279]
        place, count = tag.valueoffset, tag.count
    long = struct.pack("<I", len(data)) * count
    data = data[:place] + long + data[place + len(long) :]
    taken: list[int] = []
    part = Source.part

    def counted(source: Source, at: int, length: int) -> bytes:
        found = part(source, at, length)
        taken.append(len(found))
        return found

    monkeypatch.setattr(Source, "part", counted)
    opened(data)
    assert len(taken) > 300
    assert sum(taken) < 300 * 6000 < 300 * len(data) / 10


@pytest.mark.parametrize("compression", ["none", "lzw", "deflate"])
@pytest.mark.parametrize("predictor", [1, 2])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize("tile", [None, (16, 16)], ids=["strips", "tiles"])
def test_bytes_are_read_as_pillow_reads_them(
    tile: tuple[int, int] | None, apart: bool, order: str, predictor: int, compression: str
):
    for shape, photometric, extra in (
        *(((), 0, None), ((), 1, None), ((2,), 1, 2), ((3,), 2, None)),
        ((4,), 2, 2),
    ):
        if apart and (shape in ((), (2,)) or (compression == "none" and extra != 2)):
            continue  # Pillow does not read them, or makes something else of them
        pixels = picture("uint8", shape)
        kind = Kind(compression, predictor, order, apart, tile, 5, photometric, extra)
        data = tiff_file(pixels, kind)
        with TiffImagePlugin.TiffImageFile(io.BytesIO(data)) as theirs:
            mode = "RGB" if theirs.mode == "RGBX" else theirs.mode
            wanted = np.asarray(theirs.convert(mode))
        np.testing.assert_array_equal(opened(data).pixels, wanted)


@pytest.mark.parametrize("predictor", [1, 2])
@pytest.mark.parametrize("photometric", [0, 1])
@pytest.mark.parametrize("order", ["<", ">"])
def test_16_bit_grey_is_read_as_tifffile_reads_it(order: str, photometric: int, predictor: int):
    data = tiff_file(
        picture("uint16", ()), Kind("deflate", predictor, order, photometric=photometric)
    )
    with tifffile.TiffFile(io.BytesIO(data)) as theirs:
        wanted = theirs.pages[0].asarray()
    wanted = wanted if photometric == 1 else 65535 - wanted
    np.testing.assert_array_equal(opened(data).pixels, wanted)


def test_plain_pages_are_not_left_to_pillow(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(TiffImagePlugin.TiffImageFile, "load", None)
    for dtype, shape in (("uint8", (3,)), ("uint8", (4,)), ("uint16", ()), ("float32", (3,))):
        pixels = picture(dtype, shape)
        for compression in ("none", "deflate"):
            data = tiff_file(pixels, Kind(compression, extra=extra_of(shape)))
            np.testing.assert_array_equal(opened(data).pixels, pixels)


def without_lengths(data: bytes) -> bytes:
    """Return a file that does not state how long its strips are."""
    tag, other = (struct.pack("<HH", number, 4) for number in (279, 65000))
    assert data.count(tag) == 1
    return data.replace(tag, other)


@pytest.mark.parametrize("compression", ["none", "deflate"])
def test_lengths_that_are_not_stated(compression: str):
    for dtype in ("uint8", "uint16"):
        pixels = picture(dtype, (3,))
        data = without_lengths(tiff_file(pixels, Kind(compression)))
        np.testing.assert_array_equal(opened(data).pixels, pixels)


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_a_wrong_checksum_is_refused(dtype: str):
    data = bytearray(tiff_file(picture(dtype, (3,)), Kind("deflate", rows=23)))
    source = Source(bytes(data))
    length = source.whole(source.directory(source.first).fields[279]) or 0
    data[8 + length - 1] ^= 1
    with pytest.raises(ImageError, match="TIFF file is damaged"):
        opened(bytes(data))


@pytest.mark.parametrize("compression", ["none", "lzw", "deflate"])
@pytest.mark.parametrize("predictor", [1, 2])
def test_opencv_reads_the_same(tmp_path: Path, compression: str, predictor: int):
    path = tmp_path / "a.tif"
    path.write_bytes(tiff_file(picture("uint16", (3,)), Kind(compression, predictor)))
    theirs = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert theirs is not None
    np.testing.assert_array_equal(read(path).pixels, theirs[:, :, ::-1])


@pytest.mark.parametrize("dtype", ["uint16", "float32"])
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_what_is_written_is_read_by_others(dtype: str, shape: tuple[int, ...]):
    pixels = picture(dtype, shape)
    file = io.BytesIO()
    metadata = Metadata(dpi=(300.0, 150.0))
    assert write(Image(pixels, len(shape) > 0 and shape[0] in (2, 4), None, metadata), file,
                 format="tiff") == []  # fmt: skip
    with tifffile.TiffFile(io.BytesIO(file.getvalue())) as other:
        np.testing.assert_array_equal(other.pages[0].asarray(), pixels)
    back = opened(file.getvalue())
    np.testing.assert_array_equal(back.pixels, pixels)
    assert back.dtype == dtype
    assert back.metadata.dpi == (300.0, 150.0)


def test_white_is_zero():
    pixels = picture("uint16", (2,))
    image = opened(tiff_file(pixels, Kind(photometric=0, extra=2)))
    np.testing.assert_array_equal(image.pixels[..., 0], 65535 - pixels[..., 0])
    np.testing.assert_array_equal(image.pixels[..., 1], pixels[..., 1])


def test_colours_multiplied_by_alpha_are_divided():
    pixels = np.array([[[1000, 2000, 65535, 32768], [7, 8, 9, 0]]], np.uint16)
    image = opened(tiff_file(pixels, Kind(extra=1)))
    assert image.pixels.tolist() == [[[2000, 4000, 65535, 32768], [0, 0, 0, 0]]]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_applied(orientation: int):
    from convfilter.picture.orientation import upright

    pixels = picture("uint16", (3,))
    stored = Kind(orientation=orientation, resolution=(300, 150, 2))
    image = opened(tiff_file(pixels, stored))
    np.testing.assert_array_equal(image.pixels, upright(pixels, orientation))
    assert image.metadata.dpi == ((150, 300) if orientation > 4 else (300, 150))


@pytest.mark.parametrize(
    ("unit", "dpi"), [(1, None), (2, (100.0, 50.0)), (3, (254.0, 127.0))], ids=str
)
def test_resolution(unit: int, dpi: tuple[float, float] | None):
    data = tiff_file(picture("uint16", (3,)), Kind(resolution=(100, 50, unit)))
    assert opened(data).metadata.dpi == dpi


def test_profile_is_kept():
    profile = bytes(16) + b"RGB " + bytes(108)
    image = opened(tiff_file(picture("uint16", (3,)), Kind(profile=profile)))
    assert image.metadata.icc_profile == profile
    file = io.BytesIO()
    assert write(image, file, format="tiff") == []
    assert opened(file.getvalue()).metadata.icc_profile == profile


@pytest.mark.parametrize(
    ("shape", "kind", "words"),
    [
        ((3,), Kind(photometric=8), "CIELAB colours are not supported"),
        ((4,), Kind(photometric=5), "CMYK of 16-bit whole numbers is not supported"),
        ((2,), Kind(photometric=2), "RGB of 2 channels cannot be"),
    ],
    ids=["Lab", "deep inks", "too few channels"],
)
def test_refused(shape: tuple[int, ...], kind: Kind, words: str):
    with pytest.raises(ImageError, match=words):
        opened(tiff_file(picture("uint16", shape), kind))


# zeros in the place of pixels that are not compressed are pixels too
@pytest.mark.parametrize("compression", [each for each in COMPRESSIONS if each != "none"])
def test_truncated(compression: str):
    data = tiff_file(picture("uint16", (3,)), Kind(compression, rows=23))
    moved = tifffile.TiffFile(io.BytesIO(data)).pages[0].dataoffsets[0]
    cut = data[: moved + 40] + bytes(len(data) - moved - 40)  # tags stand behind the pixels
    with pytest.raises(ImageError, match="TIFF file is"):
        opened(cut)


def test_too_many_pixels_are_refused_before_they_are_read():
    data = tiff_file(picture("uint16", (3,)), Kind())
    with pytest.raises(ImageError, match="--max-pixels"):
        read(io.BytesIO(data), max_pixels=100)
