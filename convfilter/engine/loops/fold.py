"""Maxima, minima and sums of windows: rows folded into rows, then thinned out by the stride."""

import numba
import numpy as np

from convfilter.engine.loops.declare import loop


@numba.njit(error_model="numpy")
def _larger(a, b):
    return b if (b > a) | (b != b) else a


@numba.njit(error_model="numpy")
def _smaller(a, b):
    return b if (b < a) | (b != b) else a


@loop("const T[:,:] source, i8 row_step, const i8[:] tap_rows, const i8[:] tap_columns, T[:,:] out")
def maximum(source, row_step, tap_rows, tap_columns, out):
    """out[i, x] = the largest source[i * row_step + tap_row, x + tap_column]; NaN wins."""
    taps = tap_rows.shape[0]
    second = min(1, taps - 1)
    n = out.shape[1]
    for i in range(out.shape[0]):
        target = out[i]
        row = i * row_step
        a = source[row + tap_rows[0], tap_columns[0] :]
        b = source[row + tap_rows[second], tap_columns[second] :]
        for x in range(n):
            target[x] = _larger(a[x], b[x])
        for t in range(2, taps - 1, 2):
            a = source[row + tap_rows[t], tap_columns[t] :]
            b = source[row + tap_rows[t + 1], tap_columns[t + 1] :]
            for x in range(n):
                target[x] = _larger(target[x], _larger(a[x], b[x]))
        if taps > 1 and taps % 2 == 1:
            a = source[row + tap_rows[taps - 1], tap_columns[taps - 1] :]
            for x in range(n):
                target[x] = _larger(target[x], a[x])


@loop("const T[:,:] source, i8 row_step, const i8[:] tap_rows, const i8[:] tap_columns, T[:,:] out")
def minimum(source, row_step, tap_rows, tap_columns, out):
    """out[i, x] = the smallest source[i * row_step + tap_row, x + tap_column]; NaN wins."""
    taps = tap_rows.shape[0]
    second = min(1, taps - 1)
    n = out.shape[1]
    for i in range(out.shape[0]):
        target = out[i]
        row = i * row_step
        a = source[row + tap_rows[0], tap_columns[0] :]
        b = source[row + tap_rows[second], tap_columns[second] :]
        for x in range(n):
            target[x] = _smaller(a[x], b[x])
        for t in range(2, taps - 1, 2):
            a = source[row + tap_rows[t], tap_columns[t] :]
            b = source[row + tap_rows[t + 1], tap_columns[t + 1] :]
            for x in range(n):
                target[x] = _smaller(target[x], _smaller(a[x], b[x]))
        if taps > 1 and taps % 2 == 1:
            a = source[row + tap_rows[taps - 1], tap_columns[taps - 1] :]
            for x in range(n):
                target[x] = _smaller(target[x], a[x])


@loop("const T[:,:] source, i8 step, i8 group, i8 group_step, T[:,:] out")
def pick(source, step, group, group_step, out):
    """out[i, j * group + k] = source[i, j * step + k * group_step]."""
    for i in range(out.shape[0]):
        line = source[i]
        target = out[i]
        if group == 1 and step == 2:  # a step that the compiler knows becomes a shuffle
            for j in range(target.shape[0]):
                target[j] = line[2 * j]
        elif group == 1:
            for j in range(target.shape[0]):
                target[j] = line[j * step]
        else:
            for j in range(target.shape[0] // group):
                for k in range(group):
                    target[j * group + k] = line[j * step + k * group_step]


@loop(
    "const T[:,:] sums, i8 step, i8 group, i8 group_step, const T[:] row_counts,"
    " const T[:] column_counts, i8 rounded, D[:,:] out"
)
def divide(sums, step, group, group_step, row_counts, column_counts, rounded, out):
    """Pick sums as `pick` does and divide each by how many taps it counts."""
    convert = out.dtype.type
    for i in range(out.shape[0]):
        line = sums[i]
        target = out[i]
        rows = row_counts[i]
        if group == 1 and step == 2 and rounded:  # as in `pick`
            for j in range(target.shape[0]):
                mean = line[2 * j] / (rows * column_counts[j])
                target[j] = convert(np.int32(np.rint(mean)))
        elif rounded:
            for j in range(target.shape[0] // group):
                count = rows * column_counts[j]
                for k in range(group):
                    mean = line[j * step + k * group_step] / count
                    target[j * group + k] = convert(np.int32(np.rint(mean)))
        else:
            for j in range(target.shape[0] // group):
                count = rows * column_counts[j]
                for k in range(group):
                    target[j * group + k] = convert(line[j * step + k * group_step] / count)
