"""Windowed minimum, maximum, median and percentile in cases that have names."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from convfilter.engine import maximum, median, minimum, percentile
from tests.engine.accuracy import Case, check, in_small_pieces
from tests.engine.cases import BORDERS, noise
from tests.examples import every

Array = np.ndarray[Any, np.dtype[Any]]
NAMES = ("minimum", "maximum", "median")


def check_all(image: Array, size: Any, **options: Any) -> None:
    for name in NAMES:
        check(Case(name, image, (size,), options))
    check(Case("percentile", image, (size, 30), options))


def test_by_hand() -> None:
    row = np.array([[9, 1, 5, 7, 3]], np.uint8)
    assert minimum(row, (1, 3)).tolist() == [[1, 1, 1, 3, 3]]
    assert maximum(row, (1, 3)).tolist() == [[9, 9, 7, 7, 7]]
    assert median(row, (1, 3)).tolist() == [[1, 5, 5, 5, 7]]
    assert median(row, (1, 3), border="symmetric").tolist() == [[9, 5, 5, 5, 3]]


def test_an_even_window_reaches_one_further_right_and_down() -> None:
    image = np.zeros((5, 5), np.uint8)
    image[2, 2] = 1
    places = np.argwhere(maximum(image, 2, border="constant"))
    assert places.tolist() == [[1, 1], [1, 2], [2, 1], [2, 2]]
    places = np.argwhere(maximum(image, (1, 4), border="constant"))
    assert places.tolist() == [[2, 0], [2, 1], [2, 2], [2, 3]]


@pytest.mark.parametrize(
    ("percent", "index"),
    [(0, 0), (5, 0), (10, 1), (25, 1), (50, 3), (70, 4), (90, 5), (89.9, 4), (100, 5)],
)
def test_percentile_takes_the_nearest_rank(percent: float, index: int) -> None:
    row = np.array([[60, 20, 40, 10, 30, 50]], np.uint8)
    result = percentile(row, (1, 6), percent, padding="valid")
    assert result.item() == sorted(row[0].tolist())[index]


def test_percentile_is_not_fooled_by_binary_fractions() -> None:
    # 0.29 * 50 is 14.5, though not in floating point
    row = np.arange(51, dtype=np.uint8)[np.newaxis]
    assert percentile(row, (1, 51), 29, padding="valid").item() == 15


def test_median_of_an_even_number_takes_the_upper() -> None:
    assert median(np.array([[1, 4, 2, 3]], np.uint8), (1, 4), padding="valid").item() == 3


@pytest.mark.parametrize("dtype", every(2, [np.uint8, np.uint16, np.int16, np.float32, np.float64]))
@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 7, 9, (1, 5), (4, 1), (3, 8), 15, 21])
def test_every_size(dtype: Any, size: Any) -> None:
    check_all(noise((23, 31), dtype), size)
    check_all(noise((9, 8, 3), dtype), size)


@pytest.mark.slow
@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("shape", [(1, 1), (1, 6), (5, 1), (2, 3, 4)])
@pytest.mark.parametrize("size", [3, 4, 11, (2, 25), (30, 1)])
def test_window_larger_than_the_image(border: str, shape: tuple[int, ...], size: Any) -> None:
    for dtype in (np.uint8, np.int16, np.float32):
        check_all(noise(shape, dtype), size, border=border, fill=7.0)
        check_all(noise(shape, dtype), size, border=border, padding="full", stride=2)


@pytest.mark.parametrize("size", [3, 5, (2, 6), 9])
def test_strides_dilations_and_paddings(size: Any) -> None:
    for dtype in (np.uint8, np.uint16, np.float64):
        image = noise((25, 22), dtype)
        check_all(image, size, stride=(2, 3))
        check_all(image, size, dilation=2)
        check_all(image, size, stride=3, dilation=(1, 2), padding=((3, 1), (0, 9)))
        check_all(image, size, padding="valid")


@pytest.mark.parametrize("size", [15, 16, 17, (3, 85), (86, 3)])
def test_windows_around_what_a_byte_can_count(size: Any) -> None:
    for dtype in (np.uint8, np.uint16, np.int16):
        check_all(noise((40, 50), dtype), size)
        check_all(noise((19, 23, 2), dtype), size, stride=(2, 3), dilation=(1, 2))


@pytest.mark.parametrize("content", [0, 1, 128, 255])
def test_few_values(content: int) -> None:
    image = np.full((20, 20), content, np.uint8)
    check_all(image, 7)
    image[3:9, 4:5] = 255 - content
    check_all(image, 7)
    check_all(image.astype(np.uint16) * 257, 7)


def test_extremes_of_integers() -> None:
    for dtype in (np.uint8, np.uint16, np.int16):
        limits = np.iinfo(dtype)
        choices = np.array([limits.min, limits.min + 1, limits.max - 1, limits.max], dtype)
        image = np.random.default_rng(4).choice(choices, (19, 17))
        for size in (3, 6, 13):
            check_all(image, size)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [2, 3, 5, 12])
def test_nan_fills_its_windows_and_no_other(dtype: Any, size: int) -> None:
    image = noise((20, 21), dtype)
    image[8, 9] = np.nan
    image[19, 0] = np.nan
    check_all(image, size)
    check_all(image, size, stride=2, padding="full")
    inside = median(image, 3, padding="valid")
    assert int(np.isnan(inside).sum()) == 9 + 1


@pytest.mark.parametrize("size", [2, 3, 4, 5, (7, 2), (11, 3)])
def test_zeros_of_both_signs_do_not_depend_on_the_workers(size: Any) -> None:
    image = np.random.default_rng(5).choice(np.array([0.0, -0.0, -1.0], np.float32), (40, 9))
    with in_small_pieces():
        for call in (minimum, maximum, median):
            assert call(image, size, workers=1).tobytes() == call(image, size, workers=7).tobytes()


def test_infinity_is_a_value_like_others() -> None:
    image = np.array([[np.inf, 1, -np.inf, np.inf, 2]], np.float32)
    assert maximum(image, (1, 3)).tolist() == [[np.inf, np.inf, np.inf, np.inf, np.inf]]
    assert minimum(image, (1, 3)).tolist() == [[1, -np.inf, -np.inf, -np.inf, 2]]
    assert median(image, (1, 3), border="edge").tolist() == [[np.inf, 1, 1, 2, 2]]
    all_infinite = np.full((9, 9), np.inf, np.float64)
    check_all(all_infinite, 5)
    check_all(-all_infinite, 5)


def test_bool() -> None:
    image = noise((9, 9)) > 128
    for name in NAMES:
        check(Case(name, image, (3,)))


def test_identity_is_a_copy() -> None:
    image = noise((4, 5))
    for call in (minimum, maximum, median):
        result = call(image, 1)
        assert np.array_equal(result, image)
        assert not np.may_share_memory(result, image)
