"""Sums of weighted rows, and the ways to join the responses of several kernels."""

import numpy as np
from numba.extending import register_jitable

from convfilter.engine.loops.declare import OPTIONS, loop


@loop(
    "const T[:,:] source, i8 row_step, const i8[:] tap_rows, const i8[:] tap_columns,"
    " const T[:] weights, T[:,:] out"
)
@register_jitable(**OPTIONS)
def weighted_sum(source, row_step, tap_rows, tap_columns, weights, out):
    """out[i, x] = sum over taps of weight * source[i * row_step + tap_row, x + tap_column].

    Eight taps share a pass over the output row, so that it is read and written an eighth as often.
    """
    taps = weights.shape[0]
    n = out.shape[1]
    zero = out.dtype.type(0)
    for i in range(out.shape[0]):
        target = out[i]
        row = i * row_step
        t = 0
        if taps >= 8:
            a = source[row + tap_rows[0], tap_columns[0] :]
            b = source[row + tap_rows[1], tap_columns[1] :]
            c = source[row + tap_rows[2], tap_columns[2] :]
            d = source[row + tap_rows[3], tap_columns[3] :]
            e = source[row + tap_rows[4], tap_columns[4] :]
            f = source[row + tap_rows[5], tap_columns[5] :]
            g = source[row + tap_rows[6], tap_columns[6] :]
            h = source[row + tap_rows[7], tap_columns[7] :]
            wa, wb, wc, wd = weights[0], weights[1], weights[2], weights[3]
            we, wf, wg, wh = weights[4], weights[5], weights[6], weights[7]
            for x in range(n):
                left = (wa * a[x] + wb * b[x]) + (wc * c[x] + wd * d[x])
                right = (we * e[x] + wf * f[x]) + (wg * g[x] + wh * h[x])
                target[x] = left + right
            t = 8
        else:
            for x in range(n):
                target[x] = zero
        while taps - t >= 8:
            a = source[row + tap_rows[t], tap_columns[t] :]
            b = source[row + tap_rows[t + 1], tap_columns[t + 1] :]
            c = source[row + tap_rows[t + 2], tap_columns[t + 2] :]
            d = source[row + tap_rows[t + 3], tap_columns[t + 3] :]
            e = source[row + tap_rows[t + 4], tap_columns[t + 4] :]
            f = source[row + tap_rows[t + 5], tap_columns[t + 5] :]
            g = source[row + tap_rows[t + 6], tap_columns[t + 6] :]
            h = source[row + tap_rows[t + 7], tap_columns[t + 7] :]
            wa, wb, wc, wd = weights[t], weights[t + 1], weights[t + 2], weights[t + 3]
            we, wf, wg, wh = weights[t + 4], weights[t + 5], weights[t + 6], weights[t + 7]
            for x in range(n):
                left = (wa * a[x] + wb * b[x]) + (wc * c[x] + wd * d[x])
                right = (we * e[x] + wf * f[x]) + (wg * g[x] + wh * h[x])
                target[x] += left + right
            t += 8
        if taps - t >= 4:
            a = source[row + tap_rows[t], tap_columns[t] :]
            b = source[row + tap_rows[t + 1], tap_columns[t + 1] :]
            c = source[row + tap_rows[t + 2], tap_columns[t + 2] :]
            d = source[row + tap_rows[t + 3], tap_columns[t + 3] :]
            wa, wb, wc, wd = weights[t], weights[t + 1], weights[t + 2], weights[t + 3]
            for x in range(n):
                target[x] += (wa * a[x] + wb * b[x]) + (wc * c[x] + wd * d[x])
            t += 4
        if taps - t >= 2:
            a = source[row + tap_rows[t], tap_columns[t] :]
            b = source[row + tap_rows[t + 1], tap_columns[t + 1] :]
            wa, wb = weights[t], weights[t + 1]
            for x in range(n):
                target[x] += wa * a[x] + wb * b[x]
            t += 2
        if taps > t:
            a = source[row + tap_rows[t], tap_columns[t] :]
            wa = weights[t]
            for x in range(n):
                target[x] += wa * a[x]


@loop(
    "const T[:,:] source, i8 row_step, const i8[:] starts, const i8[:] tap_rows,"
    " const i8[:] tap_columns, const T[:] weights, i8 join, f8 factor,"
    " T[:,:] between, T[:,:] response, T[:,:] joined"
)
def respond(
    source,
    row_step,
    starts,
    tap_rows,
    tap_columns,
    weights,
    join,
    factor,
    between,
    response,
    joined,
):
    """Apply several kernels to a strip and join their responses.

    Kernel `k` has the taps from ``starts[2 * k]`` that go down the columns, if any, and those from
    ``starts[2 * k + 1]`` that go along the rows. `join` is one of the numbers in
    `convfilter.engine.respond`; the root of a sum of squares is multiplied by `factor`.
    """
    kernels = starts.shape[0] // 2
    for k in range(kernels):
        a, b, c = starts[2 * k], starts[2 * k + 1], starts[2 * k + 2]
        target = joined if join == 0 else response
        rows, columns, along = tap_rows[b:c], tap_columns[b:c], weights[b:c]
        if b > a:
            down = weights[a:b]
            weighted_sum(source, row_step, tap_rows[a:b], tap_columns[a:b], down, between)
            weighted_sum(between, 1, rows, columns, along, target)
        else:
            weighted_sum(source, row_step, rows, columns, along, target)
        if join:
            _join(response, k == 0, join, joined)
    if join == 2:
        gain = joined.dtype.type(factor)
        for i in range(joined.shape[0]):
            row = joined[i]
            for x in range(joined.shape[1]):
                row[x] = np.sqrt(row[x]) * gain


@loop("const T[:,:] response, i8 first, i8 how, T[:,:] joined")
def join(response, first, how, joined):
    """Join a further response to those before it, as `respond` does, but for the root."""
    _join(response, first != 0, how, joined)


@register_jitable(**OPTIONS)
def _join(response, first, how, joined):
    if how == 1:
        _add_absolute(response, first, joined)
    elif how == 2:
        _add_square(response, first, joined)
    else:
        _keep_largest(response, first, how == 4, joined)


@register_jitable(**OPTIONS)
def _add_absolute(response, first, joined):
    for i in range(joined.shape[0]):
        source = response[i]
        target = joined[i]
        if first:
            for x in range(joined.shape[1]):
                target[x] = abs(source[x])
        else:
            for x in range(joined.shape[1]):
                target[x] += abs(source[x])


@register_jitable(**OPTIONS)
def _add_square(response, first, joined):
    for i in range(joined.shape[0]):
        source = response[i]
        target = joined[i]
        if first:
            for x in range(joined.shape[1]):
                target[x] = source[x] * source[x]
        else:
            for x in range(joined.shape[1]):
                target[x] += source[x] * source[x]


@register_jitable(**OPTIONS)
def _keep_largest(response, first, absolute, joined):
    """NaN wins."""
    for i in range(joined.shape[0]):
        source = response[i]
        target = joined[i]
        for x in range(joined.shape[1]):
            value = source[x]
            if absolute:
                value = abs(value)
            best = value if first else target[x]
            target[x] = value if (value > best or value != value) else best
