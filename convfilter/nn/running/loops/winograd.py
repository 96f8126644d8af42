"""Convolutions of 3x3 taps with fewer products (Winograd; Lavin and Gray 2016).

A tile of 4x4 outputs, or of 2x2, sees 6x6 (4x4) inputs. Both are polynomials in disguise: they are
evaluated at a few points, multiplied there, and what was multiplied is interpolated. Each point, a
position of the tile, is a product of matrices of its own: tiles times input maps times output maps.
The points are 0, 3/4, 3/2, their negatives and infinity, of which errors grow least; of small tiles
0, 1, -1 and infinity.
"""

import numpy as np
from numba.extending import register_jitable

from convfilter.nn.running.layout import WINOGRAD
from convfilter.runtime.compiled.addresses import call, view
from convfilter.runtime.compiled.declare import OPTIONS, loop
from convfilter.runtime.compiled.instructions.records import records
from convfilter.runtime.compiled.vectors import (
    fill,
    lanes,
    larger,
    load,
    multiply_add,
    smaller,
    store,
)

INLINED = {**OPTIONS, "forceinline": True}

FLOAT = 4
"""Bytes of a number."""

A, B = 0.75, 1.5
"""The points of large tiles."""

PLUS_A, MINUS_A, MINUS_AA = np.float32(A), np.float32(-A), np.float32(-A * A)
PLUS_B, MINUS_B, MINUS_BB = np.float32(B), np.float32(-B), np.float32(-B * B)
BOTH, PRODUCT = np.float32(-(A * A + B * B)), np.float32(A * A * B * B)
AA, BB, AAA, BBB = np.float32(A * A), np.float32(B * B), np.float32(A**3), np.float32(B**3)


@register_jitable(**INLINED)
def _evaluate_six(a, b, c, d, e, f):
    """Return six inputs, evaluated at the six points."""
    even_a, even_b = multiply_add(fill(MINUS_BB), c, e), multiply_add(fill(MINUS_AA), c, e)
    odd_a, odd_b = multiply_add(fill(MINUS_BB), b, d), multiply_add(fill(MINUS_AA), b, d)
    return (
        multiply_add(fill(PRODUCT), a, multiply_add(fill(BOTH), c, e)),
        multiply_add(fill(PLUS_A), odd_a, even_a),
        multiply_add(fill(MINUS_A), odd_a, even_a),
        multiply_add(fill(PLUS_B), odd_b, even_b),
        multiply_add(fill(MINUS_B), odd_b, even_b),
        multiply_add(fill(PRODUCT), b, multiply_add(fill(BOTH), d, f)),
    )


@register_jitable(**INLINED)
def _interpolate_six(a, b, c, d, e, f):
    """Return four outputs of what was multiplied at the six points."""
    p, q, r, s = b + c, b - c, d + e, d - e
    return (
        a + p + r,
        multiply_add(fill(PLUS_A), q, fill(PLUS_B) * s),
        multiply_add(fill(AA), p, fill(BB) * r),
        multiply_add(fill(AAA), q, multiply_add(fill(BBB), s, f)),
    )


@register_jitable(**INLINED)
def _evaluate_four(a, b, c, d):
    """Return four inputs, evaluated at the four points."""
    return c - a, b + c, c - b, d - b


@register_jitable(**INLINED)
def _interpolate_four(a, b, c, d):
    """Return two outputs of what was multiplied at the four points."""
    return a + b + c, b - c + d


@register_jitable(**INLINED)
def _load_four(row, at, step):
    return (
        load(row, at),
        load(row, at + step),
        load(row, at + 2 * step),
        load(row, at + 3 * step),
    )


@register_jitable(**INLINED)
def _load_six(row, at, step):
    return (
        *_load_four(row, at, step),
        load(row, at + 4 * step),
        load(row, at + 5 * step),
    )


