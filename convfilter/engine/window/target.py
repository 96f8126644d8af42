"""Rows of a result: where loops put them, and how numbers become those of its dtype."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from convfilter.engine.window.layout import TARGET
from convfilter.runtime.checks import Array, limits_of
from convfilter.runtime.compiled import Loop, loop

WHOLE = np.dtype(np.int16)
"""Sums of this dtype are whole, and are never rounded."""


def record(
    out: Array,
    sums: np.dtype[Any],
    *,
    offset: float = 0.0,
    factor: float | None = None,
    finite: bool = False,
) -> Array:
    """Return what loops take that store rows of numbers of the dtype `sums` in `out` (rows, n).

    With a `factor` the roots of the numbers, times this, are stored. `offset` is added. `finite`
    says that no number is NaN or infinite, so that none is looked at. The record holds the address
    of `out`, which has to live as long as it is used.
    """
    store = store_loop(sums, out.dtype, factor is not None)
    return stored_by(
        store, out, sums, offset=offset, factor=1.0 if factor is None else factor, finite=finite
    )


def stored_by(
    store: Loop | None,
    out: Array,
    sums: np.dtype[Any],
    *,
    offset: float,
    factor: float = 1.0,
    finite: bool = True,
) -> Array:
    """Return what `record` does, for a loop that stores rows in a way of its own."""
    address = 0 if store is None else store.address
    lowest, highest = _range(out.dtype, sums)
    place = address, out.ctypes.data, out.strides[0], out.itemsize
    fields = (*place, factor, offset, out.dtype.kind != "f", lowest, highest, finite)
    return np.array([fields], TARGET)


def place(out: Array) -> Array:
    """Return what loops take that write the numbers of `out` (rows, n) by themselves."""
    return stored_by(None, out, out.dtype, offset=0.0)


def store_loop(sums: np.dtype[Any], dtype: np.dtype[Any], roots: bool = False) -> Loop:
    """Return the loop that stores rows of numbers, or their roots, as numbers of a dtype."""
    if sums == WHOLE:
        return loop("engine.window.loops.results.store_whole", D=dtype)
    if dtype.kind == "f":
        how = "store_roots" if roots else "store_floats"
    else:
        how = "store_rounded_roots" if roots else "store_rounded"
    return loop(f"engine.window.loops.results.{how}", T=sums, D=dtype)


@functools.cache
def _range(dtype: np.dtype[Any], sums: np.dtype[Any]) -> tuple[int, int]:
    """Return the smallest and the largest integer that a result may be, zeros for floats."""
    if sums == WHOLE:
        lowest, highest = limits_of(sums)
        if dtype.kind == "f":
            return lowest, highest
        least, most = limits_of(dtype)
        return max(lowest, least), min(highest, most)
    return (0, 0) if dtype.kind == "f" else limits_of(dtype)
