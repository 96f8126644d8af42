"""Numbers moved from one order of axes, or from one place, to another."""

import numpy as np
from numba.extending import register_jitable

from convfilter.nn.running.layout import FILL, MOVE
from convfilter.runtime.compiled.addresses import view
from convfilter.runtime.compiled.declare import OPTIONS, loop
from convfilter.runtime.compiled.instructions.records import records

FLOAT = 4
"""Bytes of a number."""


@register_jitable(**OPTIONS)
def _interleave(start, step, out, count):
    """Put three rows, `step` numbers apart, beside each other: the maps of a picture in colour."""
    red = view(start, count, np.float32)
    green = view(start + FLOAT * step, count, np.float32)
    blue = view(start + FLOAT * 2 * step, count, np.float32)
    made = view(out, 3 * count, np.float32)
    for k in range(count):
        made[3 * k] = red[k]
        made[3 * k + 1] = green[k]
        made[3 * k + 2] = blue[k]


@loop("i8 arguments, i8 chunk, i8 thread -> i8")
def move(arguments, chunk, thread):
    """Copy some of the numbers of six axes; the two before the last are cut into chunks."""
    m = records(arguments, 1, MOVE)[0]
    rows = m.n3 * m.n4
    first, last = rows * chunk // m.chunks, rows * (chunk + 1) // m.chunks
    is_colour = m.n4 == 3 and m.o4 == 1 and m.i5 == 1 and m.o5 == 3
    for a in range(m.n0):
        for b in range(m.n1):
            for c in range(m.n2):
                start = m.input + FLOAT * (a * m.i0 + b * m.i1 + c * m.i2)
                out = m.output + FLOAT * (a * m.o0 + b * m.o1 + c * m.o2)
                row = first
                while row < last:
                    d, e = row // m.n4, row % m.n4
                    place, target = start + FLOAT * d * m.i3, out + FLOAT * d * m.o3
                    if is_colour and e == 0 and row + 3 <= last:
                        _interleave(place, m.i4, target, m.n5)
                        row += 3
                        continue
                    given = view(place + FLOAT * e * m.i4, m.n5 * m.i5, np.float32)
                    made = view(target + FLOAT * e * m.o4, m.n5 * m.o5, np.float32)
                    if m.i5 == 1 and m.o5 == 1:
                        for k in range(m.n5):
                            made[k] = given[k]
                    else:
                        for k in range(m.n5):
                            made[k * m.o5] = given[k * m.i5]
                    row += 1
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
