"""The bilateral filter on tiles of planes: see `smooth`."""

import numpy as np
from numba.extending import register_jitable

from convfilter.engine.edge_preserving.loops.smooth import (
    BIAS,
    FRACTION,
    INLINED,
    LEAST,
    WHOLE,
    add_four,
    add_sums,
    add_weighted,
    begin,
    divide_row,
    power,
    whole_vectors,
)
from convfilter.engine.window.layout import TARGET
from convfilter.engine.window.loops.results import store_rows
from convfilter.runtime.compiled.declare import OPTIONS, loop
from convfilter.runtime.compiled.vectors import (
    as_bits,
    fill,
    from_bits,
    lanes,
    larger,
    load,
    magnitude,
    store,
    truncated,
)

# 2**(m - 1) within 1 <= m <= 2 to 1.1e-4, which moves a mean of bytes by 0.014 at most
B0 = np.float32(0.4526153651557009)
B1 = np.float32(0.47761289224535136)
B2 = np.float32(-0.008496227390503597)
B3 = np.float32(0.07826796998945133)


@register_jitable(**INLINED)
def _weight_of_bytes(distance, factor, exponent):
    """Return the weights of an exponent - distance**2; the planes are multiplied by the factor."""
    bits = truncated(larger(fill(LEAST), exponent - distance * distance))
    m = from_bits(bits & fill(FRACTION) | fill(BIAS))
    p = fill(B0) + m * (fill(B1) + m * (fill(B2) + m * fill(B3)))
    return from_bits(as_bits(p) + (bits & fill(WHOLE)))


@register_jitable(**INLINED)
def _weight_of_any(distance, factor, exponent):
    """Return the weights of an exponent - (factor * distance)**2."""
    scaled = distance * factor
    return power(exponent - scaled * scaled)


@register_jitable(**INLINED)
def _apart(a, b, x):
    """Return how far the numbers of two rows are apart."""
    return magnitude(load(a, x) - load(b, x))


