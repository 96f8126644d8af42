"""Medians of small windows by networks of comparisons, a vector of outputs at a time.

A loop does a band of rows. It returns more than 0 where the rows hold NaN, of which comparisons say
nothing.
"""

import numpy as np
from numba.extending import register_jitable

from convfilter.engine.rank.layout import BAND, EDGE_ROWS, EDGE_WIDTH
from convfilter.engine.window.layout import SOURCE, TARGET
from convfilter.engine.window.loops.rows import image_place, load_rows, look_at, outputs_in_place
from convfilter.runtime.compiled.addresses import address_of, prefetch, prefetch_to_write, view
from convfilter.runtime.compiled.declare import OPTIONS, loop
from convfilter.runtime.compiled.vectors import (
    count_nans,
    fill,
    lanes,
    larger,
    load,
    smaller,
    store,
)

AHEAD = 256
"""Bytes between what is computed and what is fetched from memory for later."""


@register_jitable(**OPTIONS)
def _middle(a, b, c):
    return larger(smaller(a, b), smaller(larger(a, b), c))


@register_jitable(**OPTIONS)
def _sorted_three(row, at, step):
    """Return three neighbours in order, and how many NaN are among them, or more than 0."""
    a, b, c = load(row, at), load(row, at + step), load(row, at + 2 * step)
    nans = count_nans(a + b + c)
    p, q = smaller(a, b), larger(a, b)
    r = larger(p, c)
    return smaller(p, c), smaller(r, q), larger(r, q), nans


@register_jitable(**OPTIONS)
def _two_medians(a, b, c, d):
    """Return the medians of the sorted rows `a` to `c` and `b` to `d`; most of it serves both.

    A median is the middle of the largest low, the middle of the middles and the smallest high.
    """
    low, high = larger(b[0], c[0]), smaller(b[2], c[2])
    p, q = smaller(b[1], c[1]), larger(b[1], c[1])
    upper = _middle(larger(a[0], low), larger(p, smaller(q, a[1])), smaller(a[2], high))
    lower = _middle(larger(d[0], low), larger(p, smaller(q, d[1])), smaller(d[2], high))
    return upper, lower


@register_jitable(**OPTIONS)
def _walk(places, outs, count, at, x, step, size, kind):
    """Find the medians of a vector of columns for `count` rows, an even number.

    The rows from ``places[0]`` on hold the numbers from `at` on; results go to `x` of the rows
    from ``outs[0]`` on. Returns more than 0 where there is NaN.
    """
    zero, reach = fill(kind(0)), at + 2 * step + lanes(kind)
    a = _sorted_three(view(places[0], reach, kind), at, step)
    b = _sorted_three(view(places[1], reach, kind), at, step)
    nans = a[3] + b[3]
    for i in range(0, count, 2):
        third, fourth = places[i + 2], places[i + 3]
        prefetch(third + at * size + AHEAD)
        prefetch(fourth + at * size + AHEAD)
        prefetch_to_write(outs[i] + x * size + AHEAD)
        prefetch_to_write(outs[i + 1] + x * size + AHEAD)
        c = _sorted_three(view(third, reach, kind), at, step)
        d = _sorted_three(view(fourth, reach, kind), at, step)
        upper, lower = _two_medians(a, b, c, d)
        # of equal zeros of both signs always the positive one, however rows are paired
        store(view(outs[i], x + lanes(kind), kind), x, upper + zero)
        store(view(outs[i + 1], x + lanes(kind), kind), x, lower + zero)
        nans += c[3] + d[3]
        a, b = c, d
    return nans


