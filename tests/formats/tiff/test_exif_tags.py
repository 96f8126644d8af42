"""EXIF goes from TIFF to other formats and back; Pillow and tifffile are the witnesses."""

from __future__ import annotations

import io
import struct
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image as PillowImages
from PIL import TiffImagePlugin

from convfilter.formats.exif.ifd import ASCII, SHORT, UNDEFINED, Entry, Layout, Source, Tree
from convfilter.formats.tiff.tags import exif_tags
from convfilter.images import FORMATS, Image, Metadata, read, write
from convfilter.picture.orientation import upright
from tests.formats.declared import written as names
from tests.formats.exif.exif_blocks import EXIF, GPS, MAKER_NOTE, TOLD, exif_block, told_by, told_in
from tests.formats.tiff.tiff_files import Kind, tiff_file

RANDOM = np.random.default_rng(8)
ORDERS = ("<", ">")


def pixels_of(dtype: str) -> NDArray[Any]:
    """Return pixels in RGB that look alike from no two sides."""
    return (RANDOM.random((6, 9, 3)) * 255).astype(dtype)


def written(image: Image, format_name: str = "tiff", notes: int = 0) -> bytes:
    """Return the file of a picture."""
    file = io.BytesIO()
    assert len(write(image, file, format=format_name)) == notes
    return file.getvalue()


def opened(data: bytes) -> Image:
    """Read a file in memory."""
    return read(io.BytesIO(data))


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_written_as_others_read_it(dtype: str, order: str) -> None:
    pixels = pixels_of(dtype)
    data = written(Image(pixels, metadata=Metadata(exif=exif_block(order), dpi=(300, 150))))
    assert data[:2] == {"<": b"II", ">": b"MM"}[order]
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        (page,) = file.pages
        tags = page.tags  # type: ignore[union-attr]
        assert tags[271].value == "Maker"
        assert tags[274].value == 1
        assert tags[256].value == 9  # and not what the block said
        assert tags[34665].value["DateTimeOriginal"] == TOLD.taken
        assert tags[34665].value["MakerNote"] == MAKER_NOTE
        assert tags[34853].value["GPSLatitude"] == (48, 1, 8, 1, 121, 4)
        assert tags[282].value == (300, 1)
        np.testing.assert_array_equal(page.asarray(), pixels)
    if dtype == "uint8":
        with TiffImagePlugin.TiffImageFile(io.BytesIO(data)) as picture:
            assert told_by(picture.getexif()) == TOLD
            np.testing.assert_array_equal(np.asarray(picture), pixels)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_there_and_back_again(dtype: str, order: str) -> None:
    first = opened(written(Image(pixels_of(dtype), metadata=Metadata(exif=exif_block(order)))))
    assert told_in(first.metadata.exif) == TOLD
    assert first.metadata.exif is not None
    assert first.metadata.exif[:2] == {"<": b"II", ">": b"MM"}[order]
    again = opened(written(first))
    assert again.metadata == first.metadata


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(
    ("source", "target"),
    [pair for name in names(keeps="EXIF") for pair in ((name, "TIFF"), ("TIFF", name))],
)
def test_from_format_to_format(source: str, target: str, order: str) -> None:
    start = Image(pixels_of("uint8"), metadata=Metadata(exif=exif_block(order)))
    there = opened(written(opened(written(start, source)), target))
    assert told_in(there.metadata.exif) == TOLD
    data = written(there, target)
    if FORMATS[target].extra or FORMATS[target].deep_extra:  # of which Pillow reads no EXIF
        assert there.metadata.exif in data
        return
    with PillowImages.open(io.BytesIO(data)) as picture:
        assert told_by(picture.getexif()) == TOLD


def by_pillow(pixels: NDArray[Any], orientation: int) -> bytes:
    """Return a file of Pillow's, which writes EXIF of 8-bit pictures."""
    exif = PillowImages.Exif()
    exif[271], exif[274] = "Maker", orientation
    exif.get_ifd(EXIF)[36867] = TOLD.taken
    exif.get_ifd(EXIF)[37500] = MAKER_NOTE
    exif.get_ifd(GPS)[2] = TOLD.latitude
    file = io.BytesIO()
    PillowImages.fromarray(pixels).save(file, "TIFF", exif=exif.tobytes(), dpi=(300, 150))
    return file.getvalue()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientations(orientation: int) -> None:
    pixels = pixels_of("uint8")
    image = opened(by_pillow(pixels, orientation))
    np.testing.assert_array_equal(image.pixels, upright(pixels, orientation))
    assert told_in(image.metadata.exif) == replace(TOLD, interoperability=None)
    assert image.metadata.dpi == ((150, 300) if orientation > 4 else (300, 150))
    again = opened(written(image))
    np.testing.assert_array_equal(again.pixels, image.pixels)
    assert again.metadata == image.metadata


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientations_of_16_bits(orientation: int, order: str) -> None:
    pixels = pixels_of("uint16")
    plain = tiff_file(pixels, Kind(order=order, orientation=orientation, resolution=(300, 150, 2)))
    image = opened(with_exif(plain, order))
    np.testing.assert_array_equal(image.pixels, upright(pixels, orientation))
    assert told_in(image.metadata.exif) == TOLD
    assert image.metadata.dpi == ((150, 300) if orientation > 4 else (300, 150))
    again = opened(written(image))
    np.testing.assert_array_equal(again.pixels, image.pixels)
    assert again.metadata == image.metadata


