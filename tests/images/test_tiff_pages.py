"""Files of several pages, each with its own size, depth and metadata."""

from __future__ import annotations

import io
import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image as PillowImages
from PIL import ImageCms, TiffImagePlugin

from convfilter.errors import ImageError
from convfilter.images import Image, Metadata, Timing, read, tiff, tiff_pages, tiff_writer, write
from convfilter.images.ifd import Source
from tests.images.exif_blocks import TOLD, exif_block, told_by, told_in
from tests.images.tiff_files import Kind, tiff_file

Array = NDArray[Any]

DTYPES = ("uint8", "uint16", "float32")
SHAPES = {"grey": (), "grey, alpha": (2,), "RGB": (3,), "RGBA": (4,)}
PROFILE = bytes(16) + b"RGB " + bytes(108)


def picture(dtype: str, channels: tuple[int, ...], height: int = 23, width: int = 37) -> Array:
    """Return pixels over the whole range."""
    random = np.random.default_rng(height)
    shape = (height, width, *channels)
    if dtype == "float32":
        return (3 * random.random(shape) - 1).astype(dtype)
    return random.integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)


def image_of(pixels: Array, **told: Any) -> Image:
    """Return a page with metadata."""
    return Image(pixels, pixels.shape[2:] in ((2,), (4,)), None, Metadata(**told))


def many(*pages: Image) -> Image:
    """Return the pages as one picture."""
    return replace(pages[0], following=pages[1:])


def every_kind() -> list[Image]:
    """Return pages of all dtypes and channels, each of its own size."""
    kinds = [(dtype, channels) for dtype in DTYPES for channels in SHAPES.values()]
    return [image_of(picture(*kind, 20 + n, 30 - n)) for n, kind in enumerate(kinds)]


def written(image: Image, workers: int | None = None) -> bytes:
    """Return the file of a picture, of which nothing is lost."""
    file = io.BytesIO()
    assert write(image, file, format="tiff", workers=workers) == []
    return file.getvalue()


def opened(data: bytes, **options: Any) -> Image:
    """Read a file in memory."""
    return read(io.BytesIO(data), **options)


def by_tifffile(*pages: tuple[Array, dict[str, Any]], **how: Any) -> bytes:
    """Return a file of tifffile's."""
    file = io.BytesIO()
    with tifffile.TiffWriter(file, **how) as writer:
        for pixels, options in pages:
            kind = "rgb" if pixels.ndim == 3 else "minisblack"
            writer.write(pixels, **{"photometric": kind, "metadata": None, **options})
    return file.getvalue()


def deflated(pixels: Array, **options: Any) -> tuple[Array, dict[str, Any]]:
    """Return a compressed page for `by_tifffile`."""
    return pixels, {"compression": "zlib", **options}


def assert_same(image: Image, pages: list[Image]) -> None:
    """Compare all pages with others."""
    assert len(image.frames) == len(pages)
    for found, page in zip(image.frames, pages, strict=True):
        assert found.dtype == page.dtype
        assert found.alpha == page.alpha
        assert found.timing is None
        assert found.format == "TIFF"
        assert found.pixels.flags.writeable
        np.testing.assert_array_equal(found.pixels, page.pixels)


def test_every_kind_in_one_file(tmp_path: Path) -> None:
    pages = every_kind()
    data = written(many(*pages))
    assert_same(opened(data), pages)
    (tmp_path / "a.tif").write_bytes(data)
    assert_same(read(tmp_path / "a.tif"), pages)
    assert_same(opened(written(many(*reversed(pages)))), pages[::-1])


def test_tifffile_reads_what_is_written() -> None:
    pages = every_kind()
    with tifffile.TiffFile(io.BytesIO(written(many(*pages)))) as file:
        assert len(file.pages) == len(pages)
        for number, (theirs, page) in enumerate(zip(file.pages, pages, strict=True)):
            np.testing.assert_array_equal(theirs.asarray(), page.pixels)
            assert theirs.tags[254].value == 2  # type: ignore[union-attr]
            assert theirs.tags[297].value == (number, len(pages))  # type: ignore[union-attr]
            extra = tuple(theirs.extrasamples)  # type: ignore[union-attr]
            assert extra == ((2,) if page.alpha else ())


def test_pillow_reads_what_is_written() -> None:
    pages = [page for page in every_kind() if page.dtype == np.uint8 or page.channels == 1]
    with TiffImagePlugin.TiffImageFile(io.BytesIO(written(many(*pages)))) as file:
        assert file.n_frames == len(pages) == 6
        for number, page in enumerate(pages):
            file.seek(number)
            np.testing.assert_array_equal(np.asarray(file), page.pixels)


