"""Files read and written row by row: the pixels, the words and the bytes of the whole."""

from __future__ import annotations

import io
import itertools
import tracemalloc
from contextlib import suppress
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from convfilter.errors import ArgumentError, ConvfilterError, ImageError
from convfilter.files import replace as replacing
from convfilter.files.row_reading import open_rows
from convfilter.files.row_writing import begin_rows
from convfilter.formats.declaring.rows import OnlyWholeError, blank_pixels
from convfilter.formats.tiff.rows import reader as tiff_reader
from convfilter.images import FORMATS, Image, Metadata, read, write
from tests.files import large_trials
from tests.files.damage import whole_files
from tests.formats.declared import written
from tests.formats.tiff.tiff_files import COMPRESSIONS, Kind, tiff_file

Array = NDArray[Any]

BANDS = (1, 7, 64)
FILES = whole_files()
WRITTEN = [name for name in written() if FORMATS[name].write_rows is not None]
READ = [name for name, form in FORMATS.items() if form.read_rows is not None]
SHAPES = ((), (1,), (2,), (3,), (4,), (6,))
DTYPES = ("bool", "uint8", "uint16", "int16", "float32", "float64")
NO_DEADLINE = settings(deadline=None, suppress_health_check=list(HealthCheck))


def rows_of(path: Path, step: int, **given: Any) -> tuple[Image, Array]:
    """Read a file by so many rows; return all about it, and the pixels."""
    with open_rows(path, **given) as rows:
        height = rows.image.height
        parts = [rows.read(top, min(top + step, height)) for top in range(0, height, step)]
        return rows.image, np.concatenate(parts)


def assert_same(path: Path, step: int, **given: Any) -> None:
    """Hold the rows of a file against the whole, as far as it can be read by rows."""
    whole = read(path, **given)
    about, pixels = rows_of(path, step, **given)
    assert (pixels.dtype, pixels.shape) == (whole.dtype, whole.shape)
    assert (about.dtype, about.shape) == (whole.dtype, whole.shape)
    np.testing.assert_array_equal(pixels, whole.pixels)
    assert pixels.flags.writeable
    assert pixels.flags.c_contiguous
    for field in fields(Image):
        if field.name != "pixels":
            assert repr(getattr(about, field.name)) == repr(getattr(whole, field.name)), field.name


def by_rows(image: Image, path: Path, step: int, **given: Any) -> list[str]:
    """Write a picture by so many rows; return the notes."""
    about = image.with_pixels(blank_pixels(image.shape, image.dtype), alpha=image.alpha)
    with begin_rows(about, path, **given) as output:
        for top in range(0, image.height, step):
            output.write(image.pixels[top : top + step])
        return output.finish()


def outcome(work: Any, name: str) -> list[str]:
    """Return notes, or the words of an error, without the name of the file."""
    try:
        lines = work()
    except ConvfilterError as error:
        lines = [f"error {error}"]
    return [line.replace(name, "FILE") for line in lines]


@st.composite
def images(draw: st.DrawFn, low: int = 1) -> Image:
    """Draw a picture of any kind, also of kinds that few formats hold."""
    dtype, channels = draw(st.sampled_from(DTYPES)), draw(st.sampled_from(SHAPES))
    height, width = draw(st.integers(low, 70)), draw(st.integers(1, 40))
    random = np.random.default_rng(draw(st.integers(0, 99)))
    values = random.normal(100, 60, (height, width, *channels)) * draw(st.sampled_from((1, 99)))
    if dtype[0] == "f":
        pixels = (values / 255).astype(dtype)
    elif dtype == "bool":
        pixels = values > 100
    else:
        pixels = values.clip(0, np.iinfo(dtype).max).astype(dtype)
    alpha = channels in ((2,), (4,)) and draw(st.booleans())
    return Image(pixels, alpha, metadata=Metadata(dpi=(300, 150), text=(("Comment", "a"),)))


def test_formats_with_rows_are_these() -> None:
    assert {"TIFF", "PNG", "PPM", "PGM", "NPY"} <= {*READ} & {*WRITTEN}


