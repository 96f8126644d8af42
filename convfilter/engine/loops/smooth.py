"""Means weighted by likeness, on planes (channels, rows, columns)."""

import numba
import numpy as np
from numba.extending import overload

from convfilter.engine.loops.declare import loop

LOG2_E = np.float32(1.4426950408889634)
# coefficients of 2**f as a power series, ln(2)**k / k!
C1 = np.float32(0.6931471805599453)
C2 = np.float32(0.2402265069591007)
C3 = np.float32(0.05550410866482158)
C4 = np.float32(0.009618129107628477)
C5 = np.float32(0.0013333558146428443)
C6 = np.float32(0.00015403530393381608)
ONE = np.float32(1)
HALF = np.float32(0.5)
LEAST = np.float32(-126)


def _exp_single(exponent):
    """Return e**exponent for an exponent of at most zero, NaN as the smallest weight.

    2**z is the power series of its fraction, within one half, times 2**n set as exponent bits.
    """
    z = exponent * LOG2_E
    z = z if z > LEAST else LEAST
    whole = np.floor(z + HALF)
    f = z - whole
    power = ONE + f * (C1 + f * (C2 + f * (C3 + f * (C4 + f * (C5 + f * C6)))))
    bits = np.int32((np.int32(whole) + np.int32(127)) << np.int32(23))
    return power * bits.view(np.float32)


def _exp_double(exponent):
    """Return e**exponent for an exponent of at most zero, NaN as the smallest weight."""
    return np.exp(exponent if exponent > -700.0 else -700.0)


def _exp(exponent):
    """Return e**exponent for an exponent of at most zero, NaN as the smallest weight."""
    return _exp_single(exponent) if isinstance(exponent, np.float32) else _exp_double(exponent)


@overload(_exp, jit_options={"error_model": "numpy", "fastmath": {"contract"}})
def _choose_exp(exponent):
    return _exp_single if exponent == numba.float32 else _exp_double


@loop(
    "const T[:,:,:] planes, i8 radius, const i8[:] tap_rows, const i8[:] tap_columns,"
    " const T[:] tap_exponents, T factor, T[:] line, T[:] weights, T[:,:] sums, T[:,:,:] out"
)
def bilateral(
    planes, radius, tap_rows, tap_columns, tap_exponents, factor, line, weights, sums, out
):
    """Add the weighted differences to the centre, taps (without the centre) one by one.

    A tap weighs e**(its exponent - (factor * distance)**2); the centre weighs 1.
    """
    channels, rows, columns = out.shape
    zero = out.dtype.type(0)
    one = out.dtype.type(1)
    for i in range(rows):
        for x in range(columns):
            weights[x] = one
            for c in range(channels):
                sums[c, x] = zero
        for t in range(tap_rows.shape[0]):
            exponent = tap_exponents[t]
            u = i + tap_rows[t]
            v = tap_columns[t]
            seen = planes[0, u, v:]
            centre = planes[0, i + radius, radius:]
            if channels == 1:
                total = sums[0]
                for x in range(columns):
                    difference = seen[x] - centre[x]
                    weight = _exp(exponent - (difference * factor) * (difference * factor))
                    weights[x] += weight
                    total[x] += weight * difference
                continue
            for x in range(columns):
                line[x] = abs(seen[x] - centre[x])
            for c in range(1, channels):
                seen = planes[c, u, v:]
                centre = planes[c, i + radius, radius:]
                for x in range(columns):
                    line[x] += abs(seen[x] - centre[x])
            for x in range(columns):
                weight = _exp(exponent - (line[x] * factor) * (line[x] * factor))
                line[x] = weight
                weights[x] += weight
            for c in range(channels):
                seen = planes[c, u, v:]
                centre = planes[c, i + radius, radius:]
                total = sums[c]
                for x in range(columns):
                    total[x] += line[x] * (seen[x] - centre[x])
        for c in range(channels):
            centre = planes[c, i + radius, radius:]
            total = sums[c]
            target = out[c, i]
            for x in range(columns):
                target[x] = centre[x] + total[x] / weights[x]


@numba.njit(error_model="numpy", fastmath={"contract"})
def _add_rows(source, first, count, target, n):
    """target[x] = sum of source[first + t, x] over `count` rows, an odd number."""
    a = source[first]
    for x in range(n):
        target[x] = a[x]
    for t in range(1, count, 2):
        a = source[first + t]
        b = source[first + t + 1]
        for x in range(n):
            target[x] += a[x] + b[x]


@numba.njit(error_model="numpy", fastmath={"contract"})
def _add_neighbours(source, count, target, n):
    """target[x] = sum of source[x + t] over `count` neighbours, an odd number."""
    for x in range(n):
        target[x] = source[x]
    for t in range(1, count, 2):
        a = source[t:]
        b = source[t + 1 :]
        for x in range(n):
            target[x] += a[x] + b[x]


@loop(
    "const T[:,:,:] planes, i8 size, i8 search, T factor, T[:,:] squares, T[:] line,"
    " T[:] distances, T[:,:] weights, T[:,:,:] sums, T[:,:,:] out"
)
def nl_means(planes, size, search, factor, squares, line, distances, weights, sums, out):
    """Add the weighted differences to the centre, shifts of the search window one by one.

    A shift weighs e**-(sum over the patches of (factor * difference)**2); the centre weighs 1.
    """
    channels, rows, columns = out.shape
    far = search // 2
    near = size // 2
    wide = columns + size - 1
    zero = out.dtype.type(0)
    weights[:] = out.dtype.type(1)
    sums[:] = zero
    for i in range(search):
        for j in range(search):
            if i == far and j == far:
                continue
            for y in range(rows + size - 1):
                target = squares[y]
                for c in range(channels):
                    here = planes[c, far + y, far:]
                    there = planes[c, i + y, j:]
                    if c == 0:
                        for x in range(wide):
                            difference = (here[x] - there[x]) * factor
                            target[x] = difference * difference
                    else:
                        for x in range(wide):
                            difference = (here[x] - there[x]) * factor
                            target[x] += difference * difference
            for y in range(rows):
                _add_rows(squares, y, size, line, wide)
                _add_neighbours(line, size, distances, columns)
                total = weights[y]
                for x in range(columns):
                    weight = _exp(-distances[x])
                    distances[x] = weight
                    total[x] += weight
                for c in range(channels):
                    centre = planes[c, far + near + y, far + near :]
                    seen = planes[c, i + near + y, j + near :]
                    total = sums[c, y]
                    for x in range(columns):
                        total[x] += distances[x] * (seen[x] - centre[x])
    for c in range(channels):
        for y in range(rows):
            centre = planes[c, far + near + y, far + near :]
            for x in range(columns):
                out[c, y, x] = centre[x] + sums[c, y, x] / weights[y, x]
