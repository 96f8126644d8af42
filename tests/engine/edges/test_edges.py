"""Thin edges, growth along them, and the noise of an image."""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
import pytest
import scipy.ndimage  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

from convfilter import kernels
from convfilter.engine import (
    canny,
    correlate,
    hysteresis,
    noise_sigma,
    non_maximum_suppression,
    trace_edges,
)
from convfilter.errors import ArgumentError, ArgumentTypeError, UnknownNameError
from tests.engine.accuracy import in_small_pieces
from tests.engine.cases import BORDERS, noise
from tests.examples import examples

Array = np.ndarray[Any, np.dtype[Any]]


TIE = 2.0**-12
"""The part by which sizes may differ and count as equal: of squares, or of sums."""


def naive_suppression(gradient_x: Array, gradient_y: Array, norm: str) -> Array:
    """Compare every pixel with its two neighbours along the direction of its gradient.

    The gradient points right and up, row 0 being the top one.
    """
    x, y = gradient_x.astype(np.longdouble), gradient_y.astype(np.longdouble)
    sizes = np.pad(x * x + y * y if norm == "l2" else abs(x) + abs(y), 1)
    thinned = np.zeros(x.shape)
    for i, j in np.ndindex(x.shape):
        angle = math.degrees(math.atan2(y[i, j], x[i, j])) % 180
        on_axis = angle < 22.5 or angle > 157.5 or 67.5 < angle < 112.5
        if angle < 22.5 or angle > 157.5:
            before, after = sizes[i + 1, j], sizes[i + 1, j + 2]
        elif 67.5 < angle < 112.5:
            before, after = sizes[i, j + 1], sizes[i + 2, j + 1]
        elif angle < 90:  # from the lower left to the upper right
            before, after = sizes[i + 2, j], sizes[i, j + 2]
        else:
            before, after = sizes[i, j], sizes[i + 2, j + 2]
        here = sizes[i + 1, j + 1]
        is_larger = here * (1 - TIE) > after
        may_be_equal = on_axis and after * (1 - TIE) <= here
        if here * (1 - TIE) > before and (is_larger or may_be_equal):
            thinned[i, j] = np.sqrt(here) if norm == "l2" else here
    return thinned


def naive_hysteresis(magnitude: Array, low: float, high: float) -> Array:
    """Keep the connected regions above `low` that reach above `high`."""
    exact = magnitude.astype(np.float64)  # else NumPy would round the thresholds to its dtype
    regions, _ = scipy.ndimage.label(exact > low, structure=np.ones((3, 3)))
    strong = np.setdiff1d(np.unique(regions[exact > high]), 0)
    return np.isin(regions, strong)


@pytest.mark.parametrize("norm", ["l1", "l2"])
@pytest.mark.parametrize("dtype", [np.int16, np.float32, np.float64])
@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (2, 2), (23, 31)])
def test_suppression(norm: Any, dtype: Any, shape: tuple[int, int]) -> None:
    x, y = noise(shape, dtype), noise(shape, dtype, seed=1)
    if dtype == np.int16:
        x, y = x // 64, y // 64
    expected = naive_suppression(x, y, norm)
    result = non_maximum_suppression(x, y, norm=norm)
    assert result.dtype == (np.float64 if dtype == np.float64 else np.float32)
    assert np.allclose(result, expected, rtol=1e-6, atol=0)
    with in_small_pieces():
        for workers in (1, 2, 3):
            again = non_maximum_suppression(x, y, norm=norm, workers=workers)
            assert np.array_equal(again, result)


def test_a_vertical_edge_becomes_one_column() -> None:
    x = np.tile(np.array([0, 1, 4, 6, 4, 1, 0], np.float32), (5, 1))
    thin = non_maximum_suppression(x, np.zeros_like(x))
    assert np.array_equal(np.flatnonzero(thin[2]), [3])
    assert np.array_equal(non_maximum_suppression(-x, np.zeros_like(x)), thin)
    assert np.array_equal(non_maximum_suppression(np.zeros_like(x).T, x.T), thin.T)


def test_of_two_equal_neighbours_one_stays() -> None:
    x = np.tile(np.array([0, 5, 5, 0], np.float32), (3, 1))
    assert np.array_equal(np.flatnonzero(non_maximum_suppression(x, 0 * x)[1]), [1])


