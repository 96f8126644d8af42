"""Medians of small windows by networks of comparisons, which whole rows run through at once.

A loop does a band of rows; the padded rows that it needs next stay in the first cache. It returns
how many NaN it has met, of which comparisons say nothing.
"""

import numba
import numpy as np
from numba.extending import register_jitable

from convfilter.engine.loops.declare import OPTIONS, loop
from convfilter.engine.loops.strips import load


@numba.njit(error_model="numpy")
def _low(a, b):
    return a if a < b else b


@numba.njit(error_model="numpy")
def _high(a, b):
    return b if a < b else a


@numba.njit(error_model="numpy")
def _sort(a, b):
    return _low(a, b), _high(a, b)


@numba.njit(error_model="numpy")
def _middle(a, b, c):
    return _high(_low(a, b), _low(_high(a, b), c))


@register_jitable(**OPTIONS)
def _read(source, row, ring):
    """Load a padded row into its place in the ring; return how many NaN it holds."""
    image, row_sources, column_sources, run_start, run_stop, channels, fill = source
    at = row % ring.shape[0]
    load(
        image,
        row_sources[row : row + 1],
        column_sources,
        run_start,
        run_stop,
        channels,
        fill,
        ring[at : at + 1],
    )
    values = ring[at]
    nans = np.int32(0)
    for x in range(values.shape[0]):
        nans += np.int32(values[x] != values[x])
    return nans


@register_jitable(**OPTIONS)
def _sort_row(source, row, left, lows, middles, highs):
    """Sort each three neighbours of a padded row from element `left` on, a whole pixel's first.

    Returns how many NaN the row holds, once for all tiles.
    """
    image, row_sources, column_sources, run_start, run_stop, channels, fill = source
    n = lows.shape[0]
    if row_sources[row] < 0:
        for x in range(n):
            lows[x] = fill
            middles[x] = fill
            highs[x] = fill
        return 0
    values = image[row_sources[row]]
    nans = np.int32(0)
    if left == 0:
        for x in range(values.shape[0]):
            nans += np.int32(values[x] != values[x])
    reach = 2 * channels
    # those that the image holds side by side are read where they are
    start = min(max(run_start * channels - left, 0), n)
    stop = max(min(run_stop * channels - reach - left, n), start)
    if stop > start:
        at = column_sources[run_start] * channels + left + start - run_start * channels
        first, second, third = values[at:], values[at + channels :], values[at + reach :]
        low, middle, high = lows[start:], middles[start:], highs[start:]
        for x in range(stop - start):
            a = _low(first[x], second[x])
            b = _high(first[x], second[x])
            c = third[x]
            low[x] = _low(a, c)
            middle[x] = _low(b, _high(a, c))
            high[x] = _high(b, c)
    for part in range(2):
        begin, end = (0, start) if part == 0 else (stop, n)
        for x in range(begin, end, channels):
            j = (left + x) // channels
            for channel in range(channels):
                a = _padded(values, column_sources[j], channels, channel, fill)
                b = _padded(values, column_sources[j + 1], channels, channel, fill)
                c = _padded(values, column_sources[j + 2], channels, channel, fill)
                a, b = _sort(a, b)
                lows[x + channel] = _low(a, c)
                middles[x + channel] = _low(b, _high(a, c))
                highs[x + channel] = _high(b, c)
    return nans


@register_jitable(**OPTIONS)
def _padded(values, column, channels, channel, fill):
    return fill if column < 0 else values[column * channels + channel]


@register_jitable(**OPTIONS)
def _combine(ring, i, first, second):
    """Find two rows of medians; what rows `i + 1` and `i + 2` have to say serves both."""
    n = first.shape[0]
    a, b, c, d = ring[i % 4], ring[(i + 1) % 4], ring[(i + 2) % 4], ring[(i + 3) % 4]
    lows_a, lows_b, lows_c, lows_d = a[0], b[0], c[0], d[0]
    middles_a, middles_b, middles_c, middles_d = a[1], b[1], c[1], d[1]
    highs_a, highs_b, highs_c, highs_d = a[2], b[2], c[2], d[2]
    number = first.dtype.type
    # of equal zeros of both signs always the positive one, however rows are paired
    zero = number(0)
    for x in range(n):
        low = _high(lows_b[x], lows_c[x])
        high = _low(highs_b[x], highs_c[x])
        p, q = _sort(middles_b[x], middles_c[x])
        upper = _middle(
            _high(lows_a[x], low), _high(p, _low(q, middles_a[x])), _low(highs_a[x], high)
        )
        lower = _middle(
            _high(lows_d[x], low), _high(p, _low(q, middles_d[x])), _low(highs_d[x], high)
        )
        first[x] = number(upper + zero)
        second[x] = number(lower + zero)


