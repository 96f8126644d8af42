"""Blurs against peers and their definitions."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from scipy import ndimage
from skimage.morphology import disk

from convfilter import filters
from convfilter.kernels import shapes
from tests.filters.pictures import grey, rgb
from tests.filters.registry import of_family

BLURS = of_family("blur")


@pytest.mark.parametrize("name", BLURS)
@pytest.mark.parametrize("value", [0, 1, 100, 254, 255])
def test_flat_field_stays(name: str, value: int) -> None:
    image = np.full((9, 12, 3), value, np.uint8)
    np.testing.assert_array_equal(filters.get(name)(image), image)


@pytest.mark.parametrize("name", BLURS)
def test_brightness_stays(name: str) -> None:
    image = np.zeros((64, 64))
    image[32, 32] = 1
    assert filters.get(name)(image).sum() == pytest.approx(1)


@pytest.mark.parametrize("sigma", [0.6, 1, 2, 5.5])
def test_gaussian_is_that_of_scipy_and_opencv(sigma: float) -> None:
    result = filters.gaussian_blur(grey(), sigma=sigma)
    exact = ndimage.gaussian_filter(grey().astype(np.float64), sigma, mode="mirror")
    assert np.abs(result - exact).max() <= 0.52
    side = 2 * int(4 * sigma + 0.5) + 1
    if side // 2 < grey().shape[1]:
        peer = cv2.GaussianBlur(grey(), (side, side), sigma)
        assert np.abs(result.astype(int) - peer).max() <= 1


def test_gaussian_of_two_sigmas() -> None:
    image = grey() / 255
    expected = ndimage.gaussian_filter(image, (3, 0.7), mode="mirror")
    np.testing.assert_allclose(filters.gaussian_blur(image, sigma=(3, 0.7)), expected, atol=1e-12)


def test_gaussian_reaches_as_far_as_asked() -> None:
    image = grey() / 255
    expected = ndimage.gaussian_filter(image, 2, mode="mirror", truncate=2)
    result = filters.gaussian_blur(image, sigma=2, truncate=2)
    np.testing.assert_allclose(result, expected, atol=1e-12)


@pytest.mark.parametrize("radius", [0, 1, 2, 15])
def test_box_is_that_of_opencv(radius: int) -> None:
    side = 2 * radius + 1
    expected = cv2.blur(rgb().astype(np.float64), (side, side))
    assert np.abs(filters.box_blur(rgb(), radius=radius) - expected).max() <= 0.52


def test_box_of_two_radii() -> None:
    expected = cv2.blur(grey().astype(np.float64), (7, 3))
    assert np.abs(filters.box_blur(grey(), radius=(1, 3)) - expected).max() <= 0.52


def test_motion_follows_its_angle() -> None:
    image = np.zeros((21, 21))
    image[10, 10] = 1
    along = filters.motion_blur(image, length=7, angle=0)
    np.testing.assert_allclose(along[10, 7:14], 1 / 7)
    assert np.count_nonzero(along) == 7
    np.testing.assert_allclose(filters.motion_blur(image, length=7, angle=90), along.T)
    rising = filters.motion_blur(image, length=9, angle=45)
    assert rising[8, 12] > 0.05
    assert rising[12, 12] == 0


def test_disk_is_round() -> None:
    result = filters.disk_blur(grey() / 255, radius=4)
    expected = ndimage.correlate(grey() / 255, shapes.disk(4), mode="mirror")
    np.testing.assert_allclose(result, expected, atol=1e-12)
    image = np.zeros((15, 15))
    image[7, 7] = 1
    spread = filters.disk_blur(image, radius=5.5) > 0
    assert np.abs(spread.sum() - disk(5).sum()) < 30
    np.testing.assert_array_equal(spread, spread.T)


@pytest.mark.parametrize("border", ["constant", "edge", "reflect", "symmetric", "wrap"])
def test_borders(border: str) -> None:
    names = {"edge": "nearest", "reflect": "mirror", "symmetric": "reflect"}
    expected = ndimage.gaussian_filter(
        grey().astype(np.float64), 3, mode=names.get(border, border), cval=200
    )
    result = filters.gaussian_blur(grey(), sigma=3, border=border, fill=200)
    assert np.abs(result - expected).max() <= 0.52
