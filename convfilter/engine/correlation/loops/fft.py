"""Fast Fourier transforms of square tiles, and correlation by them.

A complex tile of `size` by `size` numbers lies in panels of LANES columns. A panel holds its real
parts, row after row, then its imaginary ones, and stays in the first cache or near it. Transforms
go down the columns, so that LANES of them run side by side and no number leaves its lane; between
the two directions the tile is transposed. Rows come out in a scrambled order, which nobody minds:
the spectrum of the kernel is scrambled alike, and the inverse puts them back.

Offsets are constants of the compiled code, hence a set of functions for each size: only then does
the compiler see that the rows of a butterfly do not overlap.
"""

import numpy as np
from numba.extending import register_jitable

from convfilter.engine.correlation.layout import CHUNK
from convfilter.runtime.compiled.declare import OPTIONS, loop

LANES = 16
SQRT_HALF = 0.5**0.5


@register_jitable(**OPTIONS)
def plane_length(size):
    """Numbers from the real parts of a panel to its imaginary ones.

    A power of two would put all rows of a butterfly into the same sets of the first cache.
    """
    return size * LANES + LANES


@register_jitable(**OPTIONS)
def _times(ar, ai, br, bi):
    return ar * br - ai * bi, ar * bi + ai * br


@register_jitable(**OPTIONS)
def _dft4(ar, ai, br, bi, cr, ci, dr, di):
    """Transform four complex numbers."""
    er, ei, fr, fi = ar + cr, ai + ci, ar - cr, ai - ci
    gr, gi, hr, hi = br + dr, bi + di, br - dr, bi - di
    return er + gr, ei + gi, fr + hi, fi - hr, er - gr, ei - gi, fr - hi, fi + hr


@register_jitable(**OPTIONS)
def _dft8(ar, ai, br, bi, cr, ci, dr, di, er, ei, fr, fi, gr, gi, hr, hi, half):
    """Transform eight complex numbers; `half` is the square root of a half."""
    y0r, y0i, y2r, y2i, y4r, y4i, y6r, y6i = _dft4(
        ar + er, ai + ei, br + fr, bi + fi, cr + gr, ci + gi, dr + hr, di + hi
    )
    ar, ai, br, bi = ar - er, ai - ei, br - fr, bi - fi
    cr, ci, dr, di = cr - gr, ci - gi, dr - hr, di - hi
    pr, pi, qr, qi = ar + ci, ai - cr, ar - ci, ai + cr
    sr, si, tr, ti = br - dr, bi - di, br + dr, bi + di
    ur, ui, vr, vi = sr + ti, si - tr, ti - sr, si + tr
    y1r, y1i, y5r, y5i = pr + half * ur, pi + half * ui, pr - half * ur, pi - half * ui
    y3r, y3i, y7r, y7i = qr + half * vr, qi - half * vi, qr - half * vr, qi + half * vi
    return y0r, y0i, y1r, y1i, y2r, y2i, y3r, y3i, y4r, y4i, y5r, y5i, y6r, y6i, y7r, y7i


