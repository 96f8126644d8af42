"""Rows of a result: the offset added, integers rounded and saturated, while they are stored."""

import numba
import numpy as np
from numba.extending import overload, register_jitable

from convfilter.engine.window.layout import TARGET
from convfilter.runtime.compiled.addresses import call, view
from convfilter.runtime.compiled.declare import OPTIONS, loop
from convfilter.runtime.compiled.vectors import (
    count_nans,
    count_strange,
    fill,
    lanes,
    larger,
    load,
    root,
    smaller,
    store_as,
    store_nearest,
)


@register_jitable(**OPTIONS)
def result_row(target, row, column, count, kind):
    """Return `count` numbers of a row of the result, from a column on."""
    start = target[0].address + row * target[0].pitch + column * target[0].number_bytes
    return view(start, count, kind)


@register_jitable(**OPTIONS)
def store_rows(target, first, rows, column, count, pitch, values):
    """Store `count` numbers of some rows, `pitch` apart; return how many mean nothing.

    Those are NaN and infinity; of what is rounded only NaN, for the rest is saturated.
    """
    return call(target[0].store, (target, first, rows, column, count, pitch, values))


def _nearest_single(value):
    """Return the nearest integer, ties to even, of a value between -2**21 and 2**21.

    Added to 1.5 * 2**23 it leaves no bits behind the point, and stands in the last ones before it.
    """
    moved = np.float32(value + np.float32(12582912))
    return np.int32(moved.view(np.int32) - np.int32(0x4B400000))


def _nearest_double(value):
    moved = np.float64(value + np.float64(6755399441055744))
    return np.int64(moved.view(np.int64) - np.int64(0x4338000000000000))


def nearest(value):
    """Return the nearest integer, ties to even, of a value between -2**21 and 2**21."""
    single = isinstance(value, np.float32)
    return _nearest_single(value) if single else _nearest_double(value)


@overload(nearest, jit_options={"error_model": "numpy"})
def _choosenearest(value):
    return _nearest_single if value == numba.float32 else _nearest_double


@register_jitable(**OPTIONS)
def _count_nans(values):
    """Return how many numbers are NaN."""
    n, size = values.shape[0], lanes(values.dtype.type)
    nans, whole = 0, n - n % size
    for x in range(0, whole, size):
        nans += count_nans(load(values, x))
    for x in range(whole, n):
        nans += values[x] != values[x]
    return nans


@register_jitable(**OPTIONS)
def _round_row(target, is_square, values, out):
    """Add the offset, round half to even, saturate; roots are taken of squares, times the factor.

    Returns how many numbers are NaN; they become the lowest.
    """
    nans = 0 if target[0].finite else _count_nans(values)
    number, convert, n = values.dtype.type, out.dtype.type, out.shape[0]
    factor, shift = number(target[0].factor), number(target[0].offset)
    low, high = number(target[0].lowest), number(target[0].highest)
    size = lanes(number)
    if n < size:
        for x in range(n):
            value = values[x]
            if is_square:
                value = np.sqrt(value) * factor
            value += shift
            value = value if value > low else low
            out[x] = convert(nearest(value if value < high else high))
        return nans
    factors, shifts, lowest, highest = fill(factor), fill(shift), fill(low), fill(high)
    for start in range(0, n, size):
        x = min(start, n - size)  # the last vector ends with the row
        row = load(values, x)
        if is_square:
            row = root(row) * factors
        row = row + shifts
        store_nearest(out, x, smaller(larger(lowest, row), highest))
    return nans


@register_jitable(**OPTIONS)
def _store_row(target, is_square, values, out):
    """Add the offset, as `_round_row` without rounding; return how many are NaN or infinite."""
    number, convert, n = values.dtype.type, out.dtype.type, out.shape[0]
    factor, shift = number(target[0].factor), number(target[0].offset)
    size, strange = lanes(number), 0
    whole = n - n % size
    factors, shifts = fill(factor), fill(shift)
    for x in range(0, whole, size):
        row = load(values, x)
        if is_square:
            row = root(row) * factors
        row = row + shifts
        strange += count_strange(row)
        store_as(out, x, row)
    for x in range(whole, n):
        value = values[x]
        if is_square:
            value = np.sqrt(value) * factor
        value += shift
        strange += value - value != 0
        out[x] = convert(value)
    return strange


def _storing(store_row, is_square):
    """Return the loop that stores rows in this way."""

    @loop(
        "class D, const Target[:] target, i8 first, i8 rows, i8 column, i8 count, i8 pitch,"
        " const T[:] values -> i8",
        Target=TARGET,
    )
    def store_all(D, target, first, rows, column, count, pitch, values):
        """Store rows of numbers, or of their squares; return how many mean nothing."""
        bad = 0
        for i in range(rows):
            row = values[i * pitch : i * pitch + count]
            out = result_row(target, first + i, column, count, D)
            bad += store_row(target, is_square, row, out)
        return bad

    return store_all


store_rounded, store_rounded_roots = _storing(_round_row, False), _storing(_round_row, True)
store_floats, store_roots = _storing(_store_row, False), _storing(_store_row, True)


@loop(
    "class D, const Target[:] target, i8 first, i8 rows, i8 column, i8 count, i8 pitch,"
    " const i2[:] values -> i8",
    Target=TARGET,
)
def store_whole(D, target, first, rows, column, count, pitch, values):
    """Add the offset to whole numbers, which does not leave 16 bits, and saturate; return 0."""
    shift = np.int16(target[0].offset)
    low, high = np.int16(target[0].lowest), np.int16(target[0].highest)
    for i in range(rows):
        row = values[i * pitch : i * pitch + count]
        out = result_row(target, first + i, column, count, D)
        for x in range(count):
            out[x] = D(min(max(np.int16(row[x] + shift), low), high))
    return 0


@register_jitable(**OPTIONS)
def scatter(size, source, target, step, count):
    """Copy `count` numbers of `size` bytes to another place, there `step` numbers apart."""
    spread = (count - 1) * step + 1
    if size == 1:
        _spread(view(source, count, np.uint8), step, view(target, spread, np.uint8))
    elif size == 2:
        _spread(view(source, count, np.uint16), step, view(target, spread, np.uint16))
    elif size == 4:
        _spread(view(source, count, np.uint32), step, view(target, spread, np.uint32))
    else:
        _spread(view(source, count, np.uint64), step, view(target, spread, np.uint64))


@register_jitable(**OPTIONS)
def _spread(source, step, target):
    for x in range(source.shape[0]):
        target[x * step] = source[x]
