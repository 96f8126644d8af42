"""Rows of a result: the offset added, integers rounded and saturated, while they are stored."""

import numba
import numpy as np
from numba.extending import overload, register_jitable

from convfilter.engine.window.layout import TARGET
from convfilter.runtime.compiled.addresses import call, view
from convfilter.runtime.compiled.declare import OPTIONS, loop


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
def _round_row(target, values, out):
    """Add the offset, round half to even, saturate."""
    number, convert = values.dtype.type, out.dtype.type
    shift = number(target[0].offset)
    low, high = number(target[0].lowest), number(target[0].highest)
    for x in range(out.shape[0]):
        value = values[x] + shift
        value = value if value > low else low
        value = value if value < high else high
        out[x] = convert(nearest(value))


@register_jitable(**OPTIONS)
def _round_roots(target, squares, out):
    """Do the same with the roots, times the factor."""
    number, convert = squares.dtype.type, out.dtype.type
    factor, shift = number(target[0].factor), number(target[0].offset)
    low, high = number(target[0].lowest), number(target[0].highest)
    for x in range(out.shape[0]):
        value = np.sqrt(squares[x]) * factor + shift
        value = value if value > low else low
        value = value if value < high else high
        out[x] = convert(nearest(value))


@register_jitable(**OPTIONS)
def _count_nans(values):
    nans = np.int32(0)
    for x in range(values.shape[0]):
        nans = np.int32(nans + np.int32(values[x] != values[x]))
    return nans


@loop(
    "class D, const Target[:] target, i8 first, i8 rows, i8 column, i8 count, i8 pitch,"
    " const T[:] values -> i8",
    Target=TARGET,
)
def store_rounded(D, target, first, rows, column, count, pitch, values):
    """Add the offset, round half to even, saturate; return how many numbers are NaN."""
    bad = 0
    for i in range(rows):
        row = values[i * pitch : i * pitch + count]
        if not target[0].finite:
            bad += _count_nans(row)
        _round_row(target, row, result_row(target, first + i, column, count, D))
    return bad


@loop(
    "class D, const Target[:] target, i8 first, i8 rows, i8 column, i8 count, i8 pitch,"
    " const T[:] values -> i8",
    Target=TARGET,
)
def store_rounded_roots(D, target, first, rows, column, count, pitch, values):
    """Do the same with the roots of the numbers, times the factor."""
    bad = 0
    for i in range(rows):
        row = values[i * pitch : i * pitch + count]
        if not target[0].finite:
            bad += _count_nans(row)
        _round_roots(target, row, result_row(target, first + i, column, count, D))
    return bad


@loop(
    "class D, const Target[:] target, i8 first, i8 rows, i8 column, i8 count, i8 pitch,"
    " const T[:] values -> i8",
    Target=TARGET,
)
def store_floats(D, target, first, rows, column, count, pitch, values):
    """Add the offset; return how many numbers are NaN or infinite."""
    shift = values.dtype.type(target[0].offset)
    bad = 0
    for i in range(rows):
        row = values[i * pitch : i * pitch + count]
        out = result_row(target, first + i, column, count, D)
        strange = np.int32(0)
        for x in range(count):
            value = row[x] + shift
            out[x] = D(value)
            strange = np.int32(strange + np.int32(value - value != 0))
        bad += strange
    return bad


@loop(
    "class D, const Target[:] target, i8 first, i8 rows, i8 column, i8 count, i8 pitch,"
    " const T[:] values -> i8",
    Target=TARGET,
)
def store_roots(D, target, first, rows, column, count, pitch, values):
    """Do the same with the roots of the numbers, times the factor."""
    number = values.dtype.type
    factor, shift = number(target[0].factor), number(target[0].offset)
    bad = 0
    for i in range(rows):
        row = values[i * pitch : i * pitch + count]
        out = result_row(target, first + i, column, count, D)
        strange = np.int32(0)
        for x in range(count):
            value = np.sqrt(row[x]) * factor + shift
            out[x] = D(value)
            strange = np.int32(strange + np.int32(value - value != 0))
        bad += strange
    return bad


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
