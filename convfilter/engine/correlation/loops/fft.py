"""Fast Fourier transforms of square tiles, and correlation by them.

A complex tile of `size` by `size` numbers lies in panels of LANES columns. A panel holds its real
parts, row after row, then its imaginary ones, and stays in the first cache or near it. Transforms
go down the columns, so that LANES of them run side by side and no number leaves its lane; between
the two directions the tile is transposed. Rows come out in a scrambled order, which nobody minds:
the spectrum of the kernel is scrambled alike, and the inverse puts them back.

Complex numbers are pairs of vectors, such as `ar` and `ai`. A stage works on blocks of `length`
rows, decimating in frequency, in butterflies of four or eight rows that lie `step` numbers apart,
the imaginary parts `plane` numbers further on. Its twiddles are, for each row of a part of a block,
the factors of the second and further results. The inverse is the stage with real and imaginary
parts exchanged: it begins at the imaginary ones, with a plane of negative length. It does not
divide.
"""

import numpy as np
from numba.extending import register_jitable

from convfilter.runtime.compiled.declare import OPTIONS, loop
from convfilter.runtime.compiled.vectors import (
    BYTES,
    fill,
    high_pairs,
    lanes,
    load,
    load_as,
    low_pairs,
    multiply_add,
    store,
    total,
)

LANES = 16
SQRT_HALF = 0.5**0.5

_inlined = register_jitable(**OPTIONS, forceinline=True)
"""What returns vectors has to be a part of its caller: they would travel through memory."""


@register_jitable(**OPTIONS)
def plane_length(size):
    """Numbers from the real parts of a panel to its imaginary ones.

    A power of two would put all rows of a butterfly into the same sets of the first cache.
    """
    return size * LANES + LANES


@_inlined
def _times(ar, ai, br, bi):
    return ar * br - ai * bi, ar * bi + ai * br


@_inlined
def _dft4(ar, ai, br, bi, cr, ci, dr, di):
    """Transform four complex numbers."""
    er, ei, fr, fi = ar + cr, ai + ci, ar - cr, ai - ci
    gr, gi, hr, hi = br + dr, bi + di, br - dr, bi - di
    return er + gr, ei + gi, fr + hi, fi - hr, er - gr, ei - gi, fr - hi, fi + hr


@_inlined
def _dft8(half, ar, ai, br, bi, cr, ci, dr, di, er, ei, fr, fi, gr, gi, hr, hi):
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


@_inlined
def _load4(tile, at, step, plane):
    b, c, d = at + step, at + 2 * step, at + 3 * step
    return (
        load(tile, at), load(tile, at + plane), load(tile, b), load(tile, b + plane),
        load(tile, c), load(tile, c + plane), load(tile, d), load(tile, d + plane),
    )  # fmt: skip


@_inlined
def _store4(tile, at, step, plane, ar, ai, br, bi, cr, ci, dr, di):
    b, c, d = at + step, at + 2 * step, at + 3 * step
    store(tile, at, ar)
    store(tile, at + plane, ai)
    store(tile, b, br)
    store(tile, b + plane, bi)
    store(tile, c, cr)
    store(tile, c + plane, ci)
    store(tile, d, dr)
    store(tile, d + plane, di)


@_inlined
def _load8(tile, at, step, plane):
    ar, ai, br, bi, cr, ci, dr, di = _load4(tile, at, step, plane)
    er, ei, fr, fi, gr, gi, hr, hi = _load4(tile, at + 4 * step, step, plane)
    return ar, ai, br, bi, cr, ci, dr, di, er, ei, fr, fi, gr, gi, hr, hi


@_inlined
def _store8(tile, at, step, plane, ar, ai, br, bi, cr, ci, dr, di, er, ei, fr, fi, gr, gi, hr, hi):
    _store4(tile, at, step, plane, ar, ai, br, bi, cr, ci, dr, di)
    _store4(tile, at + 4 * step, step, plane, er, ei, fr, fi, gr, gi, hr, hi)


