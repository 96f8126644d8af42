"""Bilateral filter and non-local means in cases that have names."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from convfilter.engine import bilateral, nl_means
from convfilter.engine.edge_preserving import bilateral as bilateral_module
from convfilter.engine.edge_preserving import planes
from tests.engine.accuracy import Case, check
from tests.engine.cases import BORDERS, noise

SHAPES = [(1, 1), (1, 9), (8, 1), (13, 11), (10, 12, 1), (9, 10, 3), (7, 8, 4)]


def check_bilateral(image: Any, *arguments: Any, **options: Any) -> None:
    check(Case("bilateral", image, arguments, options))


def check_nl_means(image: Any, strength: float, **options: Any) -> None:
    check(Case("nl_means", image, (strength,), options))


def full_range(dtype: Any) -> float:
    return 1.0 if np.dtype(dtype).kind == "f" else float(np.iinfo(dtype).max)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.float32, np.float64])
def test_bilateral_of_every_dtype(shape: tuple[int, ...], dtype: Any) -> None:
    image, full = noise(shape, dtype), full_range(dtype)
    for size in (1, 2, 3, 5, 8, 9):
        for sigma_color in (0.05 * full, 0.5 * full, 100 * full):
            check_bilateral(image, size, sigma_color, 2.0)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.float32, np.float64])
def test_nl_means_of_every_dtype(shape: tuple[int, ...], dtype: Any) -> None:
    image, full = noise(shape, dtype), full_range(dtype)
    for size, search in ((1, 1), (1, 5), (3, 3), (5, 9)):
        for strength in (0.05 * full, 0.5 * full):
            check_nl_means(image, strength, size=size, search=search)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("outlier", [1e3, -1e6, 1e20, 1e37])
def test_one_value_far_larger_than_all_others(dtype: Any, outlier: float) -> None:
    image = noise((24, 26), dtype)
    image[12, 13] = outlier
    for sigma_color in (0.1, 2.0, outlier * outlier):
        check_bilateral(image, 5, sigma_color, 2.0)
    check_nl_means(image, 0.2, size=3, search=5)


@pytest.mark.parametrize("border", BORDERS)
def test_borders(border: str) -> None:
    for shape in ((2, 3), (6, 5, 3)):
        check_bilateral(noise(shape), 9, 60.0, 3.0, border=border)
        check_nl_means(noise(shape), 60.0, size=3, search=7, border=border)
    check_bilateral(noise((6, 5)), 9, 60.0, 3.0, border="constant", fill=200.0)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
def test_sums_made_of_parts(dtype: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bilateral_module, "RING_ROWS", 7)
    monkeypatch.setattr(planes, "OFFSETS_AT_ONCE", 4)
    for shape in ((23, 21), (11, 12, 3)):
        image, full = noise(shape, dtype), full_range(dtype)
        check_bilateral(image, 9, 0.3 * full, 2.0)
        check_nl_means(image, 0.3 * full, size=3, search=5)


def test_a_window_of_many_parts() -> None:
    check_bilateral(noise((20, 90)), 31, 60.0, 10.0)
    check_bilateral(np.full((9, 9), 0.1, np.float32), 45, 60.0, 1e6)


def test_sums_beyond_float32_are_made_in_float64() -> None:
    image = np.full((9, 9, 3), 3e38, np.float32)
    assert np.allclose(bilateral(image, 5, 1.0, 3.0), image)
    assert np.allclose(nl_means(image, 1.0, size=3, search=5), image)


def test_running_sums_are_those_of_whole_numbers_only() -> None:
    """Large patches, whose sums do not fit a float32, and fractions beyond the edge."""
    image = noise((8, 9))
    check_nl_means(image, 40.0, size=21, search=3)
    check_nl_means(noise((8, 9, 3), np.uint16), 9000.0, size=5, search=3)
    for fill in (0.5, 300.0, -1e6):
        check_nl_means_with_fill(image, fill)


def check_nl_means_with_fill(image: Any, fill: float) -> None:
    wide = np.pad(image.astype(np.float64), 4, constant_values=fill)
    expected = nl_means(wide, 40.0, size=5, search=5)[4:-4, 4:-4]
    result = nl_means(image, 40.0, size=5, search=5, border="constant", fill=fill)
    assert np.abs(result - np.clip(expected, 0, 255)).max() <= 0.52


def test_extreme_sigmas() -> None:
    image = noise((9, 9))
    for sigma_color in (1e-100, 1e-6, 1e-3, 1e6, 1e30, 1e100):
        for sigma_space in (1e-6, 1e-3, 1e6):
            check_bilateral(image, 5, sigma_color, sigma_space)
    for strength in (1e-6, 1e-3, 1e6):
        check_nl_means(image, strength, size=3, search=5)


def test_a_tiny_colour_sigma_keeps_every_pixel() -> None:
    image = noise((12, 12))
    assert np.array_equal(bilateral(image, 5, 1e-3, 3.0), image)
    assert np.array_equal(nl_means(image, 1e-3), image)


def test_flat_images_stay_flat() -> None:
    for value in (0, 1, 77, 255):
        flat = np.full((9, 9, 3), value, np.uint8)
        assert (bilateral(flat, 7, 10.0, 3.0) == value).all()
        assert (nl_means(flat, 10.0) == value).all()


def test_colour_is_one_distance_over_all_channels() -> None:
    # the channels on their own are near each other, together they are not
    image = np.zeros((1, 2, 3), np.uint8)
    image[0, 1] = 20
    together = bilateral(image, 3, 20.0, 50.0, border="edge")
    apart = bilateral(image[:, :, 0], 3, 20.0, 50.0, border="edge")
    assert together[0, 0, 0] < apart[0, 0]


def test_default_search_and_patch() -> None:
    image = noise((30, 26))
    assert np.array_equal(nl_means(image, 80.0), nl_means(image, 80.0, size=7, search=21))


def test_input_is_left_alone_and_bands_change_nothing() -> None:
    for dtype in (np.uint8, np.float32):
        image = noise((70, 20), dtype)
        image.flags.writeable = False
        full = full_range(dtype)
        check(Case("bilateral", image, (5, 0.2 * full, 2.0)), workers=(1, 2, 3, 7))
        case = Case("nl_means", image, (0.3 * full,), {"size": 3, "search": 5})
        check(case, workers=(1, 2, 3, 7))


def test_nan_reaches_the_windows_that_hold_it() -> None:
    for dtype in (np.float32, np.float64):
        image = noise((15, 15, 3), dtype)
        image[7, 7, 1] = np.nan
        rows, columns = np.ogrid[-7:8, -7:8]
        disk = rows**2 + columns**2 <= 9
        smoothed = bilateral(image, 7, 0.5, 3.0)
        assert np.array_equal(np.isnan(smoothed).any(axis=2), disk)
        holes = np.isnan(nl_means(image, 0.5, size=3, search=5)).any(axis=2)
        square = np.maximum(abs(rows), abs(columns)) <= 2
        assert np.array_equal(holes, square)
