"""Formats that are only read, in files of other programs, whose pixels are known."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image as PillowImages

from convfilter.errors import ImageError
from convfilter.images import Image, read, write

MADE = Path(__file__).parent / "made"
SOURCES = {
    "s": ("rgb.tga", "plain.tga", "rgb.pcx", "rle.sgi", "plain.sgi", "rgb.qoi", "rgb.dds"),
    "sa": ("alpha.tga", "alpha.sgi", "alpha.pam", "rgba.qoi", "alpha.dds", "c.ico"),
    "sg": ("mono.tga", "grey.sgi"),
    "s16": ("cmap.tga", "pal.pcx"),
    "a": ("a.ico",),
    "dxt5": ("dxt5.dds",),
}
FLOATS = {"s": "rgb.pfm", "sg": "grey.pfm"}
FILES = {name: source for source, names in SOURCES.items() for name in names}
DATA = {name: (MADE / name).read_bytes() for name in (*FILES, *FLOATS.values(), "b.ico")}
SAMPLES = {f"{name.rpartition('.')[2].upper()}, {name}": data for name, data in DATA.items()}


def opened(data: bytes) -> Image:
    return read(io.BytesIO(data))


def source(name: str) -> np.ndarray:
    pixels = cv2.imdecode(np.fromfile(MADE / f"{name}.png", np.uint8), cv2.IMREAD_UNCHANGED)
    assert pixels is not None
    return pixels if pixels.ndim == 2 else pixels[..., [2, 1, 0, 3][: pixels.shape[2]]]


@pytest.mark.parametrize("name", FILES)
def test_pixels_are_those_that_went_in(name: str) -> None:
    image = opened(DATA[name])
    assert image.format == name.rpartition(".")[2].upper()
    np.testing.assert_array_equal(image.pixels, source(FILES[name]))
    assert image.alpha == (image.channels == 4)
    assert image.left_out == ()


@pytest.mark.parametrize("name", FLOATS)
def test_floats_are_as_they_are(name: str) -> None:
    image = opened(DATA[FLOATS[name]])
    assert image.dtype == np.float32
    np.testing.assert_allclose(image.pixels * 255, source(name), atol=1e-4)


def test_an_icon_without_alpha_has_a_mask() -> None:
    image = opened(DATA["b.ico"])
    np.testing.assert_array_equal(image.pixels[..., :3], source("s"))
    assert (image.pixels[..., 3] == 255).all()


@pytest.mark.parametrize("depth", [1, 4, 8, 24])
def test_bitmaps_of_icons_have_a_mask(depth: int) -> None:
    """Pillow's own reader of icons is the witness."""
    random = np.random.default_rng(depth)
    rows, columns = 10, 13
    shades = random.integers(0, 256, (1 << depth, 4), dtype=np.uint8) if depth <= 8 else None
    values = random.integers(0, 1 << min(depth, 8), (rows, columns if depth < 24 else 3 * columns))
    bits = np.unpackbits(values.astype(np.uint8)[..., np.newaxis], axis=2)[..., -min(depth, 8) :]
    lines = np.packbits(bits.reshape(rows, -1), axis=1)
    lines = np.pad(lines, ((0, 0), (0, -lines.shape[1] % 4)))
    mask = np.packbits(random.integers(0, 2, (rows, 32), dtype=np.uint8), axis=1)
    header = struct.pack("<IiiHHIIiiII", 40, columns, 2 * rows, 1, depth, 0, 0, 0, 0, 0, 0)
    palette = b"" if shades is None else shades.tobytes()
    bitmap = header + palette + lines.tobytes() + mask.tobytes()
    line = struct.pack("<4BHHII", columns, rows, 0, 0, 1, depth, len(bitmap), 22)
    data = struct.pack("<3H", 0, 1, 1) + line + bitmap
    with PillowImages.open(io.BytesIO(data)) as picture:
        expected = np.array(picture.convert("RGBA"))
    np.testing.assert_array_equal(opened(data).pixels, expected)


def test_results_are_of_a_format_that_is_written(tmp_path: Path) -> None:
    for name in ("rgb.tga", "rgb.pfm"):
        with pytest.raises(ImageError, match="files are only read: write PNG"):
            write(opened(DATA[name]), tmp_path / name)


def pam(kind: str, channels: int, largest: int, values: np.ndarray) -> bytes:
    head = f"P7\n# a comment\nWIDTH 3\nHEIGHT 2\nDEPTH {channels}\nMAXVAL {largest}\n{kind}ENDHDR\n"
    return head.encode() + values.astype(">u2" if largest > 255 else "u1").tobytes()


@pytest.mark.parametrize("largest", [1, 15, 255, 1000, 65535])
@pytest.mark.parametrize(
    ("kind", "channels"),
    [("GRAYSCALE", 1), ("RGB", 3), ("GRAYSCALE_ALPHA", 2), ("RGB_ALPHA", 4), ("", 3)],
)
def test_values_of_pam_are_scaled(kind: str, channels: int, largest: int) -> None:
    values = np.random.default_rng(0).integers(0, largest + 1, (2, 3, channels))
    image = opened(pam(f"TUPLTYPE {kind}\n" if kind else "", channels, largest, values))
    white = 255 if largest < 256 else 65535
    exact = values / largest * white
    assert np.abs(image.pixels.reshape(exact.shape) - exact).max() <= 0.5
    assert image.alpha == (channels in (2, 4))


