"""Fully connected layers of one picture: as fast as memory, from which each weight comes once."""

import numpy as np
from numba.extending import register_jitable

from convfilter.nn.running.layout import LINEAR
from convfilter.runtime.compiled.addresses import prefetch, view
from convfilter.runtime.compiled.declare import OPTIONS, loop
from convfilter.runtime.compiled.instructions.records import records
from convfilter.runtime.compiled.vectors import fill, lanes, load, multiply_add, total

FLOAT = 4
"""Bytes of a number."""

ROWS = 4
"""Rows of weights that are worked on at once: each is a stream from memory of its own."""

AHEAD = 1024
"""Bytes between what is multiplied and what is fetched from memory for later."""


@register_jitable(**OPTIONS)
def _rest(row, numbers, start, stop, is_squared):
    """Return what the numbers from `start` on add, which fill no vector."""
    rest = np.float32(0)
    for k in range(start, stop):
        if is_squared:
            difference = row[k] - numbers[k]
            rest += difference * difference
        else:
            rest += row[k] * numbers[k]
    return rest


@loop("i8 arguments, i8 chunk, i8 thread -> i8")
def connect(arguments, chunk, thread):
    """Compute some outputs: sums of products, or of squared differences, and a bias."""
    c = records(arguments, 1, LINEAR)[0]
    size, n = lanes(np.float32), c.inputs
    numbers = view(c.input, n, np.float32)
    bias, out = view(c.bias, c.outputs, np.float32), view(c.output, c.outputs, np.float32)
    whole = n // (2 * size) * 2 * size
    groups = (c.outputs + ROWS - 1) // ROWS
    for group in range(groups * chunk // c.chunks, groups * (chunk + 1) // c.chunks):
        # the last rows are worked on together with some before them
        first = max(min(group * ROWS, c.outputs - ROWS), 0)
        place = c.weights + FLOAT * first * n
        row0 = view(place, n, np.float32)
        row1 = view(place + FLOAT * min(1, c.outputs - 1) * n, n, np.float32)
        row2 = view(place + FLOAT * min(2, c.outputs - 1) * n, n, np.float32)
        row3 = view(place + FLOAT * min(3, c.outputs - 1) * n, n, np.float32)
        a0, a1, a2, a3 = (
            fill(np.float32(0)),
            fill(np.float32(0)),
            fill(np.float32(0)),
            fill(np.float32(0)),
        )
        b0, b1, b2, b3 = a0, a1, a2, a3
        if c.squared:
            for k in range(0, whole, size):
                x = load(numbers, k)
                d0, d1, d2, d3 = (
                    load(row0, k) - x,
                    load(row1, k) - x,
                    load(row2, k) - x,
                    load(row3, k) - x,
                )
                a0, a1 = multiply_add(d0, d0, a0), multiply_add(d1, d1, a1)
                a2, a3 = multiply_add(d2, d2, a2), multiply_add(d3, d3, a3)
        else:
            for k in range(0, whole, 2 * size):
                x, y = load(numbers, k), load(numbers, k + size)
                at = place + FLOAT * k + AHEAD
                prefetch(at)
                prefetch(at + FLOAT * size)
                prefetch(at + FLOAT * n)
                prefetch(at + FLOAT * (n + size))
                prefetch(at + FLOAT * 2 * n)
                prefetch(at + FLOAT * (2 * n + size))
                prefetch(at + FLOAT * 3 * n)
                prefetch(at + FLOAT * (3 * n + size))
                a0 = multiply_add(load(row0, k), x, a0)
                a1 = multiply_add(load(row1, k), x, a1)
                a2 = multiply_add(load(row2, k), x, a2)
                a3 = multiply_add(load(row3, k), x, a3)
                b0 = multiply_add(load(row0, k + size), y, b0)
                b1 = multiply_add(load(row1, k + size), y, b1)
                b2 = multiply_add(load(row2, k + size), y, b2)
                b3 = multiply_add(load(row3, k + size), y, b3)
        rows, sums = (row0, row1, row2, row3), (a0 + b0, a1 + b1, a2 + b2, a3 + b3)
        for i in range(min(ROWS, c.outputs)):
            number = total(sums[i]) + _rest(rows[i], numbers, whole, n, c.squared)
            number += bias[first + i]
            number = c.low if number < c.low else number
            out[first + i] = c.high if number > c.high else number
    return 0