def _smoothing(weigh):
    """Return the loop that weighs colours in this way."""

    @register_jitable(**OPTIONS)
    def _weigh_colours(planes, i, j, u, v, exponent, factor, weights):
        """weights[x] = weight of (i, j + x) and (u, v + x) by their colours, and by `exponent`."""
        n, channels, size = weights.shape[0], planes.shape[0], lanes(weights.dtype.type)
        e, f = fill(exponent), fill(factor)
        here, there = planes[0, i, j:], planes[0, u, v:]
        if channels == 1:
            for x in range(0, n, size):
                store(weights, x, weigh(load(here, x) - load(there, x), f, e))
            return
        if channels == 3:
            here1, there1 = planes[1, i, j:], planes[1, u, v:]
            here2, there2 = planes[2, i, j:], planes[2, u, v:]
            for x in range(0, n, size):
                distance = _apart(here, there, x) + _apart(here1, there1, x)
                store(weights, x, weigh(distance + _apart(here2, there2, x), f, e))
            return
        for x in range(0, n, size):
            store(weights, x, _apart(here, there, x))
        for c in range(1, channels):
            here, there = planes[c, i, j:], planes[c, u, v:]
            for x in range(0, n, size):
                store(weights, x, load(weights, x) + _apart(here, there, x))
        for x in range(0, n, size):
            store(weights, x, weigh(load(weights, x), f, e))

    @register_jitable(**OPTIONS)
    def _weigh_and_add_four(planes, i, j, dy, dx, e, a, b, dy1, dx1, e1, c, d, factor, sums):
        """Weigh as `_weigh_colours` into `a` and `c`, and add as `add_four`, in one pass.

        `e` and `e1` are the exponents of the offsets. There are one or three channels, and the
        weights in `b` and `d` are those of rows above.
        """
        channels, n, size = planes.shape[0], sums.shape[1], lanes(sums.dtype.type)
        near, far, f = fill(e), fill(e1), fill(factor)
        total, red = sums[channels], sums[0]
        r = planes[0, i, j:]
        ra, rb = planes[0, i + dy, j + dx :], planes[0, i - dy, j - dx :]
        rc, rd = planes[0, i + dy1, j + dx1 :], planes[0, i - dy1, j - dx1 :]
        if channels == 1:
            for x in range(0, n, size):
                wa = weigh(load(r, x) - load(ra, x), f, near)
                wc = weigh(load(r, x) - load(rc, x), f, far)
                wb, wd = load(b, x), load(d, x)
                store(a, x, wa)
                store(c, x, wc)
                store(total, x, load(total, x) + ((wa + wb) + (wc + wd)))
                add_weighted(red, x, wa, ra, wb, rb, wc, rc, wd, rd)
            return
        green, blue = sums[1], sums[2]
        g = planes[1, i, j:]
        ga, gb = planes[1, i + dy, j + dx :], planes[1, i - dy, j - dx :]
        gc, gd = planes[1, i + dy1, j + dx1 :], planes[1, i - dy1, j - dx1 :]
        u = planes[2, i, j:]
        ua, ub = planes[2, i + dy, j + dx :], planes[2, i - dy, j - dx :]
        uc, ud = planes[2, i + dy1, j + dx1 :], planes[2, i - dy1, j - dx1 :]
        for x in range(0, n, size):
            distance = _apart(r, ra, x) + _apart(g, ga, x) + _apart(u, ua, x)
            wa = weigh(distance, f, near)
            distance = _apart(r, rc, x) + _apart(g, gc, x) + _apart(u, uc, x)
            wc = weigh(distance, f, far)
            wb, wd = load(b, x), load(d, x)
            store(a, x, wa)
            store(c, x, wc)
            store(total, x, load(total, x) + ((wa + wb) + (wc + wd)))
            add_weighted(red, x, wa, ra, wb, rb, wc, rc, wd, rd)
            add_weighted(green, x, wa, ga, wb, gb, wc, gc, wd, gd)
            add_weighted(blue, x, wa, ua, wb, ub, wc, uc, wd, ud)

    @loop(
        "const T[:,:,:] planes, i8 radius, i8 margin, i8 rows, i8 first, i8 last, const i8[:] down,"
        " const i8[:] right, const T[:] exponents, T factor, T scale, const i8[:] slots,"
        " T[:,:] ring, T[:,:] partial, T[:,:,:] sums, const Target[:] target, i8 top, i8 left,"
        " T[:] line, i8 columns -> i8",
        Target=TARGET,
    )
    def smooth(
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
        scale,
        slots,
        ring,
        partial,
        sums,
        target,
        top,
        left,
        line,
        columns,
    ):
        """Add the neighbours at some offsets, an even number, and at their mirrored places.

        A neighbour weighs by its exponent - (factor * distance)**2. `first` begins the sums;
        offsets that come later are added up on their own, in `partial`, before they join them:
        fewer roundings. `last` divides them, also by `scale`, and stores so many `columns` of
        each row, made in `line`. Where it is first and last, one row of sums is enough. The first
        pixel of a tile stands at (radius, margin) of the planes. Offset t keeps the weights of
        its last ``down[t] + 1`` rows in the ring's slots from ``slots[t]``. Returns how many
        results mean nothing.
        """
        channels, whole = planes.shape[0], sums.shape[2]
        bad = 0
        for i in range(-radius, rows):
            row = radius + i
            kept = sums[max(i, 0) % sums.shape[0]]
            totals = kept if first else partial
            if first and i >= 0:
                begin(planes, row, margin, totals)
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
                        start = start if right[k] > 0 else margin + whole
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
                    add_four(planes, row, margin, dy, dx, a, b, dy1, dx1, c, d, totals)
            if i >= 0 and not first:
                add_sums(partial, kept)
            if i >= 0 and last:
                divide_row(kept, scale, line)
                first_number, count = left * channels, columns * channels
                bad += store_rows(target, top + i, 1, first_number, count, 0, line)
        return bad

    return smooth


smooth, smooth_bytes = _smoothing(_weight_of_any), _smoothing(_weight_of_bytes)
