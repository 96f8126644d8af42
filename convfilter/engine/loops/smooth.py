"""Means weighted by likeness, on tiles of planes (channels, rows, columns).

A pixel weighs its neighbour as the neighbour weighs it. So only half of the offsets of a window is
weighed, those downwards or straight to the right; each weight serves the pixel at its place and,
read at the mirrored place, the neighbour. Sums are kept as (rows, channels and then the weights,
columns).
"""

import numba
import numpy as np
from numba.extending import overload, register_jitable

from convfilter.engine.loops.declare import OPTIONS, loop

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


def _power(exponent):
    """Return the weight of an exponent, in the unit that `smooth.unit` of the engine returns."""
    return _power_single(exponent) if isinstance(exponent, np.float32) else _power_double(exponent)


@overload(_power, jit_options=OPTIONS)  # type: ignore[arg-type]
def _choose_power(exponent):
    return _power_single if exponent == numba.float32 else _power_double


@register_jitable(**OPTIONS)
def whole_vectors(n):
    """Round up to a multiple of VECTOR: a row without a remainder is one without slow elements."""
    return -(-n // VECTOR) * VECTOR


@loop(
    "const S[:,:] image, const i8[:] rows, const i8[:] columns, i8 run_start, i8 run_stop, T fill,"
    " T[:,:,:] out"
)
def load(image, rows, columns, run_start, run_stop, fill, out):
    """Gather padded rows as planes; `columns[run_start:run_stop]` are neighbours."""
    convert = out.dtype.type
    channels, _, count = out.shape
    run = run_stop - run_start
    for i in range(rows.shape[0]):
        if rows[i] < 0:
            for c in range(channels):
                out[c, i, :] = fill
            continue
        source = image[rows[i]]
        if run > 0:
            inner = source[columns[run_start] * channels :]
            if channels == 1:
                target = out[0, i, run_start:]
                for x in range(run):
                    target[x] = convert(inner[x])
            elif channels == 3:
                red, green, blue = (
                    out[0, i, run_start:],
                    out[1, i, run_start:],
                    out[2, i, run_start:],
                )
                for x in range(run):
                    red[x] = convert(inner[3 * x])
                    green[x] = convert(inner[3 * x + 1])
                    blue[x] = convert(inner[3 * x + 2])
            else:
                for c in range(channels):
                    target = out[c, i, run_start:]
                    for x in range(run):
                        target[x] = convert(inner[x * channels + c])
        for part in range(2):
            begin = 0 if part == 0 else max(run_stop, run_start)
            end = run_start if part == 0 else count
            for j in range(begin, end):
                for c in range(channels):
                    seen = fill
                    if columns[j] >= 0:
                        seen = convert(source[columns[j] * channels + c])
                    out[c, i, j] = seen


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
def _divide(sums, low, high, target):
    """Divide a row of sums by the weights and join the channels; return how many are not finite."""
    channels = sums.shape[0] - 1
    weights = sums[channels]
    one = weights.dtype.type(1)
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
            value = grey[x] / weights[x]
            target[x] = _rounded(value, low, high, target)
            bad = np.int32(bad + np.int32(value - value != 0))
        return bad
    for c in range(channels):
        total = sums[c]
        for x in range(n):
            value = total[x] / weights[x]
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
        bad += _divide(sums[i], lowest, highest, out[top + i, first:])
    return bad


@register_jitable(**OPTIONS)
def _weigh_colours(planes, i, j, u, v, exponent, factor, weights):
    """weights[x] = weight of (i, j + x) and (u, v + x) by their colours, and by `exponent`."""
    n = weights.shape[0]
    here, there = planes[0, i, j:], planes[0, u, v:]
    channels = planes.shape[0]
    if channels == 1:
        for x in range(n):
            distance = (here[x] - there[x]) * factor
            weights[x] = _power(exponent - distance * distance)
        return
    if channels == 3:
        here1, there1 = planes[1, i, j:], planes[1, u, v:]
        here2, there2 = planes[2, i, j:], planes[2, u, v:]
        for x in range(n):
            distance = abs(here[x] - there[x])
            distance += abs(here1[x] - there1[x])
            distance += abs(here2[x] - there2[x])
            distance *= factor
            weights[x] = _power(exponent - distance * distance)
        return
    for x in range(n):
        weights[x] = abs(here[x] - there[x])
    for c in range(1, channels):
        here, there = planes[c, i, j:], planes[c, u, v:]
        for x in range(n):
            weights[x] += abs(here[x] - there[x])
    for x in range(n):
        distance = weights[x] * factor
        weights[x] = _power(exponent - distance * distance)


@register_jitable(**OPTIONS)
def _add_four(planes, i, j, dy, dx, a, b, dy1, dx1, c, d, sums):
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
def _weigh_and_add_four(planes, i, j, dy, dx, e, a, b, dy1, dx1, e1, c, d, factor, sums):
    """Weigh as `_weigh_colours` into `a` and `c`, and add as `_add_four`, in one pass.

    `e` and `e1` are the exponents of the offsets. There are one or three channels, and the weights
    in `b` and `d` are those of rows above.
    """
    channels = planes.shape[0]
    n = sums.shape[1]
    total, red = sums[channels], sums[0]
    r = planes[0, i, j:]
    ra, rb = planes[0, i + dy, j + dx :], planes[0, i - dy, j - dx :]
    rc, rd = planes[0, i + dy1, j + dx1 :], planes[0, i - dy1, j - dx1 :]
    if channels == 1:
        for x in range(n):
            distance = (r[x] - ra[x]) * factor
            wa = _power(e - distance * distance)
            distance = (r[x] - rc[x]) * factor
            wc = _power(e1 - distance * distance)
            wb, wd = b[x], d[x]
            a[x] = wa
            c[x] = wc
            total[x] += (wa + wb) + (wc + wd)
            red[x] = red[x] + wa * ra[x] + wb * rb[x] + wc * rc[x] + wd * rd[x]
        return
    green, blue = sums[1], sums[2]
    g = planes[1, i, j:]
    ga, gb = planes[1, i + dy, j + dx :], planes[1, i - dy, j - dx :]
    gc, gd = planes[1, i + dy1, j + dx1 :], planes[1, i - dy1, j - dx1 :]
    u = planes[2, i, j:]
    ua, ub = planes[2, i + dy, j + dx :], planes[2, i - dy, j - dx :]
    uc, ud = planes[2, i + dy1, j + dx1 :], planes[2, i - dy1, j - dx1 :]
    for x in range(n):
        distance = (abs(r[x] - ra[x]) + abs(g[x] - ga[x]) + abs(u[x] - ua[x])) * factor
        wa = _power(e - distance * distance)
        distance = (abs(r[x] - rc[x]) + abs(g[x] - gc[x]) + abs(u[x] - uc[x])) * factor
        wc = _power(e1 - distance * distance)
        wb, wd = b[x], d[x]
        a[x] = wa
        c[x] = wc
        total[x] += (wa + wb) + (wc + wd)
        red[x] = red[x] + wa * ra[x] + wb * rb[x] + wc * rc[x] + wd * rd[x]
        green[x] = green[x] + wa * ga[x] + wb * gb[x] + wc * gc[x] + wd * gd[x]
        blue[x] = blue[x] + wa * ua[x] + wb * ub[x] + wc * uc[x] + wd * ud[x]


@register_jitable(**OPTIONS)
def _begin(planes, i, margin, sums):
    """Begin the sums of the pixels (i, margin + x) with themselves, weighing 1."""
    channels, columns = sums.shape
    for c in range(channels - 1):
        centre, target = planes[c, i, margin:], sums[c]
        for x in range(columns):
            target[x] = centre[x]
    sums[channels - 1, :] = sums.dtype.type(1)


@register_jitable(**OPTIONS)
def _add_sums(more, sums):
    for c in range(sums.shape[0]):
        source, target = more[c], sums[c]
        for x in range(target.shape[0]):
            target[x] += source[x]


@loop(
    "const T[:,:,:] planes, i8 radius, i8 margin, i8 rows, i8 first, i8 last, const i8[:] down,"
    " const i8[:] right, const T[:] exponents, T factor, const i8[:] slots, T[:,:] ring,"
    " T[:,:] partial, T[:,:,:] sums, T lowest, T highest, i8 top, i8 left, D[:,:] out -> i8"
)
def bilateral(
    planes,
    radius,
    margin,
    rows,
    first,
    last,
    down,
    right,
    exponents,
    factor,
    slots,
    ring,
    partial,
    sums,
    lowest,
    highest,
    top,
    left,
    out,
):
    """Add the neighbours at some offsets, an even number of them, and at their mirrored places.

    A neighbour weighs by its exponent - (factor * distance)**2. `first` begins the sums; offsets
    that come later are added up on their own, in `partial`, before they join them: fewer roundings.
    `last` divides them as `divide` does. Where it is first and last, one row of sums is enough.
    The first pixel of a tile stands at (radius, margin) of the planes. Offset t keeps the weights
    of its last `down[t] + 1` rows in the ring's slots from `slots[t]`.
    """
    columns = sums.shape[2]
    first_element = left * planes.shape[0]
    bad = 0
    whole = whole_vectors(columns)
    for i in range(-radius, rows):
        row = radius + i
        kept = sums[max(i, 0) % sums.shape[0]]
        totals = kept if first else partial
        if first and i >= 0:
            _begin(planes, row, margin, totals)
        elif i >= 0:
            totals[:] = sums.dtype.type(0)
        for t in range(0, down.shape[0], 2):
            at_once = i >= 0 and down[t] > 0 and down[t + 1] > 0 and planes.shape[0] in (1, 3)
            for k in range(t, t + 2):
                if i < -down[k]:
                    continue
                # mirrored, the weights of some more columns on one side are seen
                more = whole_vectors(abs(right[k]))
                start = margin - more if right[k] > 0 else margin
                stop = start + whole + more
                if at_once:
                    start = start if right[k] > 0 else margin + columns
                    stop = margin if right[k] > 0 else stop
                _weigh_colours(
                    planes,
                    row,
                    start,
                    row + down[k],
                    start + right[k],
                    exponents[k],
                    factor,
                    ring[slots[k] + row % (down[k] + 1), start:stop],
                )
            if i < 0:
                continue
            dy, dx, dy1, dx1 = down[t], right[t], down[t + 1], right[t + 1]
            a = ring[slots[t] + row % (dy + 1), margin:]
            b = ring[slots[t] + (row + 1) % (dy + 1), margin - dx :]
            c = ring[slots[t + 1] + row % (dy1 + 1), margin:]
            d = ring[slots[t + 1] + (row + 1) % (dy1 + 1), margin - dx1 :]
            if at_once:
                e, e1 = exponents[t], exponents[t + 1]
                _weigh_and_add_four(
                    planes, row, margin, dy, dx, e, a, b, dy1, dx1, e1, c, d, factor, totals
                )
            else:
                _add_four(planes, row, margin, dy, dx, a, b, dy1, dx1, c, d, totals)
        if i >= 0 and not first:
            _add_sums(partial, kept)
        if i >= 0 and last:
            bad += _divide(kept, lowest, highest, out[top + i, first_element:])
    return bad


@register_jitable(**OPTIONS)
def _square(planes, i, j, u, v, factor, target):
    """target[x] = sum over channels of (factor * difference of (i, j + x) and (u, v + x))**2."""
    n = target.shape[0]
    here, there = planes[0, i, j:], planes[0, u, v:]
    if planes.shape[0] == 3:
        here1, there1 = planes[1, i, j:], planes[1, u, v:]
        here2, there2 = planes[2, i, j:], planes[2, u, v:]
        for x in range(n):
            r = (here[x] - there[x]) * factor
            g = (here1[x] - there1[x]) * factor
            b = (here2[x] - there2[x]) * factor
            target[x] = r * r + g * g + b * b
        return
    for x in range(n):
        difference = (here[x] - there[x]) * factor
        target[x] = difference * difference
    for c in range(1, planes.shape[0]):
        here, there = planes[c, i, j:], planes[c, u, v:]
        for x in range(n):
            difference = (here[x] - there[x]) * factor
            target[x] += difference * difference


@register_jitable(**OPTIONS)
def _add_rows(source, first, count, target):
    """target[x] = sum of source[first + t, x] over `count` rows, an odd number."""
    n = target.shape[0]
    a = source[first]
    for x in range(n):
        target[x] = a[x]
    for t in range(1, count, 2):
        a = source[first + t]
        b = source[first + t + 1]
        for x in range(n):
            target[x] += a[x] + b[x]


@register_jitable(**OPTIONS)
def _weigh_patches(columns, size, top, scale, target):
    """target[x] = weight of the sum of columns[x + t] over `size` neighbours, an odd number."""
    n = target.shape[0]
    t = size % 4
    if t == 1:
        for x in range(n):
            target[x] = columns[x]
    else:
        b, c = columns[1:], columns[2:]
        for x in range(n):
            target[x] = columns[x] + b[x] + c[x]
    while t < size:
        a, b, c, d = columns[t:], columns[t + 1 :], columns[t + 2 :], columns[t + 3 :]
        for x in range(n):
            target[x] += (a[x] + b[x]) + (c[x] + d[x])
        t += 4
    for x in range(n):
        target[x] = _power(top - target[x] * scale)


@loop(
    "const T[:,:,:] planes, i8 size, i8 search, i8 margin, i8 start, i8 stop, i8 running,"
    " T factor, T scale, T[:,:] squares, T[:] line, T[:,:,:] weights, T[:,:,:] partial,"
    " T[:,:,:] sums"
)
def nl_means(
    planes,
    size,
    search,
    margin,
    start,
    stop,
    running,
    factor,
    scale,
    squares,
    line,
    weights,
    partial,
    sums,
):
    """Add the pixels at offsets start to stop of the search window, and at their mirrored places.

    Offsets are counted along the rows from the first after the centre, which begins the sums;
    there is an even number of them. A pixel weighs by
    -scale * (sum over the patches of (factor * difference)**2). `running` keeps sums of columns
    from row to row, for differences whose sums are never rounded.
    """
    rows, _, columns = sums.shape
    far, near = search // 2, size // 2
    reach = far + near
    zero = sums.dtype.type(0)
    partial[:] = zero
    centre = search * search // 2
    for offset in range(centre + 1 + start, centre + 1 + stop, 2):
        for k in range(2):
            dy, dx = (offset + k) // search - far, (offset + k) % search - far
            left = min(-dx, 0)
            n = whole_vectors(columns + abs(dx))
            wide = n + size - 1
            column = line[:wide]
            for i in range(rows + dy + size - 1):
                u, v = far + i - dy, margin - near + left
                _square(planes, u, v, u + dy, v + dx, factor, squares[i, :wide])
                if i < size - 1:
                    continue
                if running and i >= size:
                    new, old = squares[i], squares[i - size]
                    for x in range(wide):
                        column[x] += new[x] - old[x]
                else:
                    _add_rows(squares, i - size + 1, size, column)
                _weigh_patches(column, size, zero, scale, weights[k, i - size + 1, :n])
        dy, dx = offset // search - far, offset % search - far
        dy1, dx1 = (offset + 1) // search - far, (offset + 1) % search - far
        here, here1 = max(dx, 0), max(dx1, 0)
        for i in range(rows):
            a, b = weights[0, i + dy, here:], weights[0, i, here - dx :]
            c, d = weights[1, i + dy1, here1:], weights[1, i, here1 - dx1 :]
            _add_four(planes, reach + i, margin, dy, dx, a, b, dy1, dx1, c, d, partial[i])
    for i in range(rows):
        if start == 0:
            _begin(planes, reach + i, margin, sums[i])
        _add_sums(partial[i], sums[i])
