"""Correlation and convolution in cases that have names."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import convfilter
from convfilter.engine import convolve, correlate, correlate_bank, plan
from convfilter.errors import ArgumentError
from tests.engine.accuracy import Case, check
from tests.engine.cases import BORDERS, COMBINE_NAMES, noise

Array = np.ndarray[Any, np.dtype[Any]]
SOBEL_X = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
COUNTING = np.arange(1, 10).reshape(3, 3)


def impulse(size: int = 5) -> Array:
    image = np.zeros((size, size), np.uint8)
    image[size // 2, size // 2] = 1
    return image


def test_correlation_of_an_impulse_is_the_turned_kernel() -> None:
    assert correlate(impulse(), COUNTING)[1:4, 1:4].tolist() == COUNTING[::-1, ::-1].tolist()


def test_convolution_of_an_impulse_is_the_kernel() -> None:
    assert convolve(impulse(), COUNTING)[1:4, 1:4].tolist() == COUNTING.tolist()


def test_formula_by_hand() -> None:
    image = np.array([[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12]], np.uint8)
    kernel = [[1, 2], [3, 4]]
    valid = correlate(image, kernel, padding="valid", scale=2, offset=1)
    assert valid.tolist() == [[89, 109, 129], [169, 189, 209]]
    assert correlate(image, kernel, padding="valid", stride=(1, 2)).tolist() == [
        [44, 64],
        [84, 104],
    ]
    spread = correlate(image, kernel, padding="valid", dilation=(2, 3))
    assert spread.tolist() == [[1 + 2 * 4 + 3 * 9 + 4 * 12]]


def test_top_level_names_are_the_engine() -> None:
    assert convfilter.correlate is correlate
    assert convfilter.convolve is convolve


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "expected"),
    [
        # the padding that is left over stands at the end, as in TensorFlow's SAME
        (4, 2, 1, [0 + 1, 1 + 2, 2 + 3, 3]),
        (4, 4, 1, [0 + 1 + 2, 0 + 1 + 2 + 3, 1 + 2 + 3, 2 + 3]),
        (5, 3, 2, [0 + 1, 1 + 2 + 3, 3 + 4]),
        (4, 3, 2, [0 + 1 + 2, 2 + 3]),
        (6, 2, 3, [0 + 1, 3 + 4]),
        (7, 1, 3, [0, 3, 6]),
        (5, 3, 100, [0 + 1 + 2]),
    ],
)
def test_same_padding(size: int, kernel: int, stride: int, expected: list[int]) -> None:
    image = np.arange(size, dtype=np.uint8)[np.newaxis]
    result = correlate(image, np.ones((1, kernel)), stride=(1, stride), border="constant")
    assert result.tolist() == [expected]


@pytest.mark.parametrize(
    ("border", "expected"),
    [
        ("constant", [9, 9, 9, 9, 1, 2, 3, 9, 9, 9, 9]),
        ("edge", [1, 1, 1, 1, 1, 2, 3, 3, 3, 3, 3]),
        ("reflect", [1, 2, 3, 2, 1, 2, 3, 2, 1, 2, 3]),
        ("symmetric", [3, 3, 2, 1, 1, 2, 3, 3, 2, 1, 1]),
        ("wrap", [3, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1]),
    ],
)
def test_borders_further_out_than_the_image_is_wide(border: Any, expected: list[int]) -> None:
    image = np.array([[1, 2, 3]], np.uint8)
    row = correlate(image, [[1]], padding=((0, 0), (4, 4)), border=border, fill=9)
    column = correlate(image.T, [[1]], padding=((4, 4), (0, 0)), border=border, fill=9)
    assert row.tolist() == [expected]
    assert column.ravel().tolist() == expected


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (7, 1), (2, 2), (3, 5, 3)])
@pytest.mark.parametrize("kernel", [(1, 1), (3, 3), (2, 4), (9, 9), (31, 8)])
def test_kernel_of_any_size(border: str, shape: tuple[int, ...], kernel: tuple[int, int]) -> None:
    weights = np.random.default_rng(3).integers(-9, 10, kernel)
    for dtype in (np.uint8, np.float32):
        for padding in ("same", "full"):
            options = {"border": border, "padding": padding}
            check(Case("correlate", noise(shape, dtype), (weights,), options))


@pytest.mark.parametrize("padding", ["valid", 0, (0, 1), ((0, 0), (1, 0))])
def test_nothing_left_is_an_error(padding: Any) -> None:
    with pytest.raises(ArgumentError, match="window"):
        correlate(noise((3, 3)), np.ones((5, 5)), padding=padding)


def test_a_stride_beyond_the_image_leaves_one_output() -> None:
    assert correlate(noise((9, 9)), COUNTING, stride=50).shape == (1, 1)
    assert correlate(noise((9, 9)), COUNTING, stride=50, padding="valid").shape == (1, 1)


@pytest.mark.parametrize(
    ("value", "weight", "expected"),
    [(1, 0.5, 0), (3, 0.5, 2), (5, 0.5, 2), (7, 0.5, 4), (255, 0.5, 128), (253, 0.5, 126)],
)
def test_ties_go_to_even(value: int, weight: float, expected: int) -> None:
    for dtype in (np.uint8, np.uint16, np.int16):
        image = np.full((3, 3), value, dtype)
        assert correlate(image, [[weight]])[1, 1] == expected
        assert correlate(image, np.full((2, 2), weight / 4))[1, 1] == expected
    image = np.full((3, 3), value, np.float32)
    assert correlate(image, [[weight]], dtype=np.uint8)[1, 1] == expected
    negative = correlate(image, [[-weight]], dtype=np.int16)
    assert negative[1, 1] == -expected


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16])
def test_integers_saturate(dtype: Any) -> None:
    limits = np.iinfo(dtype)
    image = noise((6, 7), dtype)
    assert (correlate(image, [[0]], offset=1e9) == limits.max).all()
    assert (correlate(image, [[0]], offset=-1e9) == limits.min).all()
    assert (
        correlate(image.astype(np.float64), [[0]], offset=1e300, dtype=dtype) == limits.max
    ).all()
    for weight in (1e6, -1e6, 1e200):
        check(Case("correlate", image, ([[weight]],)))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.float32, np.float64])
@pytest.mark.parametrize(
    "source", [np.uint8, np.uint16, np.int16, np.float32, np.float64, np.bool_]
)
def test_every_dtype_becomes_every_other(source: Any, dtype: Any) -> None:
    image = noise((9, 8), np.uint8) > 99 if source is np.bool_ else noise((9, 8), source)
    result = correlate(image, SOBEL_X, dtype=dtype)
    assert result.dtype == dtype
    check(Case("correlate", image, (SOBEL_X,), {"dtype": dtype}))
    check(Case("correlate", image, (SOBEL_X / 7,), {"dtype": dtype, "offset": 0.25}))


def test_bool_is_zero_and_one() -> None:
    image = np.array([[True, False, True]])
    result = correlate(image, [[1, 1, 1]], border="constant")
    assert result.dtype == np.uint8
    assert result.tolist() == [[1, 2, 1]]


@pytest.mark.parametrize("weight", [257, 2**24 - 1, 2**24 + 1, 2**36 + 1])
def test_integers_beyond_float32_are_exact(weight: int) -> None:
    image = noise((8, 9), np.uint16)
    image[0, 0] = 65535
    check(Case("correlate", image, ([[weight]],), {"dtype": np.float64}))
    cancelling = np.array([[weight, -weight, 1]])
    check(Case("correlate", image, (cancelling,)))
    check(Case("correlate", image, (cancelling,), {"dtype": np.float64, "offset": 3.0}))
    outer = np.outer([1, 2, 1], [weight // 16, 0, -(weight // 16)])
    check(Case("correlate", image, (outer,), {"dtype": np.float64}))


def test_sums_just_below_2_to_the_53_are_exact() -> None:
    image = np.array([[65535, 1]], np.uint16)
    weight = 2**53 // 65535
    result = correlate(image, [[weight, 1]], padding="valid", dtype=np.float64)
    assert int(result[0, 0]) == 65535 * weight + 1


def test_scale_comes_before_the_offset() -> None:
    assert correlate(np.array([[10]], np.uint8), [[3]], scale=0.5, offset=7).item() == 22


# NaN and infinity


def test_nan_reaches_what_weighs_it_and_nothing_else() -> None:
    for dtype in (np.float32, np.float64):
        image = np.ones((9, 9), dtype)
        image[4, 4] = np.nan
        kernel = np.array([[1, 0, 2], [0, 0, 0], [3, 0, 0]])
        expected = np.zeros((9, 9), bool)
        expected[[5, 5, 3], [5, 3, 5]] = True
        assert np.array_equal(np.isnan(correlate(image, kernel)), expected)


@pytest.mark.parametrize("special", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("kernel", [np.ones((5, 5)), np.ones((31, 31)) / 961, SOBEL_X, [[0, 1, 0]]])
def test_special_values_stay_where_they_are_weighed(special: float, kernel: Any) -> None:
    image = noise((50, 45), np.float32)
    image[20, 10] = special
    check(Case("correlate", image, (kernel,)))
    check(Case("convolve", image.astype(np.float64), (kernel,), {"stride": 2, "dilation": 2}))


def test_infinity_keeps_its_sign() -> None:
    image = np.array([[np.inf, 1, -np.inf]], np.float32)
    assert correlate(image, [[-2]]).tolist() == [[-np.inf, -2, np.inf]]
    both = correlate(image, [[1, 1, 1]], padding="valid")
    assert np.isnan(both).all()


def test_nan_has_no_integer() -> None:
    image = np.array([[1, np.nan]], np.float32)
    with pytest.raises(ArgumentError, match="NaN"):
        correlate(image, [[1]], dtype=np.uint8)
    with pytest.raises(ArgumentError, match="NaN"):
        correlate(image, [[0]], dtype=np.int16)


def test_infinity_saturates_integers_unless_it_cancels() -> None:
    image = np.array([[np.inf, 1, -np.inf]], np.float32)
    assert correlate(image, [[1]], dtype=np.uint8).tolist() == [[255, 1, 0]]
    assert correlate(image, [[-1]], dtype=np.int16).tolist() == [[-32768, -1, 32767]]
    with pytest.raises(ArgumentError, match="NaN"):
        correlate(image, [[1, 1, 1]], dtype=np.uint8)


def test_sums_may_pass_the_range_of_float32_on_the_way() -> None:
    image = np.full((1, 3), 3e38, np.float32)
    result = correlate(image, [[1, 1, -1]], padding="valid")
    assert result[0, 0] == np.float32(3e38)
    assert correlate(image, [[1, 1, 1]], padding="valid")[0, 0] == np.inf
    averaged = correlate(image, np.full((3, 3), 1 / 9))
    assert np.allclose(averaged, 3e38, rtol=1e-5)
    check(Case("correlate", image, ([[1, 1, 1]],), {"scale": 0.25}))


@pytest.mark.parametrize("size", [1e-40, 1e-30, 1e30, 1e38])
def test_values_far_from_one(size: float) -> None:
    image = (noise((6, 6), np.float64) * size).astype(np.float32)
    for kernel in (SOBEL_X, np.ones((3, 3)) / 9, [[1e-9, 1.0, 1e9]], [[1e39, 2e39]]):
        check(Case("correlate", image, (kernel,)))
        check(Case("correlate", image, (kernel,), {"dtype": np.float64}))
        check(Case("correlate", image, (kernel,), {"dtype": np.uint16}))


# several kernels


@pytest.mark.parametrize(
    ("how", "expected"), [("l1", 7), ("l2", 5), ("max", 3), ("max-abs", 4), ("abs", 4)]
)
def test_responses_are_combined_before_the_offset(how: Any, expected: int) -> None:
    kernels = [[[-4]]] if how == "abs" else [[[3]], [[-4]]]
    image = np.array([[10]], np.uint8)
    assert correlate_bank(image, kernels, how, scale=0.1, offset=2).item() == expected + 2


@pytest.mark.parametrize("how", COMBINE_NAMES)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.float32, np.float64])
def test_bank_on_noise(how: str, dtype: Any) -> None:
    kernels = [SOBEL_X] if how == "abs" else [SOBEL_X, SOBEL_X.T, np.eye(3) / 3]
    for options in ({}, {"dtype": np.float32}, {"stride": 2, "scale": 0.25, "offset": -1.0}):
        check(Case("correlate_bank", noise((20, 30, 3), dtype), (kernels, how), options))


def test_magnitude_of_large_and_small_gradients() -> None:
    for size in (1e-30, 1e-21, 1e18, 1e21, 1e30):
        image = np.full((4, 4), size, np.float32)
        magnitude = correlate_bank(image, [[[3.0]], [[-4.0]]], "l2")
        assert magnitude == pytest.approx(np.full((4, 4), 5 * size), rel=1e-5, abs=0)


# layouts


def test_any_layout_gives_the_same() -> None:
    image = noise((12, 15, 3))
    expected = correlate(image, COUNTING, scale=1 / 45)
    wide = np.zeros((24, 45, 3), np.uint8)
    wide[::2, ::3] = image
    read_only = image.copy()
    read_only.flags.writeable = False
    for same in (
        np.asfortranarray(image),
        image[::-1].copy()[::-1],
        wide[::2, ::3],
        read_only,
        image.transpose(2, 0, 1).copy().transpose(1, 2, 0),
    ):
        assert np.array_equal(same, image)
        assert np.array_equal(correlate(same, COUNTING, scale=1 / 45), expected)
    swapped = image.astype(">u2")
    assert np.array_equal(correlate(swapped, COUNTING, scale=1 / 45), expected)
    assert correlate(swapped, [[1]]).dtype == np.uint16


def test_an_image_without_memory_of_its_own() -> None:
    for dtype in (np.uint8, np.float32):
        flat = np.broadcast_to(dtype(5), (20, 30, 3))
        assert (correlate(flat, np.ones((3, 3)), scale=1 / 9) == 5).all()


def test_identity_is_a_copy() -> None:
    image = noise((5, 6))
    result = correlate(image, [[1]])
    assert np.array_equal(result, image)
    result[:] = 0
    assert image.any()


def test_plan_says_what_and_why() -> None:
    gaussian = np.outer([1, 4, 6, 4, 1], [1, 4, 6, 4, 1])
    separable = plan(noise((100, 100)), gaussian, scale=1 / 256)
    assert separable.algorithm
    assert separable.reason
    assert plan(noise((9, 9)), np.random.default_rng(1).normal(size=(3, 3))).algorithm == "direct"


@pytest.mark.slow
@pytest.mark.parametrize("side", [41, 85])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.float32, np.float64])
def test_thousands_of_taps(side: int, dtype: Any) -> None:
    full = 1.0 if np.dtype(dtype).kind == "f" else np.iinfo(dtype).max
    weights = np.random.default_rng(side).random((side, side))
    for kernel in (weights / weights.sum(), (weights - 0.5) / side, np.rint(weights * 9)):
        for image in (noise((5, 4), dtype), np.full((4, 5), full, dtype)):
            check(Case("correlate", image, (kernel,)), workers=(2,))
            check(Case("correlate", image, (kernel,), {"dtype": np.float32}), workers=(2,))
