"""What stands beside the pixels of PNG: read whatever its size, and never at the pixels' cost."""

from __future__ import annotations

import io
import struct
import zlib
from random import Random

import numpy as np
import pytest

from convfilter.errors import ImageError
from convfilter.formats.png import beside, writer
from convfilter.formats.png.chunks import LARGEST_CONTENT
from convfilter.images import Image, Metadata, read, write
from tests.formats.png.png_files import CHANNELS, Chunk, chunk, encode

MEBIBYTE = 1 << 20
PIXELS = np.zeros((3, 4), np.uint8)
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"></x:xmpmeta>'
EXIF = b"MM\0*\0\0\0\x08\0\x01\x01\x0f\0\x02\0\0\0\x04abc\0\0\0\0\0"
KINDS = [(0, 8), (2, 16), (6, 8), (0, 2), (3, 4)]
"""Two kinds that are decoded here, and others that are left to Pillow."""


def file_with(before: list[Chunk], kind: tuple[int, int], after: tuple[Chunk, ...] = ()) -> bytes:
    colour, depth = kind
    samples = np.arange(30).reshape(6, 5, 1) * np.ones((1, 1, CHANNELS[colour]), int) % 2**depth
    palette = [(b"PLTE", bytes(range(48)))] if colour == 3 else []
    return encode(samples, colour, depth, Random(1), before=[*palette, *before], after=after)


def opened(data: bytes) -> Image:
    return read(io.BytesIO(data))


def spoiled(data: bytes, kind: bytes) -> bytes:
    """Return the file with a wrong checksum of the first chunk of a kind."""
    at = data.index(kind)
    (length,) = struct.unpack_from(">I", data, at - 4)
    last = at + 4 + length + 3
    return data[:last] + bytes([data[last] ^ 1]) + data[last + 1 :]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("ancillary", [b"tEXt", b"iCCP", b"pHYs", b"gAMA", b"zzZz", b"tIME"])
def test_a_damaged_chunk_costs_itself_and_a_line(kind: tuple[int, int], ancillary: bytes) -> None:
    parts = [(b"tEXt", b"Author\0somebody"), (b"zTXt", b"Title\0\0" + zlib.compress(b"words"))]
    whole = opened(file_with(parts, kind))
    if ancillary != b"tEXt":
        parts.append((ancillary, bytes(9)))
    image = opened(spoiled(file_with(parts, kind), ancillary))
    np.testing.assert_array_equal(image.pixels, whole.pixels)
    assert ("Title", "words") in image.metadata.text
    assert len(image.metadata.text) == (1 if ancillary == b"tEXt" else 2)
    assert image.left_out == (f"chunks that are damaged were left out: {ancillary.decode()}",)
    (line,) = write(image, io.BytesIO(), format="PNG")
    assert line == f"the stream: of the input: {image.left_out[0]}"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("critical", [b"IHDR", b"IDAT", b"IEND"])
def test_a_damaged_critical_chunk_is_refused(kind: tuple[int, int], critical: bytes) -> None:
    with pytest.raises(ImageError, match="damaged"):
        opened(spoiled(file_with([], kind), critical))


def test_a_damaged_palette_is_refused() -> None:
    with pytest.raises(ImageError, match="damaged"):
        opened(spoiled(file_with([], (3, 4)), b"PLTE"))


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_left_out_is_named(kind: tuple[int, int]) -> None:
    unknown = [(b"vpAG", b"12345678"), (b"npTC", b"1")]
    data = file_with([(b"tIME", bytes(7)), (b"vpAg", bytes(2)), *unknown], kind)
    assert opened(data).left_out == ("chunks that are not known here were left out: vpAG and npTC",)
    assert opened(data).metadata.png_chunks == ((b"tIME", bytes(7)), (b"vpAg", bytes(2)))
    line = "40 bytes that are no part of it behind the picture: left out"
    assert opened(file_with([], kind) + b"behind it.." + bytes(29)).left_out == (line,)
    assert opened(file_with([], kind) + bytes(40)).left_out == ()
    video = opened(file_with([], kind) + b"\0\0\0\x18ftypmp42")
    assert video.left_out == ("a video behind the picture: left out",)
    assert opened(file_with([], kind)).left_out == ()


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_ends_behind_its_pixels_says_so(kind: tuple[int, int]) -> None:
    data = file_with([], kind, after=((b"tEXt", b"Author\0somebody"),))
    if kind[1] == 16:
        with pytest.raises(ImageError, match="truncated"):
            opened(data[:-14])
        return
    image = opened(data[:-14])
    np.testing.assert_array_equal(image.pixels, opened(data).pixels)
    assert any("ends too early" in line for line in image.left_out)


