"""The size of a gradient: the root of the squares of two weighted differences in 3x3 values.

These are read once for both, and nothing between is written to memory.
"""

import numpy as np
from numba.extending import register_jitable

from convfilter.engine.loops.strips import load_row, store_row
from convfilter.runtime.compiled.declare import OPTIONS, loop


@register_jitable(**OPTIONS)
def _sizes(above, here, below, step, along, down, factor, shift, out):
    """out[x] = the size of the gradient; return how many are NaN or infinite."""
    a0, a1, a2, d0, d1, d2 = along[0], along[1], along[2], down[0], down[1], down[2]
    upper, lower = above[step:], below[step:]
    c, f, i = above[2 * step :], here[2 * step :], below[2 * step :]
    bad = np.int32(0)
    for x in range(out.shape[0]):
        first = a0 * (c[x] - above[x]) + a1 * (f[x] - here[x]) + a2 * (i[x] - below[x])
        second = d0 * (below[x] - above[x]) + d1 * (lower[x] - upper[x]) + d2 * (i[x] - c[x])
        value = np.sqrt(first * first + second * second) * factor + shift
        out[x] = value
        bad = np.int32(bad + np.int32(value - value != 0))
    return bad


@loop(
    "const S[:,:] image, const i8[:] row_sources, const i8[:] column_sources, i8 run_start,"
    " i8 run_stop, i8 channels, T fill, const T[:] along, const T[:] down, f8 factor, f8 offset,"
    " i8 lowest, i8 highest, i8 rounded, i8 finite, T[:,:] lines, D[:,:] out -> i8"
)
def magnitude(
    image,
    row_sources,
    column_sources,
    run_start,
    run_stop,
    channels,
    fill,
    along,
    down,
    factor,
    offset,
    lowest,
    highest,
    rounded,
    finite,
    lines,
    out,
):
    """Find the size of the gradient for every output; return how many cannot be told.

    `along` are the weights to the right of the kernel that differs along the rows, `down` those
    below of the one that differs down the columns. `lines` are three padded rows and one more.
    """
    number = lines.dtype.type
    gain, shift = number(factor), number(offset)
    sizes = lines[3, : out.shape[1]]
    bad = 0
    for y in range(out.shape[0]):
        for row in range(0 if y == 0 else y + 2, y + 3):
            line, source = lines[row % 3], row_sources[row]
            load_row(image, source, column_sources, run_start, run_stop, channels, fill, line)
        above, here, below = lines[y % 3], lines[(y + 1) % 3], lines[(y + 2) % 3]
        if rounded:
            _sizes(above, here, below, channels, along, down, gain, number(0), sizes)
            bad += store_row(sizes, offset, lowest, highest, rounded, finite, out[y])
        else:
            bad += _sizes(above, here, below, channels, along, down, gain, shift, out[y])
    return bad
