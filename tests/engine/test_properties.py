"""Whatever the arguments are, the engine keeps what it promises (see accuracy.py)."""

from __future__ import annotations

import re
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, note
from hypothesis import strategies as st

from convfilter import engine
from convfilter.errors import ArgumentError
from tests.engine.accuracy import Case, axes_named, check
from tests.engine.cases import (
    BORDERS,
    DTYPES,
    draw_case,
    draw_image,
    draw_kernel,
    draw_kernel_shape,
    draw_placement,
)
from tests.examples import examples

RANDOMS = st.randoms(use_true_random=False)


@pytest.mark.parametrize("dtype", DTYPES)
@examples(300)
@given(random=RANDOMS)
def test_correlate_and_convolve(dtype: str, random: Random) -> None:
    case = draw_case(random, "correlate", dtype)
    note(str(case))
    check(case)


@pytest.mark.parametrize("dtype", DTYPES)
@examples(300)
@given(random=RANDOMS)
def test_correlate_bank(dtype: str, random: Random) -> None:
    case = draw_case(random, "bank", dtype)
    note(str(case))
    check(case)


@pytest.mark.parametrize("dtype", DTYPES)
@examples(200)
@given(random=RANDOMS)
def test_pool(dtype: str, random: Random) -> None:
    case = draw_case(random, "pool", dtype)
    note(str(case))
    check(case)


@pytest.mark.parametrize("dtype", DTYPES)
@examples(200)
@given(random=RANDOMS)
def test_minimum_maximum_median_percentile(dtype: str, random: Random) -> None:
    case = draw_case(random, "rank", dtype)
    note(str(case))
    check(case)


@pytest.mark.parametrize("dtype", DTYPES)
@examples(30)
@given(random=RANDOMS)
def test_bilateral_and_nl_means(dtype: str, random: Random) -> None:
    case = draw_case(random, "smooth", dtype)
    note(str(case))
    check(case)


@examples(60)
@given(random=RANDOMS)
def test_convolution_is_correlation_with_the_turned_kernel(random: Random) -> None:
    image = draw_image(random)
    kernel = np.asarray(draw_kernel(random, draw_kernel_shape(random)))
    options = draw_placement(random, image)
    try:
        correlated = engine.correlate(image, kernel[::-1, ::-1], **options)
    except ArgumentError as refusal:
        with pytest.raises(ArgumentError, match=re.escape(str(refusal))):
            engine.convolve(image, kernel, **options)
        return
    assert engine.convolve(image, kernel, **options).tobytes() == correlated.tobytes()


@examples(60)
@given(random=RANDOMS, dtype=st.sampled_from(["uint8", "uint16", "int16", "float64"]))
def test_channels_are_treated_alike(random: Random, dtype: str) -> None:
    image = np.nan_to_num(
        np.atleast_3d(draw_image(random, dtype)).astype(dtype), posinf=1, neginf=0
    )
    kernel = np.asarray(draw_kernel(random, draw_kernel_shape(random)))
    border: Any = random.choice(BORDERS)
    whole = engine.correlate(image, kernel, border=border, **axes_named(image))
    for channel in range(image.shape[2]):
        alone = engine.correlate(image[:, :, channel], kernel, border=border)
        assert np.array_equal(whole[:, :, channel], alone)


@examples(40)
@given(random=RANDOMS)
def test_a_window_filter_commutes_with_mirroring(random: Random) -> None:
    image = draw_image(random, "uint8")
    size = random.choice([1, 3, 5])
    border = random.choice(BORDERS)
    for name in ("minimum", "maximum", "median"):
        call = getattr(engine, name)
        named = {"border": border, **axes_named(image)}
        mirrored = call(image[::-1, ::-1], size, **named)[::-1, ::-1]
        assert np.array_equal(call(image, size, **named), mirrored)


@pytest.mark.slow
@pytest.mark.parametrize("rows", [1, 2, 3, 63, 64, 65, 500])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "float64"])
def test_bands_change_no_bit(rows: int, dtype: str) -> None:
    rng = np.random.default_rng(rows)
    image = (rng.random((rows, 30)) * 255).astype(dtype)
    for kernel in (rng.normal(size=(5, 5)), np.ones((9, 9)) / 81, np.ones((3, 1))):
        check(Case("correlate", image, (kernel,)), workers=(1, 2, 3, 7))
    for size in (3, 4, 7, 15):
        check(Case("median", image, (size,)), workers=(1, 2, 3, 7))
        check(Case("maximum", image, (size,)), workers=(1, 2, 3, 7))
    options = {"reduce": "mean", "ceil_mode": True}
    for size, stride in ((2, 2), (7, 1)):
        check(Case("pool", image, (size,), {**options, "stride": stride}), workers=(1, 2, 3, 7))
