"""Windows look only at what is there, and what holds nothing stays missing."""

from __future__ import annotations

import math
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, note
from hypothesis import strategies as st

from convfilter import engine
from convfilter.engine import recorded_plans
from convfilter.engine.operation import attempt
from convfilter.engine.planning import forcing
from convfilter.engine.rank.sorting import MOST_SORTED, network
from convfilter.engine.window.axes import Outline, lay_out
from convfilter.engine.window.present import Region, areas, in_pieces
from convfilter.errors import ArgumentError, ArgumentTypeError
from tests import naive_gaps
from tests.engine.cases import DTYPES
from tests.engine.chains import EACH, Step
from tests.engine.gaps import KINDS, check, draw_gaps
from tests.examples import every, examples

Array = np.ndarray[Any, np.dtype[Any]]
RANDOMS = st.randoms(use_true_random=False)
NEED_ALL = {"bilateral", "nl_means", "canny"}
"""What refuses gaps."""

RAMP = np.arange(40.0).reshape(5, 8)


@pytest.mark.parametrize("kind", KINDS)
@examples(80)
@given(random=RANDOMS)
def test_results_are_those_of_the_twin(kind: str, random: Random) -> None:
    case = draw_gaps(random, kind)
    note(str(case))
    check(case)


@pytest.mark.thorough
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", KINDS)
def test_three_thousand_calls(kind: str, dtype: str) -> None:
    for seed in range(150):
        check(draw_gaps(Random(f"{kind} {dtype} {seed}"), kind, dtype))


def test_a_response_beside_an_infinite_one_is_judged_by_its_own_products() -> None:
    check(draw_gaps(Random(669), "bank"), (1,))


def test_a_mean_is_of_what_is_there() -> None:
    image = np.array([[1.0, 2.0, np.nan, 4.0]])
    box: dict[str, Any] = {"scale": 1 / 3, "padding": "valid"}
    result = engine.correlate(image, [[1, 1, 1]], nodata=math.nan, **box)
    np.testing.assert_allclose(result, [[1.5, 3.0]])


def test_an_even_area_has_no_edge_beside_a_gap() -> None:
    image = np.full((9, 9), 7.0)
    image[3:7, 2:5] = -9999
    sobel = [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]
    result = np.ma.masked_equal(engine.correlate(image, sobel, nodata=-9999), -9999)
    assert result.count() > 40
    assert result.max() == result.min() == 0
    blurred = engine.correlate(image, np.ones((3, 3)), scale=1 / 9, nodata=-9999)
    assert set(np.unique(blurred.round(12))) == {-9999, 7}


def test_what_holds_nothing_stays_missing() -> None:
    image = np.full((7, 7), 9, np.uint8)
    image[1:6, 1:6] = 0
    for result in (
        engine.median(image, 3, nodata=0),
        engine.maximum(image, 3, nodata=0),
        engine.correlate(image, np.ones((3, 3)), scale=1 / 9, nodata=0),
    ):
        assert (np.argwhere(result == 0) == np.argwhere(np.pad(np.ones((3, 3)), 2))).all()
        assert set(np.unique(result)) == {0, 9}


def test_means_of_pools_divide_by_what_is_there() -> None:
    image = np.array([[1.0, np.nan, np.nan, np.nan], [3.0, 5.0, np.nan, np.nan]])
    assert engine.pool(image, 2, reduce="mean", nodata=np.nan)[0, 0] == 3
    assert np.isnan(engine.pool(image, 2, reduce="mean", nodata=np.nan)[0, 1])
    padded = engine.pool(image, 2, reduce="mean", padding=1, nodata=np.nan)
    assert padded[0, 0] == 1 / 4  # three taps of padding count
    alone = engine.pool(image, 2, reduce="mean", padding=1, count_include_pad=False, nodata=np.nan)
    assert alone[0, 0] == 1