@pytest.mark.thorough  # the plain part reads them in one height of bands, beside damaged ones
@pytest.mark.parametrize("name", FILES)
def test_files_of_every_kind(name: str, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(FILES[name])
    for step in BANDS:
        try:
            assert_same(tmp_path / "a", step)
        except OnlyWholeError as error:
            assert "as a whole" in str(error)  # noqa: PT017 - of some kinds it is raised


@pytest.mark.parametrize("name", WRITTEN)
@settings(NO_DEADLINE, max_examples=6)
@given(image=images(), step=st.sampled_from(BANDS), data=st.data())
def test_written_by_rows(
    name: str, image: Image, step: int, data: st.DataObject, tmp_path_factory: Any
) -> None:
    check_written(name, image, step, data, tmp_path_factory)


def check_written(
    name: str, image: Image, step: int, data: st.DataObject, tmp_path_factory: Any
) -> None:
    """Hold what is written by rows against what is written of the whole."""
    form, folder = FORMATS[name], tmp_path_factory.mktemp("rows")
    told: dict[str, Any] = {"format": name}
    if form.compress:
        told["compress"] = data.draw(st.sampled_from(("fast", "small")))
    if form.stores:
        told["tile"] = data.draw(st.sampled_from((None, 16, 64)))
        told["pyramid"] = data.draw(st.booleans())
    whole = outcome(lambda: write(image, folder / "a", **told), str(folder / "a"))
    rows = outcome(lambda: by_rows(image, folder / "b", step, **told), str(folder / "b"))
    assert rows == whole
    assert (folder / "a").exists() == (folder / "b").exists()
    if (folder / "a").exists():
        assert (folder / "a").read_bytes() == (folder / "b").read_bytes()
        axes = {"axes": "YXC"[: image.pixels.ndim]} if form.holds.arrays else {}
        assert_same(folder / "b", step, **axes)


@pytest.mark.thorough
@pytest.mark.parametrize("name", WRITTEN)
@settings(NO_DEADLINE, max_examples=120)
@given(image=images(), step=st.sampled_from(BANDS), data=st.data())
def test_many_written_by_rows(
    name: str, image: Image, step: int, data: st.DataObject, tmp_path_factory: Any
) -> None:
    check_written(name, image, step, data, tmp_path_factory)


@st.composite
def kinds(draw: st.DrawFn) -> tuple[str, tuple[int, ...], Kind]:
    """Draw a layout of TIFF, with the dtype and the channels of its pixels."""
    dtype = draw(st.sampled_from(("uint8", "uint16", "int16", "float32", "float64")))
    predictor = draw(st.sampled_from((1, 2, 3) if dtype[0] == "f" else (1, 2)))
    shape = draw(st.sampled_from(((), (3,)) if dtype == "int16" else ((), (3,), (4,))))
    kind = Kind(
        draw(st.sampled_from(sorted(COMPRESSIONS))),
        predictor,
        draw(st.sampled_from("<>")),
        apart=bool(shape) and draw(st.booleans()),
        tile=draw(st.sampled_from((None, None, (16, 16), (32, 16)))),
        rows=draw(st.sampled_from((1, 5, 16, 61))),
        extra=2 if shape == (4,) else None,
    )
    return dtype, shape, kind


@pytest.mark.parametrize("longest", [1 << 23, 600], ids=["short strips", "long strips"])
@settings(NO_DEADLINE, max_examples=10)
@given(drawn=kinds(), step=st.sampled_from(BANDS), seed=st.integers(0, 9))
def test_tiff_of_every_layout(
    longest: int,
    drawn: tuple[str, tuple[int, ...], Kind],
    step: int,
    seed: int,
    tmp_path_factory: Any,
) -> None:
    check_layout(longest, drawn, step, seed, tmp_path_factory)


@pytest.mark.thorough
@pytest.mark.parametrize("longest", [1 << 23, 600], ids=["short strips", "long strips"])
@settings(NO_DEADLINE, max_examples=300)
@given(drawn=kinds(), step=st.sampled_from(BANDS), seed=st.integers(0, 9))
def test_tiff_of_many_layouts(
    longest: int,
    drawn: tuple[str, tuple[int, ...], Kind],
    step: int,
    seed: int,
    tmp_path_factory: Any,
) -> None:
    check_layout(longest, drawn, step, seed, tmp_path_factory)


def check_layout(
    longest: int,
    drawn: tuple[str, tuple[int, ...], Kind],
    step: int,
    seed: int,
    tmp_path_factory: Any,
) -> None:
    """Hold the rows of a TIFF file of this layout against the whole."""
    dtype, shape, kind = drawn
    values = np.cumsum(np.random.default_rng(seed).integers(-9, 10, (61, 37, *shape)), axis=1)
    path = tmp_path_factory.mktemp("kinds") / "a.tif"
    path.write_bytes(tiff_file((values * 3 + 300).astype(dtype), kind))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tiff_reader, "_LARGE", longest)
        patch.setattr(tiff_reader, "_AT_ONCE", longest)
        assert_same(path, step)


