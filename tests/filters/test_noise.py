"""Noise, added and taken away."""

from __future__ import annotations

import functools
from typing import Any

import cv2
import numpy as np
import pytest
from scipy import ndimage
from skimage import data

import convfilter
from convfilter import Pipeline, engine, filters
from convfilter.engine.noise import noise_sigma, quiet_noise_sigma
from convfilter.engine.planning import recorded_plans
from convfilter.filters.pixels.risk import risk
from tests.filters.pictures import Array, error, grey, rgb
from tests.filters.registry import choices
from tests.pages import ROOT

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


PICTURES = {
    "camera": lambda: data.camera()[128:384, 128:384],
    "colours": lambda: data.astronaut()[100:260, 100:300],
    "bricks": lambda: data.brick()[:200, :200],
    "letters": lambda: data.page()[:160, 50:290],
    "scene": lambda: convfilter.read(ROOT / "sample_images/scene.png").pixels[100:356, 200:456],
    "rings": lambda: convfilter.read(ROOT / "sample_images/zone-plate.png").pixels[92:292, 92:292],
}


def psnr(picture: Array, clean: Array) -> float:
    squared = np.mean((picture.astype(float) - clean) ** 2)
    return float(10 * np.log10(255**2 / max(squared, 1e-9)))


def with_noise(clean: Array, noise: float | str) -> Array:
    random = np.random.default_rng(1)
    if noise == "salt and pepper":
        chance = random.random(clean.shape)
        return np.where(chance < 0.03, 0, np.where(chance > 0.97, 255, clean)).astype(np.uint8)
    noisy = clean + random.normal(0, float(noise), clean.shape)
    return np.clip(np.rint(noisy), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("noise", [5.0, 12.0, 25.0, "salt and pepper"])
@pytest.mark.parametrize("name", PICTURES)
def test_denoise_finds_the_best_of_its_methods(name: str, noise: float | str) -> None:
    clean = PICTURES[name]()
    noisy = with_noise(clean, noise)
    best = max(psnr(filters.denoise(noisy, method=method), clean) for method in METHODS)
    found = psnr(filters.denoise(noisy), clean)
    assert found >= best - 0.5
    assert found > psnr(noisy, clean)


@pytest.mark.parametrize("name", PICTURES)
def test_denoise_leaves_clean_pictures_alone(name: str) -> None:
    clean = PICTURES[name]()
    for picture in (clean, clean.astype(np.uint16) * 257, (clean / 255).astype(np.float32)):
        white = 1.0 if picture.dtype.kind == "f" else np.iinfo(picture.dtype).max
        assert psnr(filters.denoise(picture) * (255 / white), clean) >= 45


def test_denoise_of_black_and_white() -> None:
    clean = np.where(data.page()[:160, 50:290] > 120, 255, 0).astype(np.uint8)
    assert np.array_equal(filters.denoise(clean), clean)
    assert np.array_equal(filters.denoise(clean > 0), clean > 0)
    noisy = with_noise(clean, "salt and pepper")
    assert np.array_equal(filters.denoise(noisy), filters.median(noisy))


@pytest.mark.parametrize("noise", [12.0, "salt and pepper"])
def test_what_is_found_does_not_depend_on_the_depth(noise: float | str) -> None:
    noisy = with_noise(scene(), noise)
    expected = filters.denoise(noisy)
    deep = filters.denoise(noisy.astype(np.uint16) * 257)
    floats = filters.denoise((noisy / 255).astype(np.float32))
    # the estimate may differ in its third digit, since rounding is noise as well
    for other in (deep / 257, floats * 255):
        assert np.abs(other - expected).max() <= 3
        assert np.abs(other - expected).mean() < 0.4


def test_what_is_found_is_told() -> None:
    for noise, words in ((12.0, "a standard deviation of 1"), ("salt and pepper", "stand out")):
        with recorded_plans() as plans:
            filters.denoise(with_noise(scene(), noise))
        (told,) = (plan.reason for plan in plans if plan.algorithm == "noise")
        assert words in told
    with recorded_plans() as plans:
        filters.denoise(np.full((200, 200), 90, np.uint8))
    assert [plan.reason for plan in plans if plan.algorithm == "noise"] == [
        "a standard deviation of 0 of 255, which nobody sees: left"
    ]


@pytest.mark.parametrize("sigma", [3, 10, 30])
@pytest.mark.parametrize("shape", [(90, 100), (256, 256), (200, 150, 3)])
def test_noise_is_estimated_where_a_picture_is_quiet(sigma: int, shape: tuple[int, ...]) -> None:
    random = np.random.default_rng(2)
    noisy = 128 + random.normal(0, sigma, shape)
    assert quiet_noise_sigma(noisy) == pytest.approx(sigma, rel=0.1)
    noisy[: shape[0] // 2] += 60 * random.choice([-1, 1], noisy[: shape[0] // 2].shape)
    assert quiet_noise_sigma(noisy) == pytest.approx(sigma, rel=0.25)
    assert quiet_noise_sigma(noisy) <= np.mean(engine.noise_sigma(noisy, axes="YXC"[: len(shape)]))


def test_the_risk_of_a_blur_is_its_error() -> None:
    """For a linear way, Stein's estimate is known without chance: weights of pixels themselves."""
    clean = np.zeros((256, 256))
    clean[:, 100:] = 80
    noisy = clean + np.random.default_rng(3).normal(0, 10, clean.shape)
    for size in (1, 3, 7):
        kernel = np.full((size, size), 1 / size**2)
        blur = functools.partial(engine.correlate, kernel=kernel)
        error = np.mean((blur(noisy) - clean) ** 2)
        assert risk(noisy, blur, 10) == pytest.approx(error, abs=4)
