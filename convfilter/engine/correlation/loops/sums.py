"""Sums of weighted rows, and the ways to combine the responses of several kernels."""

import numpy as np
from numba.extending import register_jitable

from convfilter.engine.correlation.layout import CHUNK, ROWS_AT_ONCE, Combine
from convfilter.engine.correlation.loops.runs import sum_row, sum_runs, sum_taps
from convfilter.engine.window.layout import SOURCE, TARGET
from convfilter.engine.window.loops.results import store_rows
from convfilter.engine.window.loops.rows import load_rows
from convfilter.runtime.compiled.declare import OPTIONS, loop

NONE, L1, L2, MAX_ABS = int(Combine.NONE), int(Combine.L1), int(Combine.L2), int(Combine.MAX_ABS)
LENGTH = int(Combine.LENGTH)


@register_jitable(**OPTIONS)
def _combine(response, first, how, least, combined, n):
    """Combine a row of responses with those of the kernels before it.

    Returns how many are smaller than `least`, so that their squares are lost, and not 0.
    """
    lost = np.int32(0)
    if how == L1:
        if first:
            for x in range(n):
                combined[x] = abs(response[x])
        else:
            for x in range(n):
                combined[x] += abs(response[x])
    elif how == L2:
        if first:
            for x in range(n):
                value = response[x]
                combined[x] = value * value
                lost = np.int32(lost + np.int32((abs(value) < least) & (value != 0)))
        else:
            for x in range(n):
                value = response[x]
                combined[x] += value * value
                lost = np.int32(lost + np.int32((abs(value) < least) & (value != 0)))
    elif how == LENGTH:
        zero = response.dtype.type(0)
        for x in range(n):
            value = abs(response[x])
            before = value if first else combined[x]
            beside = zero if first else value
            larger = before if before > beside else beside
            smaller = beside if before > beside else before
            # equal ones may be 0 or infinite
            ratio = 1 if smaller == larger else smaller / larger
            combined[x] = larger * np.sqrt(1 + ratio * ratio)
    else:  # NaN wins
        absolute = how == MAX_ABS
        for x in range(n):
            value = response[x]
            if absolute:
                value = abs(value)
            best = value if first else combined[x]
            combined[x] = value if (value > best or value != value) else best
    return lost


@loop("const T[:] response, i8 first, i8 how, T least, T[:] combined -> i8")
def combine(response, first, how, least, combined):
    """Combine further responses with those before them, as `respond` does, but for the root.

    Returns how many squares are lost.
    """
    return _combine(response, first != 0, how, least, combined, combined.shape[0])


@loop(
    "const Source[:] source, const Target[:] target, i8 rows, i8 length, i8 row_step, i8 reach,"
    " i8 tile, i8 halo, i8 pitch, const i8[:,:] kernels, const i8[:] along,"
    " const T[:] along_weights, const i8[:] starts, const i8[:] offsets, const T[:] weights,"
    " i8 in_runs, i8 how, T least, T back, i8 strip_rows, T[:] line, T[:] strips, T[:] response,"
    " T[:] combined -> i8",
    Source=SOURCE,
    Target=TARGET,
)
def respond(
    source,
    target,
    rows,
    length,
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
    how,
    least,
    back,
    strip_rows,
    line,
    strips,
    response,
    combined,
):
    """Apply several kernels to a band and combine their responses.

    Returns how many results mean nothing. The band, `rows` of `length` numbers, is worked on in
    tiles of `tile` numbers, which read `halo` more. Each padded row is loaded once for a tile; a
    kernel of two factors goes along it at once. What is needed of the last rows stands in strips
    of `strip_rows` rows, `pitch` numbers apart.

    ``kernels[k]`` are the number of its strip, the first and last of its taps along rows (none for
    a kernel of one factor, whose strip holds padded rows) and of its runs in `starts` and
    `offsets`, and the step from tap to tap along rows where `sum_row` serves it, else 0. With
    `in_runs` the runs are those of `sum_runs`; otherwise every run is a single tap. Of sums of
    squares the roots are stored. A response below `least` whose square is lost counts among those
    that mean nothing. Lengths are multiplied by `back` in the end.
    """
    channels = source[0].channels
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
                        held_row = strips[(s * strip_rows + y + moved) * pitch :]
                        for x in range(width + halo if s == 0 and keeps_rows else width):
                            to[x] = held_row[x]
                held = kept
            for y in range(held, height):
                padded = strips[y * pitch :] if keeps_rows else line
                load_rows(source, first * row_step + y, 1, begin, end, 0, padded)
                for k in range(kernels.shape[0]):
                    a, b = kernels[k, 1], kernels[k, 2]
                    if b > a:
                        into = strips[(kernels[k, 0] * strip_rows + y) * pitch :]
                        if kernels[k, 5] > 0:
                            begin_row = padded[along[a] :]
                            sum_row(begin_row, kernels[k, 5], along_weights[a:b], into, width)
                        else:
                            sum_taps(padded, 0, along[a:b], along_weights[a:b], into, width)
            held = max(held, height)
            for i in range(0, count, together):
                useful = min(together, count - i)
                for part in range(0, width, CHUNK):
                    n = min(CHUNK, width - part)
                    for k in range(kernels.shape[0]):
                        base = (kernels[k, 0] * strip_rows + i * row_step) * pitch + part
                        a, b = kernels[k, 3], kernels[k, 4]
                        sums = combined if how == NONE else response
                        if a == b:
                            for x in range((useful - 1) * pitch + n):
                                sums[x] = 0
                        elif in_runs:
                            first_weights = starts[a : b + 1]
                            sum_runs(strips, base, first_weights, offsets[a:b], weights, sums, n)
                        else:
                            sum_taps(strips, base, offsets[a:b], weights[a:b], sums, n)
                        if how != NONE:
                            for r in range(useful):
                                at = r * pitch
                                begin_row = response[at:]
                                bad += _combine(begin_row, k == 0, how, least, combined[at:], n)
                    if how == LENGTH:
                        for r in range(useful):
                            for x in range(r * pitch, r * pitch + n):
                                combined[x] *= back
                    bad += store_rows(target, first + i, useful, left + part, n, pitch, combined)
    return bad
