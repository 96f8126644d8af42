"""Maxima and minima of dense windows: a band of rows in one call, a row at a time."""

from numba.extending import register_jitable

from convfilter.engine.loops.declare import OPTIONS, loop
from convfilter.engine.loops.strips import load


@register_jitable(**OPTIONS)
def _larger(a, b):
    return b if (b > a) | (b != b) else a


@register_jitable(**OPTIONS)
def _smaller(a, b):
    return b if (b < a) | (b != b) else a


@register_jitable(**OPTIONS)
def _fold_along(better, source, shifts, out):
    """out[x] = the best source[x + shift] of two to four shifts."""
    n = out.shape[0]
    a, b = source[shifts[0] :], source[shifts[1] :]
    if shifts.shape[0] == 2:
        for x in range(n):
            out[x] = better(a[x], b[x])
    elif shifts.shape[0] == 3:
        c = source[shifts[2] :]
        for x in range(n):
            out[x] = better(better(a[x], b[x]), c[x])
    else:
        c, d = source[shifts[2] :], source[shifts[3] :]
        for x in range(n):
            out[x] = better(better(a[x], b[x]), better(c[x], d[x]))


@register_jitable(**OPTIONS)
def _read(better, source, row, starts, shifts, lines, out):
    """Load a padded row and fold it along: pass `p` takes ``shifts[starts[p]:starts[p + 1]]``."""
    image, row_sources, column_sources, run_start, run_stop, channels, fill = source
    load(
        image,
        row_sources[row : row + 1],
        column_sources,
        run_start,
        run_stop,
        channels,
        fill,
        lines[:1],
    )
    passes = starts.shape[0] - 1
    n = lines.shape[1]
    turn = 0
    for p in range(passes):
        taps = shifts[starts[p] : starts[p + 1]]
        n -= taps[taps.shape[0] - 1]
        into = out if p == passes - 1 else lines[1 - turn, :n]
        _fold_along(better, lines[turn], taps, into)
        turn = 1 - turn
    if passes == 0:
        for x in range(out.shape[0]):
            out[x] = lines[0, x]


@register_jitable(**OPTIONS)
def _fold(better, source, starts, shifts, lines, block, tails, best, out):
    """Fold windows: along each row first, then down the columns by van Herk's and Gil's method.

    Rows are taken in blocks as high as the window, which so meets two of them: the best of the
    lower rows of the first, kept for every row, and that of the upper rows of the second, which
    grows on the way down.
    """
    reach = block.shape[0]
    rows, n = out.shape
    if reach == 1:
        for i in range(rows):
            _read(better, source, i, starts, shifts, lines, out[i])
        return
    if reach <= 4:
        for q in range(rows + reach - 1):
            _read(better, source, q, starts, shifts, lines, block[q % reach])
            if q >= reach - 1:
                # in their order: which of two equal zeros is taken must not depend on the band
                target, a, b = out[q + 1 - reach], block[(q + 1) % reach], block[(q + 2) % reach]
                if reach == 2:
                    for x in range(n):
                        target[x] = better(a[x], b[x])
                elif reach == 3:
                    c = block[(q + 3) % reach]
                    for x in range(n):
                        target[x] = better(better(a[x], b[x]), c[x])
                else:
                    c, d = block[(q + 3) % reach], block[(q + 4) % reach]
                    for x in range(n):
                        target[x] = better(better(a[x], b[x]), better(c[x], d[x]))
        return
    for q in range(reach - 1):
        _read(better, source, q, starts, shifts, lines, block[q])
    for top in range(0, rows, reach):
        end = top + reach
        last, target = block[reach - 1], out[top]
        _read(better, source, end - 1, starts, shifts, lines, last)
        for x in range(n):
            best[x] = last[x]
        for q in range(end - 1, top, -1):
            # of rows that come in an order it can see, backwards, the compiler makes no vectors
            row, tail = block[(q - 1) % reach], tails[q % reach]
            for x in range(n):
                value = best[x]
                tail[x] = value
                best[x] = better(row[x], value)
        for x in range(n):
            target[x] = best[x]
        for q in range(end, min(end + reach - 1, end + rows - top - 1)):
            row, tail, target = block[q % reach], tails[(q + 1) % reach], out[q + 1 - reach]
            _read(better, source, q, starts, shifts, lines, row)
            if q == end:
                for x in range(n):
                    value = row[x]
                    best[x] = value
                    target[x] = better(tail[x], value)
            else:
                for x in range(n):
                    value = better(best[x], row[x])
                    best[x] = value
                    target[x] = better(tail[x], value)


@loop(
    "const S[:,:] image, const i8[:] row_sources, const i8[:] column_sources, i8 run_start,"
    " i8 run_stop, i8 channels, S fill, const i8[:] starts, const i8[:] shifts, S[:,:] lines,"
    " S[:,:] block, S[:,:] tails, S[:] best, S[:,:] out"
)
def maximum(
    image,
    row_sources,
    column_sources,
    run_start,
    run_stop,
    channels,
    fill,
    starts,
    shifts,
    lines,
    block,
    tails,
    best,
    out,
):
    """out[i, x] = the largest value of a window; NaN wins.

    `lines` are two padded rows, `block` and `tails` as many rows of outputs as the window has, and
    `best` is one: all scratch memory.
    """
    source = (image, row_sources, column_sources, run_start, run_stop, channels, fill)
    _fold(_larger, source, starts, shifts, lines, block, tails, best, out)


@loop(
    "const S[:,:] image, const i8[:] row_sources, const i8[:] column_sources, i8 run_start,"
    " i8 run_stop, i8 channels, S fill, const i8[:] starts, const i8[:] shifts, S[:,:] lines,"
    " S[:,:] block, S[:,:] tails, S[:] best, S[:,:] out"
)
def minimum(
    image,
    row_sources,
    column_sources,
    run_start,
    run_stop,
    channels,
    fill,
    starts,
    shifts,
    lines,
    block,
    tails,
    best,
    out,
):
    """out[i, x] = the smallest value of a window; NaN wins."""
    source = (image, row_sources, column_sources, run_start, run_stop, channels, fill)
    _fold(_smaller, source, starts, shifts, lines, block, tails, best, out)
