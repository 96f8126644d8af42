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
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float64])
def test_canny_follows_no_rounding(dtype: type, seed: int) -> None:
    """Steps of one in 8 bits are no edges, though Otsu's method would part them."""
    white = 1 if np.dtype(dtype).kind == "f" else np.iinfo(dtype).max
    image = 128.0 + np.random.default_rng(seed).integers(-1, 2, (48, 48))
    nearly_flat = (image * (white / 255)).astype(dtype)
    assert not filters.canny(nearly_flat).any()
    assert filters.canny(nearly_flat, low=0.5, high=1).any()


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
