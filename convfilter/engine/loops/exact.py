"""Sums of 8-bit pixels and whole weights in 16-bit integers: a band of rows in one call.

No sum leaves the range, of which the caller makes sure; so none is ever rounded, and a vector holds
twice as many of them as of floats. Every row but those of the strip is short-lived enough to stay
in the first caches.
"""

import numpy as np
from numba.extending import overload, register_jitable

from convfilter.engine.loops.strips import load
from convfilter.runtime.compiled.declare import OPTIONS, loop


@register_jitable(**OPTIONS)
def _row_sum(source, first_row, tap_rows, tap_columns, weights, out):
    """out[x] = sum over taps of weight * source[first_row + tap_row, x + tap_column].

    There is at least one tap.
    """
    taps = weights.shape[0]
    n = out.shape[0]
    t = 0
    while t < taps:
        left = taps - t
        a = source[first_row + tap_rows[t], tap_columns[t] :]
        wa = weights[t]
        if left >= 4:
            b = source[first_row + tap_rows[t + 1], tap_columns[t + 1] :]
            c = source[first_row + tap_rows[t + 2], tap_columns[t + 2] :]
            d = source[first_row + tap_rows[t + 3], tap_columns[t + 3] :]
            wb, wc, wd = weights[t + 1], weights[t + 2], weights[t + 3]
            if t == 0:
                for x in range(n):
                    out[x] = np.int16((wa * a[x] + wb * b[x]) + (wc * c[x] + wd * d[x]))
            else:
                for x in range(n):
                    out[x] = np.int16(out[x] + (wa * a[x] + wb * b[x]) + (wc * c[x] + wd * d[x]))
            t += 4
        elif left >= 2:
            b = source[first_row + tap_rows[t + 1], tap_columns[t + 1] :]
            wb = weights[t + 1]
            if t == 0 and left == 3:
                c = source[first_row + tap_rows[2], tap_columns[2] :]
                wc = weights[2]
                if wa == wc:
                    for x in range(n):
                        out[x] = np.int16(wa * np.int16(a[x] + c[x]) + wb * b[x])
                else:
                    for x in range(n):
                        out[x] = np.int16(wa * a[x] + wb * b[x] + wc * c[x])
                t = 3
            elif t == 0:
                if wa == -1 and wb == 1:
                    for x in range(n):
                        out[x] = np.int16(b[x] - a[x])
                else:
                    for x in range(n):
                        out[x] = np.int16(wa * a[x] + wb * b[x])
                t = 2
            else:
                for x in range(n):
                    out[x] = np.int16(out[x] + wa * a[x] + wb * b[x])
                t += 2
        else:
            if t == 0:
                for x in range(n):
                    out[x] = np.int16(wa * a[x])
            else:
                for x in range(n):
                    out[x] = np.int16(out[x] + wa * a[x])
            t += 1


def _same_type(row, other):
    """Return the row if it is of the type of the other one, else the other one."""
    return row if row.dtype == other.dtype else other


@overload(_same_type)
def _choose_type(row, other):
    if row.dtype == other.dtype:
        return lambda row, other: row
    return lambda row, other: other


@register_jitable(**OPTIONS)
def _join(response, first, join, joined, squares):
    n = response.shape[0]
    if join == 1:
        if first:
            for x in range(n):
                joined[x] = np.int16(abs(response[x]))
        else:
            for x in range(n):
                joined[x] = np.int16(joined[x] + np.int16(abs(response[x])))
    elif join == 2:
        if first:
            for x in range(n):
                value = np.float32(response[x])
                squares[x] = value * value
        else:
            for x in range(n):
                value = np.float32(response[x])
                squares[x] = squares[x] + value * value
    elif first:
        for x in range(n):
            joined[x] = np.int16(abs(response[x])) if join == 4 else response[x]
    elif join == 4:
        for x in range(n):
            joined[x] = max(joined[x], np.int16(abs(response[x])))
    else:
        for x in range(n):
            joined[x] = max(joined[x], response[x])


@loop(
    "const S[:,:] image, const i8[:] row_sources, const i8[:] column_sources, i8 run_start,"
    " i8 run_stop, i8 channels, i2 fill, i8 row_step, i8 reach, const i8[:] starts,"
    " const i8[:] tap_rows, const i8[:] tap_columns, const i2[:] weights, i8 join, i8 as_they_are,"
    " i8 offset, i8 lowest, i8 highest, i2[:,:] strip, i2[:,:] rows, f4[:] squares, D[:,:] out"
)
def respond(
    image,
    row_sources,
    column_sources,
    run_start,
    run_stop,
    channels,
    fill,
    row_step,
    reach,
    starts,
    tap_rows,
    tap_columns,
    weights,
    join,
    as_they_are,
    offset,
    lowest,
    highest,
    strip,
    rows,
    squares,
    out,
):
    """Load padded rows, apply several kernels, join their responses, add the offset, saturate.

    Kernel `k` has the taps from ``starts[2 * k]`` that go down the columns, if any, and those from
    ``starts[2 * k + 1]`` that go along the rows. `join` is one of the numbers in
    `convfilter.engine.respond`. Sums that are the output `as_they_are` need no more than to be
    stored. `strip` holds some padded rows, `rows`
    three rows of scratch memory (before and after the second pass, and joined); `squares` one more
    for a root of squares, which is rounded to the nearest integer, half to even.
    """
    convert = out.dtype.type
    shift, low, high = np.int16(offset), np.int16(lowest), np.int16(highest)
    n = out.shape[1]
    kernels = starts.shape[0] // 2
    at_once = (strip.shape[0] - reach) // row_step + 1
    between = rows[0, : column_sources.shape[0] * channels]
    joined = rows[2, :n]
    for first in range(0, out.shape[0], at_once):
        count = min(at_once, out.shape[0] - first)
        start = first * row_step
        height = (count - 1) * row_step + reach
        load(
            image,
            row_sources[start : start + height],
            column_sources,
            run_start,
            run_stop,
            channels,
            fill,
            strip[:height],
        )
        for i in range(count):
            row = i * row_step
            target = out[first + i]
            response = _same_type(target, rows[1, :n]) if as_they_are else rows[1, :n]
            for k in range(kernels):
                a, b, c = starts[2 * k], starts[2 * k + 1], starts[2 * k + 2]
                if b > a:
                    _row_sum(strip, row, tap_rows[a:b], tap_columns[a:b], weights[a:b], between)
                    _row_sum(rows, 0, tap_rows[b:c], tap_columns[b:c], weights[b:c], response)
                else:
                    _row_sum(strip, row, tap_rows[b:c], tap_columns[b:c], weights[b:c], response)
                if join > 0:
                    _join(response, k == 0, join, joined, squares)
            if as_they_are:
                continue
            if join == 2:
                bottom, top, moved = np.float32(lowest), np.float32(highest), np.float32(offset)
                for x in range(n):
                    value = np.rint(np.sqrt(squares[x]) + moved)
                    value = value if value > bottom else bottom
                    value = value if value < top else top
                    target[x] = convert(np.int32(value))
            else:
                result = response if join == 0 else joined
                for x in range(n):
                    value = np.int16(result[x] + shift)
                    target[x] = convert(min(max(value, low), high))