@pytest.mark.parametrize("suffix", [".tif", ".npy", ".ppm"])
def test_rows_in_any_order(suffix: str, tmp_path: Path) -> None:
    pixels = np.random.default_rng(1).integers(0, 255, (90, 30, 3), np.uint8)
    write(pixels, tmp_path / f"a{suffix}", **({"tile": 16} if suffix == ".tif" else {}))
    with open_rows(tmp_path / f"a{suffix}") as rows:
        assert not rows.in_order
        for first, last in ((80, 90), (3, 40), (30, 35), (35, 70), (0, 1), (40, 90), (89, 90)):
            np.testing.assert_array_equal(rows.read(first, last), pixels[first:last])


def test_rows_in_order_may_be_passed_over(tmp_path: Path) -> None:
    pixels = np.random.default_rng(1).integers(0, 255, (90, 30, 3), np.uint8)
    write(pixels, tmp_path / "a.png")
    with open_rows(tmp_path / "a.png") as rows:
        assert rows.in_order
        np.testing.assert_array_equal(rows.read(3, 5), pixels[3:5])
        np.testing.assert_array_equal(rows.read(60, 61), pixels[60:61])
        with pytest.raises(ArgumentError, match="row 60 comes before row 61"):
            rows.read(60, 62)
    with pytest.raises(ImageError, match="is closed"):
        rows.read(70, 71)


