"""Several pictures of one directory, and what pages say that is not kept."""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

import convfilter
from convfilter.errors import ImageError
from convfilter.formats.exif.ifd import Source
from convfilter.images import write
from tests.formats.tiff.test_pages import Array, by_tifffile, opened, picture


def one_directory(pixels: Array, **options: Any) -> bytes:
    """Return a stack whose directories but the first are not linked, as large ones of ImageJ."""
    file = io.BytesIO()
    tifffile.imwrite(file, pixels, **options)
    data = bytearray(file.getvalue())
    source = Source(bytes(data))
    first = source.directory(source.first)
    struct.pack_into(source.layout.offset, data, first.link, 0)
    return bytes(data)


STACKS = {
    "bytes": ((5, 16, 32), "uint8"),
    "deep": ((4, 7, 9), "uint16"),
    "floats": ((3, 7, 9), "float32"),
    "colours": ((3, 7, 9, 3), "uint8"),
    "hyperstack": ((2, 3, 7, 9), "uint16"),
}


@pytest.mark.parametrize("by", ["ImageJ", "tifffile"])
@pytest.mark.parametrize(("shape", "dtype"), STACKS.values(), ids=STACKS)
def test_stacks_of_one_directory(shape: tuple[int, ...], dtype: str, by: str) -> None:
    pixels = np.random.default_rng(1).integers(0, 255, shape).astype(dtype)
    photometric = "rgb" if shape[-1] == 3 else "minisblack"
    data = one_directory(pixels, imagej=by == "ImageJ", photometric=photometric)
    image = opened(data)
    size = 3 if shape[-1] == 3 else 2
    pages = pixels.reshape(-1, *shape[-size:])
    assert len(image.frames) == len(pages)
    for found, page in zip(image.frames, pages, strict=True):
        np.testing.assert_array_equal(found.pixels, page)
    np.testing.assert_array_equal(opened(data, frames="2").pixels, pages[2])


def test_a_stack_is_filtered_as_a_whole(tmp_path: Path) -> None:
    pixels = np.random.default_rng(1).integers(0, 255, (5, 16, 32)).astype(np.uint8)
    (tmp_path / "a.tif").write_bytes(one_directory(pixels, imagej=True))
    (result,) = convfilter.filter_files(tmp_path / "a.tif", tmp_path / "b.tif", "invert")
    assert result.ok
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "b.tif"), 255 - pixels)


def test_a_stack_that_is_cut_off_is_refused() -> None:
    data = one_directory(np.ones((5, 160, 32), np.uint8), imagej=True)
    with pytest.raises(ImageError, match="truncated"):
        opened(data[: len(data) - 8000])


@pytest.mark.parametrize("compression", [None, "zlib"])
def test_a_description_of_pictures_that_are_not_there(compression: str | None) -> None:
    text = "ImageJ=1.53t\nimages=50\nslices=50\n"
    page = (picture("uint8", ()), {"description": text, "compression": compression})
    image = opened(by_tifffile(page))
    assert len(image.frames) == 1
    assert "tells of 50 pictures, of which the first one was read" in image.left_out[0]


def test_pages_are_not_counted_twice() -> None:
    file = io.BytesIO()
    tifffile.imwrite(file, np.zeros((5, 16, 32), np.uint8), imagej=True)
    assert len(opened(file.getvalue()).frames) == 5


# what is kept in TIFF alone, or not at all

TAGS: dict[str, tuple[tuple[int, int, int, Any, bool], str]] = {
    "place on earth": ((33550, 12, 3, (1.0, 1.0, 0.0), True), "GeoTIFF"),
    "no data": ((42113, 2, 6, "-9999", True), "the value for no data"),
    "GDAL": ((42112, 2, 4, "<a>", True), "GDAL's metadata"),
    "Photoshop": (
        (34377, 7, 12, b"8BIM\x0f\xa0\0\0\0\0\0\0", True),
        "Photoshop's resources",
    ),
    "private": ((65000, 2, 8, "private", True), "the tag 65000"),
    "white": ((318, 5, 2, (3127, 10000, 3290, 10000), True), "the white point"),
    "position": ((286, 5, 1, (5, 1), True), "the position on the page"),
}


LOST = (318, 286)


@pytest.mark.parametrize(("tag", "words"), TAGS.values(), ids=TAGS)
@pytest.mark.parametrize("compression", [None, "jpeg"])
def test_tags_that_are_not_kept_are_named(
    compression: str | None, tag: tuple[int, int, int, Any, bool], words: str
) -> None:
    page = (picture("uint8", (3,)), {"extratags": [tag], "compression": compression})
    image = opened(by_tifffile(page))
    (note,) = write(image, io.BytesIO(), format="webp")
    assert words in note
    file = io.BytesIO()
    notes = write(image, file, format="tiff")
    with tifffile.TiffFile(io.BytesIO(file.getvalue())) as kept:
        found = kept.pages.first.tags.get(tag[0])
    is_kept = found is not None
    assert (tag[0] in LOST, len(notes)) == ((False, 0) if is_kept else (True, 1))
    if found is not None:
        assert found.value == tag[3]
    assert write(opened(file.getvalue()), io.BytesIO(), format="tiff") == []


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"ome": True}, "the OME-XML"),
        ({"imagej": True}, "ImageJ's metadata"),
        ({"metadata": {"axes": "YX", "spacing": 3.0}}, "tifffile's metadata"),
        ({}, ""),
        ({"description": "a cell"}, ""),
        ({"tile": (16, 16), "resolution": (300, 300)}, ""),
    ],
)
def test_descriptions_that_are_not_kept_are_named(options: dict[str, Any], words: str) -> None:
    file = io.BytesIO()
    tifffile.imwrite(file, picture("uint8", ()), **options)
    image = opened(file.getvalue())
    told = [note for note in write(image, io.BytesIO(), format="png") if "EXIF" not in note]
    assert len(told) == bool(words)
    assert words in "".join(told)
    again = io.BytesIO()
    assert write(image, again, format="tiff") == []
    again.seek(0)
    file.seek(0)
    with tifffile.TiffFile(again) as kept, tifffile.TiffFile(file) as given:
        assert kept.series[0].axes == given.series[0].axes
        if words or "description" in options:
            assert kept.pages.first.description == given.pages.first.description


def test_pictures_in_sub_directories() -> None:
    for kind, lines in ((0, 1), (1, 0)):
        file = io.BytesIO()
        with tifffile.TiffWriter(file) as writer:
            writer.write(picture("uint8", ()), subifds=1, metadata=None)
            writer.write(picture("uint8", (), 10, 10), subfiletype=kind, metadata=None)
        assert len(opened(file.getvalue()).left_out) == lines
