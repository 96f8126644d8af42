"""AVIF keeps colours: their resolution, and the numbers that tell which they are."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from PIL import Image as PillowImages

from convfilter.errors import ImageError
from convfilter.formats.boxes import Items
from convfilter.images import Image, Metadata, read, write
from convfilter.picture.image import CICP

P3 = ((CICP, bytes((12, 13, 0, 1))),)
PQ = ((CICP, bytes((9, 16, 0, 1))),)
PROFILE = bytes(16) + b"RGB " + bytes(108)


def coloured_stripes() -> np.ndarray:
    """Return columns of two colours that are equally bright."""
    pixels = np.zeros((32, 40, 3), np.uint8)
    pixels[:, ::2] = (255, 0, 0)
    pixels[:, 1::2] = (0, 130, 0)
    return pixels


def encoded(image: Image | np.ndarray, format_name: str = "AVIF", **options: int) -> bytes:
    file = io.BytesIO()
    assert write(image, file, format=format_name, **options) == []
    return file.getvalue()


def opened(data: bytes) -> Image:
    return read(io.BytesIO(data))


@pytest.mark.parametrize("quality", [None, 60, 100])
def test_colours_keep_their_resolution(quality: int | None) -> None:
    pixels = coloured_stripes()
    for several in (False, True):
        image = Image(pixels, following=(Image(pixels[:, ::-1].copy()),) * several)
        file = io.BytesIO()
        write(image, file, format="AVIF", quality=quality)
        for frame, given in zip(opened(file.getvalue()).frames, image.frames, strict=True):
            assert np.abs(frame.pixels.astype(int) - given.pixels).mean() < 6


@pytest.mark.parametrize("colour", [P3, PQ])
@pytest.mark.parametrize("channels", [3, 4])
def test_numbers_of_colours_go_both_ways(colour: tuple, channels: int) -> None:
    pixels = np.full((16, 16, channels), 100, np.uint8)
    image = Image(pixels, alpha=channels == 4, metadata=Metadata(png_colour=colour))
    as_avif = encoded(image)
    assert opened(as_avif).metadata.png_colour == colour
    as_png = encoded(opened(as_avif), "PNG")
    assert opened(as_png).metadata.png_colour == colour
    assert opened(encoded(opened(as_png))).metadata.png_colour == colour
    without = opened(encoded(Image(pixels, alpha=channels == 4)))
    assert without.metadata.png_colour == ()
    np.testing.assert_array_equal(opened(as_avif).pixels, without.pixels)


def test_numbers_of_colours_of_frames() -> None:
    pixels = np.full((16, 16, 3), 100, np.uint8)
    following = (Image(pixels // 2),)
    image = Image(pixels, metadata=Metadata(png_colour=P3), following=following)
    file = io.BytesIO()
    write(image, file, format="AVIF")
    back = opened(file.getvalue())
    assert len(back.frames) == 2
    assert back.metadata.png_colour == P3


def test_what_else_is_said_of_colours_is_named() -> None:
    pixels = np.zeros((16, 16, 3), np.uint8)
    gamma = (b"gAMA", struct.pack(">I", 100000))
    for said, wanted in (((gamma,), True), ((*P3, gamma), False), (P3, False)):
        notes = write(
            Image(pixels, metadata=Metadata(png_colour=said)), io.BytesIO(), format="AVIF"
        )
        assert any("the description of colours" in note for note in notes) == wanted
    assert "description of colours" in write(opened(encoded_p3()), io.BytesIO(), format="JPEG")[0]


def encoded_p3() -> bytes:
    image = Image(np.zeros((16, 16, 3), np.uint8), metadata=Metadata(png_colour=P3))
    return encoded(image)


def test_a_profile_counts_more_than_numbers() -> None:
    metadata = Metadata(icc_profile=PROFILE, png_colour=P3)
    back = opened(encoded(Image(np.zeros((16, 16, 3), np.uint8), metadata=metadata)))
    assert back.metadata.icc_profile == PROFILE
    assert back.metadata.png_colour == ()


@pytest.mark.parametrize("brand", [b"mif1", b"miaf"])
def test_other_brands(brand: bytes) -> None:
    data = encoded(coloured_stripes())
    assert data[8:12] == b"avif"
    other = data[:8] + brand + data[12:]
    np.testing.assert_array_equal(opened(other).pixels, opened(data).pixels)
    with pytest.raises(ImageError, match="HEIC"):
        opened(other.replace(b"avif", b"heic"))


def box(kind: bytes, *contents: bytes) -> bytes:
    content = b"".join(contents)
    return struct.pack(">I4s", 8 + len(content), kind) + content


def item(number: int, kind: bytes) -> bytes:
    return box(b"infe", struct.pack(">IHH4s", 2 << 24, number, 0, kind), b"\0")


def refers(kind: bytes, source: int, *targets: int) -> bytes:
    return box(kind, struct.pack(f">HH{len(targets)}H", source, len(targets), *targets))


def file_of(items: dict[int, bytes], *references: bytes, alpha: int = 0) -> bytes:
    """Return a file that begins as AVIF does, whose first item is the picture."""
    entries = [item(*each) for each in items.items()]
    kinds = box(b"iinf", bytes(4), struct.pack(">H", len(items)), *entries)
    urn = box(b"auxC", bytes(4), b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0")
    said = struct.pack(">IIHBB", 0, 1, alpha, 1, 1)
    properties = box(b"iprp", box(b"ipco", urn), box(b"ipma", said))
    primary = box(b"pitm", bytes(4), struct.pack(">H", 1))
    meta = box(b"meta", bytes(4), primary, kinds, box(b"iref", bytes(4), *references), properties)
    return box(b"ftyp", b"avif", bytes(4), b"avif") + meta


AV1 = b"av01"


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (file_of({1: AV1}), []),
        (file_of({1: AV1, 2: b"Exif"}, refers(b"cdsc", 2, 1)), []),
        (file_of({1: b"grid", 2: AV1, 3: AV1}, refers(b"dimg", 1, 2, 3)), []),
        (file_of({1: AV1, 2: AV1}, refers(b"auxl", 2, 1), alpha=2), []),
        (file_of({1: AV1, 2: AV1}, refers(b"thmb", 2, 1)), []),
        (file_of({1: AV1, 2: AV1}, refers(b"auxl", 2, 1)), ["1 further picture"]),
        (file_of({1: AV1, 2: AV1, 3: AV1}), ["2 further pictures"]),
        (
            file_of({1: AV1, 2: b"grid", 3: AV1, 4: AV1}, refers(b"dimg", 2, 3, 4)),
            ["1 further picture"],
        ),
        (file_of({1: AV1, 2: AV1, 3: b"tmap"}, refers(b"dimg", 3, 1, 2)), ["a gain map"]),
        (b"", []),
        (file_of({1: AV1, 2: AV1})[:70], []),
    ],
)
def test_further_pictures_are_found(data: bytes, found: list[str]) -> None:
    assert Items.of(data).further() == found


def test_further_pictures_are_named() -> None:
    """A second picture in a file that Pillow reads: an entry more in its table of items."""
    data = encoded(coloured_stripes())
    at = data.index(b"iinf") - 4
    (length,) = struct.unpack_from(">I", data, at)
    table = data[at : at + length]
    second = item(2, AV1)
    longer = struct.pack(">I", length + len(second)) + table[4:12] + b"\0\2" + table[14:] + second
    meta = data.index(b"meta") - 4
    (whole,) = struct.unpack_from(">I", data, meta)
    changed = bytearray(data[:at] + longer + data[at + length :])
    struct.pack_into(">I", changed, meta, whole + len(second))
    location = changed.index(b"iloc") + 4 + 4 + 2 + 2 + 2 + 2 + 2  # up to the extent's offset
    (offset,) = struct.unpack_from(">I", changed, location)
    struct.pack_into(">I", changed, location, offset + len(second))
    image = opened(bytes(changed))
    np.testing.assert_array_equal(image.pixels, opened(data).pixels)
    assert image.left_out == ("1 further picture beside the picture: left out",)


def test_the_witness_sees_full_resolution() -> None:
    """The header of the coded picture says whether samples of colours are shared."""
    data = encoded(coloured_stripes())
    coding = data[data.index(b"av1C") + 6]
    assert coding & 0b1100 == 0
    with PillowImages.open(io.BytesIO(data)) as picture:
        assert picture.size == (40, 32)
