"""Which pages are read, how many may be, and chains of them that break."""

from __future__ import annotations

import io
import struct
from dataclasses import replace

import numpy as np
import pytest
import tifffile
from PIL import TiffImagePlugin

from convfilter.errors import ImageError
from convfilter.formats.exif.ifd import Source
from convfilter.formats.tiff import pages as tiff_pages
from convfilter.formats.tiff import strips
from tests.formats.exif.exif_blocks import TOLD, told_in
from tests.formats.tiff.test_pages import (
    PROFILE,
    by_tifffile,
    deflated,
    for_pillow,
    many,
    opened,
    picture,
    told,
    written,
)

# which pages


def spoiled() -> bytes:
    """Return a file of four pages; the pixels of the second and third cannot be decoded."""
    data = bytearray(
        by_tifffile(
            *[deflated(picture(dtype, (3,))) for dtype in ("uint8", "uint8", "uint16", "uint16")]
        )
    )
    with tifffile.TiffFile(io.BytesIO(bytes(data))) as file:
        for number in (1, 2):
            start = file.pages[number].dataoffsets[0]
            data[start : start + 40] = bytes(40)
    return bytes(data)


def test_only_what_is_chosen_is_decoded() -> None:
    first, second = opened(spoiled(), frames="0,3").frames
    np.testing.assert_array_equal(first.pixels, picture("uint8", (3,)))
    np.testing.assert_array_equal(second.pixels, picture("uint16", (3,)))
    assert opened(spoiled(), frames=[3]).dtype == np.uint16


@pytest.mark.parametrize("frames", ["1", "2", "0-1", None, "2-"])
def test_damage_in_any_page_is_one_error(frames: str | None) -> None:
    with pytest.raises(ImageError, match="the TIFF file is") as caught:
        opened(spoiled(), frames=frames)
    assert "\n" not in str(caught.value)


def test_depth_is_lost_in_no_page() -> None:
    deep = picture("float32", (3,)).astype(np.complex64)
    with pytest.raises(ImageError) as alone:
        opened(by_tifffile((deep, {})))
    data = by_tifffile((picture("uint8", ()), {}), (deep, {}))
    with pytest.raises(ImageError) as second:
        opened(data)
    assert str(alone.value) == str(second.value)
    assert opened(data, frames="0").shape == (23, 37)


# limits


def test_all_chosen_pages_count(monkeypatch: pytest.MonkeyPatch) -> None:
    data = by_tifffile(*[(picture("uint8", (), 100, 100), {}) for _ in range(5)])
    assert len(opened(data, max_pixels=50_000).frames) == 5
    monkeypatch.setattr(strips, "samples_of", None)
    monkeypatch.setattr(TiffImagePlugin.TiffImageFile, "load", None)
    with pytest.raises(
        ImageError,
        match=r"5 pages count as 50,000 pixels, more than .* 49,999: .*--max-pixels.*--frames",
    ):
        opened(data, max_pixels=49_999)
    with pytest.raises(ImageError, match="3 pages count as 30,000 pixels"):
        opened(data, max_pixels=29_999, frames="1-3")
    with pytest.raises(ImageError, match=r"100x100 is 10,000 pixels.*--max-pixels") as caught:
        opened(data, max_pixels=9_999, frames="2")
    assert "--frames" not in str(caught.value)


def test_small_pages_count_as_4096_pixels() -> None:
    data = by_tifffile(*[(picture("uint8", (), 2, 2), {}) for _ in range(5)])
    assert len(opened(data, max_pixels=5 * 4096).frames) == 5
    with pytest.raises(ImageError, match="5 pages count as 20,480 pixels"):
        opened(data, max_pixels=5 * 4096 - 1)


def test_sizes_come_from_the_tags() -> None:
    data = bytearray(by_tifffile(*[(picture("uint8", (), 20, 20), {}) for _ in range(2)]))
    monster = list(Source(bytes(data)).directories())[1].fields[256].place
    struct.pack_into("<I", data, monster, 2**31 - 1)
    with pytest.raises(ImageError, match="--max-pixels"):
        opened(bytes(data))
    struct.pack_into("<I", data, monster, 0)
    with pytest.raises(ImageError, match="a page without a size"):
        opened(bytes(data))


