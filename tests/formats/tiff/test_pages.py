"""Files of several pages, each with its own size, depth and metadata."""

from __future__ import annotations

import io
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
from convfilter.files.storing import halved_by
from convfilter.formats.declaring import Effort, Frame
from convfilter.formats.declaring.rows import Storing
from convfilter.formats.exif.ifd import Source
from convfilter.formats.tiff import writer as tiff_writer
from convfilter.images import Image, Metadata, Timing, read, write
from tests.formats.exif.exif_blocks import TOLD, exif_block, told_by, told_in

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


def for_pillow() -> tuple[Array, dict[str, Any]]:
    """Return a page that is left to Pillow."""
    return picture("uint8", (3,)), {"compression": "jpeg"}


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


@pytest.mark.parametrize(
    "storing",
    [Storing(), Storing(16), Storing(16, halved_by(Image(np.zeros((1, 1)))))],
    ids=["strips", "tiles", "reduced"],
)
@pytest.mark.parametrize("noisy", [False, True])
def test_lengths_are_never_below_what_is_written(storing: Storing, noisy: bool) -> None:
    # what decides about BigTIFF, before anything is compressed
    for page in (*every_kind(), *told()):
        pixels = page.pixels
        if noisy:
            data = np.random.default_rng(1).bytes(pixels.nbytes)
            pixels = np.frombuffer(data, pixels.dtype).reshape(pixels.shape)
        frame = Frame(pixels, Timing(), page.metadata, page.alpha)
        pieces, _ = tiff_writer.encode([frame], Effort(storing=storing))
        prepared = tiff_writer._Prepared.of([frame])
        assert sum(map(len, pieces)) <= prepared.most_bytes(storing)


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
