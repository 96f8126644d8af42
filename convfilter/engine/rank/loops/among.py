"""Ranks among what is there: how many values are in each window, and medians of small windows."""

import numpy as np
from numba.extending import register_jitable

from convfilter.engine.rank.exchanges import exchanges
from convfilter.runtime.compiled.declare import OPTIONS, loop
from convfilter.runtime.compiled.vectors import lanes, larger, load, smaller, store


@loop(
    "const u1[:,:] mask, i8 row_step, const i8[:] tap_rows, const i8[:] tap_columns, C[:] columns,"
    " u1[:,:] gaps, C[:,:] counted"
)
def count(mask, row_step, tap_rows, tap_columns, columns, gaps, counted):
    """Count what is there in windows of padded rows of a mask; mark those that hold nothing."""
    number = columns.dtype.type
    n = counted.shape[1]
    for i in range(counted.shape[0]):
        for u in range(tap_rows.shape[0]):
            line = mask[i * row_step + tap_rows[u]]
            for x in range(columns.shape[0]):
                before = number(0) if u == 0 else columns[x]
                columns[x] = number(before + number(line[x]))
        row, missing = counted[i], gaps[i]
        for v in range(tap_columns.shape[0]):
            moved = columns[tap_columns[v] :]
            if v == 0:
                for x in range(n):
                    row[x] = moved[x]
            else:
                for x in range(n):
                    row[x] = number(row[x] + moved[x])
        for x in range(n):
            missing[x] = np.uint8(row[x] == 0)


@loop("const u1[:,:] gaps, S[:,:] values")
def clear(gaps, values):
    """Make values 0 where gaps are other than 0."""
    for i in range(values.shape[0]):
        missing, row = gaps[i], values[i]
        for x in range(row.shape[0]):
            kept = row[x]
            row[x] = kept if missing[x] == 0 else row.dtype.type(0)


def _sorting(count, wanted):
    """Return a function of `count` vectors that gives the `wanted` lowest ones, sorted.

    What nobody wants is not compiled.
    """
    lines = [f"def network({', '.join(f'v{k}' for k in range(count))}):"]
    for low, high in exchanges(count):
        lines.append(f"v{low}, v{high} = smaller(v{low}, v{high}), larger(v{low}, v{high})")
    lines.append(f"return {', '.join(f'v{k}' for k in range(wanted))}")
    scope = {"larger": larger, "smaller": smaller}
    exec("\n    ".join(lines), scope)
    return register_jitable(**OPTIONS)(scope["network"])


_five_of_nine = _sorting(9, 5)
_half_of_25 = _sorting(25, 13)


@loop("const S[:,:] source, i8 step, const u1[:,:] counted, S[:,:] ranks, S[:,:] out")
def median_3x3(source, step, counted, ranks, out):
    """Find the medians of 3x3 of padded rows whose gaps hold the highest value.

    `counted` values are there. A row of outputs holds a vector, `ranks` five rows of a tile.
    """
    size, length = lanes(out.dtype.type), out.shape[1]
    tile = min(ranks.shape[1], length)
    r0, r1, r2, r3, r4 = ranks[0], ranks[1], ranks[2], ranks[3], ranks[4]
    for i in range(out.shape[0]):
        for start in range(0, length, tile):
            left = min(start, length - tile)
            a, b, c = source[i, left:], source[i + 1, left:], source[i + 2, left:]
            for place in range(0, tile, size):
                x = min(place, tile - size)
                p, q, r, s, t = _five_of_nine(
                    load(a, x),
                    load(a, x + step),
                    load(a, x + 2 * step),
                    load(b, x),
                    load(b, x + step),
                    load(b, x + 2 * step),
                    load(c, x),
                    load(c, x + step),
                    load(c, x + 2 * step),
                )
                store(r0, x, p)
                store(r1, x, q)
                store(r2, x, r)
                store(r3, x, s)
                store(r4, x, t)
            number, result = counted[i, left:], out[i, left:]
            for x in range(tile):
                # all are loaded, whichever is taken: so vectors can be made of this
                p, q, r, s, t, known = r0[x], r1[x], r2[x], r3[x], r4[x], number[x]
                low, high = q if known >= 2 else p, s if known >= 6 else r
                middle = high if known >= 4 else low
                result[x] = t if known >= 8 else middle


@register_jitable(**OPTIONS)
def _store_all(rows, x, vectors):
    store(rows[0], x, vectors[0])
    store(rows[1], x, vectors[1])
    store(rows[2], x, vectors[2])
    store(rows[3], x, vectors[3])
    store(rows[4], x, vectors[4])
    store(rows[5], x, vectors[5])
    store(rows[6], x, vectors[6])
    store(rows[7], x, vectors[7])
    store(rows[8], x, vectors[8])
    store(rows[9], x, vectors[9])
    store(rows[10], x, vectors[10])
    store(rows[11], x, vectors[11])
    store(rows[12], x, vectors[12])


@loop("const S[:,:] source, i8 step, const u1[:,:] counted, S[:,:] ranks, S[:,:] out")
def median_5x5(source, step, counted, ranks, out):
    """Do the same for medians of 5x5, with thirteen rows of `ranks`."""
    size, length = lanes(out.dtype.type), out.shape[1]
    tile = min(ranks.shape[1], length)
    for i in range(out.shape[0]):
        for start in range(0, length, tile):
            left = min(start, length - tile)
            a, b, c = source[i, left:], source[i + 1, left:], source[i + 2, left:]
            d, e = source[i + 3, left:], source[i + 4, left:]
            for place in range(0, tile, size):
                x = min(place, tile - size)
                lowest = _half_of_25(
                    load(a, x + 0 * step),
                    load(a, x + 1 * step),
                    load(a, x + 2 * step),
                    load(a, x + 3 * step),
                    load(a, x + 4 * step),
                    load(b, x + 0 * step),
                    load(b, x + 1 * step),
                    load(b, x + 2 * step),
                    load(b, x + 3 * step),
                    load(b, x + 4 * step),
                    load(c, x + 0 * step),
                    load(c, x + 1 * step),
                    load(c, x + 2 * step),
                    load(c, x + 3 * step),
                    load(c, x + 4 * step),
                    load(d, x + 0 * step),
                    load(d, x + 1 * step),
                    load(d, x + 2 * step),
                    load(d, x + 3 * step),
                    load(d, x + 4 * step),
                    load(e, x + 0 * step),
                    load(e, x + 1 * step),
                    load(e, x + 2 * step),
                    load(e, x + 3 * step),
                    load(e, x + 4 * step),
                )
                _store_all(ranks, x, lowest)
            number, result, least = counted[i, left:], out[i, left:], ranks[0]
            for x in range(tile):
                result[x] = least[x]
            for k in range(1, 13):
                row, enough = ranks[k], np.uint8(2 * k)
                for x in range(tile):
                    kept, value = result[x], row[x]
                    result[x] = value if number[x] >= enough else kept
