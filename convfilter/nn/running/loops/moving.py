"""Numbers moved from one order of axes, or from one place, to another."""

import numpy as np

from convfilter.nn.running.layout import FILL, MOVE
from convfilter.runtime.compiled.addresses import view
from convfilter.runtime.compiled.declare import loop
from convfilter.runtime.compiled.instructions.records import records

FLOAT = 4
"""Bytes of a number."""


@loop("i8 arguments, i8 chunk, i8 thread -> i8")
def move(arguments, chunk, thread):
    """Copy some of the numbers of six axes; the two before the last are cut into chunks."""
    m = records(arguments, 1, MOVE)[0]
    rows = m.n3 * m.n4
    first, last = rows * chunk // m.chunks, rows * (chunk + 1) // m.chunks
    for a in range(m.n0):
        for b in range(m.n1):
            for c in range(m.n2):
                start = m.input + FLOAT * (a * m.i0 + b * m.i1 + c * m.i2)
                out = m.output + FLOAT * (a * m.o0 + b * m.o1 + c * m.o2)
                for row in range(first, last):
                    d, e = row // m.n4, row % m.n4
                    given = view(start + FLOAT * (d * m.i3 + e * m.i4), m.n5 * m.i5, np.float32)
                    made = view(out + FLOAT * (d * m.o3 + e * m.o4), m.n5 * m.o5, np.float32)
                    if m.i5 == 1 and m.o5 == 1:
                        for k in range(m.n5):
                            made[k] = given[k]
                    else:
                        for k in range(m.n5):
                            made[k * m.o5] = given[k * m.i5]
    return 0


@loop("i8 arguments, i8 chunk, i8 thread -> i8")
def fill_rows(arguments, chunk, thread):
    """Fill rows with one value, in a single chunk."""
    f = records(arguments, 1, FILL)[0]
    for y in range(f.rows):
        out = view(f.output + FLOAT * y * f.output_row, f.length, np.float32)
        for k in range(f.length):
            out[k] = f.value
    return 0
