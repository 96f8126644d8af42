"""Sums of products over windows, against windows taken one by one."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convfilter.features.equations import Plane, gather
from tests.examples import examples
from tests.features import naive

Array = np.ndarray[Any, np.dtype[Any]]


def plane(seed: int, shape: tuple[int, int], size: tuple[int, int], dtype: str) -> Plane:
    rng = np.random.default_rng(seed)
    inner = shape[0] - size[0] + 1, shape[1] - size[1] + 1
    if np.dtype(dtype).kind == "f":
        before, after = rng.normal(0, 1, shape).astype(dtype), rng.normal(0, 1, inner)
    else:
        limits = np.iinfo(dtype)
        before = rng.integers(limits.min, limits.max, shape, dtype, endpoint=True)
        after = rng.integers(limits.min, limits.max, inner, dtype, endpoint=True)
    return Plane(before, after, rng.random(inner) < rng.random())


@given(
    seed=st.integers(0, 2**32 - 1),
    size=st.tuples(st.integers(1, 5), st.integers(1, 5)),
    more=st.tuples(st.integers(0, 40), st.integers(0, 20)),
    dtype=st.sampled_from(["uint8", "uint16", "int16", "float32", "float64"]),
    workers=st.integers(1, 3),
)
@examples(60)
def test_sums_are_those_of_windows_taken_one_by_one(
    seed: int, size: tuple[int, int], more: tuple[int, int], dtype: str, workers: int
) -> None:
    one = plane(seed, (size[0] + more[0], size[1] + more[1]), size, dtype)
    found = gather([one], size, workers)
    products, answers = naive.normal_equations(one.before, one.after, one.valid, size)
    squares = (one.after[one.valid].astype(np.longdouble) ** 2).sum()
    if np.dtype(dtype).kind == "f":
        assert np.allclose(found.products, products.astype(float), rtol=0, atol=1e-10)
        assert np.allclose(found.answers, answers.astype(float), rtol=0, atol=1e-10)
        assert found.squares == pytest.approx(float(squares), abs=1e-10)
    else:
        assert np.array_equal(found.products, products)
        assert np.array_equal(found.answers, answers)
        assert found.squares == squares
    assert found.pixels == one.valid.sum()


@pytest.mark.parametrize("size", [(3, 3), (9, 9)])
def test_threads_change_no_bit(size: tuple[int, int]) -> None:
    one = plane(1, (300, 217), size, "float32")
    alone = gather([one], size, 1)
    for workers in (2, 3, 7):
        shared = gather([one], size, workers)
        assert np.array_equal(alone.products, shared.products)
        assert np.array_equal(alone.answers, shared.answers)
        assert alone.squares == shared.squares


def test_blocks_of_large_kernels_are_higher() -> None:
    """Sums of many blocks would take more memory than the picture: 31x31 has a million of them."""
    one = plane(2, (320, 40), (31, 31), "uint8")
    found = gather([one], (31, 31))
    windows = np.lib.stride_tricks.sliding_window_view(one.before, (31, 31))[one.valid]
    taps = windows.reshape(-1, 961).astype(float)
    assert np.array_equal(found.products[:-1, :-1], taps.T @ taps)
    assert np.array_equal(found.answers[:-1], one.after[one.valid].astype(float) @ taps)


def test_planes_are_scaled_and_added_up() -> None:
    first, second = (plane(seed, (20, 20), (3, 3), "uint8") for seed in (3, 4))
    both = gather([first._replace(scales=(2.0, 0.5)), second], (3, 3))
    alone = gather([first], (3, 3)), gather([second], (3, 3))
    assert np.array_equal(
        both.products[:-1, :-1], 4 * alone[0].products[:-1, :-1] + alone[1].products[:-1, :-1]
    )
    assert np.array_equal(both.answers[:-1], alone[0].answers[:-1] + alone[1].answers[:-1])
    assert both.squares == alone[0].squares / 4 + alone[1].squares
    assert both.pixels == alone[0].pixels + alone[1].pixels


def test_the_loop_runs_as_python_where_nothing_is_compiled() -> None:
    program = """
import numpy as np
from convfilter.features.equations import gather
from tests.features import naive
from tests.features.test_equations import plane
for dtype in ("uint8", "int16"):
    one = plane(5, (36, 11), (3, 2), dtype)
    found = gather([one], (3, 2), 1)
    products, answers = naive.normal_equations(one.before, one.after, one.valid, (3, 2))
    assert np.array_equal(found.products, products)
    assert np.array_equal(found.answers, answers)
"""
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    subprocess.run([sys.executable, "-c", program], env=environment, check=True, timeout=120)