def test_opencv_reads_what_is_written(tmp_path: Path) -> None:
    pages = [page for page in every_kind() if page.channels != 2]
    for page in pages:
        if page.alpha and page.dtype == np.uint8:
            page.pixels[..., 3] = 255  # OpenCV multiplies colours by alpha of 8 bits
    path = tmp_path / "a.tif"
    path.write_bytes(written(many(*pages)))
    fine, theirs = cv2.imreadmulti(str(path), flags=cv2.IMREAD_UNCHANGED)
    assert fine
    for found, page in zip(theirs, pages, strict=True):
        order = {1: [0], 3: [2, 1, 0], 4: [2, 1, 0, 3]}[page.channels]
        cube = found.reshape(*page.pixels.shape[:2], -1)
        assert found.dtype == page.dtype
        np.testing.assert_array_equal(cube[..., order].reshape(page.shape), page.pixels)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("channels", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("size", [(1, 1), (1, 70_000), (70_000, 1), (601, 503)], ids=str)
def test_sizes(dtype: str, channels: tuple[int, ...], size: tuple[int, int]) -> None:
    page = image_of(picture(dtype, channels, *size))
    data = written(page)
    assert_same(opened(data), [page])
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        (theirs,) = file.pages
        np.testing.assert_array_equal(theirs.asarray(), page.pixels)
        assert 254 not in theirs.tags  # type: ignore[union-attr]


def test_the_file_is_the_same_for_any_number_of_threads() -> None:
    image = many(image_of(picture("uint16", (3,), 900, 700)), image_of(picture("uint8", ())))
    assert written(image, workers=1) == written(image, workers=5)


def told() -> tuple[Image, Image, Image]:
    """Return pages that each say something else; the middle one says nothing."""
    return (
        image_of(picture("uint8", (3,)), icc_profile=PROFILE, dpi=(300, 150), xmp=b"<one/>",
                 exif=exif_block()),
        image_of(picture("uint8", (3,))),
        image_of(picture("uint16", (3,)), dpi=(72, 72), xmp=b"<three/>"),
    )  # fmt: skip


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2)])
def test_pages_keep_their_metadata_to_themselves(order: tuple[int, ...]) -> None:
    pages = [told()[number] for number in order]
    image = opened(written(many(*pages)))
    for found, page in zip(image.frames, pages, strict=True):
        assert replace(found.metadata, exif=None) == replace(page.metadata, exif=None)
        assert (found.metadata.exif is None) == (page.metadata.exif is None)
    assert told_in(image.frames[order.index(0)].metadata.exif) == TOLD
    assert [f.metadata for f in opened(written(image)).frames] == [f.metadata for f in image.frames]


@pytest.mark.parametrize("order", ["<", ">"])
def test_big_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, order: str) -> None:
    pages = [*every_kind(), replace(told()[0], metadata=Metadata(exif=exif_block(order)))]
    monkeypatch.setattr(tiff_writer, "_CLASSIC_BYTES", 1000)
    data = written(many(*pages))
    assert data[:4] == b"II+\0"
    image = opened(data)
    assert_same(image, pages)
    assert told_in(image.frames[-1].metadata.exif) == TOLD
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        for theirs, page in zip(file.pages, pages, strict=True):
            np.testing.assert_array_equal(theirs.asarray(), page.pixels)
        exif = file.pages[-1].tags[34665].value  # type: ignore[union-attr]
        assert exif["DateTimeOriginal"] == TOLD.taken
    with TiffImagePlugin.TiffImageFile(io.BytesIO(written(pages[-1]))) as picture:
        assert told_by(picture.getexif()) == TOLD
    (tmp_path / "a.tif").write_bytes(written(many(*pages[2:4])))
    fine, theirs = cv2.imreadmulti(str(tmp_path / "a.tif"), flags=cv2.IMREAD_UNCHANGED)
    assert fine
    np.testing.assert_array_equal(theirs[0][..., ::-1], pages[2].pixels)


def test_lengths_are_never_below_what_is_written() -> None:
    # what decides about BigTIFF
    pages = [page for page in (*every_kind(), *told()) for _ in range(3)]
    made = []
    for page in pages:
        exif = tiff_writer.tree_of(page.metadata.exif or b"") or ("<", tiff_writer.Tree(()))
        rows, strips = tiff_writer._strips(page.pixels, "<", 1)
        made.append(tiff_writer._Page(page.pixels, page.metadata, exif[1], rows, strips))
    for big in (False, True):
        pieces = tiff_writer._laid_out(made, tiff_writer.Layout("<", big))
        assert sum(map(len, pieces)) <= sum(map(tiff_writer._length, made))


def test_animations_become_pages_with_a_note() -> None:
    frames = [Image(picture("uint8", (3,)), timing=Timing(50)) for _ in range(3)]
    file = io.BytesIO()
    (note,) = write(many(*frames), file, format="tiff")
    assert "holds pages, not how long to show them" in note
    assert len(opened(file.getvalue()).frames) == 3


# what others write


