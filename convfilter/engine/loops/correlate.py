"""Sums of weighted rows, and the ways to join the responses of several kernels."""

import numpy as np
from numba.extending import register_jitable

from convfilter.engine.loops.layout import CHUNK, ROWS_AT_ONCE
from convfilter.engine.loops.runs import sum_row, sum_runs
from convfilter.engine.loops.strips import load_row, store_row
from convfilter.runtime.compiled.declare import OPTIONS, loop


@register_jitable(**OPTIONS)
def _sum_taps(source, first, offsets, weights, out, n):
    """out[x] = sum over taps of weight * source[first + offset + x]; there is at least one tap."""
    taps = weights.shape[0]
    t = 0
    while t < taps:
        left = taps - t
        a = source[first + offsets[t] :]
        wa = weights[t]
        if left >= 8:
            b, c = source[first + offsets[t + 1] :], source[first + offsets[t + 2] :]
            d = source[first + offsets[t + 3] :]
            e, f = source[first + offsets[t + 4] :], source[first + offsets[t + 5] :]
            g, h = source[first + offsets[t + 6] :], source[first + offsets[t + 7] :]
            wb, wc, wd = weights[t + 1], weights[t + 2], weights[t + 3]
            we, wf, wg, wh = weights[t + 4], weights[t + 5], weights[t + 6], weights[t + 7]
            if t == 0:
                for x in range(n):
                    half = wa * a[x] + wb * b[x] + wc * c[x] + wd * d[x]
                    out[x] = half + (we * e[x] + wf * f[x] + wg * g[x] + wh * h[x])
            else:
                for x in range(n):
                    half = wa * a[x] + wb * b[x] + wc * c[x] + wd * d[x]
                    out[x] += half + (we * e[x] + wf * f[x] + wg * g[x] + wh * h[x])
            t += 8
        elif left >= 4:
            b, c = source[first + offsets[t + 1] :], source[first + offsets[t + 2] :]
            d = source[first + offsets[t + 3] :]
            wb, wc, wd = weights[t + 1], weights[t + 2], weights[t + 3]
            if t == 0:
                for x in range(n):
                    out[x] = (wa * a[x] + wb * b[x]) + (wc * c[x] + wd * d[x])
            else:
                for x in range(n):
                    out[x] += (wa * a[x] + wb * b[x]) + (wc * c[x] + wd * d[x])
            t += 4
        elif left >= 2:
            b = source[first + offsets[t + 1] :]
            wb = weights[t + 1]
            if t == 0:
                for x in range(n):
                    out[x] = wa * a[x] + wb * b[x]
            else:
                for x in range(n):
                    out[x] += wa * a[x] + wb * b[x]
            t += 2
        else:
            if t == 0:
                for x in range(n):
                    out[x] = wa * a[x]
            else:
                for x in range(n):
                    out[x] += wa * a[x]
            t += 1


@register_jitable(**OPTIONS)
def _join(response, first, join, joined, n):
    """Join a row of responses to those of the kernels before it."""
    if join == 1:
        if first:
            for x in range(n):
                joined[x] = abs(response[x])
        else:
            for x in range(n):
                joined[x] += abs(response[x])
    elif join == 2:
        if first:
            for x in range(n):
                joined[x] = response[x] * response[x]
        else:
            for x in range(n):
                joined[x] += response[x] * response[x]
    else:  # NaN wins
        absolute = join == 4
        for x in range(n):
            value = response[x]
            if absolute:
                value = abs(value)
            best = value if first else joined[x]
            joined[x] = value if (value > best or value != value) else best


@loop("const T[:] response, i8 first, i8 how, T[:] joined")
def join(response, first, how, joined):
    """Join further responses to those before them, as `respond` does, but for the root."""
    _join(response, first != 0, how, joined, joined.shape[0])


