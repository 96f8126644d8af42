"""GeoTIFF, ImageJ and OME in results: true of pixels that have moved, or named."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image as PillowImages

from convfilter import Image, Pipeline
from convfilter.errors import ImageError
from convfilter.formats.tiff.tags.nodata import has_nodata
from convfilter.images import read, write
from convfilter.pipeline.grid import grid_of
from tests.examples import examples

SIZE, FAR = (40, 52), 9
LARGEST = float(np.finfo(np.float32).max)
KEYS = (1, 1, 0, 1, 1025, 0, 1)
PIPELINES = [
    "max-pool size=2",
    "mean-pool size=3,2",
    "max-pool size=3 stride=2 padding=1",
    "min-pool size=3 stride=2 ceil_mode=true",
    "box-3 padding=valid",
    "gaussian-blur sigma=1 stride=2 padding=full",
    "mean-pool size=2 | box-3 padding=valid stride=3",
    "median size=5 | sobel-x",
]


def geotiff(kind: int = 1, *, by_matrix: bool = False, **options: Any) -> bytes:
    """Return a file whose pixels are areas (1) or points (2)."""
    scale, tie = (10.0, 5.0, 0.0), (0.0, 0.0, 0.0, 500000.0, 4000000.0, 0.0)
    matrix = (10.0, 1, 0, 500000, 2, -5, 0, 4000000, *(0,) * 7, 1)
    placed = [(34264, 12, 16, matrix, True)]
    if not by_matrix:
        placed = [(33550, 12, 3, scale, True), (33922, 12, 6, tie, True)]
    keys = (34735, 3, 8, (*KEYS, kind), True)
    file = io.BytesIO()
    pixels = np.arange(np.prod(SIZE), dtype=np.uint16).reshape(SIZE)
    tifffile.imwrite(file, pixels, extratags=[*placed, keys], metadata=None, **options)
    return file.getvalue()


def on_earth(data: bytes, row: float, column: float) -> tuple[float, float]:
    """Return where the middle of a pixel lies, as OGC GeoTIFF 1.1 has it."""
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        tags = {tag.code: tag.value for tag in file.pages.first.tags}
    half = 0.0 if tags[34735][7] == 2 else 0.5
    i, j = column + half, row + half
    if 34264 in tags:
        matrix = np.reshape(tags[34264], (4, 4))
        x, y = (matrix @ (i, j, 0, 1))[:2]
        return float(x), float(y)
    (across, down, _), tie = tags[33550], tags[33922]
    return tie[3] + (i - tie[0]) * across, tie[4] - (j - tie[1]) * down


def result_of(data: bytes, pipeline: str) -> tuple[bytes, list[str]]:
    file = io.BytesIO()
    result = Pipeline.parse(pipeline)(read(io.BytesIO(data)))
    notes = write(result, file, format="TIFF")
    return file.getvalue(), notes


@pytest.mark.parametrize("by_matrix", [False, True])
@pytest.mark.parametrize("kind", [1, 2])
@pytest.mark.parametrize("pipeline", PIPELINES)
def test_pixels_keep_their_place_on_the_earth(pipeline: str, kind: int, by_matrix: bool) -> None:
    data = geotiff(kind, by_matrix=by_matrix)
    after, notes = result_of(data, pipeline)
    assert notes == []
    rows, columns = places(pipeline)
    for row in (0, 3):
        for column in (0, 5):
            wanted = on_earth(data, rows[row], columns[column])
            assert on_earth(after, row, column) == pytest.approx(wanted, abs=1e-6)


def places(pipeline: str) -> tuple[np.ndarray, np.ndarray]:
    """Return of which rows and columns each pixel is the middle, found by filtering a ramp.

    The mean of a window is the place of its middle where that lies within.
    """
    ramps = np.mgrid[: SIZE[0], : SIZE[1]].astype(np.float64)
    words = pipeline.replace("max-pool", "mean-pool").replace("min-pool", "mean-pool")
    words = words.replace("median size=5", "box-5").replace("sobel-x", "box-3")
    steps = Pipeline.parse(words)
    found = [np.asarray(steps(ramp)) for ramp in ramps]
    grid = grid_of(steps.steps, SIZE)
    assert grid is not None
    rows, columns = found[0][:, found[0].shape[1] // 2], found[1][found[1].shape[0] // 2]
    for values, step, first, side in zip((rows, columns), grid.step, grid.first, SIZE, strict=True):
        wanted = first + step * np.arange(len(values))
        inner = (wanted > FAR) & (wanted < side - FAR)  # nothing of the border is seen
        assert inner.any()
        np.testing.assert_allclose(values[inner], wanted[inner], atol=1e-9)
    return tuple(  # type: ignore[return-value]
        first + step * np.arange(len(values))
        for values, step, first in zip((rows, columns), grid.step, grid.first, strict=True)
    )


def test_a_shape_that_nobody_explains_loses_its_place_with_a_line() -> None:
    image = read(io.BytesIO(geotiff()))
    smaller = image.with_pixels(image.pixels[3:, 5:])
    file = io.BytesIO()
    (note,) = write(smaller, file, format="TIFF")
    assert "the georeference (GeoTIFF) would not fit the result: left out" in note


@pytest.mark.parametrize("number", ["0", "-9999", "nan", "65535", "1e+30"])
def test_the_number_for_no_data_is_that_of_the_picture(number: str) -> None:
    pixels = np.ones(SIZE, np.float32)
    pixels[3, 4] = float(number)
    file = io.BytesIO()
    tag = (42113, 2, len(number) + 1, number, True)
    tifffile.imwrite(file, pixels, extratags=[tag], metadata=None)
    image = read(io.BytesIO(file.getvalue()))
    np.testing.assert_equal(image.nodata, float(np.float32(float(number))))
    again, notes = result_of(file.getvalue(), "box-3")
    assert notes == []
    with tifffile.TiffFile(io.BytesIO(again)) as kept:
        text = kept.pages.first.tags[42113].value
        blurred = kept.asarray()
    np.testing.assert_equal(float(text), image.nodata)
    assert blurred[3, 4] == 1  # the mean of what is there


def _told(pixels: NDArray[Any], number: str, **options: Any) -> Image:
    file = io.BytesIO()
    tag = (42113, 2, len(number) + 1, number, True)
    tifffile.imwrite(file, pixels, extratags=[tag], metadata=None, **options)
    return read(io.BytesIO(file.getvalue()))


@pytest.mark.parametrize("kind", ["minisblack", "miniswhite"])
@pytest.mark.parametrize("bits", [3, 4, 7, 8, 10, 12, 15, 16])
def test_the_number_for_no_data_is_scaled_and_turned_as_pixels_are(bits: int, kind: str) -> None:
    stored = np.arange(1 << min(bits, 9), dtype=np.uint8 if bits <= 8 else np.uint16)
    stored = (stored << max(bits - 9, 0)).reshape(8, -1)
    stored[-1, -1] = (1 << bits) - 1
    options = {"photometric": kind} | ({} if bits in (8, 16) else {"bitspersample": bits})
    for place in ((0, 0), (3, 0), (-1, -1)):
        image = _told(stored, str(stored[place]), **options)
        assert image.nodata == image.pixels[place]
        assert image.left_out == ()


@pytest.mark.parametrize(
    ("dtype", "number", "values", "stands_in"),
    [
        ("int32", -(2**31), (-7, 500), -(2**15)),
        ("int32", -(2**31), (-(2**15), 500), 2**15 - 1),
        ("int32", -9999, (0, 59659), 2**16 - 1),
        ("int32", -9999, (1, 2**16 - 1), 0),
        ("uint32", 2**32 - 1, (0, 60000), 2**16 - 1),
        ("int32", -(2**31), (-(2**31), -(2**31)), -(2**15)),
        ("int32", -9999, (-7, 500), -9999),
    ],
)
def test_a_number_for_no_data_alone_makes_nothing_too_wide(
    dtype: str, number: int, values: tuple[int, int], stands_in: int
) -> None:
    stored = np.full(SIZE, number, dtype)
    stored[2:4, 3] = values
    image = _told(stored, str(number))
    assert image.nodata == stands_in
    assert np.array_equal(image.pixels == stands_in, stored == number)
    assert np.array_equal(image.pixels[stored != number], stored[stored != number])
    line = f"the value for no data needs more than 16 bits: it is {stands_in} now"
    assert image.left_out == ((line,) if stands_in != number else ())


@pytest.mark.parametrize("values", [(0, 70000), (0, 2**16 - 1)])
def test_where_nothing_can_stand_for_no_data_wide_numbers_are_refused(
    values: tuple[int, int],
) -> None:
    stored = np.full(SIZE, -9999, np.int32)
    stored[2:4, 3] = values
    with pytest.raises(ImageError, match="do not fit 16 bits"):
        _told(stored, "-9999")


def test_a_number_for_no_data_that_no_pixel_can_be_is_left_out_with_a_line() -> None:
    left_out = ("the value for no data is no value of the pixels: left out",)
    shades = np.arange(768, dtype=np.uint16).reshape(3, 256)
    indices = np.arange(64, dtype=np.uint8).reshape(8, 8)
    cases = ((indices, "5", {"photometric": "palette", "colormap": shades * 80}),
             (indices.astype(np.uint16), "4096", {"bitspersample": 12}))  # fmt: skip
    for pixels, number, options in cases:
        image = _told(pixels, number, **options)
        assert (image.nodata, image.left_out) == (None, left_out)
        assert image.metadata.tags is None or not has_nodata(image.metadata.tags)


@pytest.mark.parametrize(("number", "known"), [("-1e308", None), ("-inf", -np.inf),
                                               ("-3.4028235e38", -LARGEST)])  # fmt: skip
def test_the_ends_of_floats_may_stand_for_no_data(number: str, known: float | None) -> None:
    image = _told(np.ones((4, 4), np.float32), number)
    assert image.nodata == known


def test_pages_packed_as_jpeg_have_their_number_for_no_data() -> None:
    pixels = np.full((16, 16, 3), 90, np.uint8)
    file = io.BytesIO()
    PillowImages.fromarray(pixels).save(file, "TIFF", compression="jpeg", tiffinfo={42113: "0"})
    assert read(io.BytesIO(file.getvalue())).nodata == 0


AXES = ["ZYX", "TYX", "CYX", "ZCYX", "TZCYX"]


@pytest.mark.parametrize("axes", AXES)
@pytest.mark.parametrize("kind", ["imagej", "ome"])
@pytest.mark.parametrize("pipeline", ["identity", "mean-pool size=2"])
def test_stacks_keep_axes_unit_and_spacing(axes: str, kind: str, pipeline: str) -> None:
    shape = (*(2, 3, 2)[: len(axes) - 2], 16, 20)
    stack = np.random.default_rng(1).integers(0, 999, shape, np.uint16)
    said: dict[str, Any] = {"axes": axes}
    options: dict[str, Any] = {kind: True}
    if kind == "imagej":
        said |= {"unit": "um", "spacing": 0.3, "Labels": ["a"] * int(np.prod(shape[:-2]))}
        options |= {"resolution": (4.0, 2.0)}
    else:
        said |= {"PhysicalSizeX": 0.25, "PhysicalSizeXUnit": "µm", "PhysicalSizeZ": 0.3}
    file = io.BytesIO()
    tifffile.imwrite(file, stack, metadata=said, **options)
    after, notes = result_of(file.getvalue(), pipeline)
    is_same = pipeline == "identity"
    assert len(notes) == (kind == "imagej" and not is_same)  # of labels, which may hold regions
    file.seek(0)
    with tifffile.TiffFile(io.BytesIO(after)) as kept, tifffile.TiffFile(file) as given:
        assert kept.series[0].axes == given.series[0].axes
        if is_same:
            np.testing.assert_array_equal(kept.asarray(), stack)
        page = kept.pages.first
        if kind == "imagej":
            info = kept.imagej_metadata or {}
            assert (info["unit"], info["spacing"]) == ("um", 0.3)
            assert ("Labels" in info) == is_same
            sides = [page.tags[tag].value for tag in (282, 283)]
            half = 1 if is_same else 2
            assert [over / under for over, under in sides] == [4 / half, 2 / half]
        else:
            pixels = tifffile.xml2dict(kept.ome_metadata)["OME"]["Image"]["Pixels"]
            assert pixels["PhysicalSizeX"] == (0.25 if is_same else 0.5)
            assert pixels["PhysicalSizeZ"] == 0.3
            assert (pixels["SizeX"], pixels["SizeY"]) == kept.asarray().shape[:-3:-1]


def test_a_stack_of_which_some_pages_are_taken_is_named() -> None:
    file = io.BytesIO()
    tifffile.imwrite(file, np.zeros((4, 16, 20), np.uint8), imagej=True, metadata={"axes": "ZYX"})
    image = read(io.BytesIO(file.getvalue()), frames="1-2")
    assert image.metadata.tags is None or write(image, io.BytesIO(), format="TIFF")
    first = read(io.BytesIO(file.getvalue()), frames="0")
    (note,) = write(first, io.BytesIO(), format="TIFF")
    assert "ImageJ's metadata" in note


@examples(40)
@given(
    size=st.tuples(st.integers(12, 40), st.integers(12, 40)),
    stride=st.integers(1, 4),
    radius=st.integers(1, 3),
    padding=st.sampled_from(["same", "valid", "full", 1]),
)
def test_the_grid_of_a_window(
    size: tuple[int, int], stride: int, radius: int, padding: str | int
) -> None:
    steps = Pipeline([("box-blur", {"radius": radius, "stride": stride, "padding": padding})])
    ramps = np.mgrid[: size[0], : size[1]].astype(np.float64)
    grid = grid_of(steps.steps, size)
    assert grid is not None
    for axis in (0, 1):
        values = np.asarray(steps(ramps[axis]))
        line = values[:, values.shape[1] // 2] if axis == 0 else values[values.shape[0] // 2]
        wanted = grid.first[axis] + grid.step[axis] * np.arange(len(line))
        within = (wanted >= radius) & (wanted <= size[axis] - 1 - radius)
        np.testing.assert_allclose(line[within], wanted[within], atol=1e-9)