PIXEL = np.zeros((2, 3, 1))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (pam("TUPLTYPE CMYK\n", 4, 255, np.zeros((2, 3, 4))), "4 channels and the kind 'CMYK'"),
        (pam("", 2, 255, np.zeros((2, 3, 2))), "2 channels and the kind 'unknown'"),
        (pam("", 1, 7, PIXEL + 8), "beyond the largest one"),
        (pam("", 1, 0, PIXEL), "numbers that cannot be"),
        (pam("", 1, 255, PIXEL)[:-1], "truncated"),
        (b"P7\nWIDTH 3\n", "damaged"),
        (b"PF\n3 2\n0\n" + bytes(72), "numbers that cannot be"),
        (b"PF\n3 2\n-1\n" + bytes(71), "truncated"),
        (b"Pf 99999 99999 -1\n", "--max-pixels"),
        (pam("", 1, 255, PIXEL).replace(b"WIDTH 3", b"WIDTH 999999"), "--max-pixels|truncated"),
        (b"\0\0\1\0\0\0" + bytes(60), "holds no picture"),
        (DATA["a.ico"][:40], "truncated"),
        (DATA["rgb.tga"][:30], "truncated"),
        (DATA["rgb.dds"][:100], "truncated"),
    ],
)
def test_what_cannot_be_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(ImageError, match=words):
        opened(data)


def test_what_lies_behind_is_named() -> None:
    data = pam("", 1, 255, PIXEL)
    assert "6 bytes that are no part of it" in opened(data + b"behind").left_out[0]


def icon(*pictures: tuple[int, bytes]) -> bytes:
    """Return an icon of squares, each a file in it."""
    place = 6 + 16 * len(pictures)
    head = struct.pack("<3H", 0, 1, len(pictures))
    for side, data in pictures:
        head += struct.pack("<4BHHII", side % 256, side % 256, 0, 0, 1, 32, len(data), place)
        place += len(data)
    return head + b"".join(data for _, data in pictures)


def squares(side: int) -> np.ndarray:
    return np.random.default_rng(side).integers(0, 256, (side, side, 4), dtype=np.uint8)


def as_png(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    write(Image(pixels, alpha=True), file, format="PNG")
    return file.getvalue()


def test_the_largest_picture_of_an_icon_is_read() -> None:
    sides = (16, 256, 32)
    image = opened(icon(*((side, as_png(squares(side))) for side in sides)))
    np.testing.assert_array_equal(image.pixels, squares(256))


def test_a_picture_in_an_icon_is_held_to_the_limit() -> None:
    huge = bytearray(as_png(squares(16)))
    huge[16:24] = struct.pack(">II", 30_000, 30_000)
    huge[29:33] = zlib.crc32(huge[12:29]).to_bytes(4, "big")
    with pytest.raises(ImageError, match=r"30000x30000 is .* --max-pixels"):
        opened(icon((16, bytes(huge))))
    bitmap = bytearray(DATA["a.ico"])
    place = bitmap.index(struct.pack("<Iii", 40, 24, 48))
    bitmap[place + 4 : place + 12] = struct.pack("<ii", 30_000, 60_000)
    with pytest.raises(ImageError, match="of another size than stated"):
        opened(bytes(bitmap))


@pytest.mark.parametrize(
    ("name", "at", "value", "words"),
    [
        ("rgb.tga", 16, 16, "5 bits a colour"),
        ("cmap.tga", 7, 16, "5 bits a colour"),
        ("plain.sgi", 3, 2, "16 bits|16-bit|more than 8 bits"),
        ("rgb.dds", 92, 0x7F, "other than 8 bits"),
    ],
)
def test_what_pillow_would_not_read_exactly_is_refused(
    name: str, at: int, value: int, words: str
) -> None:
    data = bytearray(DATA[name])
    data[at] = value
    with pytest.raises(ImageError, match=words):
        opened(bytes(data))


def test_four_bytes_of_tga_need_not_be_alpha() -> None:
    data = bytearray(DATA["alpha.tga"])
    assert opened(bytes(data)).alpha
    plain = bytearray(18) + np.dstack([source("s")[..., ::-1][::-1], 0 * source("sg")]).tobytes()
    plain[2], plain[12:18] = 2, struct.pack("<HHBB", 28, 20, 32, 0)
    image = opened(bytes(plain))
    assert not image.alpha
    np.testing.assert_array_equal(image.pixels, source("s"))
    plain[17] = 8  # which says that there is alpha
    assert opened(bytes(plain)).alpha


def test_sides_of_a_cube_are_named() -> None:
    data = bytearray(DATA["rgb.dds"])
    data[112:116] = struct.pack("<I", 0xFE00)
    assert opened(bytes(data)).left_out == ("further sides of the cube: left out",)
    data = bytearray(DATA["dxt5.dds"])
    data[84:88] = b"ATI2"
    with pytest.raises(ImageError, match="DDS of the kind BC5 is not supported"):
        opened(bytes(data))


@pytest.mark.parametrize("name", ["rgb.tga", "rgb.pcx", "rle.sgi", "rgb.qoi", "rgb.dds"])
def test_sizes_are_checked(name: str) -> None:
    with pytest.raises(ImageError, match="28x20 is 560 pixels, more than the limit"):
        read(io.BytesIO(DATA[name]), max_pixels=559)