@pytest.mark.parametrize("text", ["latin \xe9", "\u4e2d\u6587"])
@pytest.mark.parametrize("pixels", [np.zeros((3, 4, 3), np.uint8), np.zeros((3, 4), np.uint16)])
def test_large_metadata_comes_back(pixels: np.ndarray, text: str) -> None:
    profile = bytearray(Random(1).randbytes(3 * MEBIBYTE))
    profile[16:20] = b"RGB " if pixels.ndim == 3 else b"GRAY"
    metadata = Metadata(
        icc_profile=bytes(profile),
        exif=EXIF + Random(2).randbytes(2 * MEBIBYTE),
        xmp=XMP.replace(b"><", b">" + b" " * 2 * MEBIBYTE + b"<"),
        text=(("Author", text * MEBIBYTE), ("Author", "another")),
    )
    file = io.BytesIO()
    assert write(Image(pixels, metadata=metadata), file, format="PNG") == []
    image = opened(file.getvalue())
    assert image.metadata == metadata
    assert image.left_out == ()


def test_what_would_not_be_read_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (beside, writer):
        monkeypatch.setattr(module, "LARGEST_CONTENT", MEBIBYTE)
    for name in ("icc_profile", "exif", "xmp", "text"):
        words = ("x" if name == "text" else b"x") * (MEBIBYTE // 2 + 1)
        for times in (1, 2):
            value = (("a", words), ("b", words))[:times] if name == "text" else words * times
            kept, notes = writer.storable(Metadata(**{name: value}), PIXELS)
            assert len(notes) == (times == 2)
            assert len(kept.text) == (name == "text")
            assert bool(getattr(kept, name)) == (times == 1 or name == "text")


@pytest.mark.parametrize("keyword", ["XML:com.adobe.xmp", "Raw profile type exif"])
def test_words_that_would_be_read_as_something_else_are_not_written(keyword: str) -> None:
    _, notes = writer.storable(Metadata(text=((keyword, "words"),)), PIXELS)
    assert notes == [f"the text {keyword!r} cannot be stored in PNG and was left out"]


def raw_profile(kind: str, content: bytes, name: str = "") -> Chunk:
    text = f"\n{name or kind}\n{len(content):8d}\n{content.hex()}\n".encode()
    return b"zTXt", b"Raw profile type " + kind.encode() + b"\0\0" + zlib.compress(text)


def test_profiles_in_texts() -> None:
    metadata = opened(file_with([raw_profile("exif", b"Exif\0\0" + EXIF)], (2, 8))).metadata
    assert metadata.exif == EXIF
    metadata = opened(file_with([raw_profile("xmp", XMP)], (2, 8))).metadata
    assert metadata.xmp == XMP
    resource = b"8BIM" + struct.pack(">HHI", 1028, 0, 4) + b"\x1c\2\5\0"
    for content in (resource, resource[12:]):
        image = opened(file_with([raw_profile("iptc", content)], (2, 8)))
        assert image.metadata == Metadata(photoshop=resource)
        assert image.left_out == ()
        image = opened(file_with([raw_profile("iptc", content, "IPTC profile")], (2, 8)))
        assert image.metadata == Metadata(photoshop=resource)
    exif = raw_profile("APP1", b"Exif\0\0" + EXIF, "generic profile")
    assert opened(file_with([exif], (2, 8))).metadata.exif == EXIF
    image = opened(file_with([raw_profile("iptc", b"nothing of it")], (2, 8)))
    assert image.left_out == ("the text 'Raw profile type iptc' was left out",)
    assert image.metadata == Metadata()


def test_texts_that_hold_a_picture_are_left_out() -> None:
    for words in (b"/9j/" + b"AbCd" * 30, b"data:image/png;base64," + b"AbCd" * 30):
        image = opened(file_with([(b"tEXt", b"Thumbnail\0" + words)], (2, 8)))
        assert image.left_out == ("the text 'Thumbnail' holds a picture and was left out",)
        assert image.metadata.text == ()


def test_xmp_may_be_compressed() -> None:
    packed = b"XML:com.adobe.xmp\0\0" + zlib.compress(XMP)
    assert opened(file_with([(b"zTXt", packed)], (2, 8))).metadata.xmp == XMP


@pytest.mark.parametrize(
    "part",
    [
        (b"tEXt", b"no end"),
        (b"zTXt", b"Title\0\1method"),
        (b"zTXt", b"Title\0\0" + zlib.compress(b"words" * 99)[:-9]),
        (b"iTXt", b"Title\0\0\0\0\0\xff\xff"),
        (b"iTXt", b"Title\0\0"),
        (b"iCCP", b"name\0\0nonsense"),
        (b"pHYs", b"short"),
    ],
)
@pytest.mark.parametrize("kind", KINDS[1:4])
def test_what_makes_no_sense_is_named(kind: tuple[int, int], part: Chunk) -> None:
    image = opened(file_with([part], kind))
    assert image.left_out == (f"a chunk {part[0].decode()} cannot be read and was left out",)


def test_a_chunk_longer_than_any_that_is_read() -> None:
    data = file_with([], (2, 8))
    long = chunk(b"teXt", b"")[:-4].replace(bytes(4), struct.pack(">I", LARGEST_CONTENT + 1), 1)
    with pytest.raises(ImageError, match="truncated"):  # it reaches beyond the end
        opened(data[:33] + long + data[33:])
    content = bytes(LARGEST_CONTENT + 1)
    image = opened(data[:33] + chunk(b"teXt", content) + data[33:])
    assert image.left_out == ("chunks that are longer than 64 MiB were left out: teXt",)
