"""Sums of 8-bit pixels and whole weights in 16-bit integers: a band of rows in one call.

No sum leaves the range, of which the caller makes sure; so none is ever rounded, and a vector holds
twice as many of them as of floats. Every row but those of the strip is short-lived enough to stay
in the first caches.
"""

import numpy as np
from numba.extending import register_jitable

from convfilter.engine.correlation.layout import Combine
from convfilter.engine.window.layout import SOURCE, TARGET
from convfilter.engine.window.loops.results import result_row, store_rows
from convfilter.engine.window.loops.rows import load_rows
from convfilter.runtime.compiled.addresses import address_of, view
from convfilter.runtime.compiled.declare import OPTIONS, loop

NONE, L1, L2, MAX_ABS = int(Combine.NONE), int(Combine.L1), int(Combine.L2), int(Combine.MAX_ABS)


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


@register_jitable(**OPTIONS)
def _combine(response, first, how, combined, squares):
    n = response.shape[0]
    if how == L1:
        if first:
            for x in range(n):
                combined[x] = np.int16(abs(response[x]))
        else:
            for x in range(n):
                combined[x] = np.int16(combined[x] + np.int16(abs(response[x])))
    elif how == L2:
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
            combined[x] = np.int16(abs(response[x])) if how == MAX_ABS else response[x]
    elif how == MAX_ABS:
        for x in range(n):
            combined[x] = max(combined[x], np.int16(abs(response[x])))
    else:
        for x in range(n):
            combined[x] = max(combined[x], response[x])


@loop(
    "const Source[:] source, const Target[:] target, i8 count, i8 row_step, i8 reach,"
    " const i8[:] starts, const i8[:] tap_rows, const i8[:] tap_columns, const i2[:] weights,"
    " i8 how, i8 as_they_are, i2[:,:] strip, i2[:,:] rows, f4[:] squares",
    Source=SOURCE,
    Target=TARGET,
)
def respond(
    source,
    target,
    count,
    row_step,
    reach,
    starts,
    tap_rows,
    tap_columns,
    weights,
    how,
    as_they_are,
    strip,
    rows,
    squares,
):
    """Load padded rows, apply several kernels, combine their responses, store `count` rows.

    Kernel `k` has the taps from ``starts[2 * k]`` that go down the columns, if any, and those from
    ``starts[2 * k + 1]`` that go along the rows. Sums that are the output `as_they_are` are
    written into it. `strip` holds some padded rows; `rows` are three rows of outputs to work in
    (before and after the second pass, and combined), the first as long as a padded row; `squares`
    is one more, for sums of squares, whose roots are stored.
    """
    extent = source[0].width
    n = squares.shape[0]
    kernels = starts.shape[0] // 2
    at_once = (strip.shape[0] - reach) // row_step + 1
    between = rows[0, : extent * source[0].channels]
    combined = rows[2, :n]
    places = view(address_of(strip), strip.shape[0] * strip.shape[1], np.int16)
    for first in range(0, count, at_once):
        height = (min(at_once, count - first) - 1) * row_step + reach
        load_rows(source, first * row_step, height, 0, extent, strip.shape[1], places)
        for i in range(first, min(first + at_once, count)):
            row = (i - first) * row_step
            response = result_row(target, i, 0, n, np.int16) if as_they_are else rows[1, :n]
            for k in range(kernels):
                a, b, c = starts[2 * k], starts[2 * k + 1], starts[2 * k + 2]
                if b > a:
                    _row_sum(strip, row, tap_rows[a:b], tap_columns[a:b], weights[a:b], between)
                    _row_sum(rows, 0, tap_rows[b:c], tap_columns[b:c], weights[b:c], response)
                else:
                    _row_sum(strip, row, tap_rows[b:c], tap_columns[b:c], weights[b:c], response)
                if how != NONE:
                    _combine(response, k == 0, how, combined, squares)
            if as_they_are:
                continue
            if how == L2:
                store_rows(target, i, 1, 0, n, 0, squares)
            else:
                store_rows(target, i, 1, 0, n, 0, response if how == NONE else combined)
