"""Chains in one pass: the same bits as one step after the other."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import event, given, note
from hypothesis import strategies as st

from convfilter import engine
from convfilter.engine import chain
from convfilter.engine.explain import OPERATIONS
from convfilter.errors import ArgumentError
from convfilter.runtime.checks import Array
from tests.engine.accuracy import Case, check_paths
from tests.engine.accuracy import check as check_case
from tests.engine.cases import DTYPES, draw_gradient, draw_image, draw_placement, noise
from tests.engine.chains import (
    EACH,
    ONE_PASS,
    Chain,
    Step,
    check,
    draw_chain,
    gaussian,
    magnitude,
    pool,
)
from tests.examples import every, examples

BYTES = np.dtype(np.uint8)
IDENTITY = Step("correlate", ([[1.0]],))


@pytest.mark.parametrize("dtype", every(2, DTYPES))
@examples(300)
@given(random=st.randoms(use_true_random=False))
def test_same_bits_as_one_step_after_the_other(dtype: str, random: Random) -> None:
    case = draw_chain(random, dtype)
    note(str(case))
    event(f"{check(case, workers=(random.randint(1, 3),))} steps in passes")


@pytest.mark.parametrize("dtype", DTYPES)
@examples(60)
@given(random=st.randoms(use_true_random=False))
def test_same_bits_with_any_number_of_workers(dtype: str, random: Random) -> None:
    case = draw_chain(random, dtype, kinds=("correlate", "bank", "pool", "rank"))
    note(str(case))
    event(f"{check(case, workers=(1, 2, 3))} steps in passes")


def test_every_function_is_drawn_and_stands_here() -> None:
    assert set(EACH) == set(OPERATIONS)
    drawn = (draw_chain(Random(number)).steps for number in range(300))
    assert {step.function for steps in drawn for step in steps} == set(OPERATIONS)


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "float64"])
@pytest.mark.parametrize("first", EACH)
def test_every_function_before_every_other(first: str, dtype: str) -> None:
    image = in_range(noise((33, 29), dtype))
    for second in EACH:
        case = Chain.of(image, EACH[first], EACH[second])
        in_passes = 0 if "canny" in (first, second) else 2  # Canny grows edges over all the image
        assert check(case, workers=(2,)) == in_passes, str(case)


def in_range(image: Array) -> Array:
    """Return an image whose floats are from 0 to 1."""
    return np.abs(image) / np.abs(image).max() if image.dtype.kind == "f" else image


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float32", "float64"])
@pytest.mark.parametrize("shape", [(1, 90), (90, 1), (37, 41), (64, 64), (29, 17, 3), (150, 5, 4)])
def test_ordinary_chains_run_in_one_pass(shape: tuple[int, ...], dtype: str) -> None:
    rng = np.random.default_rng(3)
    image = (rng.random(shape) if dtype[0] == "f" else rng.integers(0, 256, shape)).astype(dtype)
    halved = pool((2, 2) if min(shape[:2]) > 1 else 1)
    for steps in (
        [gaussian(1), magnitude(), halved],
        [magnitude("l1"), gaussian(0.7), gaussian(0.5)],
        [halved, magnitude(), halved, gaussian(0.5)],
        [Step("median", (3,)), gaussian(1), Step("maximum", (3,))],
    ):
        assert check(Chain.of(image, *steps)) == len(steps)


def test_what_only_the_whole_image_tells_is_left_to_single_steps() -> None:
    image = np.random.default_rng(4).random((60, 50)).astype(np.float32)

    def passes(image: Array, *steps: Step) -> int:
        return check(Chain.of(image, *steps))

    for number in (np.nan, np.inf):
        spoilt = image.copy()
        spoilt[-1, -1] = number
        assert passes(spoilt, IDENTITY, gaussian(1)) == 0
        # nor does a value count for nothing that no later step reads
        assert passes(spoilt, gaussian(1), pool(1, stride=7)) == 0
    assert passes(image, IDENTITY, magnitude()) == 2
    for factor in (1e-9, 1e9):
        assert passes(image * np.float32(factor), IDENTITY, magnitude()) == 2
    # whose squares are no numbers of float32
    for factor in (1e-25, 1e25):
        assert passes(image * np.float32(factor), IDENTITY, magnitude()) == 0
        assert passes(image * np.float32(factor), magnitude(), IDENTITY) == 0
    assert passes(image * 0, IDENTITY, magnitude()) == 2


def test_weights_of_zero_keep_infinities_away() -> None:
    image = np.full((40, 30), np.inf)
    assert check(Chain.of(image, Step("correlate", ([[0.0]],)), magnitude())) == 2


@pytest.mark.parametrize("second", ["correlate", "correlate_bank", "convolve"])
@pytest.mark.parametrize("first", ["maximum", "pool", "median", "bilateral", "nl_means"])
def test_nan_is_refused_where_single_steps_refuse_it(first: str, second: str) -> None:
    image = np.ones((40, 30), np.float32)
    image[20, 11] = np.nan
    steps = EACH[first], EACH[second]
    with pytest.raises(ArgumentError, match="NaN"):
        Chain(image, steps, BYTES).one_by_one()
    check(Chain(image, steps, BYTES))
    check(Chain(image, steps, np.dtype(np.float32)))


@pytest.mark.parametrize("first", ["maximum", "minimum", "pool", "median", "correlate"])
def test_nan_is_refused_where_nothing_reads_it(first: str) -> None:
    image = np.ones((60, 50), np.float32)
    image[29, 31] = np.nan
    case = Chain(image, (EACH[first], Step("correlate", ([[1.0]],), (("stride", 59),))), BYTES)
    with pytest.raises(ArgumentError, match="NaN"):
        case.one_by_one()
    assert check(case) == 0


def test_what_needs_the_whole_image_splits_a_chain() -> None:
    image = noise((40, 30))
    box = Step("correlate", (np.ones((25, 25)),))
    steps = [gaussian(1), magnitude(), box, Step("median", (3,)), gaussian(1), pool(2)]
    assert Chain.of(image, *steps).operations()[2].plan.algorithm == "box"
    assert check(Chain.of(image, *steps)) == 5
    canny = Chain(image, (Step("maximum", (3,)), pool(2), EACH["canny"]), BYTES)
    assert check(canny) == 2


def test_far_rows_and_small_images_are_left_to_single_steps() -> None:
    image = np.zeros((3000, 400), np.uint8)

    def passes(image: Array, *steps: Step) -> int:
        with engine.recorded_plans() as plans:
            Chain(image, steps, image.dtype).run()
        return sum(plan.reason.endswith(ONE_PASS) for plan in plans)

    assert passes(image, gaussian(1), gaussian(1)) == 2
    assert passes(image[:20, :20], gaussian(1), gaussian(1)) == 0
    assert passes(image, gaussian(1), gaussian(40)) == 0


def test_no_memory_for_what_lies_between() -> None:
    image = np.random.default_rng(5).integers(0, 256, (3000, 2000), dtype=np.uint8)
    case = Chain(image, (gaussian(1), magnitude(), pool(2)), image.dtype)

    def peak_of(run: Callable[[], Any]) -> int:
        run()
        tracemalloc.start()
        run()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    for workers in (1, 2):
        output = 1500 * 1000
        peak = peak_of(lambda: case.run(workers))  # noqa: B023
        assert peak < output + workers * 4 * chain.TILE_BYTES


def test_every_step_tells_its_plan() -> None:
    case = Chain.of(np.zeros((700, 900), np.uint8), gaussian(1), Step("median", (3,)), pool(2))
    with engine.recorded_plans() as together:
        case.run()
    with engine.recorded_plans() as apart:
        case.one_by_one()
    assert [plan.reason for plan in together] == [f"{plan.reason}{ONE_PASS}" for plan in apart]
    assert [plan.algorithm for plan in together] == [plan.algorithm for plan in apart]


@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64"])
@pytest.mark.parametrize("second", sorted({*EACH} - {"canny"}))
def test_every_plan_keeps_the_bits_in_a_chain(second: str, dtype: str) -> None:
    case = Chain.of(in_range(noise((23, 19), dtype)), gaussian(0.6), EACH[second])
    paths = check_paths(case, check, (2,))
    assert len(paths) > 1, "nothing was forced"


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float32", "float64"])
@examples(150)
@given(random=st.randoms(use_true_random=False))
def test_gradients(dtype: str, random: Random) -> None:
    image = draw_image(random, dtype)
    options = draw_placement(random, image)
    if dtype[0] == "f" or random.random() < 0.5:
        options["dtype"] = np.float64 if dtype == "float64" else np.float32
    check_case(Case("correlate_bank", image, (draw_gradient(random), "l2"), options))