def test_readers_and_limit_have_to_see_the_same_size(monkeypatch: pytest.MonkeyPatch) -> None:
    data = by_tifffile((picture("uint16", (3,)), {}), for_pillow())
    whole = tiff_pages._page
    monkeypatch.setattr(tiff_pages, "_page", lambda *given: replace(whole(*given), size=(5, 5)))
    assert opened(data, frames="0").shape == (5, 5, 3)
    with pytest.raises(ImageError, match="a page of two sizes"):
        opened(data, frames="1")


# chains that break


def relinked(data: bytes, number: int, place: int) -> bytes:
    """Return the file with another directory behind this one."""
    changed = bytearray(data)
    struct.pack_into("<I", changed, list(Source(data).directories())[number].link, place)
    return bytes(changed)


def three(dtype: str) -> bytes:
    """Return a file of three pages."""
    return by_tifffile(*[(picture(dtype, (3,)), {}) for _ in range(3)])


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
@pytest.mark.parametrize("back_to", range(3))
def test_circles(dtype: str, back_to: int) -> None:
    places = [found.place for found in Source(three(dtype)).directories()]
    data = relinked(three(dtype), 2, places[back_to])
    for frames in (None, "0"):
        with pytest.raises(ImageError, match="its pages go round in a circle"):
            opened(data, frames=frames)


@pytest.mark.parametrize("place", [2**32 - 1, 10**6, 3])
def test_pages_that_are_not_there(place: int) -> None:
    with pytest.raises(ImageError, match="the TIFF file is"):
        opened(relinked(three("uint8"), 1, place))


def test_too_many_pages() -> None:
    one = struct.pack("<HHHII", 1, 256, 3, 1, 5)
    start = b"II*\0\x08\0\0\0"
    count = 70_000
    links = range(8 + 18, 8 + 18 * (count + 1), 18)
    data = start + b"".join(one + struct.pack("<I", link) for link in links)
    with pytest.raises(ImageError, match="more than 65,536 pages"):
        opened(data)


def test_pages_that_share_too_much() -> None:
    # 300 pages that each state the same 200,000 bytes
    data = bytearray(struct.pack("<2sHI", b"II", 42, 8))
    for number in range(300):
        link = 0 if number == 299 else len(data) + 42
        data += struct.pack("<HHHII", 3, 256, 3, 1, 5) + struct.pack("<HHII", 257, 3, 1, 5)
        data += struct.pack("<HHIII", 34675, 7, 200_000, 300 * 42 + 8, link)
    data += bytes(200_000)
    with pytest.raises(ImageError, match="more than the file can hold"):
        opened(bytes(data))


def test_shared_profiles_are_one() -> None:
    pages = [(picture("uint8", (3,)), {"iccprofile": PROFILE}) for _ in range(3)]
    data = bytearray(by_tifffile(*pages))
    one, *more = (found.fields[34675].place for found in Source(bytes(data)).directories())
    for place in more:
        at = data.index(struct.pack("<HHII", 34675, 7, len(PROFILE), place))
        struct.pack_into("<I", data, at + 8, one)
    first, *others = (page.metadata.icc_profile for page in opened(bytes(data)).frames)
    assert first == PROFILE
    assert all(other is first for other in others)


def test_shared_exif_is_read_so_often_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    data = bytearray(written(many(*[told()[0]] * 20)))
    one, *more = (found.fields[34665].place for found in Source(bytes(data)).directories())
    for place in more:
        data[place : place + 4] = data[one : one + 4]
    blocks = [page.metadata.exif for page in opened(bytes(data)).frames]
    assert {told_in(block) for block in blocks} == {TOLD}
    monkeypatch.setattr(tiff_pages, "_MOST_EXIF", -len(data) + 3000)
    kept = [page.metadata.exif is not None for page in opened(bytes(data)).frames]
    assert 3 <= sum(kept) < 6
    assert kept == sorted(kept, reverse=True)
