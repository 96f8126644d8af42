"""Pooling in cases that have names."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from convfilter.engine import pool
from convfilter.errors import ArgumentError
from tests.engine.accuracy import Case, check
from tests.engine.cases import noise

Array = np.ndarray[Any, np.dtype[Any]]
ROW = np.array([[1, 9, 2, 8, 3]], np.uint8)
REDUCTIONS = ("max", "mean", "min")


def test_by_hand() -> None:
    image = np.array([[1, 2, 5, 6], [3, 4, 7, 9]], np.uint8)
    assert pool(image, 2).tolist() == [[4, 9]]
    assert pool(image, 2, reduce="min").tolist() == [[1, 5]]
    assert pool(image, 2, reduce="mean").tolist() == [[2, 7]]  # 2.5 and 6.75
    assert pool(image, 2, stride=1).tolist() == [[4, 7, 9]]
    assert pool(image, (2, 1)).tolist() == [[3, 4, 7, 9]]


def test_ceil_mode_keeps_the_rest() -> None:
    assert pool(ROW, (1, 2)).tolist() == [[9, 8]]
    assert pool(ROW, (1, 2), ceil_mode=True).tolist() == [[9, 8, 3]]
    mean = pool(ROW.astype(np.float32), (1, 2), reduce="mean", ceil_mode=True)
    assert mean.tolist() == [[5, 5, 3]]


def test_the_last_window_starts_on_the_image() -> None:
    # four would fit by the ceiling, but the last would start in the padding behind the image
    result = pool(ROW, (1, 2), stride=(1, 2), padding=(0, 1), ceil_mode=True)
    assert result.tolist() == [[1, 9, 8]]
    assert pool(ROW[:, :4], (1, 2), padding=(0, 1), ceil_mode=True).tolist() == [[1, 9, 8]]


def test_padding_never_wins() -> None:
    negative = np.full((3, 3), -5, np.int16)
    assert (pool(negative, 3, stride=1, padding=1) == -5).all()
    assert (pool(-negative, 3, stride=1, padding=1, reduce="min") == 5).all()
    floats = np.full((3, 3), -np.inf, np.float32)
    assert (pool(floats, 3, stride=1, padding=1) == -np.inf).all()


def test_mean_counts_padding_or_not() -> None:
    ones = np.ones((4, 4), np.float64)
    padded = pool(ones, 3, stride=1, padding=1, reduce="mean")
    assert np.allclose(padded[0], [4 / 9, 6 / 9, 6 / 9, 4 / 9])
    real = pool(ones, 3, stride=1, padding=1, reduce="mean", count_include_pad=False)
    assert np.allclose(real, 1)


@pytest.mark.parametrize(
    ("pixels", "expected"),
    [((0, 1), 0), ((1, 2), 2), ((2, 3), 2), ((3, 4), 4), ((254, 255), 254), ((253, 254), 254)],
)
def test_means_tie_to_even(pixels: tuple[int, int], expected: int) -> None:
    for dtype in (np.uint8, np.uint16, np.int16):
        image = np.array([pixels, pixels], dtype)
        assert pool(image, (1, 2), reduce="mean").tolist() == [[expected], [expected]]
        assert pool(image, 2, reduce="mean").item() == expected


def test_negative_means_tie_to_even() -> None:
    image = np.array([[-1, 0, -2, -1, -3, -2]], np.int16)
    assert pool(image, (1, 2), reduce="mean").tolist() == [[0, -2, -2]]


@pytest.mark.slow
@pytest.mark.parametrize("reduce", REDUCTIONS)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.float32, np.float64])
@pytest.mark.parametrize("size", [1, 2, 3, 4, (1, 3), (5, 2), 8, 17])
def test_every_size(reduce: str, dtype: Any, size: Any) -> None:
    for shape in ((17, 18), (20, 17, 3)):
        image = noise(shape, dtype)
        for options in ({}, {"ceil_mode": True}, {"stride": (1, 2)}, {"dilation": 2, "stride": 1}):
            check(Case("pool", image, (size,), {"reduce": reduce, **options}))


@pytest.mark.parametrize("reduce", REDUCTIONS)
@pytest.mark.parametrize("count_include_pad", [True, False])
@pytest.mark.parametrize("ceil_mode", [True, False])
def test_padding_stride_and_dilation(reduce: str, count_include_pad: bool, ceil_mode: bool) -> None:
    common = {"reduce": reduce, "count_include_pad": count_include_pad, "ceil_mode": ceil_mode}
    for size in range(1, 5):
        for stride in range(1, 6):
            for dilation in (1, 2, 3):
                for padding in range(((size - 1) * dilation + 1) // 2 + 1):
                    options = {"stride": stride, "dilation": dilation, "padding": padding}
                    image = noise((10, 7), np.float32, seed=size)
                    check(Case("pool", image, (size,), {**common, **options}), workers=(2,))


@pytest.mark.parametrize("reduce", REDUCTIONS)
def test_nan_fills_its_windows(reduce: str) -> None:
    image = noise((8, 8), np.float32)
    image[2, 3] = np.nan
    image[7, 7] = np.inf
    result = pool(image, 2, reduce=reduce)  # type: ignore[arg-type]
    assert np.argwhere(np.isnan(result)).tolist() == [[1, 1]]
    check(Case("pool", image, (3,), {"reduce": reduce, "stride": 1, "padding": 1}))


def test_depth() -> None:
    image = np.arange(10, dtype=np.uint8).reshape(1, 2, 5)
    assert pool(image, 2, over="depth", axes="YXC").tolist() == [[[1, 3], [6, 8]]]
    means = pool(image, 3, over="depth", axes="YXC", stride=1, reduce="mean")
    assert means.tolist() == [[[1, 2, 3], [6, 7, 8]]]
    assert pool(image, 5, over="depth", axes="YXC", reduce="min").tolist() == [[[0], [5]]]
    for dtype in (np.uint16, np.int16, np.float32, np.float64):
        for reduce in REDUCTIONS:
            for size, stride in ((1, 1), (2, 1), (2, 3), (4, 4), (7, 1)):
                options = {"over": "depth", "stride": stride, "reduce": reduce}
                check(Case("pool", noise((6, 5, 7), dtype), (size,), options))


def test_padding_beyond_half_the_window_is_refused() -> None:
    for size, dilation, padding in ((2, 1, 2), (3, 1, 2), (3, 2, 3), (1, 5, 1)):
        with pytest.raises(ArgumentError, match="padding"):
            pool(noise((9, 9)), size, dilation=dilation, padding=padding)
    assert pool(noise((9, 9)), 3, dilation=2, padding=2).shape == (3, 3)


def test_nothing_left_is_an_error() -> None:
    with pytest.raises(ArgumentError):
        pool(noise((3, 3)), 4)
    assert pool(noise((3, 3)), 4, ceil_mode=True).shape == (1, 1)
