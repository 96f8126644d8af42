"""Pages that are read one at a time, and what stands in sub-directories."""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image as PillowImages
from PIL import TiffImagePlugin

from convfilter.errors import ImageError
from convfilter.formats.exif.ifd import Source
from convfilter.formats.tiff import pages as tiff_pages
from convfilter.images import read
from tests.formats.tiff.test_pages import (
    PROFILE,
    assert_same,
    by_tifffile,
    deflated,
    for_pillow,
    image_of,
    opened,
    picture,
)

# one page at a time


def handed_on(data: bytes, path: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """Return how many bytes Pillow gets to decode pages from, all together."""
    lengths: list[int] = []
    begin = TiffImagePlugin.TiffImageFile.__init__

    def counted(picture: Any, file: Any, *others: Any) -> None:
        lengths.append(file.seek(0, io.SEEK_END))
        file.seek(0)
        begin(picture, file, *others)
        with pytest.raises(io.UnsupportedOperation):
            file.fileno()

    path.write_bytes(data)
    with monkeypatch.context() as patch:
        patch.setattr(TiffImagePlugin.TiffImageFile, "__init__", counted)
        read(path)
    return sum(lengths)


def test_what_libtiff_gets_grows_with_the_pages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # it goes along all directories for each page
    one, two = (
        handed_on(by_tifffile(*[for_pillow()] * count), tmp_path / "a.tif", monkeypatch)
        for count in (20, 40)
    )
    assert one < two < 2.5 * one


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize(
    "how", [{"rowsperstrip": 7}, {"tile": (16, 16)}, {"planarconfig": "separate"}], ids=str
)
def test_pages_alone_in_a_file(order: str, big: bool, how: dict[str, Any]) -> None:
    pixels = [picture("uint8", (3,), 40 + n, 50 - n) for n in range(3)]
    stored = [np.moveaxis(p, 2, 0) if "planarconfig" in how else p for p in pixels]
    pages = [deflated(p, iccprofile=PROFILE, photometric="rgb", **how) for p in stored]
    data = by_tifffile(*pages, byteorder=order, bigtiff=big)
    for page, expected in zip(tiff_pages.pages_of(io.BytesIO(data)), pixels, strict=True):
        alone = page.file
        assert isinstance(alone, io.BytesIO)
        assert len(alone.getvalue()) < len(data) / 2
        with tifffile.TiffFile(alone) as file:
            assert len(file.pages) == 1
            assert file.byteorder == order
            assert file.is_bigtiff == (big and order == "<")  # Pillow reads no others of these
            found = file.pages[0].asarray()
        if "planarconfig" in how:
            found = np.moveaxis(found, 0, 2)
        np.testing.assert_array_equal(found, expected)
    assert_same(opened(data), [image_of(p) for p in pixels])


def test_tables_of_jpeg_stay_with_their_page() -> None:
    smooth = cv2.GaussianBlur(picture("uint8", (3,), 64, 64), (0, 0), 9)
    one, two = PillowImages.fromarray(smooth), PillowImages.fromarray(255 - smooth)
    file = io.BytesIO()
    one.save(file, "TIFF", save_all=True, append_images=[two], compression="jpeg", quality=95)
    for page in tiff_pages.pages_of(file):
        alone = Source(page.file)
        assert 347 in alone.directory(alone.first).fields
    first, second = (page.pixels.astype(int) for page in opened(file.getvalue()).frames)
    assert np.abs(first - smooth).max() < 20
    assert np.abs(second - (255 - smooth)).max() < 20


def pages_with_lengths(length: int) -> bytes:
    """Return a file of two pages; each strip of the second states this length."""
    pages = [deflated(picture("uint8", (), 40, 40), rowsperstrip=4)] * 2
    data = bytearray(by_tifffile(*pages)) + bytes(1000)
    field = list(Source(bytes(data)).directories())[1].fields[279]
    kind = {3: "H", 4: "I"}[field.kind]
    count = field.length // struct.calcsize(kind)
    struct.pack_into(f"<{count}{kind}", data, field.place, *[length] * count)
    return bytes(data)


def test_strips_that_share_bytes_are_copied_once() -> None:
    # all of them go on through those that follow
    data = pages_with_lengths(600)
    alone = tiff_pages.pages_of(io.BytesIO(data))[1].file
    assert isinstance(alone, io.BytesIO)
    assert len(alone.getvalue()) < len(data)
    assert_same(opened(data), [image_of(picture("uint8", (), 40, 40))] * 2)


@pytest.mark.parametrize("length", [0, 60_000])
def test_odd_lengths_leave_a_page_where_it_is(length: int) -> None:
    second = tiff_pages.pages_of(io.BytesIO(pages_with_lengths(length)))[1]
    assert not isinstance(second.file, io.BytesIO)


def test_pages_that_state_far_too_many_bytes_are_not_copied() -> None:
    data = bytearray(by_tifffile(*[deflated(picture("uint8", (), 4, 5))] * 2)) + bytes(100_000)
    field = list(Source(bytes(data)).directories())[1].fields[279]
    struct.pack_into("<H" if field.kind == 3 else "<I", data, field.place, 65_000)
    assert isinstance(tiff_pages.pages_of(io.BytesIO(bytes(data)))[1].file, io.BytesIO)
    struct.pack_into("<I", data, field.place, 90_000)
    struct.pack_into("<H", data, field.place - 6, 4)
    assert not isinstance(tiff_pages.pages_of(io.BytesIO(bytes(data)))[1].file, io.BytesIO)


# raw camera files, and pyramids


def with_sub_directories(*kinds: int) -> bytes:
    """Return a file of pages of these kinds, the first with a larger picture in a sub-directory."""
    file = io.BytesIO()
    with tifffile.TiffWriter(file) as writer:
        for number, kind in enumerate(kinds):
            options: dict[str, Any] = {"photometric": "minisblack", "metadata": None}
            pixels = picture("uint8", (), 10 + number, 9)
            writer.write(pixels, subfiletype=kind, subifds=int(number == 0), **options)
            if number == 0:
                writer.write(picture("uint8", (), 80, 72), subfiletype=0, **options)
    return file.getvalue()


@pytest.mark.parametrize("kinds", [(1,), (1, 1)], ids=str)
@pytest.mark.parametrize("frames", [None, "0"])
def test_thumbnails_of_raw_files_are_not_taken_for_them(
    tmp_path: Path, kinds: tuple[int, ...], frames: str | None
) -> None:
    path = tmp_path / "a.dng"
    path.write_bytes(with_sub_directories(*kinds))
    with pytest.raises(
        ImageError,
        match=r"a\.dng: .*sub-directory, as in raw camera files.*: develop it or save it",
    ) as caught:
        read(path, frames=frames)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("kinds", "heights"), [((0,), [10]), ((0, 0), [10, 11]), ((1, 0), [11])])
def test_sub_directories_of_other_pages_are_passed_over(
    kinds: tuple[int, ...], heights: list[int]
) -> None:
    assert [page.height for page in opened(with_sub_directories(*kinds)).frames] == heights