def with_exif(data: bytes, order: str) -> bytes:
    """Return a file with a new directory: the tags of its first one and those of a block."""
    source = Source(data)
    given = Tree.of(source, source.first, {}, 1 << 20)
    _, exif = exif_tags.tree_of(exif_block(order, orientation=None)) or (order, Tree(()))
    tree = Tree(given.entries + exif.entries, exif.below)
    layout = Layout(source.layout.order)
    data += bytes(len(data) % 2)
    packed = tree.packed(len(data), layout)
    return data[:4] + struct.pack(layout.offset, len(data)) + data[8:] + packed


def test_what_lays_out_a_file_is_no_exif() -> None:
    pixels = pixels_of("uint8")
    assert opened(written(Image(pixels))).metadata.exif is None
    assert opened(tiff_file(pixels, Kind(orientation=1))).metadata.exif is None
    assert opened(tiff_file(pixels, Kind(resolution=(300, 150, 2)))).metadata.exif is None


@pytest.mark.parametrize("kind", ["shaped", "imagej", "ome"])
def test_descriptions_of_the_layout_stay_behind(kind: str) -> None:
    file = io.BytesIO()
    options: dict[str, Any] = {"shaped": {"metadata": {}}, "imagej": {"imagej": True},
                               "ome": {"ome": True}}[kind]  # fmt: skip
    tifffile.imwrite(file, np.zeros((2, 5, 7), np.uint8), photometric="minisblack", **options)
    with tifffile.TiffFile(io.BytesIO(file.getvalue())) as witness:
        assert witness.pages[0].description  # type: ignore[union-attr]
    block = opened(file.getvalue()).metadata.exif
    entries = Tree.of(Source(block), 8, {}, 1 << 20).entries if block else ()
    assert 270 not in [entry.tag for entry in entries]


@pytest.mark.parametrize(
    "block", [b"II*\0", b"II*\0\xff\xff\xff\xff", b"nothing of the kind", b"MM\0*\0\0\0\x08"]
)
def test_broken_blocks_are_left_out_with_a_note(block: bytes) -> None:
    image = Image(pixels_of("uint8"), metadata=Metadata(exif=block))
    assert opened(written(image, notes=1)).metadata.exif is None


def test_broken_directories_of_exif_do_not_spoil_the_rest() -> None:
    block = bytearray(exif_block())
    (start,) = struct.unpack_from("<I", block, 4)
    (count,) = struct.unpack_from("<H", block, start)
    for at in range(start + 2, start + 2 + 12 * count, 12):
        if struct.unpack_from("<H", block, at) == (34665,):
            struct.pack_into("<I", block, at + 8, 2**31)
    image = opened(written(Image(pixels_of("uint8"), metadata=Metadata(exif=bytes(block)))))
    assert told_in(image.metadata.exif) == replace(
        TOLD, taken=None, maker_note=None, interoperability=None
    )


def test_texts_are_kept_to_the_byte() -> None:
    # padded with nulls, without one, not in ASCII: as they are found
    texts = (b"padded\0\0\0\0", b"without", "für".encode(), b"\0", b"a\0b\0")
    tags = (270, 271, 272, 305, 315)
    entries = tuple(Entry(tag, ASCII, text) for tag, text in zip(tags, texts, strict=True))
    layout = Layout("<")
    block = layout.head + bytes(Tree(entries).packed(8, layout))
    image = Image(pixels_of("uint16"), metadata=Metadata(exif=block))
    assert opened(written(image)).metadata.exif == block


def test_long_blocks_are_left_out() -> None:
    layout = Layout("<")

    def block(length: int) -> bytes:
        inner = Tree((Entry(37500, UNDEFINED, bytes(length)),))
        tree = Tree((Entry(271, ASCII, b"Maker\0"),), {EXIF: inner})
        return layout.head + bytes(tree.packed(8, layout))

    image = Image(pixels_of("uint8"), metadata=Metadata(exif=block(1 << 19)))
    assert opened(written(image)).metadata.exif == block(1 << 19)
    longer = replace(image, metadata=Metadata(exif=block(1 << 20)))
    assert opened(written(longer, notes=1)).metadata.exif is None
    file = io.BytesIO()
    tifffile.imwrite(
        file,
        image.pixels,
        extratags=[(271, 2, None, "x" * (1 << 20), True)],
        metadata=None,
        software=False,
    )
    assert opened(file.getvalue()).metadata.exif is None


def test_the_byte_order_is_that_of_the_first_block() -> None:
    pixels = pixels_of("uint16")
    first = Image(pixels, metadata=Metadata(exif=exif_block(">")))
    pages = replace(
        first,
        following=(
            Image(pixels, metadata=Metadata(exif=exif_block("<"))),
            Image(pixels),
        ),
    )
    data = written(pages)
    assert data[:2] == b"MM"
    one, two, three = opened(data).frames
    assert told_in(one.metadata.exif) == told_in(two.metadata.exif) == TOLD
    assert two.metadata.exif is not None
    assert two.metadata.exif[:2] == b"MM"
    assert three.metadata.exif is None


def test_orientation_is_1_however_it_was_stated() -> None:
    layout = Layout(">")
    entries = (
        Entry(271, ASCII, b"Maker\0"),
        Entry(274, SHORT, struct.pack(">H", 6)),
    )
    block = layout.head + bytes(Tree(entries).packed(8, layout))
    data = written(Image(pixels_of("uint8"), metadata=Metadata(exif=block)))
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        assert file.pages[0].tags[274].value == 1  # type: ignore[union-attr]
