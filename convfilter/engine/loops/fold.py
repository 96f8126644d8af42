"""Maxima, minima and means of windows with a stride or dilation: a band of rows in one call.

Each window is folded down its columns first, from the image itself, then along the row at every
column; the columns that the stride skips are dropped last.
"""

import numpy as np
from numba.extending import register_jitable

from convfilter.engine.loops.strips import load
from convfilter.runtime.compiled.declare import OPTIONS, loop


@register_jitable(**OPTIONS)
def larger(a, b):
    """Return the larger of two values, the first of equal ones; NaN wins."""
    best = b if b > a else a
    return b if b != b else best


@register_jitable(**OPTIONS)
def smaller(a, b):
    """Return the smaller of two values, the first of equal ones; NaN wins."""
    best = b if b < a else a
    return b if b != b else best


@register_jitable(**OPTIONS)
def _sum(a, b):
    return a + b


@register_jitable(**OPTIONS)
def source_row(source, row):
    """Return a padded row as far as the image reaches."""
    image, row_sources, blank = source
    at = row_sources[row]
    return blank if at < 0 else image[at]


@register_jitable(**OPTIONS)
def fold_rows(join, source, first, step, count, out):
    """out[x] = what becomes of `count` rows, the first and each `step` rows after it."""
    convert = out.dtype.type
    n = out.shape[0]
    a = source_row(source, first)
    if count == 1:
        for x in range(n):
            out[x] = convert(a[x])
        return
    b = source_row(source, first + step)
    if count == 2:
        for x in range(n):
            out[x] = join(convert(a[x]), convert(b[x]))
        return
    c = source_row(source, first + 2 * step)
    if count == 3:
        for x in range(n):
            out[x] = join(join(convert(a[x]), convert(b[x])), convert(c[x]))
        return
    d = source_row(source, first + 3 * step)
    for x in range(n):
        out[x] = join(
            join(convert(a[x]), convert(b[x])),
            join(convert(c[x]), convert(d[x])),
        )
    done = 4
    while count - done >= 2:
        a = source_row(source, first + done * step)
        b = source_row(source, first + (done + 1) * step)
        for x in range(n):
            out[x] = join(out[x], join(convert(a[x]), convert(b[x])))
        done += 2
    if done < count:
        a = source_row(source, first + done * step)
        for x in range(n):
            out[x] = join(out[x], convert(a[x]))


@register_jitable(**OPTIONS)
def fold_along(join, source, shifts, out):
    """out[x] = what becomes of source[x + shift] for all shifts, at least two."""
    n = out.shape[0]
    taps = shifts.shape[0]
    a, b = source[shifts[0] :], source[shifts[1] :]
    if taps == 2:
        for x in range(n):
            out[x] = join(a[x], b[x])
        return
    c = source[shifts[2] :]
    if taps == 3:
        for x in range(n):
            out[x] = join(join(a[x], b[x]), c[x])
        return
    d = source[shifts[3] :]
    if taps == 4:
        for x in range(n):
            out[x] = join(join(a[x], b[x]), join(c[x], d[x]))
        return
    e = source[shifts[4] :]
    for x in range(n):
        out[x] = join(join(join(a[x], b[x]), join(c[x], d[x])), e[x])
    done = 5
    while taps - done >= 2:
        a, b = source[shifts[done] :], source[shifts[done + 1] :]
        for x in range(n):
            out[x] = join(out[x], join(a[x], b[x]))
        done += 2
    if done < taps:
        a = source[shifts[done] :]
        for x in range(n):
            out[x] = join(out[x], a[x])


