"""Sums over 3x3 values of an image of floats, read where they lie in the image.

Nothing is copied into a strip of padded rows first, which would take longer than the sums. Rows of
the image lie any distance apart; the compiler makes vectors all the same, since what is summed up
goes into memory on the stack, which no row of the image can be a part of.
"""

import numba
import numpy as np
from numba.core import cgutils, types
from numba.extending import intrinsic, overload

from convfilter.engine.loops.fold import source_row
from convfilter.engine.loops.layout import ROWS_AT_ONCE
from convfilter.engine.loops.strips import store_row
from convfilter.runtime.compiled.declare import loop

assert ROWS_AT_ONCE == 4
_SUMS = 128
"""Sums of each of four rows: 4 kB of doubles, more of which want a test of the stack on Windows."""
_N = np.uintp  # unsigned indices: a negative one would count from the end, and cost a test


@intrinsic
def _on_stack(_, like):
    """Return a pointer to memory for four rows of sums."""
    number = like.dtype

    def generate(context, builder, signature, arguments):
        place = cgutils.alloca_once(builder, context.get_value_type(number), 4 * _SUMS)
        place.align = 64
        return place

    return types.CPointer(number)(like), generate


def _sums_like(values):
    """Return memory for four rows of sums of the type of these values."""
    return np.empty(4 * _SUMS, values.dtype)


@overload(_sums_like, jit_options={"error_model": "numpy"})
def _sums_on_stack(values):
    return lambda values: numba.carray(_on_stack(values), (4 * _SUMS,))


@loop(
    "const T[:,:] image, const i8[:] row_sources, const i8[:] column_sources, i8 run_start,"
    " i8 run_stop, i8 channels, T fill, const T[:] blank, const T[:] weights, f8 offset, i8 lowest,"
    " i8 highest, i8 rounded, D[:,:] out -> i8"
)
def respond_3x3(
    image,
    row_sources,
    column_sources,
    run_start,
    run_stop,
    channels,
    fill,
    blank,
    weights,
    offset,
    lowest,
    highest,
    rounded,
    out,
):
    """Apply a 3x3 kernel without zeros to a band; return how many sums cannot be told.

    `weights` go down the columns of the kernel, one after the other; `blank` is a row of the image
    full of `fill`.
    """
    source = (image, row_sources, blank)
    rows, length = out.shape
    w0, w1, w2 = weights[0], weights[1], weights[2]
    w3, w4, w5 = weights[3], weights[4], weights[5]
    w6, w7, w8 = weights[6], weights[7], weights[8]
    sums, number = _sums_like(weights), weights.dtype.type
    # the outputs whose values the image holds side by side
    start = min(max(run_start * channels, 0), length)
    stop = max(min((run_stop - 2) * channels, length), start)
    to_image = (column_sources[run_start] - run_start) * channels if stop > start else 0
    bad = 0
    for first in range(0, rows, 4):
        useful = min(4, rows - first)
        last = first + useful + 1
        row_0, row_1 = source_row(source, first), source_row(source, first + 1)
        row_2, row_3 = source_row(source, first + 2), source_row(source, min(first + 3, last))
        row_4, row_5 = source_row(source, min(first + 4, last)), source_row(source, last)
        for left in range(start, stop, _SUMS):
            n = min(_SUMS, stop - left)
            a = to_image + left
            b, c = a + channels, a + 2 * channels
            a0, a1, a2, a3, a4 = row_0[a:], row_1[a:], row_2[a:], row_3[a:], row_4[a:]
            b0, b1, b2, b3, b4 = row_0[b:], row_1[b:], row_2[b:], row_3[b:], row_4[b:]
            c0, c1, c2, c3, c4 = row_0[c:], row_1[c:], row_2[c:], row_3[c:], row_4[c:]
            a5, b5, c5 = row_5[a:], row_5[b:], row_5[c:]
            for x in range(_N(n)):
                value = w0 * a0[x] + w1 * a1[x] + w2 * a2[x] + w3 * b0[x] + w4 * b1[x]
                sums[x] = value + w5 * b2[x] + w6 * c0[x] + w7 * c1[x] + w8 * c2[x]
                value = w0 * a1[x] + w1 * a2[x] + w2 * a3[x] + w3 * b1[x] + w4 * b2[x]
                value = value + w5 * b3[x] + w6 * c1[x] + w7 * c2[x] + w8 * c3[x]
                sums[x + _N(_SUMS)] = value
                value = w0 * a2[x] + w1 * a3[x] + w2 * a4[x] + w3 * b2[x] + w4 * b3[x]
                value = value + w5 * b4[x] + w6 * c2[x] + w7 * c3[x] + w8 * c4[x]
                sums[x + _N(2 * _SUMS)] = value
                value = w0 * a3[x] + w1 * a4[x] + w2 * a5[x] + w3 * b3[x] + w4 * b4[x]
                value = value + w5 * b5[x] + w6 * c3[x] + w7 * c4[x] + w8 * c5[x]
                sums[x + _N(3 * _SUMS)] = value
            for r in range(useful):
                row = sums[r * _SUMS : r * _SUMS + n]
                target = out[first + r, left : left + n]
                bad += store_row(row, offset, lowest, highest, rounded, 0, target)
        for part in range(2):
            begin, end = (0, start) if part == 0 else (stop, length)
            for left in range(begin, end, _SUMS):
                n = min(_SUMS, end - left)
                for x in range(n):
                    column, channel = (left + x) // channels, (left + x) % channels
                    v0, v1, v2, v3 = number(0), number(0), number(0), number(0)
                    for v in range(3):
                        s0, s1, s2, s3, s4, s5 = fill, fill, fill, fill, fill, fill
                        at = column_sources[column + v]
                        if at >= 0:
                            at = at * channels + channel
                            s0, s1, s2 = row_0[at], row_1[at], row_2[at]
                            s3, s4, s5 = row_3[at], row_4[at], row_5[at]
                        upper, middle, lower = (
                            weights[3 * v],
                            weights[3 * v + 1],
                            weights[3 * v + 2],
                        )
                        v0 = v0 + upper * s0 + middle * s1 + lower * s2
                        v1 = v1 + upper * s1 + middle * s2 + lower * s3
                        v2 = v2 + upper * s2 + middle * s3 + lower * s4
                        v3 = v3 + upper * s3 + middle * s4 + lower * s5
                    sums[x], sums[x + _SUMS] = v0, v1
                    sums[x + 2 * _SUMS], sums[x + 3 * _SUMS] = v2, v3
                for r in range(useful):
                    row = sums[r * _SUMS : r * _SUMS + n]
                    target = out[first + r, left : left + n]
                    bad += store_row(row, offset, lowest, highest, rounded, 0, target)
    return bad
