"""Weighted sums of neighbouring rows for four output rows at once.

What four outputs in a column read overlaps, so that a row is loaded from memory once for all of
them: the sums are limited by arithmetic instead of loads. The rows stand `PITCH` elements apart, a
number that the compiler knows; otherwise it could not tell that they do not overlap the output, and
would make no vectors.
"""

import numpy as np
from numba.extending import register_jitable

from convfilter.engine.correlation.layout import PITCH, ROW_RUNS, ROW_STEPS, ROWS_AT_ONCE, RUNS
from convfilter.runtime.compiled.declare import OPTIONS

assert ROWS_AT_ONCE == 4
_N = np.uintp  # unsigned indices: a negative one would count from the end, and cost a test
_ROW = _N(PITCH)


def _make_run(length):
    """Return a loop of its own for a number of weights that the compiler knows."""

    @register_jitable(**OPTIONS)
    def run(source, weights, add, out, n):
        """out[r, x] = or += sum over u of weights[u] * source[r + u, x], for four rows r."""
        w = weights[0]
        if add:
            for x in range(_N(n)):
                a, b = w * source[x], w * source[x + _ROW]
                c, d = w * source[x + _N(2) * _ROW], w * source[x + _N(3) * _ROW]
                for u in range(_N(1), _N(length)):
                    a += weights[u] * source[x + u * _ROW]
                    b += weights[u] * source[x + (u + _N(1)) * _ROW]
                    c += weights[u] * source[x + (u + _N(2)) * _ROW]
                    d += weights[u] * source[x + (u + _N(3)) * _ROW]
                out[x] += a
                out[x + _ROW] += b
                out[x + _N(2) * _ROW] += c
                out[x + _N(3) * _ROW] += d
        else:
            for x in range(_N(n)):
                a, b = w * source[x], w * source[x + _ROW]
                c, d = w * source[x + _N(2) * _ROW], w * source[x + _N(3) * _ROW]
                for u in range(_N(1), _N(length)):
                    a += weights[u] * source[x + u * _ROW]
                    b += weights[u] * source[x + (u + _N(1)) * _ROW]
                    c += weights[u] * source[x + (u + _N(2)) * _ROW]
                    d += weights[u] * source[x + (u + _N(3)) * _ROW]
                out[x] = a
                out[x + _ROW] = b
                out[x + _N(2) * _ROW] = c
                out[x + _N(3) * _ROW] = d

    return run


_run_1, _run_2, _run_3, _run_5, _run_7, _run_8, _run_9 = map(_make_run, RUNS)


@register_jitable(**OPTIONS)
def _block_3x3(left, middle, right, weights, out, n):
    """out[r, x] = the sum over three runs of three, for four rows r."""
    w = weights[0]
    for x in range(_N(n)):
        a, b = w * left[x], w * left[x + _ROW]
        c, d = w * left[x + _N(2) * _ROW], w * left[x + _N(3) * _ROW]
        for u in range(_N(1), _N(3)):
            a += weights[u] * left[x + u * _ROW]
            b += weights[u] * left[x + (u + _N(1)) * _ROW]
            c += weights[u] * left[x + (u + _N(2)) * _ROW]
            d += weights[u] * left[x + (u + _N(3)) * _ROW]
        for u in range(_N(3)):
            a += weights[u + _N(3)] * middle[x + u * _ROW]
            b += weights[u + _N(3)] * middle[x + (u + _N(1)) * _ROW]
            c += weights[u + _N(3)] * middle[x + (u + _N(2)) * _ROW]
            d += weights[u + _N(3)] * middle[x + (u + _N(3)) * _ROW]
        for u in range(_N(3)):
            a += weights[u + _N(6)] * right[x + u * _ROW]
            b += weights[u + _N(6)] * right[x + (u + _N(1)) * _ROW]
            c += weights[u + _N(6)] * right[x + (u + _N(2)) * _ROW]
            d += weights[u + _N(6)] * right[x + (u + _N(3)) * _ROW]
        out[x] = a
        out[x + _ROW] = b
        out[x + _N(2) * _ROW] = c
        out[x + _N(3) * _ROW] = d


@register_jitable(**OPTIONS)
def _is_3x3(starts):
    """Tell whether these are three runs of three weights."""
    lengths_fit = starts.shape[0] == 4 and starts[3] - starts[0] == 9
    return lengths_fit and starts[1] - starts[0] == 3 and starts[2] - starts[1] == 3


@register_jitable(**OPTIONS)
def sum_runs(source, first, starts, offsets, weights, out, n):
    """out[r, x] = the sum over runs of weights, for four rows r; there is at least one run.

    Run `k` has the weights from ``starts[k]`` to ``starts[k + 1]`` and begins at
    ``source[first + offsets[k]]``.
    """
    if _is_3x3(starts):
        left, middle = source[first + offsets[0] :], source[first + offsets[1] :]
        right = source[first + offsets[2] :]
        _block_3x3(left, middle, right, weights[starts[0] :], out, n)
        return
    for k in range(offsets.shape[0]):
        run = weights[starts[k] : starts[k + 1]]
        begin = source[first + offsets[k] :]
        length = run.shape[0]
        if length == 9:
            _run_9(begin, run, k > 0, out, n)
        elif length == 8:
            _run_8(begin, run, k > 0, out, n)
        elif length == 7:
            _run_7(begin, run, k > 0, out, n)
        elif length == 5:
            _run_5(begin, run, k > 0, out, n)
        elif length == 3:
            _run_3(begin, run, k > 0, out, n)
        elif length == 2:
            _run_2(begin, run, k > 0, out, n)
        else:
            _run_1(begin, run, k > 0, out, n)


def _make_row_run(length, step):
    """Return a loop of its own for a number of weights and a step that the compiler knows."""
    half = (length + 1) // 2

    @register_jitable(**OPTIONS)
    def run(source, weights, add, out, n):
        """out[x] = or += sum over u of weights[u] * source[x + u * step], in two halves."""
        v, w = weights[0], weights[half]
        if add:
            for x in range(_N(n)):
                a, b = v * source[x], w * source[x + _N(half * step)]
                for u in range(_N(1), _N(half)):
                    a += weights[u] * source[x + u * _N(step)]
                for u in range(_N(half + 1), _N(length)):
                    b += weights[u] * source[x + u * _N(step)]
                out[x] += a + b
        else:
            for x in range(_N(n)):
                a, b = v * source[x], w * source[x + _N(half * step)]
                for u in range(_N(1), _N(half)):
                    a += weights[u] * source[x + u * _N(step)]
                for u in range(_N(half + 1), _N(length)):
                    b += weights[u] * source[x + u * _N(step)]
                out[x] = a + b

    return run


_grey_9, _grey_8, _colour_9, _colour_8 = (
    _make_row_run(length, step) for step in ROW_STEPS for length in ROW_RUNS
)


@register_jitable(**OPTIONS)
def sum_row(source, step, weights, out, n):
    """out[x] = sum over u of weights[u] * source[x + u * step], in nines and eights."""
    nines = weights.shape[0] % 8
    t = 0
    while t < weights.shape[0]:
        begin, run = source[t * step :], weights[t:]
        if t < 9 * nines:
            if step == 1:
                _grey_9(begin, run, t > 0, out, n)
            else:
                _colour_9(begin, run, t > 0, out, n)
            t += 9
        else:
            if step == 1:
                _grey_8(begin, run, t > 0, out, n)
            else:
                _colour_8(begin, run, t > 0, out, n)
            t += 8
