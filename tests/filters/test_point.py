"""Operations on single pixels."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage import data
from skimage.filters import threshold_otsu

from convfilter import Pipeline, filters
from convfilter.errors import ArgumentError
from convfilter.filters.pixels.otsu import otsu
from tests.examples import examples
from tests.filters.pictures import grey, rgb, with_alpha

Array = np.ndarray[Any, np.dtype[Any]]


def test_grayscale_is_luma() -> None:
    expected = np.rint(rgb() @ np.array([0.299, 0.587, 0.114]))
    result = filters.grayscale(rgb())
    assert result.shape == rgb().shape[:2]
    assert np.mean(result != expected) < 0.001  # sums at a half may round to either side
    assert np.abs(result.astype(int) - cv2.cvtColor(rgb(), cv2.COLOR_RGB2GRAY)).max() <= 1
    np.testing.assert_array_equal(filters.grayscale(grey()), grey())
    both = filters.grayscale(with_alpha(rgb()), alpha="weigh")
    np.testing.assert_array_equal(both, np.dstack([result, with_alpha(rgb())[:, :, 3]]))
    with pytest.raises(ArgumentError, match="6 colour channels"):
        filters.grayscale(np.zeros((2, 2, 6), np.uint8), axes="YXC")
    with pytest.raises(ArgumentError, match=r"4 colour channels.*alpha says that the last"):
        filters.grayscale(with_alpha(rgb()))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.float32])
def test_invert_is_white_minus_value(dtype: type) -> None:
    white = 1 if dtype is np.float32 else np.iinfo(dtype).max
    image = np.array([[0, white, white // 3]]).astype(dtype)
    result = filters.invert(image)
    np.testing.assert_array_equal(result, (white - image).astype(dtype))
    np.testing.assert_array_equal(filters.invert(result), image)


def test_invert_leaves_opacity() -> None:
    result = filters.invert(with_alpha(rgb()), alpha="weigh")
    np.testing.assert_array_equal(result[:, :, :3], 255 - rgb())
    np.testing.assert_array_equal(result[:, :, 3], with_alpha(rgb())[:, :, 3])


def test_invert_and_threshold_take_responses_as_shown() -> None:
    shown = filters.laplacian(grey())
    np.testing.assert_array_equal(Pipeline.parse("laplacian | invert")(grey()), 255 - shown)
    result = Pipeline.parse("laplacian | threshold threshold=60")(grey())
    np.testing.assert_array_equal(result, np.where(shown > 60, 255, 0))


@pytest.mark.parametrize("level", [0, 100, 254, 255])
def test_threshold_is_an_intensity(level: float) -> None:
    expected = grey() > level
    np.testing.assert_array_equal(filters.threshold(grey(), threshold=level), expected * 255)
    deep = filters.threshold(grey().astype(np.uint16) * 257, threshold=level)
    np.testing.assert_array_equal(deep, expected * 65535)
    floats = filters.threshold(grey() / 255, threshold=level + 0.001 if level < 255 else level)
    np.testing.assert_array_equal(floats, expected * 1.0)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32, np.float64])
@pytest.mark.parametrize("colours", [1, 3])
def test_every_level_is_judged_alike_at_all_depths(dtype: type, colours: int) -> None:
    levels = np.arange(256).reshape(16, 16)
    if np.dtype(dtype).kind == "f":
        ramp = levels.astype(dtype) / dtype(255)
    else:
        ramp = levels.astype(dtype) * (np.iinfo(dtype).max // 255)
    white = ramp[-1, -1]
    picture = ramp if colours == 1 else np.dstack([ramp] * colours)
    wrong = []
    for threshold in np.arange(0, 255.5, 0.5):
        expected = np.where(levels > threshold, white, 0)
        for channels in ("luma", "each"):
            result = filters.threshold(picture, threshold=threshold, channels=channels)
            if colours > 1 and channels == "each":
                assert (np.ptp(result, axis=2) == 0).all()
                result = result[:, :, 0]
            if (result != expected).any():
                wrong.append((float(threshold), channels))
    assert wrong == []


@pytest.mark.parametrize("picture", ["camera", "coins", "page", "text", "moon"])
def test_automatic_threshold_is_that_of_skimage_and_opencv(picture: str) -> None:
    image = getattr(data, picture)()
    result = filters.threshold(image)
    np.testing.assert_array_equal(result > 0, image > threshold_otsu(image))
    _, expected = cv2.threshold(image, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    np.testing.assert_array_equal(result, expected)


def test_threshold_of_colours() -> None:
    assert filters.threshold(rgb()).shape == rgb().shape[:2]
    each = filters.threshold(rgb(), channels="each")
    for channel in range(3):
        np.testing.assert_array_equal(each[:, :, channel], filters.threshold(rgb()[:, :, channel]))


def naive_otsu(values: Array) -> float:
    """Try every split of the sorted values, in long doubles."""
    ordered = np.sort(values.ravel()).astype(np.longdouble)
    moved = (ordered - ordered[0]) / max(ordered[-1] - ordered[0], np.longdouble(5e-324))
    dark = np.arange(1, moved.size)
    sums, bright = np.cumsum(moved)[:-1], moved.size - dark
    variances = dark * bright * (sums / dark - (moved.sum() - sums) / bright) ** 2
    variances[ordered[1:] == ordered[:-1]] = -1
    best = np.flatnonzero(variances >= variances.max() * (1 - 1e-12))[0]
    return float(ordered[best] / 2 + ordered[best + 1] / 2)


DISTRIBUTIONS = {
    "normal": lambda rng, n: rng.normal(size=n),
    "two peaks": lambda rng, n: rng.normal(size=n) + 5 * (rng.random(n) < 0.3),
    "long tail": lambda rng, n: rng.exponential(size=n) ** 4,
    "all sizes": lambda rng, n: np.exp(25 * rng.normal(size=n)),
    "few values": lambda rng, n: rng.integers(0, 9, n) / 8,
    "hot pixel": lambda rng, n: np.append(rng.random(n), 1e9),
    "close together": lambda rng, n: 1 + 1e-6 * rng.random(n),
}


@examples(100)
@given(
    kind=st.sampled_from(sorted(DISTRIBUTIONS)),
    dtype=st.sampled_from(["uint8", "uint16", "int16", "float32", "float64"]),
    size=st.integers(2, 2000),
    seed=st.integers(0, 2**32 - 1),
    bins=st.sampled_from([16, 4096]),
)
def test_otsu_is_exact(kind: str, dtype: str, size: int, seed: int, bins: int) -> None:
    values = DISTRIBUTIONS[kind](np.random.default_rng(seed), size)
    if dtype[0] != "f":
        limits = np.iinfo(dtype)
        values = np.clip(values * limits.max / 9, limits.min, limits.max)
    values = np.clip(values, -3e38, 3e38).astype(dtype)
    if not np.ptp(values):
        return
    # with few bins, and few that are sorted, bins have bins of their own
    with patch.multiple("convfilter.filters.pixels.otsu", BINS=bins, SORTED=bins):
        level = otsu(values)
    wide = values.astype(np.float64)
    np.testing.assert_array_equal(wide > level, wide > naive_otsu(values))


def test_otsu_of_sixteen_bits_with_one_hot_pixel() -> None:
    rng = np.random.default_rng(1)
    dark, bright = rng.normal(800, 40, 59999), rng.normal(1300, 40, 40000)
    values = np.rint(np.concatenate([dark, bright])).astype(np.uint16)
    level = otsu(values)
    assert 950 < level < 1150
    assert otsu(np.append(values, np.uint16(65535))) == pytest.approx(level, abs=20)
    image = np.append(values, np.uint16(65535)).reshape(250, 400)
    assert np.count_nonzero(filters.threshold(image)) == 40001


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_otsu_scales_with_the_values(dtype: str) -> None:
    values = np.random.default_rng(2).exponential(size=(99, 99)).astype(dtype)
    expected = filters.threshold(values) > 0
    for factor in (0.003, 2.0**-100, 1e30, 1e-30, *([1e300, 1e-300] if dtype == "float64" else [])):
        scaled = values * values.dtype.type(factor)
        np.testing.assert_array_equal(filters.threshold(scaled) > 0, expected)
    ends = np.array([[-1.797e308, 1.797e308, -1.0, 0.0]])
    np.testing.assert_array_equal(filters.threshold(ends), [[0, 1, 1, 1]])


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.float32, np.float64])
@pytest.mark.parametrize("value", [0, 1, 100])
def test_equal_values_are_all_dark(dtype: type, value: int) -> None:
    assert not filters.threshold(np.full((5, 6), value, dtype)).any()


def test_otsu_of_odd_values() -> None:
    assert otsu(np.full(5, 7.0)) == 7
    assert otsu(np.array([np.nan, np.inf])) == 0
    assert 1 < otsu(np.array([1.0, 1.0, np.nan, 5.0])) < 5
    assert otsu(np.array([0, 10, 10, 0], np.uint8)) == 5
    assert not filters.threshold(np.full((3, 3), 9, np.uint8)).any()


def test_relu_cuts_negative_responses() -> None:
    rising = Pipeline.parse("sobel-x | relu")(grey()).astype(int)
    falling = Pipeline.parse("convolve kernel=sobel-x scale=-1 | relu")(grey()).astype(int)
    whole = filters.convolve(grey(), kernel="sobel-x")
    np.testing.assert_array_equal(rising + falling, whole)
    assert (rising * falling == 0).all()
    np.testing.assert_array_equal(filters.relu(np.array([[-1.5, 2.0]])), [[0, 2]])
    np.testing.assert_array_equal(filters.relu(grey()), grey())