@loop(
    "const T[:,:] image, const i8[:] row_sources, const i8[:] column_sources, i8 run_start,"
    " i8 run_stop, i8 channels, T fill, T[:,:,:] ring, T[:] spare, T[:,:] out -> i8"
)
def median_3x3(
    image,
    row_sources,
    column_sources,
    run_start,
    run_stop,
    channels,
    fill,
    ring,
    spare,
    out,
):
    """Medians of 3x3, from rows in which each three neighbours are sorted.

    A median is the middle of the largest low, the middle of the middles and the smallest high.

    `ring` holds four sorted rows of a tile of outputs as (4, 3, tile), `spare` is a row of a tile.
    """
    padded = (image, row_sources, column_sources, run_start, run_stop, channels, fill)
    rows = out.shape[0]
    tile = spare.shape[0]
    nans = 0
    for left in range(0, out.shape[1], tile):
        n = min(tile, out.shape[1] - left)
        sorted_before = 0
        for i in range(0, rows, 2):
            for row in range(sorted_before, min(i + 4, rows + 2)):
                at = ring[row % 4]
                nans += _sort_row(padded, row, left, at[0, :n], at[1, :n], at[2, :n])
            sorted_before = i + 4
            second = out[i + 1, left : left + n] if i + 1 < rows else spare[:n]
            _combine(ring, i, out[i, left : left + n], second)
    return nans


