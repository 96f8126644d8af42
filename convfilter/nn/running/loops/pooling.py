"""Maxima and means of windows of maps, and of neighbouring maps."""

import numpy as np

from convfilter.nn.running.layout import DEPTH_POOL, POOL, WINDOW
from convfilter.runtime.compiled.addresses import view
from convfilter.runtime.compiled.declare import loop
from convfilter.runtime.compiled.instructions.records import records
from convfilter.runtime.compiled.vectors import fill, lanes, load, most, store

FLOAT = 4
"""Bytes of a number."""


@loop("i8 arguments, i8 chunk, i8 thread -> i8")
def pool(arguments, chunk, thread):
    """Compute some rows of outputs of some maps.

    Means are sums of sums of rows, which lose less than one long sum.
    """
    p = records(arguments, 1, POOL)[0]
    size = lanes(np.float32)
    down = records(p.row_windows, p.rows, WINDOW)
    right = records(p.column_windows, p.columns, WINDOW)
    rows, maps = chunk // p.vector_chunks, chunk % p.vector_chunks
    row_chunks = p.chunks // p.vector_chunks
    first = p.vectors * maps // p.vector_chunks * size
    last = p.vectors * (maps + 1) // p.vector_chunks * size
    for y in range(p.rows * rows // row_chunks, p.rows * (rows + 1) // row_chunks):
        for x in range(p.columns):
            start = p.input + FLOAT * (down[y].first * p.row + right[x].first * p.pixel)
            length = last + (right[x].taps - 1) * p.column_step + size
            out = view(p.output + FLOAT * (y * p.output_row + x * p.output_pixel), last, np.float32)
            counted = max(down[y].count * right[x].count, 1)
            share = fill(np.float32(1) / np.float32(counted))
            for k in range(first, last, size):
                total = fill(np.float32(0)) if p.is_mean else fill(np.float32(-np.inf))
                for i in range(down[y].taps):
                    row = view(start + FLOAT * i * p.row_step, length, np.float32)
                    if p.is_mean:
                        of_row = fill(np.float32(0))
                        for j in range(right[x].taps):
                            of_row = of_row + load(row, k + j * p.column_step)
                        total = total + of_row
                    else:
                        for j in range(right[x].taps):
                            total = most(total, load(row, k + j * p.column_step))
                store(out, k, total * share if p.is_mean else total)
    return 0


@loop("i8 arguments, i8 chunk, i8 thread -> i8")
def pool_maps(arguments, chunk, thread):
    """Take the maximum or the mean of so many neighbouring maps at each place of some rows."""
    p = records(arguments, 1, DEPTH_POOL)[0]
    for y in range(p.rows * chunk // p.chunks, p.rows * (chunk + 1) // p.chunks):
        for x in range(p.columns):
            given = view(
                p.input + FLOAT * (y * p.row + x * p.pixel), p.maps * p.together, np.float32
            )
            out = view(
                p.output + FLOAT * (y * p.output_row + x * p.output_pixel), p.maps, np.float32
            )
            for k in range(p.maps):
                total = given[k * p.together]
                for j in range(1, p.together):
                    number = given[k * p.together + j]
                    if p.is_mean:
                        total += number
                    elif number > total or number != number:
                        total = number
                out[k] = total / np.float32(p.together) if p.is_mean else total
    return 0