@register_jitable(**INLINED)
def _store_four(row, at, step, values):
    store(row, at, values[0])
    store(row, at + step, values[1])
    store(row, at + 2 * step, values[2])
    store(row, at + 3 * step, values[3])


@register_jitable(**INLINED)
def _store_six(row, at, step, values):
    _store_four(row, at, step, values)
    store(row, at + 4 * step, values[4])
    store(row, at + 5 * step, values[5])


@register_jitable(**OPTIONS)
def _enter(w, tile, entered, scratch):
    """Evaluate the inputs of a tile; `entered` is the address of its first position."""
    size = lanes(np.float32)
    side = w.side + 2
    y, x = tile // w.tile_columns, tile % w.tile_columns
    start = w.input + FLOAT * w.side * (y * w.row + x * w.pixel)
    length = side * w.row + side * w.pixel
    maps = view(start, length, np.float32)
    out = view(entered, side * side * w.entered_position, np.float32)
    row, pixel, step = w.row, w.pixel, w.entered_position
    for k in range(0, w.vectors_in * size, size):
        if w.side == 4:
            for j in range(6):
                at = k + j * pixel
                points = _evaluate_six(*_load_six(maps, at, row))
                _store_six(scratch, j * size, 6 * size, points)
            for i in range(6):
                at = i * 6 * size
                points = _evaluate_six(*_load_six(scratch, at, size))
                _store_six(out, k + i * 6 * step, step, points)
        else:
            for j in range(4):
                at = k + j * pixel
                four = _evaluate_four(*_load_four(maps, at, row))
                _store_four(scratch, j * size, 4 * size, four)
            for i in range(4):
                at = i * 4 * size
                four = _evaluate_four(*_load_four(scratch, at, size))
                _store_four(out, k + i * 4 * step, step, four)


@register_jitable(**OPTIONS)
def _multiply(w, position, count, height, last, entered, products):
    """Multiply a position of `count` tiles by its weights; addresses are of the first position."""
    tiles = (count - last) // height + 1
    place = entered + FLOAT * position * w.entered_position
    out = products + FLOAT * position * w.products_position
    panels = (w.vectors + 1) // 2
    maps = 2 * lanes(np.float32)
    nothing, everything = np.float32(-np.inf), np.float32(np.inf)
    for panel in range(panels):
        wide = min(2, w.vectors - 2 * panel)
        weights = w.weights + FLOAT * w.panel * (position * panels + panel)
        for t in range(tiles):
            call(
                w.tile,
                (
                    last if t == tiles - 1 else height,
                    wide,
                    place + FLOAT * t * height * w.entered_tile,
                    w.entered_tile,
                    1,
                    0,
                    1,
                    0,
                    w.length,
                    weights,
                    w.zeros,
                    0,
                    out + FLOAT * (t * height * w.products_tile + panel * maps),
                    w.products_tile,
                    0,
                    0,
                    nothing,
                    everything,
                ),
            )


@register_jitable(**INLINED)
def _finish(w, value, k, y, x, bias):
    """Store a vector of outputs."""
    size = lanes(np.float32)
    value = value + load(bias, k)
    if w.residual != 0:
        at = w.residual + FLOAT * (y * w.residual_row + x * w.residual_pixel + k)
        value = value + load(view(at, size, np.float32), 0)
    out = view(w.output + FLOAT * (y * w.output_row + x * w.output_pixel + k), size, np.float32)
    store(out, 0, smaller(fill(w.high), larger(value, fill(w.low))))