@register_jitable(**OPTIONS)
def _forward4(tile, first, size, length, twiddles):
    step, plane = length // 4 * LANES, plane_length(size)
    for r in range(length // 4):
        w = twiddles[6 * r :]
        br, bi, cr, ci = fill(w[0]), fill(w[1]), fill(w[2]), fill(w[3])
        dr, di = fill(w[4]), fill(w[5])
        for block in range(0, size, length):
            row = first + (block + r) * LANES
            for at in range(row, row + LANES, lanes(tile.dtype.type)):
                y0r, y0i, y1r, y1i, y2r, y2i, y3r, y3i = _dft4(*_load4(tile, at, step, plane))
                y1r, y1i = _times(y1r, y1i, br, bi)
                y2r, y2i = _times(y2r, y2i, cr, ci)
                y3r, y3i = _times(y3r, y3i, dr, di)
                _store4(tile, at, step, plane, y0r, y0i, y1r, y1i, y2r, y2i, y3r, y3i)


@register_jitable(**OPTIONS)
def _inverse4(tile, first, size, length, twiddles):
    step, plane = length // 4 * LANES, -plane_length(size)
    for r in range(length // 4):
        w = twiddles[6 * r :]
        br, bi, cr, ci = fill(w[0]), fill(w[1]), fill(w[2]), fill(w[3])
        dr, di = fill(w[4]), fill(w[5])
        for block in range(0, size, length):
            row = first + (block + r) * LANES - plane
            for at in range(row, row + LANES, lanes(tile.dtype.type)):
                y0r, y0i, y1r, y1i, y2r, y2i, y3r, y3i = _load4(tile, at, step, plane)
                y1r, y1i = _times(y1r, y1i, br, bi)
                y2r, y2i = _times(y2r, y2i, cr, ci)
                y3r, y3i = _times(y3r, y3i, dr, di)
                y = _dft4(y0r, y0i, y1r, y1i, y2r, y2i, y3r, y3i)
                _store4(tile, at, step, plane, *y)


@_inlined
def _twiddle8(w, y0r, y0i, y1r, y1i, y2r, y2i, y3r, y3i, y4r, y4i, y5r, y5i, y6r, y6i, y7r, y7i):
    """Multiply all but the first of eight complex numbers with the factors `w`."""
    y1r, y1i = _times(y1r, y1i, w[0], w[1])
    y2r, y2i = _times(y2r, y2i, w[2], w[3])
    y3r, y3i = _times(y3r, y3i, w[4], w[5])
    y4r, y4i = _times(y4r, y4i, w[6], w[7])
    y5r, y5i = _times(y5r, y5i, w[8], w[9])
    y6r, y6i = _times(y6r, y6i, w[10], w[11])
    y7r, y7i = _times(y7r, y7i, w[12], w[13])
    return y0r, y0i, y1r, y1i, y2r, y2i, y3r, y3i, y4r, y4i, y5r, y5i, y6r, y6i, y7r, y7i


@_inlined
def _factors8(w):
    return (
        fill(w[0]), fill(w[1]), fill(w[2]), fill(w[3]), fill(w[4]), fill(w[5]), fill(w[6]),
        fill(w[7]), fill(w[8]), fill(w[9]), fill(w[10]), fill(w[11]), fill(w[12]), fill(w[13]),
    )  # fmt: skip


@register_jitable(**OPTIONS)
def _forward8(tile, first, size, length, twiddles):
    step, plane = length // 8 * LANES, plane_length(size)
    half = fill(tile.dtype.type(SQRT_HALF))
    for r in range(length // 8):
        w = _factors8(twiddles[14 * r :])
        for block in range(0, size, length):
            row = first + (block + r) * LANES
            for at in range(row, row + LANES, lanes(tile.dtype.type)):
                y = _dft8(half, *_load8(tile, at, step, plane))
                _store8(tile, at, step, plane, *_twiddle8(w, *y))


@register_jitable(**OPTIONS)
def _inverse8(tile, first, size, length, twiddles):
    step, plane = length // 8 * LANES, -plane_length(size)
    half = fill(tile.dtype.type(SQRT_HALF))
    for r in range(length // 8):
        w = _factors8(twiddles[14 * r :])
        for block in range(0, size, length):
            row = first + (block + r) * LANES - plane
            for at in range(row, row + LANES, lanes(tile.dtype.type)):
                y = _twiddle8(w, *_load8(tile, at, step, plane))
                _store8(tile, at, step, plane, *_dft8(half, *y))


@register_jitable(**OPTIONS)
def _last8(tile, first, size, plane):
    """Do the last stage, on blocks of 8 rows, whose twiddles are all 1."""
    half = fill(tile.dtype.type(SQRT_HALF))
    for at in range(first, first + size * LANES, 8 * LANES):
        for x in range(at, at + LANES, lanes(tile.dtype.type)):
            y = _dft8(half, *_load8(tile, x, LANES, plane))
            _store8(tile, x, LANES, plane, *y)


@register_jitable(**OPTIONS)
def _multiply8(tile, first, size, spectrum):
    """Do the last stage, the product with a spectrum, and the inverse of that stage."""
    plane, half = plane_length(size), fill(tile.dtype.type(SQRT_HALF))
    for block in range(0, size, 8):
        row = first + block * LANES
        for at in range(row, row + LANES, lanes(tile.dtype.type)):
            y0r, y0i, y1r, y1i, y2r, y2i, y3r, y3i, \
            y4r, y4i, y5r, y5i, y6r, y6i, y7r, y7i = _dft8(
                half, *_load8(tile, at, LANES, plane)
            )  # fmt: skip
            ar, ai, br, bi, cr, ci, dr, di, er, ei, fr, fi, gr, gi, hr, hi = _load8(
                spectrum, at, LANES, plane
            )
            y0r, y0i = _times(y0r, y0i, ar, ai)
            y1r, y1i = _times(y1r, y1i, br, bi)
            y2r, y2i = _times(y2r, y2i, cr, ci)
            y3r, y3i = _times(y3r, y3i, dr, di)
            y4r, y4i = _times(y4r, y4i, er, ei)
            y5r, y5i = _times(y5r, y5i, fr, fi)
            y6r, y6i = _times(y6r, y6i, gr, gi)
            y7r, y7i = _times(y7r, y7i, hr, hi)
            y = _dft8(
                half, y0i, y0r, y1i, y1r, y2i, y2r, y3i, y3r,
                y4i, y4r, y5i, y5r, y6i, y6r, y7i, y7r,
            )  # fmt: skip
            _store8(tile, at + plane, LANES, -plane, *y)


def _make_exchange(count):
    """Return what transposes two blocks of `count` by `count` numbers and exchanges them.

    Rows of a block lie LANES apart. Each round of a transposition takes the numbers of the upper
    half of the rows and those of the lower half in turn.
    """

    def transposed(name, place):
        rows = [f"{name}{k}" for k in range(count)]
        half = count // 2
        yield from (f"{row} = load(tile, {place} + {k * LANES})" for k, row in enumerate(rows))
        for _ in range(count.bit_length() - 1):
            pairs = [
                f"{part}({rows[k]}, {rows[k + half]})"
                for k in range(half)
                for part in ("low_pairs", "high_pairs")
            ]
            yield f"{', '.join(rows)} = {', '.join(pairs)}"

    lines = ["def exchange(tile, one, other):", *transposed("a", "one"), *transposed("b", "other")]
    lines += [f"store(tile, other + {k * LANES}, a{k})" for k in range(count)]
    lines += [f"store(tile, one + {k * LANES}, b{k})" for k in range(count)]
    scope = {"load": load, "store": store, "low_pairs": low_pairs, "high_pairs": high_pairs}
    exec("\n    ".join(lines), scope)
    return register_jitable(**OPTIONS)(scope["exchange"])


_exchange_singles, _exchange_doubles = _make_exchange(BYTES // 4), _make_exchange(BYTES // 8)


@register_jitable(**OPTIONS)
def _transpose(tile, size):
    """Transpose a tile in place."""
    plane, n = plane_length(size), lanes(tile.dtype.type)
    for a in range(size // LANES):
        for b in range(a + 1):
            for part in range(2):
                upper = (2 * a + part) * plane + b * LANES * LANES
                lower = (2 * b + part) * plane + a * LANES * LANES
                for u in range(0, LANES, n):
                    for v in range(0, LANES if a != b else u + 1, n):
                        one, other = upper + u * LANES + v, lower + v * LANES + u
                        if n == BYTES // 4:
                            _exchange_singles(tile, one, other)
                        else:
                            _exchange_doubles(tile, one, other)


@register_jitable(**OPTIONS)
def _sum_of_squares(tile, first, count):
    """Return the sum of the squares of numbers, in doubles, which no square of a single leaves."""
    size = lanes(np.float64)
    a = fill(np.float64(0))
    b, c, d = a, a, a
    for x in range(first, first + count, 4 * size):
        p, q = load_as(tile, x, np.float64), load_as(tile, x + size, np.float64)
        r, s = load_as(tile, x + 2 * size, np.float64), load_as(tile, x + 3 * size, np.float64)
        a, b = multiply_add(p, p, a), multiply_add(q, q, b)
        c, d = multiply_add(r, r, c), multiply_add(s, s, d)
    return total((a + b) + (c + d))


@loop(
    "const T[:] spectrum, const T[:] first_twiddles, const T[:] second_twiddles,"
    " i8 size, i8 measures, f8[:] energies, T[:] tile"
)
def correlate(spectrum, first_twiddles, second_twiddles, size, measures, energies, tile):
    """Transform a tile, multiply it with a spectrum, and transform it back, in place.

    The side of the tile, `size`, is 256 or 512. If it `measures`, both `energies` become the sums
    of squares before and after.
    """
    plane = plane_length(size)
    pitch, panels = 2 * plane, size // LANES
    before = after = 0.0
    for p in range(0, panels * pitch, pitch):
        if measures:
            before += _sum_of_squares(tile, p, pitch)
        if size == 256:
            _forward4(tile, p, size, size, first_twiddles)
        else:
            _forward8(tile, p, size, size, first_twiddles)
        _forward8(tile, p, size, 64, second_twiddles)
        _last8(tile, p, size, plane)
    _transpose(tile, size)
    for p in range(0, panels * pitch, pitch):
        if size == 256:
            _forward4(tile, p, size, size, first_twiddles)
        else:
            _forward8(tile, p, size, size, first_twiddles)
        _forward8(tile, p, size, 64, second_twiddles)
        _multiply8(tile, p, size, spectrum)
        _inverse8(tile, p, size, 64, second_twiddles)
        if size == 256:
            _inverse4(tile, p, size, size, first_twiddles)
        else:
            _inverse8(tile, p, size, size, first_twiddles)
    _transpose(tile, size)
    for p in range(0, panels * pitch, pitch):
        _last8(tile, p + plane, size, -plane)
        _inverse8(tile, p, size, 64, second_twiddles)
        if size == 256:
            _inverse4(tile, p, size, size, first_twiddles)
        else:
            _inverse8(tile, p, size, size, first_twiddles)
        if measures:
            after += _sum_of_squares(tile, p, pitch)
    energies[0], energies[1] = before, after
