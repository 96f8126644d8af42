"""Noise, added and taken away."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from scipy import ndimage
from skimage import data

from convfilter import Pipeline, filters
from convfilter.engine.noise import noise_sigma
from tests.filters.pictures import Array, error, grey, rgb
from tests.filters.registry import choices

METHODS = choices("denoise", "method")


def scene() -> Array:
    return data.camera()[100:228, 100:228]


@pytest.mark.parametrize("size", [3, 5, 7, 15])
@pytest.mark.parametrize("colour", [grey, rgb])
def test_median_is_that_of_opencv(size: int, colour: Any) -> None:
    expected = cv2.medianBlur(colour(), size)
    np.testing.assert_array_equal(filters.median(colour(), size=size, border="edge"), expected)


def test_median_of_sixteen_bits_and_any_window() -> None:
    image = np.random.default_rng(4).integers(0, 65536, (40, 31), np.uint16)
    expected = ndimage.median_filter(image, (9, 5), mode="mirror")
    np.testing.assert_array_equal(filters.median(image, size=(9, 5)), expected)


@pytest.mark.parametrize("colour", [grey, rgb])
def test_bilateral_is_that_of_opencv(colour: Any) -> None:
    result = filters.bilateral(colour(), size=7, sigma_color=40, sigma_space=2.5)
    expected = cv2.bilateralFilter(colour(), 7, 40, 2.5, borderType=cv2.BORDER_REFLECT_101)
    assert np.abs(result.astype(int) - expected).max() <= 1


def test_bilateral_keeps_an_edge_that_gaussian_blurs() -> None:
    image = np.full((32, 32), 40, np.uint8)
    image[:, 16:] = 220
    kept = filters.bilateral(image, sigma_color=20)
    assert np.abs(kept.astype(int) - image).max() == 0
    assert np.abs(filters.gaussian_blur(image).astype(int) - image).max() > 50


def test_sigma_color_is_an_intensity() -> None:
    result = filters.bilateral(grey().astype(np.uint16) * 257, sigma_color=30)
    assert np.abs(result / 257 - filters.bilateral(grey() / 255, sigma_color=30) * 255).max() < 0.01


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("strength", [None, 20])
@pytest.mark.parametrize("depth", ["uint8", "uint16", "float32"])
def test_denoise_takes_noise_away(method: str, strength: float | None, depth: str) -> None:
    clean = scene()
    if depth == "uint16":
        clean = clean.astype(np.uint16) * 257
    elif depth == "float32":
        clean = (clean / 255).astype(np.float32)
    noisy = filters.add_noise(clean, amount=8, seed=5)
    result = filters.denoise(noisy, method=method, strength=strength)
    assert result.dtype == clean.dtype
    assert error(result, clean) < 0.6 * error(noisy, clean)


@pytest.mark.parametrize("method", METHODS)
def test_denoise_takes_noise_of_colours_away(method: str) -> None:
    noisy = filters.add_noise(rgb(), amount=8, seed=6)
    assert error(filters.denoise(noisy, method=method), rgb()) < 0.6 * error(noisy, rgb())


@pytest.mark.parametrize("method", METHODS)
def test_denoise_works_harder_with_strength(method: str) -> None:
    light, heavy = (filters.denoise(scene(), method=method, strength=s) for s in (5, 90))
    assert 0 < error(light, scene()) < error(heavy, scene())


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("value", [1e6, 1e30, 1e300, -1.797e308])
def test_one_wrong_pixel_sways_no_estimate(method: str, value: float) -> None:
    noisy = filters.add_noise(scene() / 255, amount=5, seed=5)
    expected = filters.denoise(noisy, method=method)
    noisy[60, 60] = value
    with np.errstate(over="ignore", invalid="ignore"):
        result = filters.denoise(noisy, method=method)
    far = np.ones(noisy.shape, bool)
    far[40:81, 40:81] = False
    np.testing.assert_allclose(result[far], expected[far], atol=0.01)


@pytest.mark.parametrize("method", METHODS)
def test_an_estimate_stays_within_the_range_of_strength(method: str) -> None:
    wild = 1e6 * np.random.default_rng(1).normal(size=(40, 50))
    flat = np.full((40, 50), 0.4)
    for image, strength in ((wild, 255), (flat, 1)):
        expected = filters.denoise(image, method=method, strength=strength)
        np.testing.assert_array_equal(filters.denoise(image, method=method), expected)


def test_denoise_by_median_takes_salt_and_pepper() -> None:
    noisy = filters.add_noise(scene(), method="salt-and-pepper", amount=5)
    assert error(filters.denoise(noisy), scene()) < 0.1 * error(noisy, scene())


def test_denoise_by_kernel_is_that_of_the_catalogue() -> None:
    once = filters.denoise(grey(), method="kernel", strength=10)
    np.testing.assert_array_equal(once, filters.convolve(grey(), kernel="denoise"))
    image = grey() / 255
    thrice = filters.denoise(image, method="kernel", strength=50)
    expected = Pipeline([("convolve", {"kernel": "denoise"})] * 3)(image)
    np.testing.assert_allclose(thrice[3:-3, 3:-3], expected[3:-3, 3:-3], atol=1e-12)


@pytest.mark.parametrize("shape", [(1, 1), (2, 5)])
@pytest.mark.parametrize("method", METHODS)
def test_denoise_of_pictures_too_small_to_judge(method: str, shape: tuple[int, int]) -> None:
    assert (
        filters.denoise(np.full(shape, 9, np.uint8), method=method).tolist()
        == [[9] * shape[1]] * shape[0]
    )


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float64])
def test_gaussian_noise_has_its_deviation(dtype: type) -> None:
    white = 1 if dtype is np.float64 else np.iinfo(dtype).max
    image = np.full((200, 200), white / 2).astype(dtype)
    noise = filters.add_noise(image, amount=5, seed=1).astype(float) - image
    assert noise.std() == pytest.approx(0.05 * white, rel=0.02)
    assert abs(noise.mean()) < 0.002 * white
    assert noise_sigma(noise) == pytest.approx(0.05 * white, rel=0.02)


def test_salt_and_pepper_hits_its_share() -> None:
    image = np.full((300, 300), 100, np.uint16)
    noisy = filters.add_noise(image, method="salt-and-pepper", amount=20)
    assert set(np.unique(noisy)) == {0, 100, 65535}
    for value in (0, 65535):
        assert np.mean(noisy == value) == pytest.approx(0.1, abs=0.005)


def test_speckle_grows_with_the_value() -> None:
    image = np.repeat([[0.2, 0.8]], 40000, axis=0)
    noise = filters.add_noise(image, method="speckle", amount=10) - image
    np.testing.assert_allclose(noise.std(axis=0), [0.02, 0.08], rtol=0.02)
    assert not filters.add_noise(np.zeros((5, 5)), method="speckle").any()


@pytest.mark.parametrize("method", ["gaussian", "salt-and-pepper", "speckle"])
def test_noise_is_that_of_its_seed(method: str) -> None:
    first, again, other = (filters.add_noise(rgb(), method=method, seed=s) for s in (7, 7, 8))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_noise_of_luma_is_grey() -> None:
    image = np.full((30, 30, 3), (100, 120, 140), np.uint8)
    change = filters.add_noise(image, amount=5, channels="luma").astype(int) - image
    assert np.ptp(change, axis=2).max() <= 1
    assert change.std() > 5
