"""The value of a given rank in windows of integers, bit by bit, for whole rows at once."""

import numpy as np
from numba.extending import register_jitable

from convfilter.runtime.compiled.declare import OPTIONS, loop


@register_jitable(**OPTIONS)
def _count_below(source, row, shifts, left, bounds, counts):
    """Add to each count how many of ``source[row, left + shift + x]`` lie below its bound."""
    count = np.uint8
    n = counts.shape[0]
    shifts_left = shifts.shape[0]
    while shifts_left > 0:
        a = source[row, left + shifts[shifts_left - 1] :]
        if shifts_left >= 3:
            b = source[row, left + shifts[shifts_left - 2] :]
            c = source[row, left + shifts[shifts_left - 3] :]
            if shifts_left == 3:
                for x in range(n):
                    pair = count(count(a[x] < bounds[x]) + count(b[x] < bounds[x]))
                    counts[x] = count(counts[x] + count(pair + count(c[x] < bounds[x])))
                return
            d = source[row, left + shifts[shifts_left - 4] :]
            for x in range(n):
                pair = count(count(a[x] < bounds[x]) + count(b[x] < bounds[x]))
                other = count(count(c[x] < bounds[x]) + count(d[x] < bounds[x]))
                counts[x] = count(counts[x] + count(pair + other))
            shifts_left -= 4
        else:
            for x in range(n):
                counts[x] = count(counts[x] + count(a[x] < bounds[x]))
            shifts_left -= 1


@register_jitable(**OPTIONS)
def _add_shifted(columns, shifts, counts):
    count = np.uint8
    n = counts.shape[0]
    shifts_left = shifts.shape[0]
    while shifts_left > 0:
        a = columns[shifts[shifts_left - 1] :]
        if shifts_left >= 4:
            b = columns[shifts[shifts_left - 2] :]
            c = columns[shifts[shifts_left - 3] :]
            d = columns[shifts[shifts_left - 4] :]
            for x in range(n):
                pair, other = count(a[x] + b[x]), count(c[x] + d[x])
                counts[x] = count(counts[x] + count(pair + other))
            shifts_left -= 4
        else:
            for x in range(n):
                counts[x] = count(counts[x] + a[x])
            shifts_left -= 1


@loop(
    "const S[:,:] source, i8 row_step, const i8[:] tap_rows, const i8[:] tap_columns, i8 rank,"
    " const u1[:,:] counted, const u1[:] ranks, i8 lowest, i8 bits, S[:] found_row, S[:] tried_row,"
    " u1[:] count_row, u1[:] limit_row, u1[:] column_row, S[:,:] out"
)
def search(
    source,
    row_step,
    tap_rows,
    tap_columns,
    rank,
    counted,
    ranks,
    lowest,
    bits,
    found_row,
    tried_row,
    count_row,
    limit_row,
    column_row,
    out,
):
    """Find the largest value that at most `rank` values of the window lie below: the one wanted.

    Where `counted` has rows, it has a number for each output, to which `ranks` has the rank.

    The first three bits are found by comparing with each of seven numbers, since what lies below
    one number can be counted down the columns first and then along the rows. From the fourth on
    every output compares with a number of its own. `found_row`, `tried_row`, `count_row`
    and `limit_row` hold a tile of outputs, `column_row` the columns that they see. There are at
    most 255 taps.
    """
    value, count = out.dtype.type, np.uint8
    nothing = count(0)
    tile = found_row.shape[0]
    span = column_row.shape[0] - tile
    for i in range(out.shape[0]):
        for left in range(0, out.shape[1], tile):
            n = min(tile, out.shape[1] - left)
            found, tried, counts = found_row[:n], tried_row[:n], count_row[:n]
            columns, limits = column_row[: n + span], limit_row[:n]
            for x in range(n):
                found[x] = value(lowest)
            if counted.shape[0] > 0:
                for x in range(n):
                    limits[x] = ranks[counted[i, left + x]]
            else:
                for x in range(n):
                    limits[x] = count(rank)
            for k in range(1, 8):
                bound = value(lowest + (k << (bits - 3)))
                for x in range(n + span):
                    columns[x] = nothing
                for u in range(tap_rows.shape[0]):
                    line = source[i * row_step + tap_rows[u], left:]
                    for x in range(n + span):
                        columns[x] = count(columns[x] + count(line[x] < bound))
                for x in range(n):
                    counts[x] = nothing
                _add_shifted(columns, tap_columns, counts)
                for x in range(n):
                    old = found[x]
                    found[x] = bound if counts[x] <= limits[x] else old
            for bit in range(bits - 4, -1, -1):
                step = value(1 << bit)
                for x in range(n):
                    tried[x] = value(found[x] + step)
                for x in range(n):
                    counts[x] = nothing
                for u in range(tap_rows.shape[0]):
                    _count_below(
                        source, i * row_step + tap_rows[u], tap_columns, left, tried, counts
                    )
                for x in range(n):
                    old = found[x]
                    new = tried[x]
                    found[x] = new if counts[x] <= limits[x] else old
            target = out[i, left:]
            for x in range(n):
                target[x] = found[x]