@register_jitable(**OPTIONS)
def _pick(line, step, group, group_step, out):
    """out[j * group + k] = line[j * step + k * group_step]."""
    if group == 1 and step == 2:  # a step that the compiler knows becomes a shuffle
        for j in range(out.shape[0]):
            out[j] = line[2 * j]
    elif group == 1:
        for j in range(out.shape[0]):
            out[j] = line[j * step]
    elif step == group and group_step == 1:
        for j in range(out.shape[0]):
            out[j] = line[j]
    else:
        for j in range(out.shape[0] // group):
            for k in range(group):
                out[j * group + k] = line[j * step + k * group_step]


@register_jitable(**OPTIONS)
def _fold_row(join, source, first, rows, borders, passes, lines, picks, out):
    """Fold the windows of one output row at every column, and pick those that are wanted.

    `rows` are dilation and number of the rows of a window. `lines` are one row of the image, a
    padded row, and two to work in. Pass `p` takes ``shifts[starts[p]:starts[p + 1]]``.
    """
    column_sources, run_start, run_stop, channels, beyond, top = borders
    starts, shifts = passes
    dilation, count = rows
    folded, padded, one, other = lines
    width, length = folded.shape[1], padded.shape[1]
    fold_rows(join, source, first, dilation, count, folded[0])
    line = folded[0]
    if run_start > 0 or length > width or column_sources[0] != 0:
        load(folded, top, column_sources, run_start, run_stop, channels, beyond, padded)
        line = padded[0]
    step, group, group_step = picks
    if group == 1 and step == 2 and shifts.shape[0] == 2 and shifts[1] == 1:
        for j in range(out.shape[0]):
            out[j] = join(line[2 * j], line[2 * j + 1])
        return
    n = length
    for p in range(starts.shape[0] - 1):
        taps = shifts[starts[p] : starts[p + 1]]
        n -= taps[taps.shape[0] - 1]
        result = one[:n] if p % 2 == 0 else other[:n]
        fold_along(join, line, taps, result)
        line = result
    _pick(line, step, group, group_step, out)


@register_jitable(**OPTIONS)
def _divide(sums, row_count, column_counts, share, rounded, out):
    """Divide each sum by how many taps it counts, or multiply it by `share`."""
    convert, number = out.dtype.type, column_counts.dtype.type
    if rounded == 4:
        for x in range(out.shape[0]):
            total = np.uint16(sums[x])
            odd = np.uint16(np.uint16(total >> 2) & 1)
            out[x] = convert(np.uint16(np.uint16(total + 1) + odd) >> 2)
    elif rounded and share > 0:
        for x in range(out.shape[0]):
            out[x] = convert(np.int32(np.rint(number(sums[x]) * share)))
    elif rounded:
        for x in range(out.shape[0]):
            mean = number(sums[x]) / (row_count * column_counts[x])
            out[x] = convert(np.int32(np.rint(mean)))
    else:
        for x in range(out.shape[0]):
            out[x] = convert(number(sums[x]) / (row_count * column_counts[x]))


@loop(
    "const S[:,:] image, const i8[:] row_sources, const i8[:] column_sources, i8 run_start,"
    " i8 run_stop, i8 channels, T fill, i8 row_step, i8 dilation, i8 window_rows,"
    " const i8[:] starts, const i8[:] shifts, const S[:] blank, const i8[:] top, T[:,:] folded,"
    " T[:,:] padded, T[:,:] scratch, i8 step, i8 group, i8 group_step, T[:,:] out"
)
def maximum(
    image,
    row_sources,
    column_sources,
    run_start,
    run_stop,
    channels,
    fill,
    row_step,
    dilation,
    window_rows,
    starts,
    shifts,
    blank,
    top,
    folded,
    padded,
    scratch,
    step,
    group,
    group_step,
    out,
):
    """out[i, j * group + k] = the largest value of window (i, j * step + k * group_step); NaN wins.

    `blank` is a row of the image full of what lies beyond it, `fill` what lies beyond a folded row.
    `folded` is a row of the image, `padded` a padded row and `scratch` two of them: memory to work
    in. `top` is the number 0.
    """
    source = (image, row_sources, blank)
    borders = (column_sources, run_start, run_stop, channels, fill, top)
    lines = (folded, padded, scratch[0], scratch[1])
    rows, picks = (dilation, window_rows), (step, group, group_step)
    for i in range(out.shape[0]):
        _fold_row(
            larger, source, i * row_step, rows, borders, (starts, shifts), lines, picks, out[i]
        )


@loop(
    "const S[:,:] image, const i8[:] row_sources, const i8[:] column_sources, i8 run_start,"
    " i8 run_stop, i8 channels, T fill, i8 row_step, i8 dilation, i8 window_rows,"
    " const i8[:] starts, const i8[:] shifts, const S[:] blank, const i8[:] top, T[:,:] folded,"
    " T[:,:] padded, T[:,:] scratch, i8 step, i8 group, i8 group_step, T[:,:] out"
)
def minimum(
    image,
    row_sources,
    column_sources,
    run_start,
    run_stop,
    channels,
    fill,
    row_step,
    dilation,
    window_rows,
    starts,
    shifts,
    blank,
    top,
    folded,
    padded,
    scratch,
    step,
    group,
    group_step,
    out,
):
    """out[i, j * group + k] = the smallest value of that window; NaN wins."""
    source = (image, row_sources, blank)
    borders = (column_sources, run_start, run_stop, channels, fill, top)
    lines = (folded, padded, scratch[0], scratch[1])
    rows, picks = (dilation, window_rows), (step, group, group_step)
    for i in range(out.shape[0]):
        _fold_row(
            smaller, source, i * row_step, rows, borders, (starts, shifts), lines, picks, out[i]
        )


@loop(
    "const S[:,:] image, const i8[:] row_sources, const i8[:] column_sources, i8 run_start,"
    " i8 run_stop, i8 channels, T fill, i8 row_step, i8 dilation, i8 window_rows,"
    " const i8[:] starts, const i8[:] shifts, const S[:] blank, const i8[:] top, T[:,:] folded,"
    " T[:,:] padded, T[:,:] scratch, i8 step, i8 group, i8 group_step, const N[:] row_counts,"
    " const N[:] column_counts, N share, i8 rounded, D[:,:] out"
)
def mean(
    image,
    row_sources,
    column_sources,
    run_start,
    run_stop,
    channels,
    fill,
    row_step,
    dilation,
    window_rows,
    starts,
    shifts,
    blank,
    top,
    folded,
    padded,
    scratch,
    step,
    group,
    group_step,
    row_counts,
    column_counts,
    share,
    rounded,
    out,
):
    """out[i, j * group + k] = the mean of that window; sums in T, divided in N.

    `row_counts` and `column_counts` tell how many taps of every element count. Where all windows
    count as many, a power of two, `share` is its inverse, else 0. `rounded` is 0
    for means that are stored as they are, 1 for rounded ones, 4 for rounded means of four bytes.
    `scratch` has a third row.
    """
    source = (image, row_sources, blank)
    borders = (column_sources, run_start, run_stop, channels, fill, top)
    lines = (folded, padded, scratch[0], scratch[1])
    rows, picks = (dilation, window_rows), (step, group, group_step)
    picked = scratch[2, : out.shape[1]]
    for i in range(out.shape[0]):
        _fold_row(_sum, source, i * row_step, rows, borders, (starts, shifts), lines, picks, picked)
        _divide(picked, row_counts[i], column_counts, share, rounded, out[i])