@pytest.mark.parametrize("axes", ["YX", "XY", "CYX", "YXC", "ZYX"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_arrays_of_any_axes(axes: str, order: Any, tmp_path: Path) -> None:
    shape = (5, 6, 4)[: len(axes)]
    values = np.arange(np.prod(shape), dtype=np.uint16).reshape(shape)
    np.save(tmp_path / "a.npy", np.asarray(values, order=order))
    for step, frame in itertools.product(BANDS, range(5 if "Z" in axes else 1)):
        assert_same(tmp_path / "a.npy", step, axes=axes, frames=frame)


@pytest.mark.parametrize("suffix", [".tif", ".png", ".npy"])
def test_nothing_is_left_of_what_was_not_finished(suffix: str, tmp_path: Path) -> None:
    image = Image(np.zeros((50, 40), np.uint8))
    for fault in (KeyboardInterrupt, ValueError):
        with suppress(fault), begin_rows(image, tmp_path / f"a{suffix}") as output:
            output.write(image.pixels[:20])
            assert len(list(tmp_path.iterdir())) == 1
            raise fault
        assert list(tmp_path.iterdir()) == []
        assert not replacing._unfinished
    with begin_rows(image, tmp_path / f"a{suffix}") as output:
        output.write(image.pixels[:20])
        with pytest.raises(ArgumentError, match="only 20 of 50 rows"):
            output.finish()
    assert list(tmp_path.iterdir()) == []


def test_what_was_there_stays_until_all_is_there(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"old")
    image = Image(np.zeros((50, 40), np.uint8))
    with pytest.raises(ImageError, match="exists already"):
        begin_rows(image, path, overwrite=False)
    with begin_rows(image, path) as output:
        output.write(image.pixels)
        assert path.read_bytes() == b"old"
        output.finish()
    assert read(path).shape == (50, 40)
    assert list(tmp_path.iterdir()) == [path]


def test_values_that_cannot_be_stored_leave_nothing(tmp_path: Path) -> None:
    pixels = np.zeros((50, 40), np.float32)
    pixels[40, 3] = np.nan
    with pytest.raises(ImageError, match=r"a\.png: NaN pixels cannot be stored"):
        by_rows(Image(pixels), tmp_path / "a.png", 7)
    assert list(tmp_path.iterdir()) == []


def _claims(side: int) -> dict[str, bytes]:
    """Return small files whose headers tell of pictures of side x side pixels."""
    small = np.zeros((4, 4), np.uint8)
    files = {}
    for name in ("PNG", "PGM"):
        file = io.BytesIO()
        write(small, file, format=name)
        files[name] = file.getvalue()
    from tests.formats.png import png_files

    header = png_files.chunk(b"IHDR", side.to_bytes(4, "big") * 2 + bytes((8, 0, 0, 0, 0)))
    files["PNG"] = files["PNG"][:8] + header + files["PNG"][33:]
    files["PGM"] = b"P5 %d %d 255\n" % (side, side) + bytes(99)
    array = io.BytesIO()
    np.save(array, small)
    files["NPY"] = array.getvalue().replace(b"(4, 4), }", b"(%d, %d), }" % (side, side))
    for compression, rows in itertools.product(("none", "deflate", "lzw"), (1, side)):
        data = tiff_file(small, Kind(compression, rows=4))
        for tag, value in ((256, side), (257, side), (278, rows)):
            at = data.index(tag.to_bytes(2, "little") + b"\4\0\1\0\0\0")
            data = data[: at + 8] + value.to_bytes(4, "little") + data[at + 12 :]
        files[f"TIFF {compression} {rows}"] = data
    return files


@pytest.mark.parametrize("name", _claims(33_000))
def test_headers_that_promise_too_much_take_no_memory(name: str, tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(_claims(33_000)[name])
    with pytest.raises(ImageError, match=r"1,089,000,000 pixels.*--max-pixels"):
        open_rows(path)
    tracemalloc.start()
    try:
        with pytest.raises(ImageError), open_rows(path, max_pixels=5_000_000_000) as rows:
            rows.read(0, 16)
        assert tracemalloc.get_traced_memory()[1] < 1 << 26
    finally:
        tracemalloc.stop()


def test_tiles_are_read_by_others(tmp_path: Path) -> None:
    pixels = np.random.default_rng(1).integers(0, 65535, (90, 130, 3), np.uint16)
    write(pixels, tmp_path / "a.tif", tile=32)
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "a.tif"), pixels)
    theirs = cv2.imread(str(tmp_path / "a.tif"), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(theirs[..., ::-1], pixels)
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        assert file.pages[0].tile == (32, 32)  # type: ignore[union-attr]


@pytest.mark.parametrize("suffix", [".png", ".npy", ".jpg"])
def test_formats_without_tiles_say_so(suffix: str, tmp_path: Path) -> None:
    pixels = np.zeros((9, 9), np.uint8)
    with pytest.raises(ImageError, match=r"no tiles \(--tile\): write TIFF"):
        write(pixels, tmp_path / f"a{suffix}", tile=16)
    with pytest.raises(ImageError, match=r"no reduced copies \(--pyramid\): write TIFF"):
        write(pixels, tmp_path / f"a{suffix}", pyramid=True)
    with pytest.raises(ArgumentError, match="multiple of 16"):
        write(pixels, tmp_path / "a.tif", tile=100)


def halved(pixels: Array, alpha: bool) -> Array:
    """Return the copy half as large, pixel by pixel, in float64."""
    height, width = pixels.shape[:2]
    out = np.zeros((-(-height // 2), -(-width // 2), *pixels.shape[2:]), np.float64)
    for y, x in np.ndindex(out.shape[:2]):
        window = pixels[2 * y : 2 * y + 2, 2 * x : 2 * x + 2].astype(np.float64)
        if alpha:
            weights = window[..., -1:]
            total = weights.sum((0, 1))
            colours = (window[..., :-1] * weights).sum((0, 1)) / total if total else 0
            out[y, x] = [*np.broadcast_to(colours, pixels.shape[2] - 1), weights.mean()]
        else:
            out[y, x] = window.mean((0, 1))
    return out if pixels.dtype.kind == "f" else np.rint(out)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("channels", [(), (3,), (2,), (4,)])
def test_reduced_copies(dtype: str, channels: tuple[int, ...], tmp_path: Path) -> None:
    random = np.random.default_rng(2)
    values = random.random((75, 61, *channels)) * (1 if dtype == "float32" else 255)
    alpha = channels in ((2,), (4,))
    pixels = values.astype(dtype)
    write(Image(pixels, alpha), tmp_path / "a.tif", tile=16, pyramid=True)
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        assert [page.shape[:2] for page in file.pages] == [(75, 61), (38, 31), (19, 16), (10, 8)]
        places = [page.offset for page in file.pages]  # type: ignore[union-attr]
        first = [page.dataoffsets[0] for page in file.pages]
        assert places == sorted(places)
        assert max(places) < min(first)
        assert first == sorted(first, reverse=True)
        assert [page.subfiletype for page in file.pages] == [0, 1, 1, 1]  # type: ignore[union-attr]
        expected = pixels
        for page in file.pages:
            np.testing.assert_allclose(page.asarray(), expected, rtol=1e-6, atol=1e-6)
            expected = halved(page.asarray(), alpha).astype(dtype)
    assert len(read(tmp_path / "a.tif").frames) == 1


def test_reduced_copies_of_masks_hold_no_other_values(tmp_path: Path) -> None:
    mask = np.random.default_rng(3).random((75, 61)) > 0.5
    write(mask, tmp_path / "a.tif", tile=16, pyramid=True)
    copy = tifffile.imread(tmp_path / "a.tif", key=1)
    np.testing.assert_array_equal(copy, np.where(mask[::2, ::2], 255, 0))


def test_reduced_copies_leave_out_what_is_no_data(tmp_path: Path) -> None:
    pixels = np.full((40, 40), 100, np.uint8)
    pixels[::2, ::3] = 7
    pixels[:2, :2] = 7
    image = Image(pixels, nodata=7.0)
    write(image, tmp_path / "a.tif", tile=16, pyramid=True)
    copy = tifffile.imread(tmp_path / "a.tif", key=1)
    assert copy[0, 0] == 7
    assert set(np.unique(copy)) == {7, 100}


def test_large_files_are_big_whatever_they_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from convfilter.formats.tiff import writer

    monkeypatch.setattr(writer, "_CLASSIC_BYTES", 10_000)
    image = Image(np.zeros((200, 200), np.uint8))  # a few bytes when it is packed
    for told in ({}, {"tile": 16}, {"pyramid": True, "tile": 32}):
        write(image, tmp_path / "a.tif", **told)  # type: ignore[arg-type]
        by_rows(image, tmp_path / "b.tif", 7, **told)
        assert (tmp_path / "a.tif").read_bytes()[:4] == b"II+\0"
        assert (tmp_path / "a.tif").read_bytes() == (tmp_path / "b.tif").read_bytes()
        np.testing.assert_array_equal(tifffile.imread(tmp_path / "b.tif", key=0), image.pixels)
        assert_same(tmp_path / "b.tif", 64)


def test_a_picture_may_be_replaced_by_what_is_made_of_it(tmp_path: Path) -> None:
    pixels = np.random.default_rng(1).integers(0, 255, (90, 30, 3), np.uint8)
    write(pixels, tmp_path / "a.tif", tile=16)
    with open_rows(tmp_path / "a.tif") as rows, begin_rows(rows.image, tmp_path / "a.tif") as out:
        for top in range(0, 90, 20):
            out.write(255 - rows.read(top, min(top + 20, 90)))
        out.finish()
    np.testing.assert_array_equal(read(tmp_path / "a.tif").pixels, 255 - pixels)


def test_turned_pictures_are_read_as_a_whole(tmp_path: Path) -> None:
    data = tiff_file(np.zeros((20, 30), np.uint8), Kind(orientation=6))
    (tmp_path / "a.tif").write_bytes(data)
    with pytest.raises(OnlyWholeError, match=r"a\.tif: is stored turned.*save it upright"):
        open_rows(tmp_path / "a.tif")
    assert replace(read(tmp_path / "a.tif")).shape == (30, 20)


@pytest.mark.thorough
def test_windows_of_a_large_picture(tmp_path: Path) -> None:
    """`python -m tests.files.large_trials 4000` does the same with four gigapixels."""
    assert large_trials.trial(9, tmp_path, "--memory", "16M") == []
