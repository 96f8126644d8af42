"""Means weighted by likeness, on tiles of planes (channels, rows, columns).

A pixel weighs its neighbour as the neighbour weighs it. So only half of the offsets of a window is
weighed, those downwards or straight to the right; each weight serves the pixel at its place and,
read at the mirrored place, the neighbour. Sums are kept as (rows, channels and then the weights,
columns); rows of them, and of planes, are whole vectors long.
"""

import numba
import numpy as np
from numba.extending import overload, register_jitable

from convfilter.engine.window.layout import TARGET
from convfilter.engine.window.loops.results import store_rows
from convfilter.runtime.compiled.declare import OPTIONS, loop
from convfilter.runtime.compiled.vectors import (
    as_bits,
    exponential,
    fill,
    from_bits,
    lanes,
    larger,
    load,
    multiply_add,
    store,
    truncated,
)

INLINED = {**OPTIONS, "forceinline": True}
"""Of what takes or returns vectors: they stay in registers."""

VECTOR = 16
"""Elements of the widest vectors; so many columns of a tile may be computed without being used."""

# bits of a float32
FRACTION = np.int32(0x007FFFFF)
WHOLE = np.int32(-0x00800000)
BIAS = np.int32(0x3F800000)
LEAST = np.float32(-126 * 2.0**23)
SMALLEST = np.float64(-700.0)
# 2**(m - 1) within 1 <= m <= 2, to 3.4e-6 of it and exact at both ends
C0 = np.float32(0.5098710204886042)
C1 = np.float32(0.3121467125962752)
C2 = np.float32(0.1666171397984762)
C3 = np.float32(-0.002190620157328821)
C4 = np.float32(0.013555747273973205)


def _power_single(exponent):
    """Return 2**(exponent / 2**23) for exponents of at most zero, NaN as the smallest weight.

    As an integer, the exponent holds the bits of the power's exponent and, below them, a fraction.
    """
    bits = truncated(larger(fill(LEAST), exponent))
    m = from_bits(bits & fill(FRACTION) | fill(BIAS))
    p = fill(C3) + m * fill(C4)
    p = fill(C0) + m * (fill(C1) + m * (fill(C2) + m * p))
    return from_bits(as_bits(p) + (bits & fill(WHOLE)))


def _power_double(exponent):
    """Return e**exponent for exponents of at most zero, NaN as the smallest weight."""
    return exponential(larger(fill(SMALLEST), exponent))


def power(exponent):
    """Return the weights of a vector of exponents, in the unit that `planes.unit` returns."""
    return _power_single(exponent) if exponent.dtype == np.float32 else _power_double(exponent)


@overload(power, jit_options=INLINED)  # type: ignore[arg-type]
def _choose_power(exponent):
    return _power_single if exponent.dtype == numba.float32 else _power_double


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
    "const Target[:] target, const T[:,:,:] sums, i8 columns, i8 top, i8 left, T[:] line -> i8",
    Target=TARGET,
)
def divide(target, sums, columns, top, left, line):
    """Store the means of a tile, so many of each row, from row `top` and column `left` on.

    Returns how many mean nothing. `line` is a row of them, to work in.
    """
    channels = sums.shape[1] - 1
    bad = 0
    for i in range(sums.shape[0]):
        divide_row(sums[i], sums.dtype.type(1), line)
        bad += store_rows(target, top + i, 1, left * channels, columns * channels, 0, line)
    return bad


@register_jitable(**OPTIONS)
def add_four(planes, i, j, dy, dx, a, b, dy1, dx1, c, d, sums):
    """Add four neighbours of the pixels (i, j + x) to rows of sums, which are whole vectors long.

    `a` and `b` are the weights of the neighbours at (dy, dx) and at the mirrored place, `c` and `d`
    those at (dy1, dx1) and its mirrored place.
    """
    channels = planes.shape[0]
    size = lanes(planes.dtype.type)
    total = sums[channels]
    if channels == 3:
        ra, rb = planes[0, i + dy, j + dx :], planes[0, i - dy, j - dx :]
        rc, rd = planes[0, i + dy1, j + dx1 :], planes[0, i - dy1, j - dx1 :]
        ga, gb = planes[1, i + dy, j + dx :], planes[1, i - dy, j - dx :]
        gc, gd = planes[1, i + dy1, j + dx1 :], planes[1, i - dy1, j - dx1 :]
        ba, bb = planes[2, i + dy, j + dx :], planes[2, i - dy, j - dx :]
        bc, bd = planes[2, i + dy1, j + dx1 :], planes[2, i - dy1, j - dx1 :]
        red, green, blue = sums[0], sums[1], sums[2]
        for x in range(0, sums.shape[1], size):
            wa, wb, wc, wd = load(a, x), load(b, x), load(c, x), load(d, x)
            store(total, x, load(total, x) + ((wa + wb) + (wc + wd)))
            add_weighted(red, x, wa, ra, wb, rb, wc, rc, wd, rd)
            add_weighted(green, x, wa, ga, wb, gb, wc, gc, wd, gd)
            add_weighted(blue, x, wa, ba, wb, bb, wc, bc, wd, bd)
        return
    for k in range(channels):
        va, vb = planes[k, i + dy, j + dx :], planes[k, i - dy, j - dx :]
        vc, vd = planes[k, i + dy1, j + dx1 :], planes[k, i - dy1, j - dx1 :]
        grey = sums[k]
        for x in range(0, sums.shape[1], size):
            wa, wb, wc, wd = load(a, x), load(b, x), load(c, x), load(d, x)
            if k == 0:
                store(total, x, load(total, x) + ((wa + wb) + (wc + wd)))
            add_weighted(grey, x, wa, va, wb, vb, wc, vc, wd, vd)


@register_jitable(**INLINED)
def add_weighted(sums, x, wa, a, wb, b, wc, c, wd, d):
    """Add the vectors at `x` of four rows, by their weights, to the sums there."""
    added = multiply_add(wa, load(a, x), load(sums, x))
    added = multiply_add(wb, load(b, x), added)
    added = multiply_add(wc, load(c, x), added)
    store(sums, x, multiply_add(wd, load(d, x), added))


@register_jitable(**OPTIONS)
def begin(planes, i, margin, sums):
    """Begin the sums of the pixels (i, margin + x) with themselves, weighing 1."""
    channels, columns = sums.shape
    for c in range(channels - 1):
        centre, target = planes[c, i, margin:], sums[c]
        for x in range(0, columns, lanes(planes.dtype.type)):
            store(target, x, load(centre, x))
    sums[channels - 1, :] = sums.dtype.type(1)


@register_jitable(**OPTIONS)
def add_sums(more, sums):
    """Add rows of sums to others."""
    for c in range(sums.shape[0]):
        source, target = more[c], sums[c]
        for x in range(0, target.shape[0], lanes(sums.dtype.type)):
            store(target, x, load(target, x) + load(source, x))