@pytest.mark.parametrize("degrees", range(0, 360, 15))
def test_gradients_point_right_and_up(degrees: int) -> None:
    """An edge of any direction is one pixel thin, of responses to sobel-x and sobel-y."""
    rows, columns = np.mgrid[20:-21:-1, -20:21]
    angle = math.radians(degrees)
    image = np.tanh((columns * math.cos(angle) + rows * math.sin(angle)) / 2)
    x, y = (correlate(image, kernels.get(name).array) for name in ("sobel-x", "sobel-y"))
    inner = (slice(2, -2), slice(2, -2))
    thin = non_maximum_suppression(x, y)[inner] > 0
    lines = max(thin.any(axis=0).sum(), thin.any(axis=1).sum())
    assert lines == 37  # from one side to the other
    assert thin.sum() <= 1.6 * lines
    assert np.array_equal(trace_edges(x, y, 1, 2)[inner] > 0, canny(image, 1, 2)[inner])
    if degrees % 90 in (30, 45, 60):  # nearer to a diagonal than to an axis
        assert (non_maximum_suppression(x, -y)[inner] > 0).sum() <= 15


@pytest.mark.parametrize("norm", ["l1", "l2"])
@pytest.mark.parametrize(
    ("dtype", "powers"), [(np.float32, (-120, 110)), (np.float64, (-1000, 1000))]
)
def test_edges_at_any_scale(norm: Any, dtype: Any, powers: tuple[int, int]) -> None:
    x, y = noise((20, 30), dtype), noise((20, 30), dtype, seed=1)
    top = float(np.abs(x).max())
    x, y = x / dtype(top), y / dtype(top)
    thin, edges = non_maximum_suppression(x, y, norm=norm), trace_edges(x, y, 0.4, 0.9, norm=norm)
    for factor in (2.0**power for power in powers):
        wide = dtype(factor) * x, dtype(factor) * y
        result = non_maximum_suppression(*wide, norm=norm)
        np.testing.assert_allclose(result / factor, thin, rtol=1e-6)
        scaled = trace_edges(*wide, 0.4 * factor, 0.9 * factor, norm=norm)
        assert np.array_equal(scaled, edges)
    # one large gradient changes those beside it alone
    x[10, 15] = np.finfo(dtype).max
    far = np.ones(x.shape, bool)
    far[9:12, 14:17] = False
    result = non_maximum_suppression(x, y, norm=norm)
    np.testing.assert_allclose(result[far], thin[far], rtol=1e-6)


def test_nan_is_no_maximum() -> None:
    x, y = noise((9, 9), np.float32), noise((9, 9), np.float32, seed=1)
    x[4, 4] = np.nan
    result = non_maximum_suppression(x, y)
    assert np.isfinite(result).all()
    assert result[4, 4] == 0


@examples(200)
@given(
    shape=st.tuples(st.integers(1, 20), st.integers(1, 20)),
    seed=st.integers(0, 2**32 - 1),
    low=st.integers(0, 9),
    more=st.integers(0, 5),
)
def test_hysteresis(shape: tuple[int, int], seed: int, low: int, more: int) -> None:
    magnitude = np.random.default_rng(seed).integers(0, 12, shape).astype(np.float32)
    result = hysteresis(magnitude, low, low + more)
    assert result.dtype == np.bool_
    assert np.array_equal(result, naive_hysteresis(magnitude, low, low + more))


def test_hysteresis_of_a_long_snake() -> None:
    magnitude = np.zeros((101, 101), np.float64)
    magnitude[::2] = 1
    magnitude[1::4, -1] = magnitude[3::4, 0] = 1
    magnitude[0, 0] = 3
    assert np.array_equal(hysteresis(magnitude, 0.5, 2), magnitude > 0)
    assert not hysteresis(magnitude, 0.5, 3).any()
    assert not hysteresis(magnitude, 1, 1.5)[2:].any()


def test_hysteresis_of_nan() -> None:
    magnitude = np.array([[5, np.nan, 2, 0, 2]], np.float32)
    assert hysteresis(magnitude, 1, 4).tolist() == [[True, False, False, False, False]]


