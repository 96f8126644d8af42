"""Maxima and minima of dense windows: a band of rows in one call, a row or two at a time.

Windows are folded down the columns first, from the image itself, since the border of a row of
maxima holds what the maxima of the border are; then along the row. Of equal values (zeros of both
signs) the first one is taken, so that it does not matter how folds are nested.
"""

from numba.extending import register_jitable

from convfilter.engine.loops.fold import fold_along, fold_rows, larger, smaller, source_row
from convfilter.runtime.compiled.declare import OPTIONS, loop

FEW_ROWS = 8
"""Up to this height windows are folded two by two; higher ones by van Herk's and Gil's method."""


@register_jitable(**OPTIONS)
def _finish(better, line, borders, passes, other, out):
    """Fill the border of a row that is folded down the columns, and fold it along.

    Pass `p` takes ``shifts[starts[p]:starts[p + 1]]``.
    """
    column_sources, run_start, run_stop, channels, fill = borders
    starts, shifts = passes
    shift = (run_start - column_sources[run_start]) * channels
    for part in range(2):
        begin = 0 if part == 0 else run_stop
        end = run_start if part == 0 else column_sources.shape[0]
        for j in range(begin, end):
            column = column_sources[j]
            for channel in range(channels):
                value = fill if column < 0 else line[column * channels + channel + shift]
                line[j * channels + channel] = value
    last = starts.shape[0] - 2
    n = line.shape[0]
    if last < 0:
        for x in range(out.shape[0]):
            out[x] = line[x]
    for p in range(last + 1):
        taps = shifts[starts[p] : starts[p + 1]]
        n -= taps[taps.shape[0] - 1]
        if p == last:
            fold_along(better, line if p % 2 == 0 else other, taps, out)
        elif p % 2 == 0:
            fold_along(better, line, taps, other[:n])
        else:
            fold_along(better, other, taps, line[:n])


@register_jitable(**OPTIONS)
def _fold(better, source, reach, borders, passes, lines, best, tails, out):
    rows = out.shape[0]
    _, run_start, run_stop, channels, _ = borders
    n = (run_stop - run_start) * channels
    upper_line, lower_line, other = lines[0], lines[1], lines[2]
    upper, lower = upper_line[run_start * channels :], lower_line[run_start * channels :]
    if reach == 1:
        for i in range(rows):
            a = source_row(source, i)
            for x in range(n):
                upper[x] = a[x]
            _finish(better, upper_line, borders, passes, other, out[i])
        return
    if reach <= FEW_ROWS:
        # the rows that two windows share are folded once
        for i in range(0, rows - 1, 2):
            a, b, c = (
                source_row(source, i),
                source_row(source, i + 1),
                source_row(source, i + reach),
            )
            if reach == 2:
                for x in range(n):
                    upper[x] = better(a[x], b[x])
                    lower[x] = better(b[x], c[x])
            elif reach == 3:
                d = source_row(source, i + 2)
                for x in range(n):
                    middle = better(b[x], d[x])
                    upper[x] = better(a[x], middle)
                    lower[x] = better(middle, c[x])
            else:
                fold_rows(better, source, i + 1, 1, reach - 1, best)
                for x in range(n):
                    middle = best[x]
                    upper[x] = better(a[x], middle)
                    lower[x] = better(middle, c[x])
            _finish(better, upper_line, borders, passes, other, out[i])
            _finish(better, lower_line, borders, passes, other, out[i + 1])
        if rows % 2 == 1:
            fold_rows(better, source, rows - 1, 1, reach, upper[:n])
            _finish(better, upper_line, borders, passes, other, out[rows - 1])
        return
    # Rows are taken in blocks as high as the window, which so meets two of them: the best of the
    # lower rows of the first, kept for every row, and that of the upper rows of the second, which
    # grows on the way down.
    for top in range(0, rows, reach):
        end = top + reach
        last = source_row(source, end - 1)
        for x in range(n):
            best[x] = last[x]
        for q in range(end - 1, top, -1):
            # of rows that come in an order it can see, backwards, the compiler makes no vectors
            row, tail = source_row(source, q - 1), tails[q % reach]
            for x in range(n):
                value = best[x]
                tail[x] = value
                best[x] = better(row[x], value)
        for x in range(n):
            upper[x] = best[x]
        _finish(better, upper_line, borders, passes, other, out[top])
        for q in range(end, min(end + reach - 1, rows + reach - 1)):
            row, tail = source_row(source, q), tails[(q + 1) % reach]
            if q == end:
                for x in range(n):
                    value = row[x]
                    best[x] = value
                    upper[x] = better(tail[x], value)
            else:
                for x in range(n):
                    value = better(best[x], row[x])
                    best[x] = value
                    upper[x] = better(tail[x], value)
            _finish(better, upper_line, borders, passes, other, out[q + 1 - reach])


@loop(
    "const S[:,:] image, const i8[:] row_sources, const i8[:] column_sources, i8 run_start,"
    " i8 run_stop, i8 channels, S fill, i8 reach, const i8[:] starts, const i8[:] shifts,"
    " S[:,:] lines, S[:] blank, S[:] best, S[:,:] tails, S[:,:] out"
)
def maximum(
    image,
    row_sources,
    column_sources,
    run_start,
    run_stop,
    channels,
    fill,
    reach,
    starts,
    shifts,
    lines,
    blank,
    best,
    tails,
    out,
):
    """out[i, x] = the largest value of a window; NaN wins.

    `lines` are three padded rows, `best` is a row of the image, `tails` as many as the window has
    rows: all scratch memory. `blank` is a row of the image full of `fill`.
    """
    source = (image, row_sources, blank)
    borders = (column_sources, run_start, run_stop, channels, fill)
    _fold(larger, source, reach, borders, (starts, shifts), lines, best, tails, out)


@loop(
    "const S[:,:] image, const i8[:] row_sources, const i8[:] column_sources, i8 run_start,"
    " i8 run_stop, i8 channels, S fill, i8 reach, const i8[:] starts, const i8[:] shifts,"
    " S[:,:] lines, S[:] blank, S[:] best, S[:,:] tails, S[:,:] out"
)
def minimum(
    image,
    row_sources,
    column_sources,
    run_start,
    run_stop,
    channels,
    fill,
    reach,
    starts,
    shifts,
    lines,
    blank,
    best,
    tails,
    out,
):
    """out[i, x] = the smallest value of a window; NaN wins."""
    source = (image, row_sources, blank)
    borders = (column_sources, run_start, run_stop, channels, fill)
    _fold(smaller, source, reach, borders, (starts, shifts), lines, best, tails, out)
