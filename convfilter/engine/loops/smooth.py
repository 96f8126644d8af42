"""Means weighted by likeness, on tiles of planes (channels, rows, columns).

A pixel weighs its neighbour as the neighbour weighs it. So only half of the offsets of a window is
weighed, those downwards or straight to the right; each weight serves the pixel at its place and,
read at the mirrored place, the neighbour. Sums are kept as (rows, channels and then the weights,
columns).
"""

import numba
import numpy as np
from numba.extending import overload, register_jitable

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
    """Return the weight of an exponent, in the unit that `smooth.unit` of the engine returns."""
    return _power_single(exponent) if isinstance(exponent, np.float32) else _power_double(exponent)


@overload(power, jit_options=OPTIONS)  # type: ignore[arg-type]
def _choose_power(exponent):
    return _power_single if exponent == numba.float32 else _power_double


@register_jitable(**OPTIONS)
def whole_vectors(n):
    """Round up to a multiple of VECTOR: a row without a remainder is one without slow elements."""
    return -(-n // VECTOR) * VECTOR


@loop(
    "const S[:,:] image, const i8[:] rows, const i8[:] columns, i8 run_start, i8 run_stop, T fill,"
    " T scale, T[:,:,:] out"
)
def load(image, rows, columns, run_start, run_stop, fill, scale, out):
    """Gather padded rows as planes, times `scale`; `columns[run_start:run_stop]` are neighbours."""
    convert = out.dtype.type
    channels, _, count = out.shape
    run = run_stop - run_start
    for i in range(rows.shape[0]):
        if rows[i] < 0:
            for c in range(channels):
                out[c, i, :] = fill * scale
            continue
        source = image[rows[i]]
        if run > 0:
            inner = source[columns[run_start] * channels :]
            if channels == 1:
                target = out[0, i, run_start:]
                for x in range(run):
                    target[x] = convert(inner[x]) * scale
            elif channels == 3:
                red, green, blue = (
                    out[0, i, run_start:],
                    out[1, i, run_start:],
                    out[2, i, run_start:],
                )
                for x in range(run):
                    red[x] = convert(inner[3 * x]) * scale
                    green[x] = convert(inner[3 * x + 1]) * scale
                    blue[x] = convert(inner[3 * x + 2]) * scale
            else:
                for c in range(channels):
                    target = out[c, i, run_start:]
                    for x in range(run):
                        target[x] = convert(inner[x * channels + c]) * scale
        for part in range(2):
            begin = 0 if part == 0 else max(run_stop, run_start)
            end = run_start if part == 0 else count
            for j in range(begin, end):
                for c in range(channels):
                    seen = fill
                    if columns[j] >= 0:
                        seen = convert(source[columns[j] * channels + c])
                    out[c, i, j] = seen * scale


def _as_real(value, low, high, out):
    return out.dtype.type(value)


def _as_whole(value, low, high, out):
    return out.dtype.type(np.int32(min(max(np.rint(value), low), high)))


def _rounded(value, low, high, out):
    """Return the value in the dtype of `out`: an integer half to even and saturated."""
    real = out.dtype.kind == "f"
    return _as_real(value, low, high, out) if real else _as_whole(value, low, high, out)


@overload(_rounded, jit_options=OPTIONS)  # type: ignore[arg-type]
def _choose_rounded(value, low, high, out):
    return _as_real if isinstance(out.dtype, numba.types.Float) else _as_whole


@register_jitable(**OPTIONS)
def divide_row(sums, scale, low, high, target):
    """Divide sums by weights and scale, join the channels; return how many are not finite."""
    channels = sums.shape[0] - 1
    weights = sums[channels]
    one = weights.dtype.type(1) / scale
    n = weights.shape[0]
    bad = np.int32(0)
    if channels == 3:
        red, green, blue = sums[0], sums[1], sums[2]
        for x in range(n):
            share = one / weights[x]
            r, g, b = red[x] * share, green[x] * share, blue[x] * share
            target[3 * x] = _rounded(r, low, high, target)
            target[3 * x + 1] = _rounded(g, low, high, target)
            target[3 * x + 2] = _rounded(b, low, high, target)
            bad = np.int32(bad + np.int32((r - r) + (g - g) + (b - b) != 0))
        return bad
    if channels == 1:
        grey = sums[0]
        for x in range(n):
            value = grey[x] * (one / weights[x])
            target[x] = _rounded(value, low, high, target)
            bad = np.int32(bad + np.int32(value - value != 0))
        return bad
    for c in range(channels):
        total = sums[c]
        for x in range(n):
            value = total[x] * (one / weights[x])
            target[x * channels + c] = _rounded(value, low, high, target)
            bad = np.int32(bad + np.int32(value - value != 0))
    return bad


@loop("const T[:,:,:] sums, T lowest, T highest, i8 top, i8 left, D[:,:] out -> i8")
def divide(sums, lowest, highest, top, left, out):
    """Divide the sums by the weights, round and join the channels; return how many are not finite.

    They become the pixels of `out` from row `top` and column `left`.
    """
    first = left * (sums.shape[1] - 1)
    bad = 0
    for i in range(sums.shape[0]):
        bad += divide_row(sums[i], sums.dtype.type(1), lowest, highest, out[top + i, first:])
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