def test_masked_arrays_come_back_masked() -> None:
    image = np.ma.masked_greater(RAMP, 20)
    result = engine.correlate(image, np.ones((3, 3)), scale=1 / 9)
    assert isinstance(result, np.ma.MaskedArray)
    assert result.mask.any()
    assert result.max() <= 20
    whole = engine.median(np.ma.MaskedArray(RAMP), 3)
    assert isinstance(whole, np.ma.MaskedArray)
    assert not np.ma.is_masked(whole)
    coded = engine.median(image, 3, nodata=-1)
    assert isinstance(coded, np.ma.MaskedArray)
    assert coded.fill_value == -1


@pytest.mark.parametrize("mask", [RAMP > 7, (RAMP > 7) * 255, (RAMP > 7) * 1.0])
def test_a_mask_tells_where_something_is(mask: Array) -> None:
    result = engine.minimum(RAMP, 3, mask=mask)
    assert isinstance(result, np.ma.MaskedArray)
    assert result.min() == 8
    plain = engine.minimum(RAMP, 3, mask=mask, nodata=-1, padding="valid")
    assert type(plain) is np.ndarray


def test_a_mask_is_that_of_each_picture_of_a_stack() -> None:
    stack = np.stack([RAMP, RAMP + 100])
    each = np.stack([RAMP > 7, RAMP > 20])
    result = engine.median(stack, 3, axes="ZYX", mask=each)
    for picture, mask, expected in zip(stack, each, result, strict=True):
        alone = engine.median(picture, 3, mask=mask)
        assert (alone.mask == expected.mask).all()
        assert (alone == expected).all()
    shared = engine.median(stack, 3, axes="ZYX", mask=RAMP > 7)
    assert (shared[1] == engine.median(stack[1], 3, mask=RAMP > 7)).all()
    colours = np.moveaxis(np.stack([RAMP, RAMP, RAMP]), 0, 2)
    assert engine.median(colours, 3, mask=RAMP > 7).shape == colours.shape
    first = np.moveaxis(colours, 2, 0)
    assert engine.median(first, 3, channel_axis=0, mask=RAMP > 7).shape == first.shape


def test_a_fill_that_means_no_data_is_none() -> None:
    image = np.full((5, 5), 3.0)
    named: dict[str, Any] = {"border": "constant", "scale": 1 / 9}
    seen = engine.correlate(image, np.ones((3, 3)), fill=0.0, nodata=np.nan, **named)
    assert seen[0, 0] == pytest.approx(12 / 9)
    unseen = engine.correlate(image, np.ones((3, 3)), fill=np.nan, nodata=np.nan, **named)
    np.testing.assert_allclose(unseen, 3.0)
    assert (engine.median(image, 3, border="constant", fill=-1.0, nodata=-1) == 3).all()


def call(name: str, image: Array, **stated: Any) -> Any:
    step = EACH[name]
    return getattr(engine, name)(image, *step.arguments, **dict(step.options), **stated)


@pytest.mark.parametrize("name", EACH)
def test_nothing_missing_gives_the_bits_of_the_plain_call(name: str) -> None:
    image = np.random.default_rng(0).integers(1, 250, (20, 30), np.uint8)
    plain = call(name, image)
    assert call(name, image, nodata=0).tobytes() == plain.tobytes()
    masked = call(name, image, mask=np.ones((20, 30), bool))
    assert np.ma.getdata(masked).tobytes() == plain.tobytes()


@pytest.mark.parametrize("name", EACH)
def test_every_function_looks_at_what_is_there_or_refuses(name: str) -> None:
    image = np.random.default_rng(0).integers(1, 250, (20, 30), np.uint8)
    image[4, 5] = 0
    if name in NEED_ALL:
        with pytest.raises(ArgumentError, match=f"{name} needs every value, and some are missing"):
            call(name, image, nodata=0)
    else:
        with recorded_plans() as plans:
            call(name, image, nodata=0)
        assert "of what is there" in plans[-1].reason or "among what is" in plans[-1].reason


PLACES = [(0, 0), (-1, -1), (0, -1), (21, 33), (33, 0), (-1, 30), (17, -1)]
"""Corners, edges and the middle, most of them in rows that are not looked at first."""