@register_jitable(**OPTIONS)
def _leave(w, tile, products, scratch):
    """Interpolate the outputs of a tile; `products` is the address of its first position."""
    size = lanes(np.float32)
    y, x = tile // w.tile_columns * w.side, tile % w.tile_columns * w.side
    positions = (w.side + 2) * (w.side + 2)
    given = view(products, positions * w.products_position, np.float32)
    bias = view(w.bias, w.vectors * size, np.float32)
    rows, columns = min(w.side, w.rows - y), min(w.side, w.columns - x)
    step = w.products_position
    for k in range(0, w.vectors * size, size):
        if w.side == 4:
            for j in range(6):
                at = k + j * step
                outs = _interpolate_six(*_load_six(given, at, 6 * step))
                _store_four(scratch, j * size, 6 * size, outs)
            for i in range(rows):
                at = i * 6 * size
                outs = _interpolate_six(*_load_six(scratch, at, size))
                _finish(w, outs[0], k, y + i, x, bias)
                if columns > 1:
                    _finish(w, outs[1], k, y + i, x + 1, bias)
                if columns > 2:
                    _finish(w, outs[2], k, y + i, x + 2, bias)
                if columns > 3:
                    _finish(w, outs[3], k, y + i, x + 3, bias)
        else:
            for j in range(4):
                at = k + j * step
                two = _interpolate_four(*_load_four(given, at, 4 * step))
                store(scratch, j * size, two[0])
                store(scratch, (4 + j) * size, two[1])
            for i in range(rows):
                at = i * 4 * size
                two = _interpolate_four(*_load_four(scratch, at, size))
                _finish(w, two[0], k, y + i, x, bias)
                if columns > 1:
                    _finish(w, two[1], k, y + i, x + 1, bias)


@register_jitable(**OPTIONS)
def _scratch(w, thread):
    """Return memory for the transforms of a tile."""
    size = 36 * lanes(np.float32)
    return view(w.scratch + FLOAT * thread * w.thread_scratch, size, np.float32)


@loop("i8 arguments, i8 chunk, i8 thread -> i8")
def enter(arguments, chunk, thread):
    """Evaluate the inputs of some tiles."""
    w = records(arguments, 1, WINOGRAD)[0]
    scratch = _scratch(w, thread)
    count = w.tile_rows * w.tile_columns
    for tile in range(count * chunk // w.chunks, count * (chunk + 1) // w.chunks):
        _enter(w, tile, w.entered + FLOAT * tile * w.entered_tile, scratch)
    return 0


@loop("i8 arguments, i8 chunk, i8 thread -> i8")
def multiply(arguments, chunk, thread):
    """Multiply one position of all tiles."""
    w = records(arguments, 1, WINOGRAD)[0]
    count = w.tile_rows * w.tile_columns
    _multiply(w, chunk, count, w.height, w.last, w.entered, w.products)
    return 0


@loop("i8 arguments, i8 chunk, i8 thread -> i8")
def leave(arguments, chunk, thread):
    """Interpolate the outputs of some tiles."""
    w = records(arguments, 1, WINOGRAD)[0]
    scratch = _scratch(w, thread)
    count = w.tile_rows * w.tile_columns
    for tile in range(count * chunk // w.chunks, count * (chunk + 1) // w.chunks):
        _leave(w, tile, w.products + FLOAT * tile * w.products_tile, scratch)
    return 0


@loop("i8 arguments, i8 chunk, i8 thread -> i8")
def at_once(arguments, chunk, thread):
    """Do all three for a block of tiles, in memory of the thread's own that stays in the cache."""
    w = records(arguments, 1, WINOGRAD)[0]
    scratch = _scratch(w, thread)
    entered = w.entered + FLOAT * thread * w.thread_entered
    products = w.products + FLOAT * thread * w.thread_products
    tiles = w.tile_rows * w.tile_columns
    first = chunk * w.block
    count = min(w.block, tiles - first)
    for i in range(count):
        _enter(w, first + i, entered + FLOAT * i * w.entered_tile, scratch)
    positions = (w.side + 2) * (w.side + 2)
    last = count - (count - 1) // w.height * w.height
    for position in range(positions):
        _multiply(w, position, count, w.height, last, entered, products)
    for i in range(count):
        _leave(w, first + i, products + FLOAT * i * w.products_tile, scratch)
    return 0
