"""Rows joined number by number: what a fold does, on whole rows at once.

Of equal numbers (zeros of both signs) the first one is taken, so that it does not matter how folds
are nested; NaN wins over all.
"""

import numpy as np
from numba.extending import register_jitable

from convfilter.runtime.compiled.addresses import view
from convfilter.runtime.compiled.declare import OPTIONS, loop
from convfilter.runtime.compiled.vectors import (
    evens,
    lanes,
    least,
    load,
    load_as,
    most,
    odds,
    store,
)


@register_jitable(**OPTIONS)
def _larger(a, b):
    return b if (b > a or b != b) else a


@register_jitable(**OPTIONS)
def _smaller(a, b):
    return b if (b < a or b != b) else a


@register_jitable(**OPTIONS)
def _sum(a, b):
    return a + b


def _fold(join_vectors, join_numbers):
    """Return the loop that joins rows, four vectors of each at a time."""

    @loop("class S, class T, const i8[:] places, i8 count, i8 n, i8 out -> i8")
    def fold(S, T, places, count, n, out):
        """Join the numbers of `count` rows of S at these addresses into a row of T; return 0."""
        size = lanes(T)
        target, first = view(out, n, T), view(places[0], n, S)
        if n < size:
            for x in range(n):
                joined = T(first[x])
                for k in range(1, count):
                    joined = T(join_numbers(joined, T(view(places[k], n, S)[x])))
                target[x] = joined
            return 0
        x, second = 0, view(places[min(1, count - 1)], n, S)
        while count == 2 and x + 4 * size <= n:
            for _ in range(4):
                store(target, x, join_vectors(load_as(first, x, T), load_as(second, x, T)))
                x += size
        while x + 4 * size <= n:
            a, b = load_as(first, x, T), load_as(first, x + size, T)
            c, d = load_as(first, x + 2 * size, T), load_as(first, x + 3 * size, T)
            for k in range(1, count):
                row = view(places[k], n, S)
                a = join_vectors(a, load_as(row, x, T))
                b = join_vectors(b, load_as(row, x + size, T))
                c = join_vectors(c, load_as(row, x + 2 * size, T))
                d = join_vectors(d, load_as(row, x + 3 * size, T))
            store(target, x, a)
            store(target, x + size, b)
            store(target, x + 2 * size, c)
            store(target, x + 3 * size, d)
            x += 4 * size
        while x < n:
            # the last vector begins so early that it ends with the row
            x = min(x, n - size)
            a = load_as(first, x, T)
            for k in range(1, count):
                a = join_vectors(a, load_as(view(places[k], n, S), x, T))
            store(target, x, a)
            x += size
        return 0

    return fold


def _pairs(join_vectors, join_numbers):
    """Return the loop that joins each two neighbours of a row."""

    @loop("class T, i8 place, i8 n, i8 out -> i8")
    def pairs(T, place, n, out):
        """Join each two of 2 * `n` numbers; return 0."""
        size = lanes(T)
        row, target = view(place, 2 * n, T), view(out, n, T)
        if n < size:
            for x in range(n):
                target[x] = T(join_numbers(row[2 * x], row[2 * x + 1]))
            return 0
        for start in range(0, n, size):
            x = min(start, n - size)
            a, b = load(row, 2 * x), load(row, 2 * x + size)
            store(target, x, join_vectors(evens(a, b), odds(a, b)))
        return 0

    return pairs


largest, smallest = _fold(most, _larger), _fold(least, _smaller)
largest_pairs, smallest_pairs = _pairs(most, _larger), _pairs(least, _smaller)


@register_jitable(**OPTIONS)
def _add(a, b):
    return a + b


total, total_pairs = _fold(_add, _sum), _pairs(_add, _sum)


@loop(
    "class T, class N, class D, i8 place, i8 n, i8 row_count, const i8[:] column_counts, f8 share,"
    " i8 rounded, i8 out -> i8"
)
def divide(T, N, D, place, n, row_count, column_counts, share, rounded, out):
    """Divide each sum by how many numbers it counts, in the arithmetic of N; return 0.

    Where all count as many, a power of two, `share` is its inverse, else 0.
    """
    row, target = view(place, n, T), view(out, n, D)
    factor, count = N(share), N(row_count)
    if rounded and share > 0:
        for x in range(n):
            target[x] = D(np.int32(np.rint(N(row[x]) * factor)))
    elif rounded:
        for x in range(n):
            target[x] = D(np.int32(np.rint(N(row[x]) / (count * N(column_counts[x])))))
    elif share > 0:
        for x in range(n):
            target[x] = D(N(row[x]) * factor)
    else:
        for x in range(n):
            target[x] = D(N(row[x]) / (count * N(column_counts[x])))
    return 0


@loop("i8 place, i8 n, i8 row_count, const i8[:] column_counts, f8 share, i8 rounded, i8 out -> i8")
def divide_by_four(place, n, row_count, column_counts, share, rounded, out):
    """Divide sums of four bytes in 16-bit integers, rounded half to even; return 0."""
    row, target = view(place, n, np.uint16), view(out, n, np.uint8)
    for x in range(n):
        total = row[x]
        odd = np.uint16(np.uint16(total >> 2) & 1)
        target[x] = np.uint8(np.uint16(np.uint16(total + 1) + odd) >> 2)
    return 0
