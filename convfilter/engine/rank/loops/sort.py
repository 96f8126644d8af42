"""Values of ranks of their own in small windows, sorted by a network of comparisons."""

import numpy as np

from convfilter.runtime.compiled.declare import loop
from convfilter.runtime.compiled.vectors import lanes, larger, load, smaller, store


@loop(
    "const S[:,:] source, i8 row_step, const i8[:] tap_rows, const i8[:] tap_columns,"
    " const i8[:] pairs, const u1[:,:] counted, const u1[:] ranks, S[:] values, S[:,:] out"
)
def sort(source, row_step, tap_rows, tap_columns, pairs, counted, ranks, values, out):
    """Sort the windows of a vector of outputs, and take of each the value of its rank.

    `pairs` are places of the values that are compared, two by two: the smaller one comes to the
    first. To the number that `counted` has for an output, `ranks` has its rank. A row of outputs
    is at least a vector long; `values` holds a vector for each tap.
    """
    size = lanes(out.dtype.type)
    length = out.shape[1]
    for i in range(out.shape[0]):
        for start in range(0, length, size):
            x = min(start, length - size)  # the last vector ends with the row
            for t in range(tap_rows.shape[0]):
                row = source[i * row_step + tap_rows[t]]
                store(values, t * size, load(row, x + tap_columns[t]))
            for k in range(0, pairs.shape[0], 2):
                first, second = pairs[k] * size, pairs[k + 1] * size
                a, b = load(values, first), load(values, second)
                store(values, first, smaller(a, b))
                store(values, second, larger(a, b))
            for place in range(size):
                rank = np.int64(ranks[counted[i, x + place]])
                out[i, x + place] = values[rank * size + place]
