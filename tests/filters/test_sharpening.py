"""Sharpening, high-pass and relief against their formulas."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from convfilter import filters, kernels
from tests.filters.pictures import grey, rgb


@pytest.mark.parametrize("value", [0, 3, 128, 255])
def test_flat_field(value: int) -> None:
    image = np.full((8, 9), value, np.uint8)
    for name in ("sharpen", "unsharp-mask"):
        np.testing.assert_array_equal(filters.get(name)(image), image)
    for name in ("high-pass", "emboss"):
        assert (filters.get(name)(image) == 128).all()
        assert (filters.get(name)(image.astype(np.uint16) * 257) == 128 * 257).all()


@pytest.mark.parametrize("amount", [0.3, 1, 2])
def test_sharpen_subtracts_the_laplacian(amount: float) -> None:
    image = grey().astype(np.float64)
    laplacian = ndimage.correlate(image, kernels.get("laplacian-4").array, mode="mirror")
    expected = np.clip(image - amount * laplacian, 0, 255)
    assert np.abs(filters.sharpen(grey(), amount=amount) - expected).max() <= 0.52


def test_sharpen_is_the_kernel_of_the_catalogue() -> None:
    expected = filters.convolve(rgb(), kernel="sharpen")
    np.testing.assert_array_equal(filters.sharpen(rgb()), expected)


@pytest.mark.parametrize("threshold", [0, 5, 60])
@pytest.mark.parametrize(("sigma", "amount"), [(1, 0.5), (2, 1), (5, 3)])
def test_unsharp_mask_is_its_formula(sigma: float, amount: float, threshold: float) -> None:
    image = grey() / 255
    detail = image - ndimage.gaussian_filter(image, sigma, mode="mirror")
    detail[np.abs(detail) < threshold / 255] = 0
    result = filters.unsharp_mask(image, sigma=sigma, amount=amount, threshold=threshold)
    np.testing.assert_allclose(result, image + amount * detail, atol=1e-12)


def test_unsharp_mask_spares_what_is_below_the_threshold() -> None:
    noise = np.random.default_rng(3).integers(100, 104, (32, 32), np.uint8)
    np.testing.assert_array_equal(filters.unsharp_mask(noise, threshold=10), noise)
    assert (filters.unsharp_mask(noise, threshold=0) != noise).any()


def test_high_pass_is_what_the_blur_takes() -> None:
    image = grey().astype(np.float64)
    detail = image - ndimage.gaussian_filter(image, 3, mode="mirror")
    assert np.abs(filters.high_pass(grey()) - np.clip(detail + 128, 0, 255)).max() <= 0.52
    absolute = filters.high_pass(grey(), signed="abs")
    assert np.abs(absolute - np.abs(detail)).max() <= 0.52


@pytest.mark.parametrize(("angle", "bright"), [(0, "right"), (90, "top"), (180, "left")])
def test_emboss_is_lit_from_its_angle(angle: float, bright: str) -> None:
    """The side of a bright square that faces the light shines, the other one is dark."""
    image = np.zeros((20, 20), np.uint8)
    image[6:14, 6:14] = 100
    relief = filters.emboss(image, angle=angle).astype(int) - 128
    sides = {
        "left": relief[8:12, 4:7].sum(),
        "right": relief[8:12, 13:16].sum(),
        "top": relief[4:7, 8:12].sum(),
        "bottom": relief[13:16, 8:12].sum(),
    }
    assert max(sides, key=lambda side: sides[side]) == bright
    assert sides[bright] > 0
    assert relief.sum() == 0


def test_emboss_by_amount() -> None:
    image = np.zeros((8, 8), np.uint8)
    image[:, :4] = 50
    for amount in (0.5, 1, 2):
        relief = filters.emboss(image, angle=0, amount=amount)
        assert relief[4, 4] == 128 + 50 * amount
