"""Folds of what is there: where nothing has won, and means of what has been counted."""

import numpy as np

from convfilter.engine.window.layout import TARGET
from convfilter.engine.window.loops.results import store_rows
from convfilter.runtime.compiled.addresses import view
from convfilter.runtime.compiled.declare import loop


@loop("class S, i8 place, i8 pitch, i8 rows, i8 n, S value -> i8")
def holds(S, place, pitch, rows, n, value):
    """Tell whether a value is in rows that are so many bytes apart."""
    for row in range(rows):
        values = view(place + row * pitch, n, S)
        found = np.uint32(0)
        for x in range(n):
            found = np.uint32(found | np.uint32(values[x] == value))
        if found != 0:
            return 1
    return 0


@loop("class S, i8 place, i8 pitch, i8 rows, i8 n, const u1[:,:] there")
def clear(S, place, pitch, rows, n, there):
    """Make values 0 in such rows where `there` is 0."""
    for row in range(rows):
        values, known = view(place + row * pitch, n, S), there[row]
        for x in range(n):
            kept = values[x]
            values[x] = kept if known[x] != 0 else S(0)


@loop(
    "const Target[:] target, const T[:,:] sums, const T[:,:] there, const T[:,:] divisors,"
    " i8 gaps, i8 gaps_pitch, T[:] line",
    Target=TARGET,
)
def divide(target, sums, there, divisors, gaps, gaps_pitch, line):
    """Store sums divided by how many numbers count, 0 where nothing is there, and mark these.

    What marks them begins at the address `gaps`.
    """
    n, number = line.shape[0], line.dtype.type
    for row in range(sums.shape[0]):
        values, known, counts = sums[row], there[row], divisors[row]
        missing = view(gaps + row * gaps_pitch, n, np.uint8)
        for x in range(n):
            count, value = counts[x], values[x]
            quotient = value / (count if count > 0 else number(1))
            line[x] = quotient if known[x] != 0 else number(0)
        for x in range(n):
            missing[x] = np.uint8(known[x] == 0)
        store_rows(target, row, 1, 0, n, 0, line)