@loop(
    "class T, const Source[:] source, const Target[:] target, i8 rows, i8 length, i8[:] places,"
    " i8[:] outs, T[:] edge, T[:] results -> i8",
    Source=SOURCE,
    Target=TARGET,
)
def median_3x3(T, source, target, rows, length, places, outs, edge, results):
    """Store medians of 3x3, `rows` of `length` numbers.

    The rows of the image are read where they lie; outputs whose windows reach beyond it are made
    from padded rows. `places` and `outs` hold BAND + 3 addresses, `edge` padded rows of EDGE_WIDTH
    outputs, `results` a row of outputs or EDGE_ROWS of those: memory to work in.
    """
    step, item, size = source[0].channels, target[0].number_bytes, lanes(T)
    spare = address_of(results)
    nans = 0
    start, stop, to_image = outputs_in_place(source, 3, length, size)
    for top in range(0, rows, BAND):
        if start == stop:
            break
        count = min(BAND, rows - top)
        for row in range(top, top + count if top + count < rows else rows + 2):
            look_at(source, row)
        for i in range(BAND + 3):
            places[i] = image_place(source, min(top + i, top + count + 1))
            outs[i] = spare if i >= count else target[0].address + (top + i) * target[0].pitch
        for left in range(start, stop, size):
            # the last vector begins so early that it ends with the outputs
            x = min(left, stop - size)
            nans += _walk(places, outs, count, to_image + x, x, step, item, T)
    pitch = EDGE_WIDTH + 2 * step + size
    per_row = EDGE_WIDTH // step
    for first in range(0, rows, EDGE_ROWS):
        count = min(EDGE_ROWS, rows - first)
        for part in range(2):
            begin, end = (0, start // step) if part == 0 else (stop // step, length // step)
            for pixel in range(begin, end, per_row):
                pixels = min(per_row, end - pixel)
                n = pixels * step
                load_rows(source, first, count + 2, pixel, pixel + pixels + 2, pitch, edge)
                for i in range(count + 2):
                    for x in range(n + 2 * step):
                        nans += np.int64(edge[i * pitch + x] != edge[i * pitch + x])
                for top in range(0, count, BAND):
                    for i in range(BAND + 3):
                        row = min(top + i, EDGE_ROWS + 1)
                        places[i] = address_of(edge) + row * pitch * item
                        outs[i] = spare + min(top + i, EDGE_ROWS) * EDGE_WIDTH * item
                    for x in range(0, n, size):
                        _walk(places, outs, BAND, x, x, step, item, T)
                for i in range(count):
                    place = target[0].address + (first + i) * target[0].pitch
                    out = view(place + pixel * step * item, n, T)
                    for x in range(n):
                        out[x] = results[i * EDGE_WIDTH + x]
    return nans


SORTING = "a b, d e, c e, c d, a d, a c, b e, b d, b c"
"""A network that sorts five numbers: after "a b", `a` is the smaller one of both."""

SELECTION = """
    a0 a4, a0>b1, e0 c4, d0 b4, d1 d0, e1 d4, c4<d4, c0 c1, b0 a1, b0>a2, b4 d0, d2<d0,
    c2 c1, c4<c1, b2 a1, b2>d1, e4 a1, d3<a1, a4 a0, e0 b0, b4 c2, e2 e1, e0>a3, e3<e1,
    c3 b0, b3 e4, b3>b4, d2 d3, e2 c3, e2>a4, c4 b0, c2<b0, d3 c2, e0<c2, b2 b3, a0 c3,
    c0 d2, c0>e0, e4 d3, c3<d3, e2 e4, a0 c0, b2 e4, b2>a0, c0 e4, b3 c3, e4<c3, c0 b3,
    e2 b2, e2>c0, c4 b2, c4>e2, b3 b2, d2<b2, e3 e4, d2<e4, c4 e3, c4>d2, b3 c4, b3>e3,
    c4<b3
"""
"""A network that leaves in `c4` the median of five sorted columns, `a0` to `e0` and so on.

"a0>b1" leaves the larger one of both in `a0`, "c4<d4" the smaller one in `c4`; the other one cannot
be the median. The network was found by a search that adds the comparison after which most numbers
are known to lie below or above the median, and holds for all columns of zeros and ones, hence for
all numbers.
"""


def _network(comparisons, inputs, outputs):
    """Return a function of vectors that makes these comparisons, one after the other."""
    lines = [f"def network({', '.join(inputs)}):"]
    for comparison in comparisons.replace("\n", " ").split(","):
        if ">" in comparison:
            a, b = comparison.strip().split(">")
            lines.append(f"{a} = larger({a}, {b})")
        elif "<" in comparison:
            a, b = comparison.strip().split("<")
            lines.append(f"{a} = smaller({a}, {b})")
        else:
            a, b = comparison.split()
            lines.append(f"{a}, {b} = smaller({a}, {b}), larger({a}, {b})")
    lines.append(f"return {', '.join(outputs)}")
    scope = {"larger": larger, "smaller": smaller}
    exec("\n    ".join(lines), scope)
    return register_jitable(**OPTIONS)(scope["network"])


RANKS = "abcde"
_sort_five = _network(SORTING, RANKS, RANKS)
_select = _network(SELECTION, [f"{rank}{shift}" for shift in range(5) for rank in RANKS], ["c4"])


@register_jitable(**OPTIONS)
def _sorted_column(columns, pitch, x):
    """Return the five numbers of a sorted column."""
    return (
        load(columns, x),
        load(columns, x + pitch),
        load(columns, x + 2 * pitch),
        load(columns, x + 3 * pitch),
        load(columns, x + 4 * pitch),
    )


@loop(
    "class T, const Source[:] source, const Target[:] target, i8 rows, i8 length, i8 pitch,"
    " T[:] ring, T[:] columns, T[:] results -> i8",
    Source=SOURCE,
    Target=TARGET,
)
def median_5x5(T, source, target, rows, length, pitch, ring, columns, results):
    """Store medians of 5x5, `rows` of `length` numbers.

    Each column of five numbers is sorted once and serves the five windows that hold it. `ring` and
    `columns` are five padded rows each, `pitch` numbers apart, and `results` is a vector: memory to
    work in, with room for whole vectors.
    """
    step, size = source[0].channels, lanes(T)
    extent = source[0].width
    nans = 0
    for row in range(5):  # the last vector reaches beyond a row, where NaN may lie of other work
        store(ring, row * pitch + extent * step, fill(T(0)))
    for row in range(4):
        load_rows(source, row, 1, 0, extent, 0, ring[row % 5 * pitch :])
    for i in range(rows):
        load_rows(source, i + 4, 1, 0, extent, 0, ring[(i + 4) % 5 * pitch :])
        a, b, c = i % 5 * pitch, (i + 1) % 5 * pitch, (i + 2) % 5 * pitch
        d, e = (i + 3) % 5 * pitch, (i + 4) % 5 * pitch
        for x in range(0, length + 4 * step, size):
            p, q, r = load(ring, a + x), load(ring, b + x), load(ring, c + x)
            s, t = load(ring, d + x), load(ring, e + x)
            nans += count_nans(p + q + r + s + t)
            p, q, r, s, t = _sort_five(p, q, r, s, t)
            store(columns, x, p)
            store(columns, x + pitch, q)
            store(columns, x + 2 * pitch, r)
            store(columns, x + 3 * pitch, s)
            store(columns, x + 4 * pitch, t)
        place = target[0].address + i * target[0].pitch
        out = view(place, length, T)
        for left in range(0, length, size):
            # the last vector begins so early that it ends with the row
            x = max(min(left, length - size), 0)
            median = _select(
                *_sorted_column(columns, pitch, x),
                *_sorted_column(columns, pitch, x + step),
                *_sorted_column(columns, pitch, x + 2 * step),
                *_sorted_column(columns, pitch, x + 3 * step),
                *_sorted_column(columns, pitch, x + 4 * step),
            )
            if length >= size:
                store(out, x, median)
            else:
                store(results, 0, median)
                for k in range(length):
                    out[k] = results[k]
    return nans
