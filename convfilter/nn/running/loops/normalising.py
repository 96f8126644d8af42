"""Layers that look along the maps at each place."""

import numpy as np

from convfilter.nn.running.layout import NORMALISE
from convfilter.nn.running.loops.powers import exponential, logarithm
from convfilter.runtime.compiled.addresses import view
from convfilter.runtime.compiled.declare import loop
from convfilter.runtime.compiled.instructions.records import records
from convfilter.runtime.compiled.vectors import lanes

FLOAT = 4
"""Bytes of a number."""


@loop("i8 arguments, i8 chunk, i8 thread -> i8")
def local_response(arguments, chunk, thread):
    """Divide the numbers of some rows by what neighbouring maps say.

    The squares of a place stand between zeros, so that all maps have as many neighbours.
    """
    r = records(arguments, 1, NORMALISE)[0]
    n = r.vectors * lanes(np.float32)
    squares = view(r.scratch + FLOAT * thread * r.thread_scratch, r.thread_scratch, np.float32)
    sums = squares[n + r.neighbours :]
    for k in range(n + r.neighbours):
        squares[k] = np.float32(0)
    for y in range(r.rows * chunk // r.chunks, r.rows * (chunk + 1) // r.chunks):
        for x in range(r.columns):
            given = view(r.input + FLOAT * (y * r.row + x * r.pixel), n, np.float32)
            out = view(r.output + FLOAT * (y * r.output_row + x * r.output_pixel), n, np.float32)
            for k in range(r.maps):
                squares[r.below + k] = given[k] * given[k]
            for k in range(n):
                sums[k] = squares[k]
            for j in range(1, r.neighbours):
                further = squares[j:]
                for k in range(n):
                    sums[k] += further[k]
            if r.is_quick:
                # a power of 3/4 is the product of a root and its root
                for k in range(n):
                    root = np.sqrt(r.offset + r.factor * sums[k])
                    out[k] = given[k] / (root * np.sqrt(root))
            else:
                for k in range(n):
                    number = r.offset + r.factor * sums[k]
                    out[k] = given[k] * exponential(-r.power * logarithm(number))
    return 0


@loop("i8 arguments, i8 chunk, i8 thread -> i8")
def softmax(arguments, chunk, thread):
    """Divide powers of e by their sum, at each place of some rows."""
    r = records(arguments, 1, NORMALISE)[0]
    for y in range(r.rows * chunk // r.chunks, r.rows * (chunk + 1) // r.chunks):
        for x in range(r.columns):
            given = view(r.input + FLOAT * (y * r.row + x * r.pixel), r.maps, np.float32)
            out = view(
                r.output + FLOAT * (y * r.output_row + x * r.output_pixel), r.maps, np.float32
            )
            largest = given[0]
            for k in range(1, r.maps):
                if given[k] > largest:
                    largest = given[k]
            total = 0.0
            for k in range(r.maps):
                out[k] = exponential(given[k] - largest)
            for k in range(r.maps):
                total += np.float64(out[k])
            share = np.float32(1.0 / total)
            for k in range(r.maps):
                out[k] *= share
    return 0
