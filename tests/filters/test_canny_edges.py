"""Canny's edges and the direction of gradients."""

from __future__ import annotations

import colorsys

import cv2
import numpy as np
import pytest
from skimage import data
from skimage.filters import threshold_otsu

from convfilter import filters
from convfilter.errors import ArgumentError
from tests.filters.pictures import Array, grey, rgb, step

CROPS = {"camera": data.camera()[64:320, 128:384], "coins": data.coins()[:256, 64:320]}


@pytest.mark.parametrize("crop", CROPS)
@pytest.mark.parametrize(("low", "high"), [(50, 150), (100, 200), (80, 90)])
def test_canny_is_that_of_opencv(crop: str, low: int, high: int) -> None:
    image = CROPS[crop]
    blurred = cv2.GaussianBlur(image, (0, 0), 1.4)
    expected = cv2.Canny(blurred, low, high, L2gradient=True)
    result = filters.canny(blurred, sigma=0, low=low, high=high, border="edge")
    assert 0 < np.count_nonzero(expected) < image.size / 4
    assert np.mean(result == expected) >= 0.999
    whole = filters.canny(image, low=low, high=high, border="edge")
    assert np.mean(whole == expected) >= 0.99


def test_canny_lines_are_thin() -> None:
    for horizontal in (True, False):
        result = filters.canny(step(horizontal, 32))
        across = result if horizontal else result.T
        assert set(np.unique(result)) == {0, 255}
        assert (np.count_nonzero(across, axis=1) == 1).all()


def test_canny_finds_its_thresholds() -> None:
    image = CROPS["coins"]
    blurred = filters.gaussian_blur(image.astype(np.float64), sigma=1.4)
    right, down = (cv2.Sobel(blurred, cv2.CV_64F, *order) for order in ((1, 0), (0, 1)))
    high = threshold_otsu(np.hypot(right, down))
    automatic = filters.canny(image)
    given = filters.canny(image, low=0.4 * high, high=high)
    assert np.mean(automatic == given) > 0.995
    np.testing.assert_array_equal(
        filters.canny(image, high=100), filters.canny(image, low=40, high=100)
    )
    np.testing.assert_array_equal(
        filters.canny(image, low=40), filters.canny(image, low=40, high=100)
    )


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32, np.float64])
@pytest.mark.parametrize("value", [0, 0.3, 1])
def test_canny_of_a_flat_field_is_black(dtype: type, value: float) -> None:
    white = 1 if np.dtype(dtype).kind == "f" else np.iinfo(dtype).max
    image = np.full((20, 20), value * white).astype(dtype)
    assert not filters.canny(image).any()


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16])
def test_canny_follows_no_rounding(dtype: type, seed: int) -> None:
    """Steps of one in integers are no edges, though Otsu's method would part them."""
    nearly_flat = (128 + np.random.default_rng(seed).integers(-1, 2, (48, 48))).astype(dtype)
    assert not filters.canny(nearly_flat).any()
    step_of_one = 255 / (2**8 - 1 if dtype is np.uint8 else np.iinfo(dtype).max)
    assert filters.canny(nearly_flat, low=0.5 * step_of_one, high=step_of_one).any()


@pytest.mark.parametrize("value", [0.3, 1e-30, 1e30])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_canny_follows_no_rounding_of_floats(dtype: type, value: float) -> None:
    image = dtype(value) * (1 + np.finfo(dtype).eps * (np.arange(1600).reshape(40, 40) % 3 % 2))
    assert not filters.canny(image.astype(dtype)).any()


CROP = CROPS["coins"][:120, :120]


@pytest.mark.parametrize("sigma", [0, 1.4])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_automatic_edges_depend_on_neither_scale_nor_brightness(dtype: str, sigma: float) -> None:
    image = (CROP / 255).astype(dtype)
    one = image.dtype.type
    expected = filters.canny(image, sigma=sigma)
    assert 0.02 < expected.mean() < 0.2
    factors = [0.003, 1 / 257, 3.0, 2.0**-40, 1e-30, 1e30]
    if dtype == "float64":
        factors += [1e-200, 1e-305, 1e300, 1.7e308]
    for factor in factors:
        result = filters.canny(image * one(factor), sigma=sigma)
        assert np.mean(result != expected) < 1e-3, factor
    for offset in (0.05, -0.3, 7):
        result = filters.canny(image + one(offset), sigma=sigma)
        assert np.mean(result != expected) < 1e-3, offset


