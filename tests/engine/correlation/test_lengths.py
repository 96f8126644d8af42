"""Roots of sums of squares: right beside any value, however large or small."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convfilter import Pipeline, engine, filters, kernels
from convfilter.engine.planning import forcing
from tests import naive
from tests.engine.accuracy import in_small_pieces
from tests.examples import examples

Array = np.ndarray[Any, np.dtype[Any]]

PATHS = ["", "gradient", "direct", "separable"]
ALLOWED = {"float32": 1e-5, "float64": 1e-12}
OF_GRADIENTS = ("sobel", "scharr", "prewitt", "roberts")
OUTLIERS = [(dtype, value) for dtype in ("float32", "float64") for value in (1e20, 3e38, -3e38)]
OUTLIERS += [("float64", value) for value in (1e300, 1.797e308, -1.797e308)]


def pair(name: str) -> list[Array]:
    """Return both kernels of a gradient."""
    return [kernels.get(f"{name}-{axis}").array for axis in "xy"]


def check_lengths(image: Array, weights: list[Array]) -> None:
    """Check every output against what its own window allows, by every way to sum products."""
    exact = naive.correlate_bank(image, weights, "l2")
    limit = np.longdouble(np.finfo(image.dtype).max)
    absolute = [naive.correlate(np.abs(image), np.abs(kernel)) for kernel in weights]
    allowed = ALLOWED[image.dtype.name] * np.sqrt(sum(each**2 for each in absolute))
    # what lies between subnormal numbers is lost, as often as something is multiplied or added
    allowed += 1000 * np.finfo(image.dtype).smallest_subnormal
    for path in PATHS:
        with forcing(path):
            result = engine.correlate_bank(image, weights, "l2")
            with in_small_pieces():
                again = engine.correlate_bank(image, weights, "l2", workers=3)
        np.testing.assert_array_equal(again, result)
        fits = exact < limit * (1 - 1e-4)
        wrong = np.abs(result - exact)[fits] > allowed[fits]
        assert not wrong.any(), (path, result[fits][wrong][:3], exact[fits][wrong][:3])
        assert np.isinf(result[exact > limit * (1 + 1e-4)]).all()


@examples(60)
@given(
    dtype=st.sampled_from(["float32", "float64"]),
    seed=st.integers(0, 2**32 - 1),
    scale=st.floats(-1, 1),
    spread=st.integers(0, 4),
    weights=st.sampled_from([*map(pair, (*OF_GRADIENTS, "farid")), "random"]),
)
def test_lengths_are_right_within_their_own_windows(
    dtype: str, seed: int, scale: float, spread: int, weights: Any
) -> None:
    """Most values are of one size, some are of any."""
    rng = np.random.default_rng(seed)
    if isinstance(weights, str):
        weights = [rng.normal(size=(3, 4)) for _ in range(3)]
    top = {"float32": 36, "float64": 305}[dtype]
    image = rng.normal(size=(9, 12)) * 10.0 ** (top * scale)
    for _ in range(spread):
        place = rng.integers(9), rng.integers(12)
        image[place] = rng.normal() * 10.0 ** (top * rng.uniform(-1, 1))
    check_lengths(image.astype(dtype), weights)


@pytest.mark.parametrize("name", [*OF_GRADIENTS, "frei-chen"])
@pytest.mark.parametrize(("dtype", "outlier"), OUTLIERS)
def test_one_large_pixel_spoils_no_edge_beside_it(name: str, dtype: str, outlier: float) -> None:
    ramp = (3 * np.mgrid[:50, :50][1]).astype(dtype)
    hot = ramp.copy()
    hot[25, 25] = outlier
    away = np.ones(ramp.shape, bool)
    away[24:27, 24:27] = False
    declared = filters.get(name)
    for choice in ("l2", "l1", "max") if name != "frei-chen" else ("compass", "subspace"):
        option = {"method" if name == "frei-chen" else "norm": choice}
        with np.errstate(over="ignore"):
            result, expected = declared(hot, **option), declared(ramp, **option)
        np.testing.assert_allclose(result[away], expected[away], rtol=1e-5, atol=1e-6)
        assert not np.isnan(result).any()
    if name == "sobel":
        assert (filters.sobel(hot)[away][1:-1].reshape(-1)[100:110] == 24).all()


@pytest.mark.parametrize(("dtype", "power"), [("float32", 120), ("float64", 1000)])
@pytest.mark.parametrize("name", OF_GRADIENTS)
def test_lengths_scale_with_the_picture(name: str, dtype: str, power: int) -> None:
    image = np.random.default_rng(2).random((20, 20)).astype(dtype)
    expected = engine.correlate_bank(image, pair(name), "l2")
    for factor in (2.0**power, 2.0**-power):
        result = engine.correlate_bank(image * image.dtype.type(factor), pair(name), "l2")
        np.testing.assert_allclose(
            result / factor, expected, rtol=ALLOWED[dtype] * 8, atol=1e-7 if power == 120 else 0
        )


@pytest.mark.parametrize(("dtype", "power"), [("float32", 120), ("float64", 1000)])
def test_transforms_square_nothing_that_is_lost(dtype: str, power: int) -> None:
    image = np.random.default_rng(2).random((90, 90)).astype(dtype)
    weights = [np.random.default_rng(seed).normal(size=(9, 9)) for seed in (3, 4)]
    expected = engine.correlate_bank(image, weights, "l2")
    for factor in (2.0**power, 2.0**-power):
        with forcing("fft"):
            result = engine.correlate_bank(image * image.dtype.type(factor), weights, "l2")
        np.testing.assert_allclose(result / factor, expected, rtol=1e-3)


def test_lengths_within_a_pass_are_those_of_single_steps() -> None:
    image = np.random.default_rng(3).random((300, 300))
    image[150, 150] = 1e300
    steps = ["median", "sobel norm=l2", "maximum"]
    expected = image
    for step in steps:
        expected = Pipeline.parse(step)(expected)
    with in_small_pieces():
        result = Pipeline.parse(" | ".join(steps))(image)
    np.testing.assert_array_equal(result, expected)


def test_what_is_not_finite_stays_so() -> None:
    image = np.random.default_rng(4).random((12, 12))
    image[3, 3], image[8, 8] = np.inf, np.nan
    result = engine.correlate_bank(image, pair("prewitt"), "l2")
    reached = engine.correlate(np.isfinite(image).astype(float), np.ones((3, 3))) < 9
    assert np.isfinite(result[~reached]).all()
    assert np.isinf(result[3, 2])
    assert np.isnan(result[7:10, 7]).all()