def _radix4(size, length):
    """Return a stage on blocks of `length` rows, decimating in frequency, and its inverse.

    `twiddles` holds, for each row of a quarter, the factors of the second to the fourth result. The
    inverse does not divide by 4. It is the transform with real and imaginary parts exchanged.
    """
    span = length // 4
    blocks = size // length
    j, k, m, i = LANES * span, 2 * LANES * span, 3 * LANES * span, plane_length(size)

    @register_jitable(**OPTIONS)
    def forward(panel, twiddles):
        for r in range(span):
            w = twiddles[6 * r :]
            br, bi, cr, ci, dr, di = w[0], w[1], w[2], w[3], w[4], w[5]
            for block in range(blocks):
                t = panel[(block * length + r) * LANES :]
                for x in range(LANES):
                    y0r, y0i, y1r, y1i, y2r, y2i, y3r, y3i = _dft4(
                        t[x], t[x + i], t[x + j], t[x + j + i],
                        t[x + k], t[x + k + i], t[x + m], t[x + m + i],
                    )  # fmt: skip
                    t[x], t[x + i] = y0r, y0i
                    t[x + j], t[x + j + i] = _times(y1r, y1i, br, bi)
                    t[x + k], t[x + k + i] = _times(y2r, y2i, cr, ci)
                    t[x + m], t[x + m + i] = _times(y3r, y3i, dr, di)

    @register_jitable(**OPTIONS)
    def inverse(panel, twiddles):
        for r in range(span):
            w = twiddles[6 * r :]
            br, bi, cr, ci, dr, di = w[0], w[1], w[2], w[3], w[4], w[5]
            for block in range(blocks):
                t = panel[(block * length + r) * LANES :]
                for x in range(LANES):
                    y1r, y1i = _times(t[x + j + i], t[x + j], br, bi)
                    y2r, y2i = _times(t[x + k + i], t[x + k], cr, ci)
                    y3r, y3i = _times(t[x + m + i], t[x + m], dr, di)
                    (
                        t[x + i], t[x], t[x + j + i], t[x + j],
                        t[x + k + i], t[x + k], t[x + m + i], t[x + m],
                    ) = _dft4(t[x + i], t[x], y1r, y1i, y2r, y2i, y3r, y3i)  # fmt: skip

    return forward, inverse


def _radix8(size, length):
    """Return a stage on blocks of `length` rows, and its inverse, as `_radix4`."""
    span = length // 8
    blocks = size // length
    i, j, k, m = plane_length(size), LANES * span, 2 * LANES * span, 3 * LANES * span
    n, o, p, q = 4 * LANES * span, 5 * LANES * span, 6 * LANES * span, 7 * LANES * span

    @register_jitable(**OPTIONS)
    def forward(panel, twiddles):
        half = panel.dtype.type(SQRT_HALF)
        for r in range(span):
            w = twiddles[14 * r :]
            br, bi, cr, ci, dr, di, er, ei = w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7]
            fr, fi, gr, gi, hr, hi = w[8], w[9], w[10], w[11], w[12], w[13]
            for block in range(blocks):
                t = panel[(block * length + r) * LANES :]
                for x in range(LANES):
                    y0r, y0i, y1r, y1i, y2r, y2i, y3r, y3i, \
                    y4r, y4i, y5r, y5i, y6r, y6i, y7r, y7i = _dft8(
                        t[x], t[x + i], t[x + j], t[x + j + i],
                        t[x + k], t[x + k + i], t[x + m], t[x + m + i],
                        t[x + n], t[x + n + i], t[x + o], t[x + o + i],
                        t[x + p], t[x + p + i], t[x + q], t[x + q + i], half,
                    )  # fmt: skip
                    t[x], t[x + i] = y0r, y0i
                    t[x + j], t[x + j + i] = _times(y1r, y1i, br, bi)
                    t[x + k], t[x + k + i] = _times(y2r, y2i, cr, ci)
                    t[x + m], t[x + m + i] = _times(y3r, y3i, dr, di)
                    t[x + n], t[x + n + i] = _times(y4r, y4i, er, ei)
                    t[x + o], t[x + o + i] = _times(y5r, y5i, fr, fi)
                    t[x + p], t[x + p + i] = _times(y6r, y6i, gr, gi)
                    t[x + q], t[x + q + i] = _times(y7r, y7i, hr, hi)

    @register_jitable(**OPTIONS)
    def inverse(panel, twiddles):
        half = panel.dtype.type(SQRT_HALF)
        for r in range(span):
            w = twiddles[14 * r :]
            br, bi, cr, ci, dr, di, er, ei = w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7]
            fr, fi, gr, gi, hr, hi = w[8], w[9], w[10], w[11], w[12], w[13]
            for block in range(blocks):
                t = panel[(block * length + r) * LANES :]
                for x in range(LANES):
                    y1r, y1i = _times(t[x + j + i], t[x + j], br, bi)
                    y2r, y2i = _times(t[x + k + i], t[x + k], cr, ci)
                    y3r, y3i = _times(t[x + m + i], t[x + m], dr, di)
                    y4r, y4i = _times(t[x + n + i], t[x + n], er, ei)
                    y5r, y5i = _times(t[x + o + i], t[x + o], fr, fi)
                    y6r, y6i = _times(t[x + p + i], t[x + p], gr, gi)
                    y7r, y7i = _times(t[x + q + i], t[x + q], hr, hi)
                    (
                        t[x + i], t[x], t[x + j + i], t[x + j],
                        t[x + k + i], t[x + k], t[x + m + i], t[x + m],
                        t[x + n + i], t[x + n], t[x + o + i], t[x + o],
                        t[x + p + i], t[x + p], t[x + q + i], t[x + q],
                    ) = _dft8(
                        t[x + i], t[x], y1r, y1i, y2r, y2i, y3r, y3i,
                        y4r, y4i, y5r, y5i, y6r, y6i, y7r, y7i, half,
                    )  # fmt: skip

    return forward, inverse


