"""The size of a gradient: the root of the squares of two weighted differences in 3x3 numbers.

These are read once for both, and no response is written to memory.
"""

import numpy as np
from numba.extending import register_jitable

from convfilter.engine.correlation.layout import LEAST_SQUARED
from convfilter.engine.window.layout import SOURCE, TARGET
from convfilter.engine.window.loops.results import store_rows
from convfilter.engine.window.loops.rows import load_rows
from convfilter.runtime.compiled.declare import OPTIONS, loop

LEAST = np.float32(LEAST_SQUARED["float32"])


@register_jitable(**OPTIONS)
def _sum_squares(above, here, below, step, along, down, out):
    """out[x] = the square of the size of the gradient; return how many are too small for that."""
    lost = np.int32(0)
    a0, a1, a2, d0, d1, d2 = along[0], along[1], along[2], down[0], down[1], down[2]
    upper, lower = above[step:], below[step:]
    c, f, i = above[2 * step :], here[2 * step :], below[2 * step :]
    for x in range(out.shape[0]):
        first = a0 * (c[x] - above[x]) + a1 * (f[x] - here[x]) + a2 * (i[x] - below[x])
        second = d0 * (below[x] - above[x]) + d1 * (lower[x] - upper[x]) + d2 * (i[x] - c[x])
        out[x] = first * first + second * second
        size = abs(first) + abs(second)
        lost = np.int32(lost + np.int32((size < LEAST) & (size > 0)))
    return lost


@loop(
    "const Source[:] source, const Target[:] target, i8 rows, const f4[:] along, const f4[:] down,"
    " f4[:,:] lines, f4[:] squares -> i8",
    Source=SOURCE,
    Target=TARGET,
)
def magnitude(source, target, rows, along, down, lines, squares):
    """Find the size of the gradient for every output; return how many mean nothing.

    `along` are the weights to the right of the kernel that differs along the rows, `down` those
    below of the one that differs down the columns. `lines` are three padded rows, `squares` is a
    row of outputs: memory to work in.
    """
    extent, step, n = source[0].width, source[0].channels, squares.shape[0]
    bad = 0
    for y in range(rows):
        for row in range(0 if y == 0 else y + 2, y + 3):
            load_rows(source, row, 1, 0, extent, 0, lines[row % 3])
        above, here, below = lines[y % 3], lines[(y + 1) % 3], lines[(y + 2) % 3]
        bad += _sum_squares(above, here, below, step, along, down, squares)
        bad += store_rows(target, y, 1, 0, n, 0, squares)
    return bad