@loop(
    "const T[:,:] image, const i8[:] row_sources, const i8[:] column_sources, i8 run_start,"
    " i8 run_stop, i8 channels, T fill, T[:,:] ring, T[:,:] columns, T[:,:] out -> i8"
)
def median_5x5(
    image,
    row_sources,
    column_sources,
    run_start,
    run_stop,
    channels,
    fill,
    ring,
    columns,
    out,
):
    """Medians of 5x5: each column is sorted once and serves the five windows that hold it.

    The second network knows that `a` to `e` of a column are sorted. It was found by a search that
    adds the comparison after which most values are known to lie below or above the median, and
    holds for all columns of zeros and ones, hence for all values.
    """
    padded = (image, row_sources, column_sources, run_start, run_stop, channels, fill)
    reach = 4 * channels
    n = out.shape[1]
    nans = 0
    for row in range(4):
        nans += _read(padded, row, ring)
    smallest, low, middle, high, largest = (
        columns[0],
        columns[1],
        columns[2],
        columns[3],
        columns[4],
    )
    smallest_1, smallest_2 = smallest[channels:], smallest[2 * channels :]
    smallest_3, smallest_4 = smallest[3 * channels :], smallest[4 * channels :]
    low_1, low_2 = low[channels:], low[2 * channels :]
    low_3, low_4 = low[3 * channels :], low[4 * channels :]
    middle_1, middle_2 = middle[channels:], middle[2 * channels :]
    middle_3, middle_4 = middle[3 * channels :], middle[4 * channels :]
    high_1, high_2 = high[channels:], high[2 * channels :]
    high_3, high_4 = high[3 * channels :], high[4 * channels :]
    largest_1, largest_2 = largest[channels:], largest[2 * channels :]
    largest_3, largest_4 = largest[3 * channels :], largest[4 * channels :]
    for i in range(out.shape[0]):
        nans += _read(padded, i + 4, ring)
        row_a, row_b, row_c = (
            ring[i % 5],
            ring[(i + 1) % 5],
            ring[(i + 2) % 5],
        )
        row_d, row_e = ring[(i + 3) % 5], ring[(i + 4) % 5]
        for x in range(n + reach):
            a, b, c, d, e = row_a[x], row_b[x], row_c[x], row_d[x], row_e[x]
            a, b = _sort(a, b)
            d, e = _sort(d, e)
            c, e = _sort(c, e)
            c, d = _sort(c, d)
            a, d = _sort(a, d)
            a, c = _sort(a, c)
            b, e = _sort(b, e)
            b, d = _sort(b, d)
            b, c = _sort(b, c)
            smallest[x] = a
            low[x] = b
            middle[x] = c
            high[x] = d
            largest[x] = e
        target = out[i]
        for x in range(n):
            a0 = smallest[x]
            a1 = smallest_1[x]
            a2 = smallest_2[x]
            a3 = smallest_3[x]
            a4 = smallest_4[x]
            b0 = low[x]
            b1 = low_1[x]
            b2 = low_2[x]
            b3 = low_3[x]
            b4 = low_4[x]
            c0 = middle[x]
            c1 = middle_1[x]
            c2 = middle_2[x]
            c3 = middle_3[x]
            c4 = middle_4[x]
            d0 = high[x]
            d1 = high_1[x]
            d2 = high_2[x]
            d3 = high_3[x]
            d4 = high_4[x]
            e0 = largest[x]
            e1 = largest_1[x]
            e2 = largest_2[x]
            e3 = largest_3[x]
            e4 = largest_4[x]
            a0, a4 = _sort(a0, a4)
            a0 = _high(b1, a0)
            e0, c4 = _sort(e0, c4)
            d0, b4 = _sort(d0, b4)
            d1, d0 = _sort(d1, d0)
            e1, d4 = _sort(e1, d4)
            c4 = _low(c4, d4)
            c0, c1 = _sort(c0, c1)
            b0, a1 = _sort(b0, a1)
            b0 = _high(a2, b0)
            b4, d0 = _sort(b4, d0)
            d2 = _low(d2, d0)
            c2, c1 = _sort(c2, c1)
            c4 = _low(c4, c1)
            b2, a1 = _sort(b2, a1)
            b2 = _high(d1, b2)
            e4, a1 = _sort(e4, a1)
            d3 = _low(d3, a1)
            a4, a0 = _sort(a4, a0)
            e0, b0 = _sort(e0, b0)
            b4, c2 = _sort(b4, c2)
            e2, e1 = _sort(e2, e1)
            e0 = _high(a3, e0)
            e3 = _low(e3, e1)
            c3, b0 = _sort(c3, b0)
            b3, e4 = _sort(b3, e4)
            b3 = _high(b4, b3)
            d2, d3 = _sort(d2, d3)
            e2, c3 = _sort(e2, c3)
            e2 = _high(a4, e2)
            c4, b0 = _sort(c4, b0)
            c2 = _low(c2, b0)
            d3, c2 = _sort(d3, c2)
            e0 = _low(e0, c2)
            b2, b3 = _sort(b2, b3)
            a0, c3 = _sort(a0, c3)
            c0, d2 = _sort(c0, d2)
            c0 = _high(e0, c0)
            e4, d3 = _sort(e4, d3)
            c3 = _low(c3, d3)
            e2, e4 = _sort(e2, e4)
            a0, c0 = _sort(a0, c0)
            b2, e4 = _sort(b2, e4)
            b2 = _high(a0, b2)
            c0, e4 = _sort(c0, e4)
            b3, c3 = _sort(b3, c3)
            e4 = _low(e4, c3)
            c0, b3 = _sort(c0, b3)
            e2, b2 = _sort(e2, b2)
            e2 = _high(c0, e2)
            c4, b2 = _sort(c4, b2)
            c4 = _high(e2, c4)
            b3, b2 = _sort(b3, b2)
            d2 = _low(d2, b2)
            e3, e4 = _sort(e3, e4)
            d2 = _low(d2, e4)
            c4, e3 = _sort(c4, e3)
            c4 = _high(d2, c4)
            b3, c4 = _sort(b3, c4)
            b3 = _high(e3, b3)
            c4 = _low(c4, b3)
            target[x] = c4
    return nans