def _multiply8(size):
    """Return the last stage, the product with a spectrum, and the inverse of that stage, in one."""
    i, j, k, m = plane_length(size), LANES, 2 * LANES, 3 * LANES
    n, o, p, q = 4 * LANES, 5 * LANES, 6 * LANES, 7 * LANES

    @register_jitable(**OPTIONS)
    def multiply(panel, spectrum):
        half = panel.dtype.type(SQRT_HALF)
        for block in range(size // 8):
            t = panel[block * 8 * LANES :]
            w = spectrum[block * 8 * LANES :]
            for x in range(LANES):
                y0r, y0i, y1r, y1i, y2r, y2i, y3r, y3i, \
                y4r, y4i, y5r, y5i, y6r, y6i, y7r, y7i = _dft8(
                    t[x], t[x + i], t[x + j], t[x + j + i],
                    t[x + k], t[x + k + i], t[x + m], t[x + m + i],
                    t[x + n], t[x + n + i], t[x + o], t[x + o + i],
                    t[x + p], t[x + p + i], t[x + q], t[x + q + i], half,
                )  # fmt: skip
                y0r, y0i = _times(y0r, y0i, w[x], w[x + i])
                y1r, y1i = _times(y1r, y1i, w[x + j], w[x + j + i])
                y2r, y2i = _times(y2r, y2i, w[x + k], w[x + k + i])
                y3r, y3i = _times(y3r, y3i, w[x + m], w[x + m + i])
                y4r, y4i = _times(y4r, y4i, w[x + n], w[x + n + i])
                y5r, y5i = _times(y5r, y5i, w[x + o], w[x + o + i])
                y6r, y6i = _times(y6r, y6i, w[x + p], w[x + p + i])
                y7r, y7i = _times(y7r, y7i, w[x + q], w[x + q + i])
                (
                    t[x + i], t[x], t[x + j + i], t[x + j],
                    t[x + k + i], t[x + k], t[x + m + i], t[x + m],
                    t[x + n + i], t[x + n], t[x + o + i], t[x + o],
                    t[x + p + i], t[x + p], t[x + q + i], t[x + q],
                ) = _dft8(
                    y0i, y0r, y1i, y1r, y2i, y2r, y3i, y3r,
                    y4i, y4r, y5i, y5r, y6i, y6r, y7i, y7r, half,
                )  # fmt: skip

    return multiply


@register_jitable(**OPTIONS)
def _transpose_block(source, scratch, target):
    """Transpose 16 by 16 numbers: 0, 64, 128, 192, 1, 65, ..., done twice over."""
    for x in range(64):
        scratch[4 * x], scratch[4 * x + 1] = source[x], source[x + 64]
        scratch[4 * x + 2], scratch[4 * x + 3] = source[x + 128], source[x + 192]
    for x in range(64):
        target[4 * x], target[4 * x + 1] = scratch[x], scratch[x + 64]
        target[4 * x + 2], target[4 * x + 3] = scratch[x + 128], scratch[x + 192]


@register_jitable(**OPTIONS)
def _transpose(size, tile, scratch):
    """Transpose a tile in place, two blocks at a time."""
    plane = plane_length(size)
    between, kept = scratch[:256], scratch[256:]
    for a in range(size // LANES):
        for b in range(a + 1):
            for part in range(2):
                upper = tile[(2 * a + part) * plane + b * 256 :]
                lower = tile[(2 * b + part) * plane + a * 256 :]
                _transpose_block(upper, between, kept)
                if a != b:
                    _transpose_block(lower, between, upper)
                for x in range(256):
                    lower[x] = kept[x]


@register_jitable(**OPTIONS)
def _add_squares(panel, sums):
    """Add the squares of a panel to CHUNK sums of doubles, which no square of a single leaves."""
    quarter = panel.shape[0] // 4
    for start in range(0, quarter, CHUNK):
        n = min(CHUNK, quarter - start)
        a, b = panel[start:], panel[quarter + start :]
        c, d = panel[2 * quarter + start :], panel[3 * quarter + start :]
        for x in range(n):
            p, q, r, s = np.float64(a[x]), np.float64(b[x]), np.float64(c[x]), np.float64(d[x])
            sums[x] += (p * p + q * q) + (r * r + s * s)


@register_jitable(**OPTIONS)
def _take_sum(sums):
    """Return what the sums come to, and leave zeros."""
    total = 0.0
    for x in range(sums.shape[0]):
        total += sums[x]
        sums[x] = 0
    return total


def _correlation(size, radix):
    """Return the loop that correlates tiles of `size` = `radix` * 64 with a kernel."""
    first, first_inverse = (_radix4 if radix == 4 else _radix8)(size, size)
    second, second_inverse = _radix8(size, 64)
    third, third_inverse = _radix8(size, 8)
    multiply = _multiply8(size)
    panels, pitch = size // LANES, 2 * plane_length(size)

    @loop(
        "const T[:] spectrum, const T[:] first_twiddles, const T[:] second_twiddles,"
        " const T[:] third_twiddles, T[:] scratch, i8 measures, f8[:] energies, T[:] tile"
    )
    def correlate(
        spectrum, first_twiddles, second_twiddles, third_twiddles, scratch, measures, energies, tile
    ):
        """Transform a tile, multiply it with a spectrum, and transform it back, in place.

        If it `measures`, the first two `energies` become the sums of squares before and after; the
        others are zeros, and so they stay.
        """
        sums = energies[2:]
        for p in range(panels):
            panel = tile[p * pitch :]
            if measures:
                _add_squares(panel[:pitch], sums)
            first(panel, first_twiddles)
            second(panel, second_twiddles)
            third(panel, third_twiddles)
        energies[0] = _take_sum(sums)
        _transpose(size, tile, scratch)
        for p in range(panels):
            panel = tile[p * pitch :]
            first(panel, first_twiddles)
            second(panel, second_twiddles)
            multiply(panel, spectrum[p * pitch :])
            second_inverse(panel, second_twiddles)
            first_inverse(panel, first_twiddles)
        _transpose(size, tile, scratch)
        for p in range(panels):
            panel = tile[p * pitch :]
            third_inverse(panel, third_twiddles)
            second_inverse(panel, second_twiddles)
            first_inverse(panel, first_twiddles)
            if measures:
                _add_squares(panel[:pitch], sums)
        energies[1] = _take_sum(sums)

    return correlate


correlate_256, correlate_512 = _correlation(256, 4), _correlation(512, 8)
