"""Sums of bytes in 16-bit integers: exact up to the last value that they hold."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convfilter.engine import correlate, correlate_bank, plan
from convfilter.engine.correlation.layout import COMBINE_NAMES
from convfilter.engine.planning import forcing
from tests.engine.accuracy import Case, check
from tests.engine.cases import BORDERS, noise

SOBEL = (
    np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]),
    np.array([[-1, -2, -1], [0, 0, 0], [1, 2, 1]]),
)
WHITE = np.full((5, 6), 255, np.uint8)


def test_bytes_and_whole_weights_are_added_in_16_bits() -> None:
    image = noise((9, 7))
    assert plan(image, SOBEL[0]).accumulator == np.int16
    assert plan(image, SOBEL[0], dtype=np.float32).accumulator == np.int16
    for other in (
        plan(image, SOBEL[0] / 2),
        plan(image, SOBEL[0], scale=0.5),
        plan(image, SOBEL[0], offset=0.5),
        plan(image, SOBEL[0], fill=0.5, border="constant"),
        plan(image.astype(np.uint16), SOBEL[0]),
        plan(image, np.zeros((3, 3))),
    ):
        assert other.accumulator != np.int16


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(("weights", "offset"), [((100, 28), 127), ((1, 127), 127), ((128, 0), 0)])
def test_the_largest_sums(weights: tuple[int, int], offset: int, sign: int) -> None:
    kernel = sign * np.array([weights])
    assert plan(WHITE, kernel, offset=sign * offset).accumulator == np.int16
    for dtype in (np.int16, np.float32, np.float64):
        result = correlate(WHITE, kernel, offset=sign * offset, dtype=dtype)
        assert (result == sign * (255 * 128 + offset)).all()
    assert plan(WHITE, kernel, offset=sign * (offset + 128)).accumulator != np.int16


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.float32, np.float64])
@pytest.mark.parametrize("combine", COMBINE_NAMES)
def test_every_way_to_join_and_to_store(combine: Any, dtype: Any) -> None:
    image = noise((13, 17, 3))
    kernels = SOBEL[:1] if combine == "abs" else SOBEL
    check(Case("correlate_bank", image, (kernels, combine), {"dtype": dtype}))


@given(
    st.tuples(st.integers(1, 9), st.integers(1, 9)),
    st.tuples(st.integers(1, 7), st.integers(1, 7)),
    st.tuples(st.integers(1, 3), st.integers(1, 3)),
    st.tuples(st.integers(1, 3), st.integers(1, 3)),
    st.sampled_from(BORDERS),
    st.integers(0, 2**32 - 1),
)
def test_same_as_in_64_bits(
    size: tuple[int, int],
    window: tuple[int, int],
    stride: tuple[int, int],
    dilation: tuple[int, int],
    border: Any,
    seed: int,
) -> None:
    rng = np.random.default_rng(seed)
    image = rng.integers(0, 256, (*size, rng.integers(1, 4)), np.uint8)
    kernel = rng.integers(-2, 3, window)
    kernel.flat[0] = 1
    how: dict[str, Any] = {"stride": stride, "dilation": dilation, "border": border, "fill": 7}
    wide = correlate(image.astype(np.float64), kernel, dtype=np.float64, **how)
    with forcing("direct in int16"):
        assert plan(image, kernel, **how).accumulator == np.int16
        np.testing.assert_array_equal(correlate(image, kernel, dtype=np.int16, **how), wide)
        saturated = np.clip(wide, 0, 255)
        np.testing.assert_array_equal(correlate(image, kernel, **how), saturated)


def test_bands_and_strips_leave_no_seam() -> None:
    image = noise((700, 900))  # several strips in each band
    expected = correlate_bank(image, SOBEL, "l2", workers=1)
    for workers in (2, 3, 7):
        np.testing.assert_array_equal(correlate_bank(image, SOBEL, "l2", workers=workers), expected)
    part = correlate_bank(image[100:140], SOBEL, "l2")
    np.testing.assert_array_equal(part[1:-1], expected[101:139])