@loop(
    "const S[:,:] image, const i8[:] row_sources, const i8[:] column_sources, i8 run_start,"
    " i8 run_stop, i8 channels, T fill, i8 row_step, i8 reach, i8 tile, i8 halo, i8 pitch,"
    " const i8[:,:] kernels, const i8[:] along, const T[:] along_weights, const i8[:] starts,"
    " const i8[:] offsets, const T[:] weights, i8 in_runs, i8 join, f8 factor, f8 offset,"
    " i8 lowest, i8 highest, i8 rounded, i8 finite, i8 strip_rows, T[:] line, T[:] strips,"
    " T[:] response, T[:] joined, D[:,:] out -> i8"
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
    tile,
    halo,
    pitch,
    kernels,
    along,
    along_weights,
    starts,
    offsets,
    weights,
    in_runs,
    join,
    factor,
    offset,
    lowest,
    highest,
    rounded,
    finite,
    strip_rows,
    line,
    strips,
    response,
    joined,
    out,
):
    """Apply several kernels to a band and join their responses; return how many cannot be told.

    The band is worked on in tiles of `tile` columns, which read `halo` more. Each padded row is
    loaded once for a tile; a kernel of two factors goes along it at once. What is needed of the
    last rows stands in strips of `strip_rows` rows, `pitch` elements apart.

    ``kernels[k]`` are the number of its strip, the first and last of its taps along rows (none for
    a kernel of one factor, whose strip holds padded rows) and of its runs in `starts` and
    `offsets`, and the step from tap to tap along rows where `sum_row` serves it, else 0. With
    `in_runs` the runs are those of `sum_runs`; otherwise every run is a single tap.
    `join` is one of the numbers in `convfilter.engine.respond`; the root of a sum of squares is
    multiplied by `factor`.
    """
    rows, length = out.shape
    at_once = (strip_rows - reach) // row_step + 1
    together = ROWS_AT_ONCE if in_runs else 1
    count_of_strips = strips.shape[0] // (strip_rows * pitch)
    keeps_rows = False
    for k in range(kernels.shape[0]):
        keeps_rows = keeps_rows or kernels[k, 1] == kernels[k, 2]
    bad = 0
    for left in range(0, length, tile):
        width = min(tile, length - left)
        begin, end = left // channels, (left + width + halo) // channels
        columns = column_sources[begin:end]
        run_from = min(max(run_start - begin, 0), end - begin)
        run_to = min(max(run_stop - begin, 0), end - begin)
        held = 0
        for first in range(0, rows, at_once):
            count = min(at_once, rows - first)
            height = (count - 1) * row_step + reach
            moved = at_once * row_step
            kept = max(held - moved, 0)
            if first > 0:
                for s in range(count_of_strips):
                    for y in range(kept):
                        to = strips[(s * strip_rows + y) * pitch :]
                        source = strips[(s * strip_rows + y + moved) * pitch :]
                        for x in range(width + halo if s == 0 and keeps_rows else width):
                            to[x] = source[x]
                held = kept
            for y in range(held, height):
                padded = strips[y * pitch :] if keeps_rows else line
                row = row_sources[first * row_step + y]
                load_row(image, row, columns, run_from, run_to, channels, fill, padded)
                for k in range(kernels.shape[0]):
                    a, b = kernels[k, 1], kernels[k, 2]
                    if b > a:
                        into = strips[(kernels[k, 0] * strip_rows + y) * pitch :]
                        if kernels[k, 5] > 0:
                            begin_row = padded[along[a] :]
                            sum_row(begin_row, kernels[k, 5], along_weights[a:b], into, width)
                        else:
                            _sum_taps(padded, 0, along[a:b], along_weights[a:b], into, width)
            held = max(held, height)
            for i in range(0, count, together):
                useful = min(together, count - i)
                for part in range(0, width, CHUNK):
                    n = min(CHUNK, width - part)
                    for k in range(kernels.shape[0]):
                        base = (kernels[k, 0] * strip_rows + i * row_step) * pitch + part
                        a, b = kernels[k, 3], kernels[k, 4]
                        target = joined if join == 0 else response
                        if a == b:
                            for x in range((useful - 1) * pitch + n):
                                target[x] = 0
                        elif in_runs:
                            first_weights = starts[a : b + 1]
                            sum_runs(strips, base, first_weights, offsets[a:b], weights, target, n)
                        else:
                            _sum_taps(strips, base, offsets[a:b], weights[a:b], target, n)
                        if join > 0:
                            for r in range(useful):
                                at = r * pitch
                                _join(response[at:], k == 0, join, joined[at:], n)
                    for r in range(useful):
                        values = joined[r * pitch : r * pitch + n]
                        if join == 2:
                            gain = joined.dtype.type(factor)
                            for x in range(n):
                                values[x] = np.sqrt(values[x]) * gain
                        begin_out = left + part
                        target_row = out[first + i + r, begin_out : begin_out + n]
                        bad += store_row(
                            values, offset, lowest, highest, rounded, finite, target_row
                        )
    return bad
