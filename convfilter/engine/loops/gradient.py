"""The size of a gradient: a root of squares of two 3x3 kernels, one of them the other one turned.

What they weigh of nine values is read once, and nothing between is written to memory.
"""

import numpy as np
from numba.extending import register_jitable

from convfilter.engine.loops.declare import OPTIONS, loop
from convfilter.engine.loops.strips import load_row, store_row


@register_jitable(**OPTIONS)
def _sizes(above, here, below, step, along, down, factor, shift, out):
    """out[x] = the size of the gradient; return how many are NaN or infinite."""
    l0, r0, l1, r1, l2, r2 = along[0], along[1], along[2], along[3], along[4], along[5]
    a0, a1, a2, b0, b1, b2 = down[0], down[1], down[2], down[3], down[4], down[5]
    upper, lower = above[step:], below[step:]
    c, f, i = above[2 * step :], here[2 * step :], below[2 * step :]
    bad = np.int32(0)
    for x in range(out.shape[0]):
        first = l0 * above[x] + r0 * c[x] + (l1 * here[x] + r1 * f[x])
        first += l2 * below[x] + r2 * i[x]
        second = a0 * above[x] + a1 * upper[x] + a2 * c[x]
        second += b0 * below[x] + b1 * lower[x] + b2 * i[x]
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

    `along` are the weights to the left and to the right in each row of the kernel whose middle
    column is zero; `down` the weights of the first and of the last row of the one whose middle row
    is. `lines` are three padded rows and one more.
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