@pytest.mark.parametrize("code", [0, -9999.0, math.nan])
@pytest.mark.parametrize("name", sorted(set(EACH) - NEED_ALL))
def test_a_single_gap_is_found_wherever_it_is(name: str, code: float) -> None:
    dtype = np.uint8 if code == 0 else np.float32
    for row, column in PLACES:
        image = np.random.default_rng(0).integers(1, 250, (51, 67)).astype(dtype)
        image[row, column] = code
        there = np.ones(image.shape, bool)
        there[row, column] = False
        found = call(name, image, nodata=code)
        told = call(name, image, mask=there).filled(code)
        np.testing.assert_array_equal(found, told)


@pytest.mark.parametrize("name", sorted(set(EACH) - NEED_ALL))
def test_workers_change_no_bit_of_a_large_picture(name: str) -> None:
    random = np.random.default_rng(5)
    image = random.random((500, 700), np.float32)
    image[np.add.outer(np.arange(500), np.arange(700)) < 400] = np.nan
    image[random.integers(500, size=9), random.integers(700, size=9)] = np.nan
    one, *others = (call(name, image, nodata=math.nan, workers=workers) for workers in (1, 2, 5))
    assert all(each.tobytes() == one.tobytes() for each in others)
    told = call(name, image, mask=~np.isnan(image)).filled(math.nan)
    assert told.tobytes() == one.tobytes()


SOBEL = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]) / 3


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
@pytest.mark.parametrize("walk", [{}, {"stride": 2}, {"dilation": 3}])
def test_gaps_far_away_change_no_bit(dtype: Any, walk: dict[str, Any]) -> None:
    # parts of rows that see no gap are made without looking at weights
    image = np.random.default_rng(6).integers(0, 250, (12, 1100, 1)).astype(dtype)
    there = np.ones(image.shape, bool)
    there[:, 400:700] = there[2:4, 40] = False
    many = there.copy()
    many[:, ::90] = False
    bank = [SOBEL, SOBEL.T], "l1"
    one = engine.correlate_bank(image, *bank, mask=there, dtype="float32", **walk)
    other = engine.correlate_bank(image, *bank, mask=many, dtype="float32", **walk)
    expected, gaps = naive_gaps.correlate_bank(image, there, *bank, **walk)
    np.testing.assert_array_equal(one.mask, gaps)
    np.testing.assert_allclose(one.filled(0), np.where(gaps, 0, expected), rtol=2e-6, atol=1e-3)
    same = naive_gaps.is_whole(image, many, (3, 3), **walk)
    assert one.data[same].tobytes() == other.data[same].tobytes()


@pytest.mark.parametrize("workers", [1, 2, 7])
def test_pieces_cover_regions_once(workers: int) -> None:
    regions = [Region(0, 40, 0, 300), Region(40, 41, 20, 30), Region(50, 400, 100, 900)]
    seen = np.zeros((400, 900), int)

    def work(piece: Region) -> None:
        seen[piece.slices(1)] += 1

    in_pieces(regions, lambda region: 30, 100.0, workers, work)
    for region in regions:
        seen[region.slices(1)] -= 1
    assert not seen.any()


@pytest.mark.parametrize("width", [40, 47, 64, 100])
def test_results_that_mean_nothing_are_counted_once(width: int) -> None:
    # so many less those beside gaps says whether others mean nothing, too
    image = np.random.default_rng(7).random((37, width, 1), np.float32)
    image[5, -9:] = image[20:, 3] = image[-1] = np.nan
    step = Step("correlate", ([[1, 2, 3], [4, 5, 6], [7, 8, 9]],))
    operation = step.operation(Outline.of(image), image.dtype)
    assert operation.plan.name.startswith("nine")
    output, bad = attempt(operation, image, 1)
    assert bad == np.count_nonzero(np.isnan(output)) > 0