def test_pages_of_pillow() -> None:
    pages = [picture("uint8", (3,)), picture("uint8", ()), picture("uint8", (4,))]
    first, *others = (PillowImages.fromarray(page) for page in pages)
    for compression in (None, "tiff_lzw", "jpeg"):
        file = io.BytesIO()
        kept = others[: 1 if compression == "jpeg" else 2]
        first.save(file, "TIFF", save_all=True, append_images=kept, compression=compression)
        image = opened(file.getvalue())
        assert [page.shape for page in image.frames] == [p.shape for p in pages][: len(kept) + 1]
        if compression != "jpeg":
            assert_same(image, [image_of(page) for page in pages])


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("from_disk", [False, True])
def test_pages_of_tifffile(tmp_path: Path, order: str, big: bool, from_disk: bool) -> None:
    deep, shallow = picture("uint16", (3,)), picture("uint8", (3,), 11, 13)
    plain = picture("uint8", (), 9, 8)
    pages = [deflated(deep), deflated(shallow), (plain, {}), (deep[..., 0], {}),
             deflated(picture("float32", ()))]  # fmt: skip
    if big and order == ">":
        pages = pages[:1]  # Pillow reads no others of this kind
    data = by_tifffile(*pages, byteorder=order, bigtiff=big)
    (tmp_path / "a.tif").write_bytes(data)
    image = read(tmp_path / "a.tif") if from_disk else opened(data)
    assert_same(image, [image_of(pixels) for pixels, _ in pages])


def test_counts_agree() -> None:
    for count in (1, 2, 7, 40):
        data = by_tifffile(*[(picture("uint8", (), 4 + n, 5), {}) for n in range(count)])
        with tifffile.TiffFile(io.BytesIO(data)) as file:
            assert len(file.pages) == count
        with TiffImagePlugin.TiffImageFile(io.BytesIO(data)) as file:
            assert file.n_frames == count
        assert len(list(Source(data).directories())) == count
        assert len(opened(data).frames) == count


def test_copies_and_masks_are_passed_over() -> None:
    kinds = [1, 0, 4, 2, 5, 8]  # a reduced copy, a picture, a mask, a page of many, a reduced mask
    pages = []
    for number, kind in enumerate(kinds):
        pixels = picture("uint8", (), 10 + number, 9)
        is_mask = kind & 4  # of one bit
        pages.append((pixels > 99 if is_mask else pixels, {"subfiletype": kind}))
    image = opened(by_tifffile(*pages))
    assert [page.height for page in image.frames] == [11, 13, 15]
    assert opened(by_tifffile(*pages), frames="1").height == 13
    with pytest.raises(ImageError, match="has 3 frames, 0 to 2, and none of number 3"):
        opened(by_tifffile(*pages), frames="3")


def test_copies_by_the_old_tag() -> None:
    pages = [(picture("uint8", (), 10 + n, 9), {"extratags": [(255, 3, 1, kind, True)]})
             for n, kind in enumerate((1, 2, 3))]  # fmt: skip
    assert [page.height for page in opened(by_tifffile(*pages)).frames] == [10, 12]


def test_copies_of_nothing_are_pictures() -> None:
    pages = [(picture("uint8", (), 10 + n, 9), {"subfiletype": 1}) for n in range(2)]
    assert [page.height for page in opened(by_tifffile(*pages)).frames] == [10, 11]


def test_profiles_of_ink_are_not_those_of_rgb() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    pages = [
        (picture("uint8", (4,)), {"photometric": "separated", "iccprofile": bytes(200)}),
        (picture("uint8", (3,)), {"iccprofile": profile}),
    ]
    first, second = opened(by_tifffile(*pages)).frames
    assert first.metadata.icc_profile is None
    assert second.metadata.icc_profile == profile


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
        handed_on(
            by_tifffile(*[deflated(picture("uint8", ()))] * count), tmp_path / "a.tif", monkeypatch
        )
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
            assert file.is_bigtiff == big
            found = file.pages[0].asarray()
        if "planarconfig" in how:
            found = np.moveaxis(found, 0, 2)
        np.testing.assert_array_equal(found, expected)
    if not (big and order == ">"):  # Pillow reads no BigTIFF of this kind
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
    signed = tiff_file(picture("uint16", (3,)).astype(np.int16), Kind())
    with pytest.raises(ImageError) as alone:
        opened(signed)
    data = by_tifffile((picture("uint8", ()), {}), (picture("uint16", (3,)).astype(np.int16), {}))
    with pytest.raises(ImageError) as second:
        opened(data)
    assert str(alone.value) == str(second.value)
    assert opened(data, frames="0").shape == (23, 37)


# limits


def test_all_chosen_pages_count(monkeypatch: pytest.MonkeyPatch) -> None:
    data = by_tifffile(*[(picture("uint8", (), 100, 100), {}) for _ in range(5)])
    assert len(opened(data, max_pixels=50_000).frames) == 5
    monkeypatch.setattr(tiff.Deep, "pixels", None)
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
    data = by_tifffile(*[(picture(dtype, (3,)), {}) for dtype in ("uint8", "uint16")])
    whole = tiff_pages._page
    monkeypatch.setattr(tiff_pages, "_page", lambda *given: replace(whole(*given), size=(5, 5)))
    for frames in ("0", "1"):
        with pytest.raises(ImageError, match="a page of two sizes"):
            opened(data, frames=frames)


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
