"""Rows in and out: extend the border and convert, then round and saturate."""

import numpy as np
from numba.extending import register_jitable

from convfilter.engine.loops.declare import OPTIONS, loop


@loop(
    "const S[:,:] image, const i8[:] rows, const i8[:] columns, i8 run_start, i8 run_stop,"
    " i8 channels, T fill, T[:,:] out"
)
@register_jitable(**OPTIONS)
def load(image, rows, columns, run_start, run_stop, channels, fill, out):
    """Gather padded rows; `columns[run_start:run_stop]` are neighbours, copied as one run."""
    convert = out.dtype.type
    count = columns.shape[0]
    run = (run_stop - run_start) * channels
    for i in range(rows.shape[0]):
        target = out[i]
        if rows[i] < 0:
            for x in range(count * channels):
                target[x] = fill
            continue
        source = image[rows[i]]
        if run > 0:
            inner = source[columns[run_start] * channels :]
            middle = target[run_start * channels :]
            for x in range(run):
                middle[x] = convert(inner[x])
        for part in range(2):
            begin = 0 if part == 0 else run_stop
            end = run_start if part == 0 else count
            for j in range(begin, end):
                column = columns[j]
                for c in range(channels):
                    if column < 0:
                        target[j * channels + c] = fill
                    else:
                        target[j * channels + c] = convert(source[column * channels + c])


@register_jitable(**OPTIONS)
def convert_row(source, shift, target):
    """Add `shift` and convert; return how many values were not finite."""
    convert = target.dtype.type
    bad = np.int32(0)
    for x in range(target.shape[0]):
        value = source[x] + shift
        target[x] = convert(value)
        bad = np.int32(bad + np.int32(value - value != 0))
    return bad


@register_jitable(**OPTIONS)
def round_row(source, shift, low, high, target):
    """Add `shift`, round half to even, saturate; return how many values were not numbers."""
    convert = target.dtype.type
    bad = np.int32(0)
    for x in range(target.shape[0]):
        value = source[x] + shift
        bad = np.int32(bad + np.int32(value != value))
        value = np.rint(value)
        value = value if value > low else low
        value = value if value < high else high
        target[x] = convert(np.int32(value))
    return bad


@loop("const T[:,:] values, f8 offset, D[:,:] out -> i8")
def store_float(values, offset, out):
    """Add the offset and convert; return how many values were not finite."""
    shift = values.dtype.type(offset)
    bad = 0
    for i in range(values.shape[0]):
        bad += convert_row(values[i], shift, out[i])
    return bad


@loop("const T[:,:] values, f8 offset, i8 lowest, i8 highest, D[:,:] out -> i8")
def store_integer(values, offset, lowest, highest, out):
    """Add the offset, round half to even, saturate; return how many values were not numbers."""
    number = values.dtype.type
    shift, low, high = number(offset), number(lowest), number(highest)
    bad = 0
    for i in range(values.shape[0]):
        bad += round_row(values[i], shift, low, high, out[i])
    return bad