@pytest.mark.parametrize("size", [(3, 3), (2, 5), (1, 9)])
@pytest.mark.parametrize("walk", [{}, {"stride": 3}, {"padding": "valid", "dilation": 2}])
@pytest.mark.parametrize("border", ["reflect", "constant", "wrap"])
def test_areas_hold_what_sees_gaps(
    size: tuple[int, int], walk: dict[str, Any], border: Any
) -> None:
    random = np.random.default_rng(3)
    for fill in (True, False):
        there = np.ones((90, 300, 1), bool)
        for _ in range(4):
            row, column = random.integers(90), random.integers(300)
            there[row : row + random.integers(40), column : column + random.integers(90)] = False
        rows, columns = lay_out(there.shape, size, **walk)
        costs: dict[str, Any] = {"nanoseconds": 9e9, "as_ever": 1.0, "moved": 2}
        mask = there.view(np.uint8)
        found = areas(rows, columns, border, mask, fill=fill, workers=1, **costs)
        options = {**walk, "border": border, "fill_there": fill}
        is_whole = naive_gaps.is_whole(there, there, size, **options)[:, :, 0]
        is_empty = naive_gaps.is_whole(there, ~there, size, **{**options, "fill_there": not fill})
        marks = np.zeros(is_whole.shape, int)
        for area in found.mixed:
            marks[area.slices(1)] += 1
        for area in found.empty:
            marks[area.slices(1)] += 10
            assert is_empty[:, :, 0][area.slices(1)].all()
        assert set(np.unique(marks)) <= {0, 1, 10}, "areas overlap"
        assert is_whole[marks == 0].all()
        assert found.are_few or marks.all()


def test_what_takes_no_gaps_refuses_masked_arrays() -> None:
    with pytest.raises(ArgumentError, match="noise_sigma needs every value"):
        engine.noise_sigma(np.ma.masked_equal(RAMP, 0))
    assert engine.noise_sigma(np.ma.MaskedArray(RAMP)) == engine.noise_sigma(RAMP)


@pytest.mark.parametrize(
    ("image", "stated", "words"),
    [
        (RAMP.astype(np.uint8), {"nodata": -9999}, "nodata is -9999: values of uint8 are whole"),
        (RAMP.astype(np.uint8), {"nodata": np.nan}, "nodata is nan: values of uint8 are whole"),
        (RAMP.astype(np.float32), {"nodata": 1e300}, "beyond the range of float32"),
        (RAMP, {"nodata": "none"}, "nodata is 'none': give a number"),
        (RAMP, {"mask": np.ones((4, 8))}, r"mask has the shape \(4, 8\), the image \(5, 8\)"),
        (RAMP, {"mask": RAMP}, "the mask holds more than two values, 1 and 39 beside 0"),
        (RAMP, {"mask": RAMP.astype(str)}, "the mask has dtype <U"),
    ],
)
def test_what_is_refused(image: Array, stated: dict[str, Any], words: str) -> None:
    with pytest.raises((ArgumentError, ArgumentTypeError), match=words):
        engine.median(image, 3, **stated)


def test_gaps_that_no_number_stands_for_are_refused() -> None:
    image = np.full((5, 5), np.nan, np.float32)
    image[0, 0] = 1
    with pytest.raises(ArgumentError, match="the result has gaps, and nodata is nan: values of u"):
        engine.correlate(image, np.ones((3, 3)), dtype=np.uint8, nodata=np.nan)
    image[:] = 1
    image[2, 2] = np.nan
    whole = engine.correlate(image, np.ones((3, 3)), dtype=np.uint8, nodata=np.nan)
    assert (whole == 9).all()


@pytest.mark.parametrize("dtype", every(3, ["uint8", "uint16", "float32"]))
@pytest.mark.parametrize("name", ["sorting", "search", "histogram", "ranks", "selection"])
def test_every_way_to_rank_is_right(name: str, dtype: str) -> None:
    random = Random(1)
    ran = 0
    for _ in range(40):
        case = draw_gaps(random, "rank", dtype, largest=90)
        with forcing(name), recorded_plans() as plans:
            check(case, workers=(1,))
        ran += any(plan.algorithm == name for plan in plans)
    assert ran or (name, dtype[0]) in {("search", "f"), ("histogram", "f"), ("ranks", "u")}


def test_networks_sort() -> None:
    random = np.random.default_rng(0)
    for count in range(1, MOST_SORTED + 1):
        values = random.integers(0, 2, (count, 50))
        pairs = network(count)
        for a, b in zip(pairs[::2], pairs[1::2], strict=True):
            values[[a, b]] = np.sort(values[[a, b]], axis=0)
        assert (np.diff(values, axis=0) >= 0).all()
