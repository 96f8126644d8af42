"""Rows in and out: extend the border and convert, then round and saturate."""

import numba
import numpy as np
from numba.extending import overload, register_jitable

from convfilter.runtime.compiled.declare import OPTIONS, loop


@register_jitable(**OPTIONS)
def load_row(image, row, columns, run_start, run_stop, channels, fill, out):
    """Gather a padded row; `columns[run_start:run_stop]` are neighbours, copied as one run.

    A row or column of -1 lies in a border of `fill`.
    """
    convert = out.dtype.type
    count = columns.shape[0]
    run = (run_stop - run_start) * channels
    if row < 0:
        for x in range(count * channels):
            out[x] = fill
        return
    source = image[row]
    if run > 0:
        inner = source[columns[run_start] * channels :]
        middle = out[run_start * channels :]
        for x in range(run):
            middle[x] = convert(inner[x])
    for part in range(2):
        begin = 0 if part == 0 else run_stop
        end = run_start if part == 0 else count
        for j in range(begin, end):
            column = columns[j]
            for c in range(channels):
                if column < 0:
                    out[j * channels + c] = fill
                else:
                    out[j * channels + c] = convert(source[column * channels + c])


@loop(
    "const S[:,:] image, const i8[:] rows, const i8[:] columns, i8 run_start, i8 run_stop,"
    " i8 channels, T fill, T[:,:] out"
)
@register_jitable(**OPTIONS)
def load(image, rows, columns, run_start, run_stop, channels, fill, out):
    """Gather padded rows."""
    for i in range(rows.shape[0]):
        load_row(image, rows[i], columns, run_start, run_stop, channels, fill, out[i])


def _nearest_single(value):
    """Return the nearest integer, ties to even, of a value between -2**21 and 2**21.

    Added to 1.5 * 2**23 it leaves no bits behind the point, and stands in the last ones before it.
    """
    moved = np.float32(value + np.float32(12582912))
    return np.int32(moved.view(np.int32) - np.int32(0x4B400000))


def _nearest_double(value):
    moved = np.float64(value + np.float64(6755399441055744))
    return np.int64(moved.view(np.int64) - np.int64(0x4338000000000000))


def _nearest(value):
    single = isinstance(value, np.float32)
    return _nearest_single(value) if single else _nearest_double(value)


@overload(_nearest, jit_options={"error_model": "numpy"})
def _choose_nearest(value):
    return _nearest_single if value == numba.float32 else _nearest_double


@register_jitable(**OPTIONS)
def store_row(values, offset, lowest, highest, rounded, finite, out):
    """Add the offset, convert and store; return how many values cannot be told.

    Those are NaN and infinity; of what is `rounded` only NaN, for it is also saturated. Halves are
    rounded to even. `finite` says that there is neither.
    """
    convert, number = out.dtype.type, values.dtype.type
    shift, low, high = number(offset), number(lowest), number(highest)
    n = out.shape[0]
    bad = np.int32(0)
    if rounded:
        if not finite:
            for x in range(n):
                bad = np.int32(bad + np.int32(values[x] != values[x]))
        for x in range(n):
            value = values[x] + shift
            value = value if value > low else low
            value = value if value < high else high
            out[x] = convert(_nearest(value))
    else:
        for x in range(n):
            value = values[x] + shift
            out[x] = convert(value)
            bad = np.int32(bad + np.int32(value - value != 0))
    return bad


@loop("const T[:,:] values, i8 lowest, i8 highest, const i8[:] where, D[:] out -> i8")
def place(values, lowest, highest, where, out):
    """Round rows and store them in a larger array; return how many values cannot be told.

    `where` is the place of the first row, and the distance from one to the next.
    """
    bad = 0
    n = values.shape[1]
    for i in range(values.shape[0]):
        start = where[0] + i * where[1]
        bad += store_row(values[i], 0.0, lowest, highest, 1, 0, out[start : start + n])
    return bad
