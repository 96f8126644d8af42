"""PNG files of every kind: read as they were made, and as Pillow reads them."""

from __future__ import annotations

import functools
import io
import struct
import subprocess
import sys
import zlib
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as PillowImages
from PIL import ImageCms, PngImagePlugin

from convfilter.errors import ImageError
from convfilter.formats.png import reader, writer
from convfilter.formats.png.chunks import PngError
from convfilter.images import Metadata, read, write
from tests.examples import examples
from tests.formats.png.png_files import CHANNELS, KINDS, PASSES, Chunk, chunk, encode, file_of

RNG = np.random.default_rng(0)
PALETTE = RNG.integers(0, 256, (256, 3), dtype=np.uint8)
DEEP = [(2, 16), (4, 16), (6, 16)]


def opened(data: bytes, **options: int):
    return read(io.BytesIO(data), **options)


def noise(height: int, width: int, colour: int, depth: int, seed: int = 0) -> np.ndarray:
    shape = height, width, CHANNELS[colour]
    return np.random.default_rng(seed).integers(0, 2**depth, shape, np.uint16)


def expected(samples: np.ndarray, colour: int, depth: int) -> np.ndarray:
    """Return what a reader has to give for samples as they stand in the file."""
    if colour == 3:
        return PALETTE[samples[..., 0]]
    scaled = samples * np.uint16(255 // (2**depth - 1)) if depth < 8 else samples
    pixels = scaled.astype(np.uint16 if depth == 16 else np.uint8)
    return pixels[..., 0] if pixels.shape[2] == 1 else pixels


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize(("colour", "depth"), KINDS)
@examples(12)
@given(height=st.integers(1, 20), width=st.integers(1, 20), seed=st.integers(0, 10**6))
def test_every_kind(
    colour: int, depth: int, interlaced: bool, height: int, width: int, seed: int
) -> None:
    samples = noise(height, width, colour, depth, seed)
    before = [(b"PLTE", PALETTE[: 2**depth].tobytes())] if colour == 3 else []
    pieces = 7 if seed % 2 else 1000
    data = encode(
        samples,
        colour,
        depth,
        Random(seed),
        interlaced=interlaced,
        before=before,
        data_bytes=pieces,
    )
    image = opened(data)
    np.testing.assert_array_equal(image.pixels, expected(samples, colour, depth))
    assert image.alpha == (colour in (4, 6))
    assert image.pixels.flags.writeable
    if depth < 16 or colour == 0:
        with PillowImages.open(io.BytesIO(data)) as picture:
            mode = {3: "RGB", 0: "L" if depth < 16 else "I;16"}.get(colour)
            theirs = np.asarray(picture.convert(mode) if mode else picture)
        np.testing.assert_array_equal(image.pixels, theirs)


LARGE = [(700, 1001, 3), (3000, 1200), (1, 700_000, 3)]


def smooth(shape: tuple[int, ...]) -> np.ndarray:
    steps = np.random.default_rng(5).integers(-3, 4, shape)
    return (np.cumsum(steps, axis=1) & 255).astype(np.uint8)


@pytest.mark.slow
@pytest.mark.parametrize("shape", LARGE)
def test_large_pictures(shape: tuple[int, ...]) -> None:
    pixels = smooth(shape)
    stream = io.BytesIO()
    PillowImages.fromarray(pixels).save(stream, "PNG")
    np.testing.assert_array_equal(opened(stream.getvalue()).pixels, pixels)


@pytest.mark.parametrize("shape", LARGE)
def test_large_interlaced_pictures(shape: tuple[int, ...]) -> None:
    pixels = smooth(shape)
    planes = np.atleast_3d(pixels)
    height, width, channels = planes.shape
    body = b""
    for x, y, across, down in PASSES:
        part = planes[y::down, x::across]
        body += b"".join(b"\0" + row.tobytes() for row in part if part.size)
    head = struct.pack(">IIBBBBB", width, height, 8, 0 if channels == 1 else 2, 0, 0, 1)
    data = file_of([(b"IHDR", head), (b"IDAT", zlib.compress(body, 1)), (b"IEND", b"")])
    np.testing.assert_array_equal(opened(data).pixels, pixels)


@pytest.mark.parametrize(("colour", "depth"), [(0, 8), (0, 16), (2, 8), (2, 16)])
def test_one_transparent_colour(colour: int, depth: int) -> None:
    samples = noise(9, 11, colour, depth)
    samples[3:5] = samples[0, 0]
    before = [(b"tRNS", samples[0, 0].astype(">u2").tobytes())]
    image = opened(encode(samples, colour, depth, Random(0), before=before))
    assert image.alpha
    np.testing.assert_array_equal(image.pixels[..., :-1], samples)
    hidden = (samples == samples[0, 0]).all(axis=2)
    np.testing.assert_array_equal(image.pixels[..., -1], np.where(hidden, 0, 2**depth - 1))


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize("depth", [1, 2, 4])
def test_one_transparent_shade_of_few_bits(depth: int, interlaced: bool) -> None:
    samples = np.arange(96).reshape(6, 16, 1) % 2**depth
    for shade in range(2**depth):
        before = [(b"tRNS", bytes((0, shade)))]
        image = opened(encode(samples, 0, depth, Random(0), interlaced=interlaced, before=before))
        wide = samples[..., 0] * 255 // (2**depth - 1)
        np.testing.assert_array_equal(image.pixels[..., 0], wide)
        np.testing.assert_array_equal(
            image.pixels[..., 1], np.where(samples[..., 0] == shade, 0, 255)
        )


@functools.cache  # profiles hold the time at which they were made
def words() -> list[Chunk]:
    """Return chunks with all that is kept from a file, as Pillow writes them."""
    info = PngImagePlugin.PngInfo()
    info.add_text("Author", "someone")
    info.add_text("Comment", "compressed " * 20, zip=True)
    info.add_itxt("Title", "Überschrift", lang="de")
    info.add_itxt("XML:com.adobe.xmp", "<x/>")
    exif = PillowImages.Exif()
    exif[0x0112], exif[0x010F] = 6, "Maker"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    stream = io.BytesIO()
    PillowImages.new("L", (1, 1)).save(
        stream, "PNG", pnginfo=info, exif=exif, icc_profile=profile, dpi=(100, 200)
    )
    return [part for part in parts(stream.getvalue()) if part[0] not in (b"IHDR", b"IDAT", b"IEND")]


def parts(data: bytes) -> list[Chunk]:
    found, at = [], 8
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        found.append((data[at + 4 : at + 8], data[at + 8 : at + 8 + length]))
        at += 12 + length
    return found


@pytest.mark.parametrize(("colour", "depth"), [(0, 8), (2, 8), (2, 16), (6, 16)])
@pytest.mark.parametrize("behind", [False, True])
def test_what_stands_beside_the_pixels(colour: int, depth: int, behind: bool) -> None:
    samples = noise(6, 9, colour, depth)
    early = [part for part in words() if not behind or part[0] in (b"iCCP", b"pHYs")]
    late = [part for part in words() if part not in early]
    data = encode(samples, colour, depth, Random(1), before=early, after=late)
    image = opened(data)
    np.testing.assert_array_equal(image.pixels, np.rot90(expected(samples, colour, depth), -1))
    assert image.metadata.icc_profile is not None
    assert image.metadata.dpi == pytest.approx((200, 100), rel=1e-3)  # turned with the pixels
    assert dict(image.metadata.text) == {
        "Author": "someone",
        "Comment": "compressed " * 20,
        "Title": "Überschrift",
    }
    exif = PillowImages.Exif()
    exif.load(image.metadata.exif or b"")
    assert dict(exif) == {0x0112: 1, 0x010F: "Maker"}


def test_a_resolution_alone_needs_no_pillow() -> None:
    samples = noise(5, 4, 2, 8)
    for unit, wanted in ((1, (99.9998, 50.8)), (0, None)):
        resolution = struct.pack(">IIB", 3937, 2000, unit)
        data = encode(samples, 2, 8, Random(1), before=[(b"pHYs", resolution), (b"sRGB", b"\0")])
        dpi = opened(data).metadata.dpi
        assert (dpi and pytest.approx(dpi, rel=1e-5)) == wanted


def test_a_plain_file_is_read_without_pillow() -> None:
    code = (
        "import io, sys, numpy as np\n"
        "from convfilter import read\n"
        "data = bytes.fromhex(sys.argv[1])\n"
        "assert read(io.BytesIO(data)).pixels.dtype == np.uint16\n"
        "assert 'PIL' not in sys.modules\n"
    )
    data = b"".join(writer.encode(noise(5, 4, 2, 16), Metadata(dpi=(72.0, 72.0))))
    subprocess.run([sys.executable, "-c", code, data.hex()], check=True)


def test_the_size_is_checked_before_anything_is_allocated() -> None:
    head = struct.pack(">IIBBBBB", 2**31 - 1, 2**31 - 1, 16, 6, 0, 0, 0)
    data = file_of([(b"IHDR", head), (b"IDAT", zlib.compress(b"")), (b"IEND", b"")])
    with pytest.raises(ImageError, match="more than the limit"):
        opened(data)
    with pytest.raises(ImageError, match="do not fit into memory"):
        opened(data, max_pixels=2**62)


@pytest.mark.parametrize("kind", DEEP)
def test_truncated_anywhere(kind: tuple[int, int]) -> None:
    samples = noise(12, 10, *kind)
    data = encode(samples, *kind, Random(2), data_bytes=100)
    for cut in range(1, len(data)):
        with pytest.raises(ImageError) as caught:
            opened(data[:cut])
        assert "\n" not in str(caught.value)
    np.testing.assert_array_equal(opened(data).pixels, samples)


def test_truncated_behind_the_last_pixel() -> None:
    """Pillow, which looks at 8 bits again, lives with it; then all pixels are there."""
    samples = noise(12, 10, 2, 8)
    data = encode(samples, 2, 8, Random(2), data_bytes=100)
    refused = 0
    for cut in range(1, len(data)):
        try:
            np.testing.assert_array_equal(opened(data[:cut]).pixels, samples)
        except ImageError:
            refused += 1
    assert refused > len(data) - 25


def damaged(data: bytes, which: str) -> bytes:
    """Return a file of 16-bit colour with one defect."""
    found = parts(data)
    number = [kind for kind, _ in found].index(b"IDAT")
    stream = b"".join(content for kind, content in found if kind == b"IDAT")
    rows = zlib.decompress(stream)
    if which == "checksum of a chunk":
        at = data.index(b"IDAT") + 6
        return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
    if which == "checksum of the stream":
        stream = stream[:-1] + bytes([stream[-1] ^ 1])
    elif which == "unknown filter":
        stream = zlib.compress(b"\5" + rows[1:])
    elif which == "rows missing":
        stream = zlib.compress(rows[:-20])
    elif which == "stream cut":
        stream = stream[: len(stream) // 2]
    elif which == "no deflate":
        stream = b"\x78\x9c" + bytes([7]) * 50
    elif which == "large chunk":
        return data[:33] + struct.pack(">I", 2**31) + b"zzZz" + data[33:]
    return file_of([*found[:number], (b"IDAT", stream), (b"IEND", b"")])


@pytest.mark.parametrize("kind", [(2, 8), (2, 16)])
@pytest.mark.parametrize(
    "which",
    [
        *("checksum of a chunk", "checksum of the stream", "unknown filter", "rows missing"),
        *("stream cut", "no deflate", "large chunk"),
    ],
)
def test_defects(which: str, kind: tuple[int, int]) -> None:
    data = damaged(encode(noise(9, 8, *kind), *kind, Random(3)), which)
    header = reader.Header.of(io.BytesIO(data))
    assert header is not None
    with pytest.raises(PngError):
        reader.decode(io.BytesIO(data), header)
    if kind == (2, 16):
        with pytest.raises(ImageError, match="the PNG file is damaged") as caught:
            opened(data)
        assert "\n" not in str(caught.value)


def test_a_strange_file_of_deep_colour_is_not_left_to_pillow() -> None:
    """Pillow would read each of them, with 8 bits."""
    for colour, depth in DEEP:
        data = encode(noise(5, 4, colour, depth), colour, depth, Random(0))
        compression = file_of([(b"IHDR", data[16:26] + b"\1\0\0"), *parts(data)[1:]])
        for strange in (data[:8] + chunk(b"teSt", b"first") + data[8:], compression):
            with PillowImages.open(io.BytesIO(strange)) as picture:
                assert np.asarray(picture).dtype == np.uint8
            with pytest.raises(ImageError, match="breaks the rules of the format: save it anew"):
                opened(strange)


def test_a_defect_is_found_beside_another_thread() -> None:
    rows = np.zeros((1000, 1 + 3 * 1000), np.uint8)
    rows[500, 0] = 9
    head = struct.pack(">IIBBBBB", 1000, 1000, 8, 2, 0, 0, 0)
    data = file_of([(b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")])
    header = reader.Header.of(io.BytesIO(data))
    assert header is not None
    with pytest.raises(PngError, match="unknown filter"):
        reader.decode(io.BytesIO(data), header)


def test_more_rows_than_the_picture_has_are_left_out() -> None:
    rows = np.zeros((9, 1 + 6), np.uint8)
    head = struct.pack(">IIBBBBB", 2, 5, 8, 2, 0, 0, 0)
    data = file_of([(b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")])
    assert opened(data).pixels.shape == (5, 2, 3)


@pytest.mark.parametrize("kind", [(2, 8), (6, 16)])
@examples(150)
@given(data=st.data())
def test_damage_ends_in_a_picture_or_in_one_line(
    kind: tuple[int, int], data: st.DataObject
) -> None:
    content = bytearray(encode(noise(6, 5, *kind), *kind, Random(4), before=words()))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    message = ""
    try:
        opened(bytes(content), max_pixels=1_000_000)
    except ImageError as error:
        message = str(error)
    assert "\n" not in message


def test_chunks_are_as_the_specification_wants() -> None:
    assert chunk(b"IEND", b"") == bytes.fromhex("0000000049454e44ae426082")


COLOURS = (
    (b"cICP", bytes((9, 16, 0, 1))),
    (b"mDCV", bytes(range(24))),
    (b"cLLI", bytes(range(8))),
    (b"gAMA", struct.pack(">I", 100000)),
    (b"cHRM", bytes(range(32))),
    (b"sRGB", b"\0"),
)


@pytest.mark.parametrize("colour", [0, 2, 3])
def test_what_is_said_of_colours_goes_along(colour: int) -> None:
    palette = [(b"PLTE", bytes(range(48)))] if colour == 3 else []
    samples = noise(5, 4, colour, 8) % 16
    data = encode(samples, colour, 8, Random(1), before=[*COLOURS, *palette])
    image = opened(data)
    assert image.metadata.png_colour == COLOURS
    file = io.BytesIO()
    assert write(image, file, format="PNG") == []
    assert opened(file.getvalue()).metadata.png_colour == COLOURS
    assert "description of colours" in write(image, io.BytesIO(), format="TIFF")[0]


def test_what_is_said_twice_of_colours_counts_once() -> None:
    said = [*COLOURS, (b"gAMA", struct.pack(">I", 45455)), COLOURS[0]]
    image = opened(encode(noise(5, 4, 2, 8), 2, 8, Random(1), before=said))
    assert image.metadata.png_colour == COLOURS


def test_what_is_said_of_plain_srgb_need_not_go_along() -> None:
    for said in ([COLOURS[5]], [(b"gAMA", struct.pack(">I", 45455))], [(b"gAMA", b"odd")]):
        image = opened(encode(noise(5, 4, 2, 8), 2, 8, Random(1), before=said))
        assert write(image, io.BytesIO(), format="TIFF") == []
    assert image.metadata.png_colour == ()
