"""Values of ranks of their own in small windows, sorted by a network of comparisons."""

import numpy as np
from numba.extending import register_jitable

from convfilter.runtime.compiled.declare import OPTIONS, loop
from convfilter.runtime.compiled.vectors import lanes, larger, load, smaller, store


@register_jitable(**OPTIONS)
def _exchange(values, first, second):
    """Put the smaller numbers of two vectors first."""
    a, b = load(values, first), load(values, second)
    store(values, first, smaller(a, b))
    store(values, second, larger(a, b))


@loop(
    "const S[:,:] source, i8 row_step, const i8[:] tap_rows, const i8[:] tap_columns,"
    " const i8[:] pairs, i8 vectors, const u1[:,:] counted, const u1[:] ranks, S[:] values,"
    " S[:,:] out"
)
def sort(source, row_step, tap_rows, tap_columns, pairs, vectors, counted, ranks, values, out):
    """Sort the windows of some outputs, and take of each the value of its rank.

    `pairs` are places of the values that are compared, two by two: the smaller one comes to the
    first. To the number that `counted` has for an output, `ranks` has its rank. One vector or four
    are sorted at a time, since each comparison waits for those before it; a row of outputs is at
    least as long. `values` holds as many for each tap.
    """
    size = lanes(out.dtype.type)
    width, length = vectors * size, out.shape[1]
    for i in range(out.shape[0]):
        for start in range(0, length, width):
            x = min(start, length - width)  # the last ones end with the row
            for t in range(tap_rows.shape[0]):
                row = source[i * row_step + tap_rows[t]]
                for place in range(0, width, size):
                    store(values, t * width + place, load(row, x + tap_columns[t] + place))
            for k in range(0, pairs.shape[0], 2):
                first, second = pairs[k] * width, pairs[k + 1] * width
                _exchange(values, first, second)
                if vectors == 4:
                    _exchange(values, first + size, second + size)
                    _exchange(values, first + 2 * size, second + 2 * size)
                    _exchange(values, first + 3 * size, second + 3 * size)
            for place in range(width):
                rank = np.int64(ranks[counted[i, x + place]])
                out[i, x + place] = values[rank * width + place]
