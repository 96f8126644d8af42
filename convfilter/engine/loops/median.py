"""Medians of small windows by networks of comparisons, which whole rows run through at once.

A loop does a band of rows; the padded rows that it needs next stay in the first cache. It returns
how many NaN it has met, of which comparisons say nothing.
"""

import numba
import numpy as np
from numba.extending import register_jitable

from convfilter.engine.loops.fold import source_row
from convfilter.engine.loops.layout import BLOCK
from convfilter.engine.loops.strips import load
from convfilter.runtime.compiled.declare import OPTIONS, loop


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
def _count_nans(values):
    nans = np.int32(0)
    for x in range(values.shape[0]):
        nans += np.int32(values[x] != values[x])
    return nans


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
    return _count_nans(ring[at])


@register_jitable(**OPTIONS)
def _three(a, b, c):
    """Sort three values."""
    p, q = _sort(a, b)
    return _low(p, c), _low(q, _high(p, c)), _high(q, c)


@register_jitable(**OPTIONS)
def _neighbours(values, column_sources, j, channels, channel, fill):
    """Sort a pixel of a padded row and the two after it."""
    one, two, three = column_sources[j], column_sources[j + 1], column_sources[j + 2]
    return _three(
        fill if one < 0 else values[one * channels + channel],
        fill if two < 0 else values[two * channels + channel],
        fill if three < 0 else values[three * channels + channel],
    )


@register_jitable(**OPTIONS)
def _two_medians(a, b, c, d):
    """Return the medians of the sorted rows `a` to `c` and `b` to `d`; most of it serves both."""
    low, high = _high(b[0], c[0]), _low(b[2], c[2])
    p, q = _sort(b[1], c[1])
    upper = _middle(_high(a[0], low), _high(p, _low(q, a[1])), _low(a[2], high))
    lower = _middle(_high(d[0], low), _high(p, _low(q, d[1])), _low(d[2], high))
    return upper, lower


@register_jitable(**OPTIONS)
def _step(rows, borders, left, ring, first, second):
    """Sort neighbours in two more rows, find two rows of medians, and keep what was sorted.

    The last vector of a row keeps what it sorts behind the others, for most of it is sorted twice:
    the few elements that are left over would take a fourth of the time of a short row by
    themselves. Returns how many NaN the two rows hold, once for all tiles.
    """
    values_c, values_d = rows
    column_sources, run_start, run_stop, channels, fill = borders
    reach = 2 * channels
    n = first.shape[0]
    # of the ring the first part is for whole vectors, then comes one more, and what borders need
    whole = (ring.shape[1] - BLOCK) // 2
    number = first.dtype.type
    # of equal zeros of both signs always the positive one, however rows are paired
    zero = number(0)
    # those that the image holds side by side are read where they are
    start = min(max(run_start * channels - left, 0), n)
    stop = max(min(run_stop * channels - reach - left, n), start)
    if stop > start:
        at = column_sources[run_start] * channels + left + start - run_start * channels
        inner = stop - start
        rest = inner % BLOCK if inner > BLOCK else 0
        for part in range(2):
            if part == 1 and rest == 0:
                break
            # the last vector begins so early that it ends with the row, and sorts some once more
            begin = start if part == 0 else stop - BLOCK
            count = inner - rest if part == 0 else BLOCK
            kept = 0 if part == 0 else whole
            row_c, row_d = values_c[at + begin - start :], values_d[at + begin - start :]
            c_2, c_3 = row_c[channels:], row_c[reach:]
            d_2, d_3 = row_d[channels:], row_d[reach:]
            low_a, middle_a, high_a = ring[0, kept:], ring[1, kept:], ring[2, kept:]
            low_b, middle_b, high_b = ring[3, kept:], ring[4, kept:], ring[5, kept:]
            upper_row, lower_row = first[begin:], second[begin:]
            for x in range(count):
                a = low_a[x], middle_a[x], high_a[x]
                b = low_b[x], middle_b[x], high_b[x]
                c, d = _three(row_c[x], c_2[x], c_3[x]), _three(row_d[x], d_2[x], d_3[x])
                upper, lower = _two_medians(a, b, c, d)
                low_a[x], middle_a[x], high_a[x] = c
                low_b[x], middle_b[x], high_b[x] = d
                upper_row[x] = number(upper + zero)
                lower_row[x] = number(lower + zero)
    for part in range(2):
        begin, end = (0, start) if part == 0 else (stop, n)
        for pixel in range(begin, end, channels):
            j = (left + pixel) // channels
            for channel in range(channels):
                x = pixel + channel
                k = whole + BLOCK + x
                a, b = (ring[0, k], ring[1, k], ring[2, k]), (ring[3, k], ring[4, k], ring[5, k])
                c = _neighbours(values_c, column_sources, j, channels, channel, fill)
                d = _neighbours(values_d, column_sources, j, channels, channel, fill)
                upper, lower = _two_medians(a, b, c, d)
                ring[0, k], ring[1, k], ring[2, k] = c
                ring[3, k], ring[4, k], ring[5, k] = d
                first[x] = number(upper + zero)
                second[x] = number(lower + zero)
    return _count_nans(values_c) + _count_nans(values_d) if left == 0 else 0


@loop(
    "const T[:,:] image, const i8[:] row_sources, const i8[:] column_sources, i8 run_start,"
    " i8 run_stop, i8 channels, T fill, const T[:] blank, T[:,:] ring, T[:] spare, T[:,:] out -> i8"
)
def median_3x3(
    image,
    row_sources,
    column_sources,
    run_start,
    run_stop,
    channels,
    fill,
    blank,
    ring,
    spare,
    out,
):
    """Medians of 3x3, from rows in which each three neighbours are sorted.

    A median is the middle of the largest low, the middle of the middles and the smallest high.
    `blank` is a row of the image full of `fill`. `ring` holds two sorted rows of a tile of outputs
    as (lows, middles, highs) each, twice a tile and a vector wide, `spare` is a row of a tile:
    memory to work in.
    """
    source = (image, row_sources, blank)
    borders = (column_sources, run_start, run_stop, channels, fill)
    rows = out.shape[0]
    tile = spare.shape[0]
    nans = 0
    for left in range(0, out.shape[1], tile):
        n = min(tile, out.shape[1] - left)
        rest = spare[:n]
        # the first step sorts two rows; what it finds besides is overwritten
        pair = (source_row(source, 0), source_row(source, 1))
        nans += _step(pair, borders, left, ring, out[0, left : left + n], rest)
        for i in range(0, rows, 2):
            pair = (source_row(source, i + 2), source_row(source, min(i + 3, rows + 1)))
            second = out[i + 1, left : left + n] if i + 1 < rows else rest
            nans += _step(pair, borders, left, ring, out[i, left : left + n], second)
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