def test_automatic_edges_of_counts_and_masks() -> None:
    counts = (CROP.astype(np.uint32) * 300 // 255).astype(np.uint16)
    expected = filters.canny(CROP / 255)
    assert np.mean((filters.canny(counts) > 0) != (expected > 0)) < 0.02
    assert np.mean((filters.canny(counts.astype(np.int16)) > 0) != (expected > 0)) < 0.02
    mask = np.zeros((40, 50), np.uint8)
    mask[10:30, 15:35] = 1
    white = filters.canny(mask * np.uint8(255))
    assert np.count_nonzero(white) > 60
    for scaled in (mask, mask.astype(np.uint16), mask * np.uint16(300), mask + np.uint8(7)):
        np.testing.assert_array_equal(filters.canny(scaled) > 0, white > 0)
    np.testing.assert_array_equal(filters.canny(mask * 0.003), white / 255)


def test_canny_of_the_largest_floats() -> None:
    image = np.where(np.arange(40) < 20, -1.797e308, 1.797e308) * np.ones((40, 1))
    result = filters.canny(image)
    assert np.array_equal(np.flatnonzero(result.any(axis=0)), [19])
    assert (result[:, 19] == 1).all()
    assert np.array_equal(filters.threshold(image), (image > 0) * 1.0)


def ideal_edges() -> dict[str, Array]:
    """Return straight edges of simple slopes, sharp and smoothed over a pixel, and shapes."""
    pictures = {}
    for smoothed in (1, 4):
        places = (np.arange(64 * smoothed) + 0.5) / smoothed - 32
        x, y = np.meshgrid(places, -places)
        for slope in (0, 1, 2, 3, 1.5, 0.5, 1 / 3, 2 / 3, -1, -2, -3, -1.5):
            fine = (y > slope * x).reshape(64, smoothed, 64, smoothed)
            pictures[f"slope {slope:.2f}, {smoothed}"] = fine.mean(axis=(1, 3))
    rows, columns = np.mgrid[-32:32, -32:32]
    pictures["square"] = ((abs(rows) < 13) & (abs(columns) < 13)) * 1.0
    pictures["disk"] = (np.hypot(rows, columns) < 20) * 1.0
    return pictures


@pytest.mark.parametrize("sigma", [0, 1.4])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_no_rounding_breaks_ties(dtype: str, sigma: float) -> None:
    for name, picture in ideal_edges().items():
        image = (0.1 + 0.8 * picture).astype(dtype)
        one = image.dtype.type
        for thresholds in ({}, {"low": 20, "high": 60}):
            expected = filters.canny(image, sigma=sigma, **thresholds)
            assert expected.any()
            for offset in (0.05, -0.3, 7):
                result = filters.canny(image + one(offset), sigma=sigma, **thresholds)
                np.testing.assert_array_equal(result, expected, name)
            turned = filters.canny(np.ascontiguousarray(image.T), sigma=sigma, **thresholds)
            np.testing.assert_array_equal(turned.T, expected, name)
        for factor in (0.003, 3.0, 2.0**-30, 1e-30, 1e30):
            result = filters.canny(image * one(factor), sigma=sigma)
            np.testing.assert_array_equal(result, filters.canny(image, sigma=sigma), name)


@pytest.mark.parametrize("sigma", [0, 1.4])
def test_turned_pictures_have_turned_edges_but_for_ties(sigma: float) -> None:
    """Of two equal gradients the left or upper one stays: turned, that is the other one."""
    ways = {
        "quarter": (np.rot90, lambda a: np.rot90(a, -1)),
        "half": (lambda a: np.rot90(a, 2), lambda a: np.rot90(a, 2)),
        "left and right": (np.fliplr, np.fliplr),
        "up and down": (np.flipud, np.flipud),
    }
    for name, picture in ideal_edges().items():
        expected = filters.canny(picture, sigma=sigma) > 0
        near = cv2.dilate(expected.astype(np.uint8), np.ones((3, 3))) > 0
        for way, (turn, back) in ways.items():
            result = back(filters.canny(np.ascontiguousarray(turn(picture)), sigma=sigma)) > 0
            assert near[result].all(), (name, way)
            around = cv2.dilate(result.astype(np.uint8), np.ones((3, 3))) > 0
            assert around[expected].all(), (name, way)
    photograph = CROP / 255
    expected = filters.canny(photograph, sigma=sigma)
    for turn, back in ways.values():
        result = back(filters.canny(np.ascontiguousarray(turn(photograph)), sigma=sigma))
        assert np.mean(result != expected) < 0.002


def test_canny_looks_at_each_channel_if_asked() -> None:
    result = filters.canny(rgb(), channels="each", low=50, high=100)
    for channel in range(3):
        alone = filters.canny(rgb()[:, :, channel], low=50, high=100)
        np.testing.assert_array_equal(result[:, :, channel], alone)


def test_canny_refuses_thresholds_in_the_wrong_order() -> None:
    with pytest.raises(ArgumentError, match="low is 200"):
        filters.canny(grey(), low=200, high=100)


def ramp(degrees: float) -> Array:
    """Return a plane that rises towards an angle, counterclockwise from the right."""
    y, x = np.mgrid[10:-11:-1, -10:11]
    return 0.5 + 0.01 * (x * np.cos(np.radians(degrees)) + y * np.sin(np.radians(degrees)))


@pytest.mark.parametrize("degrees", range(0, 360, 15))
def test_direction_is_a_hue(degrees: int) -> None:
    colour = filters.gradient_direction(ramp(degrees))[10, 10]
    expected = colorsys.hsv_to_rgb(degrees / 360, 1, 0.08)
    np.testing.assert_allclose(colour, expected, atol=1e-12)


def test_direction_shows_the_length_as_brightness() -> None:
    result = filters.gradient_direction(grey())
    assert result.shape == (*grey().shape, 3)
    assert np.abs(result.max(axis=2).astype(int) - filters.sobel(grey())).max() <= 1
    assert (result.min(axis=2) == 0).all()


def test_direction_keeps_opacity_and_takes_any_colour() -> None:
    both = np.dstack([grey(), grey()])
    result = filters.gradient_direction(both, alpha="weigh")
    assert result.shape == (*grey().shape, 4)
    np.testing.assert_array_equal(result[:, :, 3], grey())
    with pytest.raises(ArgumentError, match="5 colour channels"):
        filters.gradient_direction(np.zeros((4, 4, 5), np.uint8), axes="YXC")
