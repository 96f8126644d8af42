"""Kinds of samples that few programs write: bands, odd bits, surplus strips, palettes, YCbCr."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

import convfilter
from convfilter.errors import ImageError
from convfilter.formats.exif.ifd import Source
from convfilter.images import Image, write
from tests.formats.tiff.test_pages import Array, by_tifffile, opened, picture, written
from tests.formats.tiff.tiff_files import joined

COMPRESSED = (None, "zlib", "lzw")


def placed(data: bytes, tag: int) -> int:
    """Return where the entry of a tag of the first page stands."""
    source = Source(data)
    at = source.first + 2
    while data[at : at + 2] != struct.pack(source.layout.order + "H", tag):
        at += 12
    return at


def retagged(data: bytes, **changes: int) -> bytes:
    """Return the file with other tags in the places of some, such as ``_324=273``."""
    changed = bytearray(data)
    for name, tag in changes.items():
        struct.pack_into("<H", changed, placed(data, int(name[1:])), tag)
    return bytes(changed)


# bands


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float32"])
@pytest.mark.parametrize(
    ("photometric", "channels", "extra"),
    [
        ("rgb", 4, ["unspecified"]),
        ("rgb", 5, ["unspecified"] * 2),
        ("rgb", 9, ["unspecified"] * 6),
        ("minisblack", 2, ["unspecified"]),
        ("minisblack", 3, ["unspecified"] * 2),
        ("minisblack", 5, ["unspecified"] * 4),
        ("minisblack", 3, ["unspecified", "unassalpha"]),
        ("rgb", 6, ["unspecified", "unspecified", "unassalpha"]),
    ],
)
@pytest.mark.parametrize("apart", [False, True])
def test_bands_are_kept_and_written_back(
    apart: bool, photometric: str, channels: int, extra: list[str], dtype: str
) -> None:
    if dtype == "int16":
        extra = ["unspecified"] * len(extra)
    random = np.random.default_rng(channels)
    pixels = random.integers(0, 200, (23, 37, channels)).astype(dtype)
    stored = np.moveaxis(pixels, 2, 0) if apart else pixels
    how = {"photometric": photometric, "extrasamples": extra, "compression": "zlib",
           "planarconfig": "separate" if apart else "contig"}  # fmt: skip
    image = opened(by_tifffile((stored, how)))
    assert image.alpha == (extra[-1] == "unassalpha")
    assert image.dtype == dtype
    np.testing.assert_array_equal(image.pixels, pixels)
    with tifffile.TiffFile(io.BytesIO(written(image))) as file:
        page: Any = file.pages[0]
        np.testing.assert_array_equal(page.asarray(), pixels)
        colours = 3 if channels - image.alpha >= 3 else 1
        wanted = (0,) * (channels - colours - image.alpha) + (2,) * image.alpha
        assert page.extrasamples == wanted


@pytest.mark.parametrize("channels", [4, 5])
def test_bands_go_through_a_filter(channels: int, tmp_path: Path) -> None:
    pixels = picture("uint8", (channels,))
    extra = ["unspecified"] * (channels - 3)
    (tmp_path / "a.tif").write_bytes(by_tifffile((pixels, {"extrasamples": extra})))
    (result,) = convfilter.filter_files(tmp_path / "a.tif", tmp_path / "b.tif", "box-3")
    assert result.ok
    assert result.notes == ()
    found = tifffile.imread(tmp_path / "b.tif")
    for band in range(channels):
        alone = convfilter.apply("box-3", pixels[..., band])
        np.testing.assert_array_equal(found[..., band], alone)


def test_bands_are_refused_by_name_where_there_is_no_place_for_them() -> None:
    image = opened(by_tifffile((picture("uint8", (4,)), {"extrasamples": ["unspecified"]})))
    with pytest.raises(ImageError, match=r"4 channels without alpha .* PNG, .*: write TIFF"):
        write(image, io.BytesIO(), format="PNG")


@pytest.mark.parametrize("photometric", ["rgb", "separated"])
def test_bands_beside_alpha_or_inks_are_refused_by_name(photometric: str) -> None:
    channels = 5 if photometric == "rgb" else 6
    extra = ["unassalpha", "unspecified"]
    data = by_tifffile(
        (picture("uint8", (channels,)), {"photometric": photometric, "extrasamples": extra})
    )
    words = "alpha that is not the last" if photometric == "rgb" else "2 further channels beside CM"
    with pytest.raises(ImageError, match=words):
        opened(data)


# bits


def packed(values: Array, bits: int) -> bytes:
    """Return rows of whole numbers side by side, each row from a new byte on."""
    rows = []
    for row in values.reshape(len(values), -1):
        text = "".join(f"{value:0{bits}b}" for value in row)
        text = text.ljust(-(-len(text) // 8) * 8, "0")
        rows.append(int(text, 2).to_bytes(len(text) // 8, "big"))
    return b"".join(rows)


def of_bits(values: Array, bits: int, pack: int = 1, fill: int = 1) -> bytes:
    """Return a file of whole numbers (H, W, C) of few bits, in strips of five rows."""
    height, width, samples = values.shape
    parts = [packed(values[top : top + 5], bits) for top in range(0, height, 5)]
    if pack == 8:
        parts = [zlib.compress(part) for part in parts]
    if fill == 2:
        parts = [bytes(int(f"{byte:08b}"[::-1], 2) for byte in part) for part in parts]
    tags: dict[int, tuple[int, list[Any]]] = {
        256: (4, [width]), 257: (4, [height]), 258: (3, [bits] * samples), 259: (3, [pack]),
        262: (3, [2 if samples == 3 else 1]), 266: (3, [fill]), 277: (3, [samples]),
        278: (4, [5]), 279: (4, [len(part) for part in parts]),
    }  # fmt: skip
    return joined(tags, 273, parts, "<")


@pytest.mark.parametrize("bits", range(1, 16))
@pytest.mark.parametrize("samples", [1, 3])
@pytest.mark.parametrize("pack", [1, 8])
@pytest.mark.parametrize("fill", [1, 2])
def test_few_bits_span_the_range(bits: int, samples: int, pack: int, fill: int) -> None:
    white = (1 << bits) - 1
    values = np.random.default_rng(bits).integers(0, white + 1, (13, 11, samples))
    values[0, 0], values[0, 1] = 0, white
    image = opened(of_bits(values, bits, pack, fill))
    full = 255 if bits <= 8 else 65535
    assert image.dtype == (np.uint8 if bits <= 8 else np.uint16)
    found = image.pixels.reshape(values.shape)
    assert found[0, 0].max() == 0
    assert found[0, 1].min() == full
    np.testing.assert_array_equal(found, np.rint(values * full / white))


def test_half_floats_are_exact() -> None:
    pixels = np.arange(1 << 16, dtype=np.uint16).view(np.float16).reshape(256, 256)
    image = opened(by_tifffile((pixels, {"compression": "zlib"})))
    assert image.dtype == np.float32
    np.testing.assert_array_equal(image.pixels, pixels.astype(np.float32))


@pytest.mark.parametrize(("high", "fits"), [(65535, True), (65536, False)])
def test_wide_whole_numbers_keep_their_values_or_are_refused(high: int, fits: bool) -> None:
    data = by_tifffile((np.array([[0, high]], np.uint32), {}))
    if fits:
        assert opened(data).pixels.tolist() == [[0, high]]
        return
    with pytest.raises(ImageError, match="32-bit whole numbers from 0 to 65536 do not fit 16"):
        opened(data)
    with pytest.raises(ImageError, match="numbers from 5 to 3024000005 do not"):
        opened(by_tifffile((np.array([[5, 3024000005]], np.uint32), {})))


# strips and tiles


@pytest.mark.parametrize("compression", COMPRESSED)
@pytest.mark.parametrize("samples", [(), (3,)])
def test_surplus_strips_are_passed_over(compression: str | None, samples: tuple[int, ...]) -> None:
    pixels = picture("uint8", samples, 20, 9)
    data = bytearray(by_tifffile((pixels, {"compression": compression, "rowsperstrip": 4})))
    # the file says that it has fewer rows than there are strips
    struct.pack_into("<I", data, placed(bytes(data), 257) + 8, 8)
    np.testing.assert_array_equal(opened(bytes(data)).pixels, pixels[:8])


@pytest.mark.parametrize("length", [0, 1, 2**31])
def test_lengths_of_what_is_not_packed_do_not_matter(length: int) -> None:
    pixels = picture("uint8", (3,))
    data = bytearray(by_tifffile((pixels, {})))
    struct.pack_into("<HII", data, placed(bytes(data), 279) + 2, 4, 1, length)
    np.testing.assert_array_equal(opened(bytes(data)).pixels, pixels)


def test_colours_that_are_not_stated() -> None:
    pixels = picture("uint8", (3,))
    data = by_tifffile((pixels, {}))
    np.testing.assert_array_equal(opened(retagged(data, _262=65001)).pixels, pixels)


@pytest.mark.parametrize("compression", [5, 32773, 34925, 50000])
def test_some_bytes_that_claim_to_be_many(compression: int) -> None:
    data = bytearray(by_tifffile((picture("uint8", (3,)), {"compression": "zlib"})))
    struct.pack_into("<H", data, placed(bytes(data), 259) + 8, compression)
    for tag in (256, 257, 278):
        struct.pack_into("<HII", data, placed(bytes(data), tag) + 2, 4, 1, 20_000)
    with pytest.raises(ImageError, match="truncated"):
        opened(bytes(data))


def test_tiles_that_are_listed_as_strips() -> None:
    pixels = picture("uint8", (3,), 40, 50)
    data = by_tifffile((pixels, {"tile": (16, 16)}))
    np.testing.assert_array_equal(opened(retagged(data, _324=273, _325=279)).pixels, pixels)


def test_missing_strips_are_told_before_memory_is_taken() -> None:
    data = bytearray(by_tifffile((picture("uint8", (), 4, 4), {})))
    for tag in (256, 257):
        struct.pack_into("<I", data, placed(bytes(data), tag) + 8, 20_000)
    struct.pack_into("<I", data, placed(bytes(data), 278) + 8, 1)
    with pytest.raises(ImageError, match="truncated"):
        opened(bytes(data))


# palettes


def with_palette(shades: Array) -> tuple[Array, bytes]:
    """Return indices and a file of them, with this palette (3, 256)."""
    indices = np.arange(256, dtype=np.uint8).reshape(16, 16)
    shades = shades.astype(np.uint16)
    return indices, by_tifffile((indices, {"photometric": "palette", "colormap": shades}))


@pytest.mark.parametrize("scale", [1, 256, 257])
def test_palettes_of_8_bits(scale: int) -> None:
    bytes_of = np.random.default_rng(1).integers(0, 256, (3, 256))
    bytes_of[:, 0] = 255
    indices, data = with_palette(bytes_of * scale)
    image = opened(data)
    assert image.dtype == np.uint8
    np.testing.assert_array_equal(image.pixels, np.moveaxis(bytes_of[:, indices], 0, 2))


def test_palettes_of_16_bits_stay_so() -> None:
    shades = np.random.default_rng(1).integers(0, 65536, (3, 256))
    indices, data = with_palette(shades)
    image = opened(data)
    assert image.dtype == np.uint16
    np.testing.assert_array_equal(image.pixels, np.moveaxis(shades[:, indices], 0, 2))


def test_grey_palettes_are_grey() -> None:
    grey = np.broadcast_to(np.arange(255, -1, -1) * 257, (3, 256)).copy()
    indices, data = with_palette(grey)
    np.testing.assert_array_equal(opened(data).pixels, 255 - indices)


# YCbCr


def rgb_of(luma: float, blue: float, red: float) -> list[float]:
    """Return RGB by Rec. ITU-R BT.601, in the full range of 8 bits."""
    r = luma + 1.402 * (red - 128)
    b = luma + 1.772 * (blue - 128)
    return [r, (luma - 0.299 * r - 0.114 * b) / 0.587, b]


def ycbcr(across: int, down: int, *more: tuple[int, tuple[int, list[Any]]]) -> tuple[Array, bytes]:
    """Return RGB, and a file of YCbCr without compression that holds it."""
    random = np.random.default_rng(across + down)
    height, width = 11, 13
    luma = random.integers(60, 200, (height, width))
    high, wide = -(-height // down), -(-width // across)
    blue, red = random.integers(100, 156, (2, high, wide))
    data = bytearray()
    for y in range(high):
        for x in range(wide):
            for v in range(y * down, (y + 1) * down):
                for u in range(x * across, (x + 1) * across):
                    data.append(luma[v, u] if v < height and u < width else 0)
            data += bytes([blue[y, x], red[y, x]])
    wanted = [
        [
            rgb_of(luma[y, x], blue[y // down, x // across], red[y // down, x // across])
            for x in range(width)
        ]
        for y in range(height)
    ]
    tags: dict[int, tuple[int, list[Any]]] = {
        256: (4, [width]), 257: (4, [height]), 258: (3, [8] * 3), 259: (3, [1]), 262: (3, [6]),
        277: (3, [3]), 278: (4, [height]), 279: (4, [len(data)]), 530: (3, [across, down]),
        **dict(more),
    }  # fmt: skip
    return np.clip(np.array(wanted), 0, 255), joined(tags, 273, [bytes(data)], "<")


@pytest.mark.parametrize("across", [1, 2, 4])
@pytest.mark.parametrize("down", [1, 2, 4])
def test_ycbcr_that_shares_colours(across: int, down: int) -> None:
    wanted, data = ycbcr(across, down)
    assert np.abs(opened(data).pixels - wanted).max() < 1.1  # rounded a little differently


@pytest.mark.parametrize(
    ("tag", "words"),
    [
        ((529, (5, [0.2126, 0.7152, 0.0722])), "other coefficients than those of JPEG"),
        ((532, (5, [16, 235, 128, 240, 128, 240])), "other black and white than those of JPEG"),
        ((266, (3, [3])), "bits in order 3"),
        ((32997, (4, [7])), "a volume of 7 pictures in one page"),
    ],
    ids=["coefficients", "black and white", "bit order", "volume"],
)
def test_what_would_be_wrong_is_refused(tag: tuple[int, tuple[int, list[Any]]], words: str) -> None:
    with pytest.raises(ImageError, match=words):
        opened(ycbcr(1, 1, tag)[1])


def test_channels_of_different_bits_are_refused() -> None:
    data = bytearray(by_tifffile((picture("uint8", (3,)), {})))
    field = Source(bytes(data)).directory(Source(bytes(data)).first).fields[258]
    data[field.place : field.place + 6] = struct.pack("<3H", 5, 6, 5)
    with pytest.raises(ImageError, match=r"different bits or kinds \(5 and 6 bits\)"):
        opened(bytes(data))


# what is written


def test_signed_pixels_come_back() -> None:
    pixels = np.arange(-300, 300, dtype=np.int16).reshape(20, 30)
    image = opened(written(Image(pixels)))
    assert image.dtype == np.int16
    np.testing.assert_array_equal(image.pixels, pixels)


def test_signed_pixels_without_a_negative_one_go_where_16_bits_do() -> None:
    file = io.BytesIO()
    assert write(Image(np.array([[0, 32767]], np.int16)), file, format="PNG") == []
    back = opened(file.getvalue())
    assert (back.dtype, back.pixels.tolist()) == (np.uint16, [[0, 32767]])