@pytest.mark.parametrize("norm", ["l1", "l2"])
@pytest.mark.parametrize(("low", "high"), [(20, 60), (100, 200), (50, 50)])
def test_opencv_canny(norm: Any, low: float, high: float) -> None:
    rough = np.random.default_rng(3).random((90, 110))
    smooth = scipy.ndimage.gaussian_filter(rough, 2)
    image = np.rint((smooth - smooth.min()) / np.ptp(smooth) * 255).astype(np.uint8)
    x = cv2.Sobel(image, cv2.CV_16S, 1, 0, borderType=cv2.BORDER_REPLICATE)
    y = cv2.Sobel(image, cv2.CV_16S, 0, 1, borderType=cv2.BORDER_REPLICATE)
    expected = cv2.Canny(x, y, low, high, L2gradient=norm == "l2") > 0
    edges = hysteresis(non_maximum_suppression(x, -y, norm=norm), low, high)
    assert expected.any()
    # OpenCV rounds the tangent of 22.5 degrees to 15 bits
    assert (edges != expected).mean() < 1e-3


SOBEL = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])


def edges_in_steps(image: Array, low: float, high: float, norm: Any, **options: Any) -> Array:
    """Correlate with Sobel's kernels, thin the gradient, and follow its edges."""
    x, y = (
        correlate(image, kernel, dtype=np.float32, **options).astype(np.float64)
        for kernel in (SOBEL, SOBEL.T[::-1])
    )
    return naive_hysteresis(non_maximum_suppression(x, y, norm=norm), low, high)


@examples(150)
@given(
    shape=st.tuples(st.integers(1, 40), st.integers(1, 90)),
    seed=st.integers(0, 2**32 - 1),
    blurred=st.booleans(),
    low=st.one_of(st.integers(0, 500), st.floats(0, 500)),
    more=st.integers(0, 300),
    norm=st.sampled_from(["l1", "l2"]),
    border=st.sampled_from(BORDERS),
    workers=st.integers(1, 5),
)
def test_canny(
    shape: tuple[int, int],
    seed: int,
    blurred: bool,
    low: float,
    more: int,
    norm: Any,
    border: Any,
    workers: int,
) -> None:
    image: Array = np.random.default_rng(seed).integers(0, 256, shape).astype(np.uint8)
    if blurred:
        image = cv2.GaussianBlur(image, (5, 5), 1)
    expected = edges_in_steps(image, low, low + more, norm, border=border)
    options: dict[str, Any] = {"norm": norm, "border": border}
    result = canny(image, low, low + more, **options)
    assert result.dtype == np.bool_
    assert np.array_equal(result, expected)
    with in_small_pieces():
        again = canny(image, low, low + more, **options, workers=workers)
        assert np.array_equal(again, expected)
        floats = canny(image.astype(np.float32), low, low + more, **options, workers=workers)
        assert np.array_equal(floats, expected)


@pytest.mark.parametrize("fill", [0, 255, 100, 0.5, -3, 300])
def test_canny_sees_what_stands_beyond_the_edge(fill: float) -> None:
    image = cv2.GaussianBlur(noise((30, 40)), (5, 5), 1)
    expected = edges_in_steps(image, 100, 200, "l2", border="constant", fill=fill)
    assert np.array_equal(canny(image, 100, 200, border="constant", fill=fill), expected)


@pytest.mark.parametrize("norm", ["l1", "l2"])
@pytest.mark.parametrize("dtype", [np.int16, np.float32, np.float64])
def test_traced_edges(norm: Any, dtype: Any) -> None:
    x, y = (noise((40, 200), dtype, seed=seed) for seed in (0, 1))
    if dtype == np.int16:
        x, y = x // 64, y // 64
    top = float(np.abs(x).max())
    for low, high in ((0, 0), (0.3 * top, 0.9 * top), (0.5 * top, 1.2 * top), (9 * top, 9 * top)):
        expected = hysteresis(non_maximum_suppression(x, y, norm=norm), low, high)
        assert np.array_equal(trace_edges(x, y, low, high, norm=norm), expected)
        with in_small_pieces():
            for workers in (1, 2, 3, 7):
                edges = trace_edges(x, y, low, high, norm=norm, workers=workers)
                assert np.array_equal(edges, expected)


def test_an_edge_is_followed_through_every_band_and_back() -> None:
    image = np.zeros((60, 80), np.uint8)
    image[:, 20:60] = 255 - 3 * np.arange(60)[:, np.newaxis]
    whole = canny(image, 50, 1000, workers=1)
    assert whole[:, 19:21].any(axis=1).all()
    with in_small_pieces():
        for workers in (2, 5, 60):
            assert np.array_equal(canny(image, 50, 1000, workers=workers), whole)


