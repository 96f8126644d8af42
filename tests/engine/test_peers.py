"""The engine beside SciPy and OpenCV, which were written by others; and what they get wrong.

NumPy calls the borders by other names than they do: reflect is SciPy's mirror and OpenCV's
REFLECT_101, symmetric is SciPy's reflect and OpenCV's REFLECT, edge is nearest and REPLICATE.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
import scipy.ndimage  # type: ignore[import-untyped]

from convfilter.engine import (
    bilateral,
    convolve,
    correlate,
    correlate_bank,
    maximum,
    median,
    minimum,
    nl_means,
    percentile,
)
from tests.engine.cases import noise

Array = np.ndarray[Any, np.dtype[Any]]
SCIPY = {
    "constant": "constant",
    "edge": "nearest",
    "reflect": "mirror",
    "symmetric": "reflect",
    "wrap": "wrap",
}
OPENCV = {
    "constant": cv2.BORDER_CONSTANT,
    "edge": cv2.BORDER_REPLICATE,
    "reflect": cv2.BORDER_REFLECT_101,
    "symmetric": cv2.BORDER_REFLECT,
}
SOBEL_X = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])


def photograph(shape: tuple[int, ...] = (120, 160, 3), dtype: Any = np.uint8) -> Array:
    """Return something between noise and flatness: smooth shapes with some grain."""
    rough = np.random.default_rng(8).random(shape)
    smooth = scipy.ndimage.gaussian_filter(rough, (6, 6, 0)[: len(shape)])
    smooth = (smooth - smooth.min()) / np.ptp(smooth)
    full = 1.0 if np.dtype(dtype).kind == "f" else np.iinfo(dtype).max
    image: Array = ((0.9 * smooth + 0.1 * rough) * full).astype(dtype)
    return image


# SciPy


@pytest.mark.parametrize("border", SCIPY)
@pytest.mark.parametrize("shape", [(1, 1), (3, 3), (5, 7), (2, 2), (2, 5), (4, 12)])
def test_scipy_correlate(border: Any, shape: tuple[int, int]) -> None:
    image = noise((11, 13), np.float64)
    kernel = noise(shape, np.float64, seed=1)
    # SciPy centres an even window on its later half
    origin = [-1 if n % 2 == 0 else 0 for n in shape]
    expected = scipy.ndimage.correlate(image, kernel, mode=SCIPY[border], cval=0.3, origin=origin)
    result = correlate(image, kernel, border=border, fill=0.3)
    assert np.allclose(result, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("border", SCIPY)
def test_scipy_kernel_larger_than_the_image(border: Any) -> None:
    image, kernel = noise((3, 4), np.float64), noise((19, 17), np.float64, seed=1)
    expected = scipy.ndimage.correlate(image, kernel, mode=SCIPY[border])
    assert np.allclose(correlate(image, kernel, border=border), expected, rtol=0, atol=1e-11)


def test_scipy_convolve() -> None:
    image, kernel = noise((11, 13), np.float64), noise((3, 5), np.float64, seed=1)
    expected = scipy.ndimage.convolve(image, kernel, mode="mirror")
    assert np.allclose(convolve(image, kernel), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("border", SCIPY)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.float32])
@pytest.mark.parametrize("size", [3, 5, 9, (3, 7)])
def test_scipy_rank_filters(border: Any, dtype: Any, size: Any) -> None:
    image, mode = noise((21, 17), dtype), SCIPY[border]
    pairs = (
        (minimum(image, size, border=border), scipy.ndimage.minimum_filter),
        (maximum(image, size, border=border), scipy.ndimage.maximum_filter),
        (median(image, size, border=border), scipy.ndimage.median_filter),
    )
    for result, peer in pairs:
        assert np.array_equal(result, peer(image, size, mode=mode))


@pytest.mark.parametrize("percent", [0, 12.5, 37.5, 62.5, 100])
def test_scipy_percentile(percent: float) -> None:
    image = noise((21, 17), np.uint16)
    index = int(percent / 100 * 8 + 0.5)
    expected = scipy.ndimage.rank_filter(image, index, size=3, mode="mirror")
    assert np.array_equal(percentile(image, 3, percent), expected)


# OpenCV


@pytest.mark.parametrize("border", OPENCV)
@pytest.mark.parametrize("size", [1, 3, 5, 7, 13])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.float32])
def test_opencv_filter2d(border: Any, size: int, dtype: Any) -> None:
    image = noise((33, 41, 3), dtype)
    kernel = np.random.default_rng(5).normal(size=(size, size)) / size**2
    expected = cv2.filter2D(image, -1, kernel, borderType=OPENCV[border])
    result = correlate(image, kernel, border=border)
    tolerance = 1 if np.dtype(dtype).kind != "f" else 1e-5
    assert np.abs(result.astype(float) - expected.astype(float)).max() <= tolerance


@pytest.mark.parametrize("border", OPENCV)
@pytest.mark.parametrize("dtype", [np.int16, np.float32])
def test_opencv_sobel(border: Any, dtype: Any) -> None:
    image = photograph((60, 70))
    depth = {np.int16: cv2.CV_16S, np.float32: cv2.CV_32F}[dtype]
    expected = cv2.Sobel(image, depth, 1, 0, borderType=OPENCV[border])
    assert np.array_equal(correlate(image, SOBEL_X, dtype=dtype, border=border), expected)


@pytest.mark.parametrize("size", [3, 5, 7, 15, 31])
def test_opencv_median(size: int) -> None:
    image = photograph()
    assert np.array_equal(median(image, size, border="edge"), cv2.medianBlur(image, size))


@pytest.mark.parametrize("size", [3, 5])
@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
def test_opencv_median_of_deeper_images(size: int, dtype: Any) -> None:
    image = photograph((50, 60), dtype)
    assert np.array_equal(median(image, size, border="edge"), cv2.medianBlur(image, size))


@pytest.mark.parametrize("sigma", [0.7, 2.0, 5.0])
def test_opencv_gaussian_blur(sigma: float) -> None:
    image = photograph()
    radius = int(4 * sigma + 0.5)
    taps = cv2.getGaussianKernel(2 * radius + 1, sigma)
    expected = cv2.GaussianBlur(image, (2 * radius + 1,) * 2, sigma)
    result = correlate(image, taps @ taps.T)
    assert np.abs(result.astype(int) - expected.astype(int)).max() <= 1
    exact = cv2.GaussianBlur(image.astype(np.float64), (2 * radius + 1,) * 2, sigma)
    assert np.abs(result - exact).max() <= 0.52


@pytest.mark.parametrize("size", [3, 5, 31])
def test_opencv_blur(size: int) -> None:
    image = photograph()
    exact = cv2.blur(image.astype(np.float64), (size, size))
    result = correlate(image, np.ones((size, size)), scale=1 / size**2)
    assert np.abs(result - exact).max() <= 0.52


@pytest.mark.parametrize("size", [3, 4, 7, 15])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_opencv_dilate_and_erode(size: int, dtype: Any) -> None:
    image = photograph((60, 50, 3), dtype)
    element = np.ones((size, size), np.uint8)
    before, after = (size - 1) // 2, size // 2
    anchor = (before, before)
    grown = cv2.dilate(image, element, anchor=anchor)
    shrunk = cv2.erode(image, element, anchor=anchor)
    # OpenCV looks at nothing beyond the edge
    inside = (slice(before, -after), slice(before, -after))
    assert np.array_equal(maximum(image, size)[inside], grown[inside])
    assert np.array_equal(minimum(image, size)[inside], shrunk[inside])


@pytest.mark.parametrize("size", [3, 5, 9])
@pytest.mark.parametrize("shape", [(60, 70), (60, 70, 3)])
@pytest.mark.parametrize(("sigma_color", "sigma_space"), [(10, 1), (30, 3), (80, 20)])
def test_opencv_bilateral(
    size: int, shape: tuple[int, ...], sigma_color: float, sigma_space: float
) -> None:
    image = photograph(shape)
    expected = cv2.bilateralFilter(image, size, sigma_color, sigma_space)
    result = bilateral(image, size, sigma_color, sigma_space)
    assert np.abs(result.astype(int) - expected.astype(int)).max() <= 1


def test_opencv_bilateral_of_floats() -> None:
    image = photograph((40, 50, 3), np.float32)
    expected = cv2.bilateralFilter(image, 7, 0.2, 3)
    # OpenCV looks its weights up in a table and interpolates
    assert np.abs(bilateral(image, 7, 0.2, 3) - expected).max() < 1e-3


def test_nl_means_removes_noise_and_keeps_edges() -> None:
    clean = np.full((48, 48), 60.0)
    clean[:, 24:] = 190.0
    noisy = np.clip(clean + np.random.default_rng(2).normal(0, 12, clean.shape), 0, 255)
    result = nl_means(np.rint(noisy).astype(np.uint8), 12.0)
    assert np.abs(result - clean).mean() < np.abs(noisy - clean).mean() / 3
    assert result[:, 23].mean() < 75
    assert result[:, 24].mean() > 175


# faults of peers


def step(low: int, high: int, dtype: Any = np.uint8) -> Array:
    image = np.full((8, 8), low, dtype)
    image[:, 4:] = high
    return image


def test_sobel_of_bytes_does_not_wrap() -> None:
    image = step(0, 255)
    assert scipy.ndimage.sobel(image, axis=1)[4, 4] == 252  # 4 * 255 = 1020 wraps
    assert correlate(image, SOBEL_X)[4, 4] == 255
    assert correlate(image, SOBEL_X, dtype=np.int16)[4, 4] == 1020


def test_a_full_edge_is_full() -> None:
    for dtype, full in ((np.uint8, 255), (np.uint16, 65535)):
        for how in ("l1", "l2", "max-abs"):
            edges = correlate_bank(step(0, full, dtype), [SOBEL_X, SOBEL_X.T], how)
            assert edges.dtype == dtype
            assert edges[4, 4] == full
    assert correlate(step(0, 255), SOBEL_X, scale=0.25)[4, 4] == 255


def test_an_edge_from_bright_to_dark_does_not_vanish() -> None:
    rising = correlate_bank(step(0, 50), [SOBEL_X], "abs")
    falling = correlate_bank(step(50, 0), [SOBEL_X], "abs")
    assert rising.any()
    assert np.array_equal(rising, falling)


@pytest.mark.parametrize("size", [7, 9, 21])
def test_median_of_16_bit_beyond_five(size: int) -> None:
    image = noise((40, 35), np.uint16)
    with pytest.raises(cv2.error):
        cv2.medianBlur(image, size)
    expected = scipy.ndimage.median_filter(image, size, mode="mirror")
    assert np.array_equal(median(image, size), expected)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.float32])
def test_the_border_is_filtered(dtype: Any) -> None:
    image = photograph((20, 20), dtype)
    blurred = correlate(image, np.ones((5, 5)) / 25)
    frame = np.ones((20, 20), bool)
    frame[1:-1, 1:-1] = False
    assert (blurred != image)[frame].mean() > 0.5
