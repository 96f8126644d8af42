"""Means weighted by likeness, on tiles of planes (channels, rows, columns).

A pixel weighs its neighbour as the neighbour weighs it. So only half of the offsets of a window is
weighed, those downwards or straight to the right; each weight serves the pixel at its place and,
read at the mirrored place, the neighbour. Sums are kept as (rows, channels and then the weights,
columns).
"""

import numba
import numpy as np
from numba.extending import overload, register_jitable

from convfilter.engine.window.layout import TARGET
from convfilter.engine.window.loops.results import store_rows
from convfilter.runtime.compiled.declare import OPTIONS, loop

VECTOR = 16
"""Elements of the widest vectors; so many columns of a tile may be computed without being used."""

# bits of a float32
FRACTION = np.int32(0x007FFFFF)
WHOLE = np.int32(-0x00800000)
BIAS = np.int32(0x3F800000)
LEAST = np.float32(-126 * 2.0**23)
# 2**(m - 1) within 1 <= m <= 2, to 3.4e-6 of it and exact at both ends
C0 = np.float32(0.5098710204886042)
C1 = np.float32(0.3121467125962752)
C2 = np.float32(0.1666171397984762)
C3 = np.float32(-0.002190620157328821)
C4 = np.float32(0.013555747273973205)


def _power_single(exponent):
    """Return 2**(exponent / 2**23) for an exponent of at most zero, NaN as the smallest weight.

    As an integer, the exponent holds the bits of the power's exponent and, below them, a fraction.
    """
    exponent = exponent if exponent > LEAST else LEAST
    bits = np.int32(exponent)
    m = np.int32((bits & FRACTION) | BIAS).view(np.float32)
    power = np.float32(C0 + m * (C1 + m * (C2 + m * (C3 + m * C4)))).view(np.int32)
    return np.int32(power + np.int32(bits & WHOLE)).view(np.float32)


def _power_double(exponent):
    """Return e**exponent for an exponent of at most zero, NaN as the smallest weight."""
    return np.exp(exponent if exponent > -700.0 else -700.0)


def power(exponent):
    """Return the weight of an exponent, in the unit that `planes.unit` returns."""
    return _power_single(exponent) if isinstance(exponent, np.float32) else _power_double(exponent)


@overload(power, jit_options=OPTIONS)  # type: ignore[arg-type]
def _choose_power(exponent):
    return _power_single if exponent == numba.float32 else _power_double


@register_jitable(**OPTIONS)
def whole_vectors(n):
    """Round up to a multiple of VECTOR: a row without a remainder is one without slow elements."""
    return -(-n // VECTOR) * VECTOR


@register_jitable(**OPTIONS)
def divide_row(sums, scale, line):
    """Divide sums by weights and scale, and join the channels."""
    channels = sums.shape[0] - 1
    weights = sums[channels]
    one = weights.dtype.type(1) / scale
    n = weights.shape[0]
    if channels == 3:
        red, green, blue = sums[0], sums[1], sums[2]
        for x in range(n):
            share = one / weights[x]
            line[3 * x] = red[x] * share
            line[3 * x + 1] = green[x] * share
            line[3 * x + 2] = blue[x] * share
    elif channels == 1:
        grey = sums[0]
        for x in range(n):
            line[x] = grey[x] * (one / weights[x])
    else:
        for c in range(channels):
            total = sums[c]
            for x in range(n):
                line[x * channels + c] = total[x] * (one / weights[x])


@loop(
    "const Target[:] target, const T[:,:,:] sums, i8 top, i8 left, T[:] line -> i8",
    Target=TARGET,
)
def divide(target, sums, top, left, line):
    """Store the means of a tile, from row `top` and column `left` on.

    Returns how many mean nothing. `line` is a row of them, to work in.
    """
    channels, columns = sums.shape[1] - 1, sums.shape[2]
    bad = 0
    for i in range(sums.shape[0]):
        divide_row(sums[i], sums.dtype.type(1), line)
        bad += store_rows(target, top + i, 1, left * channels, columns * channels, 0, line)
    return bad


@register_jitable(**OPTIONS)
def add_four(planes, i, j, dy, dx, a, b, dy1, dx1, c, d, sums):
    """Add four neighbours of the pixels (i, j + x) to rows of sums.

    `a` and `b` are the weights of the neighbours at (dy, dx) and at the mirrored place, `c` and `d`
    those at (dy1, dx1) and its mirrored place.
    """
    channels = planes.shape[0]
    n = sums.shape[1]
    total = sums[channels]
    if channels == 3:
        ra, rb = planes[0, i + dy, j + dx :], planes[0, i - dy, j - dx :]
        rc, rd = planes[0, i + dy1, j + dx1 :], planes[0, i - dy1, j - dx1 :]
        ga, gb = planes[1, i + dy, j + dx :], planes[1, i - dy, j - dx :]
        gc, gd = planes[1, i + dy1, j + dx1 :], planes[1, i - dy1, j - dx1 :]
        ba, bb = planes[2, i + dy, j + dx :], planes[2, i - dy, j - dx :]
        bc, bd = planes[2, i + dy1, j + dx1 :], planes[2, i - dy1, j - dx1 :]
        red, green, blue = sums[0], sums[1], sums[2]
        for x in range(n):
            wa, wb, wc, wd = a[x], b[x], c[x], d[x]
            total[x] += (wa + wb) + (wc + wd)
            red[x] = red[x] + wa * ra[x] + wb * rb[x] + wc * rc[x] + wd * rd[x]
            green[x] = green[x] + wa * ga[x] + wb * gb[x] + wc * gc[x] + wd * gd[x]
            blue[x] = blue[x] + wa * ba[x] + wb * bb[x] + wc * bc[x] + wd * bd[x]
        return
    for k in range(channels):
        va, vb = planes[k, i + dy, j + dx :], planes[k, i - dy, j - dx :]
        vc, vd = planes[k, i + dy1, j + dx1 :], planes[k, i - dy1, j - dx1 :]
        grey = sums[k]
        if k == 0:
            for x in range(n):
                wa, wb, wc, wd = a[x], b[x], c[x], d[x]
                total[x] += (wa + wb) + (wc + wd)
                grey[x] = grey[x] + wa * va[x] + wb * vb[x] + wc * vc[x] + wd * vd[x]
        else:
            for x in range(n):
                grey[x] = grey[x] + a[x] * va[x] + b[x] * vb[x] + c[x] * vc[x] + d[x] * vd[x]


@register_jitable(**OPTIONS)
def begin(planes, i, margin, sums):
    """Begin the sums of the pixels (i, margin + x) with themselves, weighing 1."""
    channels, columns = sums.shape
    for c in range(channels - 1):
        centre, target = planes[c, i, margin:], sums[c]
        for x in range(columns):
            target[x] = centre[x]
    sums[channels - 1, :] = sums.dtype.type(1)


@register_jitable(**OPTIONS)
def add_sums(more, sums):
    """Add rows of sums to others."""
    for c in range(sums.shape[0]):
        source, target = more[c], sums[c]
        for x in range(target.shape[0]):
            target[x] += source[x]