@pytest.mark.parametrize("sigma", [2.0, 8.0, 20.0])
def test_noise_is_measured(sigma: float) -> None:
    rng = np.random.default_rng(4)
    ramp = np.add.outer(np.arange(200.0), np.arange(300.0)) / 4 + 60
    noisy = ramp + rng.normal(0, sigma, ramp.shape)
    assert noise_sigma(noisy) == pytest.approx(sigma, rel=0.03)
    assert noise_sigma(np.clip(np.rint(noisy), 0, 255).astype(np.uint8)) == pytest.approx(
        sigma, rel=0.05
    )
    assert noise_sigma(ramp) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("value", [1e4, 1e20, 1e300, np.inf, np.nan])
@pytest.mark.parametrize("count", [1, 200])
def test_noise_beside_wrong_pixels(value: float, count: int) -> None:
    rng = np.random.default_rng(4)
    noisy = rng.normal(100, 5, (200, 300))
    noisy.reshape(-1)[rng.choice(noisy.size, count, replace=False)] = value
    assert noise_sigma(noisy) == pytest.approx(5, rel=0.06)


def test_noise_of_half_a_picture() -> None:
    noisy = np.random.default_rng(4).normal(100, 5, (200, 300))
    noisy[:, :150] = 0
    assert 2 < float(noise_sigma(noisy)) < 5.5


@pytest.mark.parametrize("outlier", [None, 1e20])
def test_noise_does_not_depend_on_what_white_is(outlier: float | None) -> None:
    picture = np.full((60, 80), 37.0)
    picture[:, 50:] = np.random.default_rng(4).integers(30, 33, (60, 30))
    if outlier is not None:
        picture[40, 60] = outlier
    shares = picture / 255
    expected = noise_sigma(picture)
    for dtype in (np.float32, np.float64):
        assert 255 * float(noise_sigma(shares.astype(dtype))) == pytest.approx(expected, rel=1e-4)


def test_noise_of_channels() -> None:
    rng = np.random.default_rng(5)
    image = rng.normal(0, 1, (99, 99, 3)) * [1, 5, 25]
    estimates = noise_sigma(image)
    assert np.allclose(estimates, [1, 5, 25], rtol=0.05)
    assert noise_sigma(np.ones((2, 9), np.uint8)) == 0
    image[50, 50] = np.nan
    assert np.allclose(noise_sigma(image), estimates, rtol=0.01)


def test_bad_arguments() -> None:
    plane = np.ones((4, 4), np.float32)
    for wrong in (np.ones((4, 4, 3), np.float32), np.ones(4, np.float32), np.ones((0, 4), "f4")):
        with pytest.raises(ArgumentError):
            non_maximum_suppression(wrong, wrong)
        with pytest.raises(ArgumentError):
            hysteresis(wrong, 1, 2)
    with pytest.raises(ArgumentError, match="shape"):
        non_maximum_suppression(plane, plane[1:])
    with pytest.raises(ArgumentTypeError):
        non_maximum_suppression(plane.astype(int), plane.astype(int))
    with pytest.raises(UnknownNameError, match="norm"):
        non_maximum_suppression(plane, plane, norm="l3")  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="low"):
        hysteresis(plane, 2, 1)
    with pytest.raises(ArgumentError, match="low"):
        hysteresis(plane, np.nan, 1)
    with pytest.raises(ArgumentError, match="low is -1"):
        trace_edges(plane, plane, -1, 1)
    grey = np.ones((4, 4), np.uint8)
    with pytest.raises(ArgumentError, match="low is -1"):
        canny(grey, -1, 1)
    with pytest.raises(ArgumentError, match="low is 2"):
        canny(grey, 2, 1)
    with pytest.raises(ArgumentError, match="axes"):
        canny(np.ones((4, 4, 3), np.uint8), 1, 2)
    with pytest.raises(UnknownNameError, match="norm"):
        canny(grey, 1, 2, norm="l3")  # type: ignore[arg-type]
    with pytest.raises(UnknownNameError, match="border"):
        canny(grey, 1, 2, border="mirror")  # type: ignore[arg-type]
