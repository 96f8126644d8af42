"""Sums over 3x3 numbers of an image of floats, read where they lie in the image.

Nothing is copied into a strip of padded rows first, which would take longer than the sums. Four
rows of outputs share what they load, a vector of each at a time; only outputs whose windows reach
beyond the image are made from padded rows.
"""

import numpy as np
from numba.extending import register_jitable

from convfilter.engine.correlation.layout import EDGE_ROWS, EDGE_WIDTH, NINE_WIDTH, ROWS_AT_ONCE
from convfilter.engine.window.layout import SOURCE, TARGET
from convfilter.engine.window.loops.results import result_row, store_rows
from convfilter.engine.window.loops.rows import image_row, load_rows, look_at, outputs_in_place
from convfilter.runtime.compiled.declare import OPTIONS, loop
from convfilter.runtime.compiled.vectors import count_nans, fill, lanes, load, multiply_add, store

assert ROWS_AT_ONCE == 4


@register_jitable(**OPTIONS)
def _three(row, at, step):
    return load(row, at), load(row, at + step), load(row, at + 2 * step)


@register_jitable(**OPTIONS)
def _add(numbers, weights, sums):
    """Add the products of three numbers and three weights."""
    sums = multiply_add(weights[0], numbers[0], sums)
    sums = multiply_add(weights[1], numbers[1], sums)
    return multiply_add(weights[2], numbers[2], sums)


@register_jitable(**OPTIONS)
def _four(rows, at, step, weights, nothing):
    """Return a vector of sums of each of four rows of outputs, from six rows of numbers."""
    upper, middle, lower = weights
    a, b, c = _three(rows[0], at, step), _three(rows[1], at, step), _three(rows[2], at, step)
    d, e, f = _three(rows[3], at, step), _three(rows[4], at, step), _three(rows[5], at, step)
    return (
        _add(c, lower, _add(b, middle, _add(a, upper, nothing))),
        _add(d, lower, _add(c, middle, _add(b, upper, nothing))),
        _add(e, lower, _add(d, middle, _add(c, upper, nothing))),
        _add(f, lower, _add(e, middle, _add(d, upper, nothing))),
    )


@register_jitable(**OPTIONS)
def _place(values, row, at, shift, first):
    """Store a vector of results; return how many from the first on are NaN or infinite."""
    values = values + shift
    store(row, at, values)
    strange = np.int64(0)
    if at < first:
        for x in range(first, at + lanes(row.dtype.type)):
            strange += row[x] - row[x] != 0
    else:
        strange += count_nans(values - values)
    return strange


@loop(
    "const Source[:] source, const Target[:] target, i8 rows, i8 length, const T[:] weights,"
    " i8 as_they_are, T[:] sums, T[:] edge -> i8",
    Source=SOURCE,
    Target=TARGET,
)
def respond(source, target, rows, length, weights, as_they_are, sums, edge):
    """Apply a 3x3 kernel without zeros to a band; return how many results mean nothing.

    The band has `rows` of `length` numbers, `weights` go along the rows of the kernel. Results
    that are floats of the same dtype are stored `as_they_are`. `sums` and `edge` are memory to
    work in.
    """
    number = weights.dtype.type
    w = (
        (fill(weights[0]), fill(weights[1]), fill(weights[2])),
        (fill(weights[3]), fill(weights[4]), fill(weights[5])),
        (fill(weights[6]), fill(weights[7]), fill(weights[8])),
    )
    nothing, shift = fill(number(0)), fill(number(target[0].offset))
    step = source[0].channels
    size = lanes(number)
    bad = 0
    start, stop, to_image = outputs_in_place(source, 3, length, size)
    for first in range(0, rows, 4):
        if start == stop:
            break
        useful = min(4, rows - first)
        last = first + useful + 1
        for row in range(first, first + useful if last < rows + 1 else last + 1):
            look_at(source, row)
        lines = (
            image_row(source, first, number),
            image_row(source, first + 1, number),
            image_row(source, first + 2, number),
            image_row(source, min(first + 3, last), number),
            image_row(source, min(first + 4, last), number),
            image_row(source, last, number),
        )
        if as_they_are:
            out_0 = result_row(target, first, 0, length, number)
            out_1 = result_row(target, min(first + 1, last - 2), 0, length, number)
            out_2 = result_row(target, min(first + 2, last - 2), 0, length, number)
            out_3 = result_row(target, last - 2, 0, length, number)
            for place in range(start, stop, size):
                # the last vector begins so early that it ends with the outputs
                x = min(place, stop - size)
                a, b, c, d = _four(lines, to_image + x, step, w, nothing)
                bad += _place(a, out_0, x, shift, place)
                if useful == 4:
                    bad += _place(b, out_1, x, shift, place)
                    bad += _place(c, out_2, x, shift, place)
                    bad += _place(d, out_3, x, shift, place)
                else:
                    if useful > 1:
                        bad += _place(b, out_1, x, shift, place)
                    if useful > 2:
                        bad += _place(c, out_2, x, shift, place)
            continue
        for left in range(start, stop, NINE_WIDTH):
            n = min(NINE_WIDTH, stop - left)
            begin = left if n >= size else stop - size
            n = stop - begin if n < size else n
            for place in range(0, n, size):
                x = min(place, n - size)
                a, b, c, d = _four(lines, to_image + begin + x, step, w, nothing)
                store(sums, x, a)
                store(sums, x + NINE_WIDTH, b)
                store(sums, x + 2 * NINE_WIDTH, c)
                store(sums, x + 3 * NINE_WIDTH, d)
            bad += store_rows(target, first, useful, begin, n, NINE_WIDTH, sums)
    # outputs at both ends, from padded rows
    pitch = EDGE_WIDTH + 2 * step + size
    per_row = EDGE_WIDTH // step
    for first in range(0, rows, EDGE_ROWS):
        count = min(EDGE_ROWS, rows - first)
        for part in range(2):
            begin, end = (0, start // step) if part == 0 else (stop // step, length // step)
            for pixel in range(begin, end, per_row):
                pixels = min(per_row, end - pixel)
                n = pixels * step
                load_rows(source, first, count + 2, pixel, pixel + pixels + 2, pitch, edge)
                for i in range(0, count, 4):
                    lines = (
                        edge[i * pitch :],
                        edge[(i + 1) * pitch :],
                        edge[(i + 2) * pitch :],
                        edge[(i + 3) * pitch :],
                        edge[(i + 4) * pitch :],
                        edge[(i + 5) * pitch :],
                    )
                    for x in range(0, n, size):
                        a, b, c, d = _four(lines, x, step, w, nothing)
                        at = i * EDGE_WIDTH + x
                        store(sums, at, a)
                        store(sums, at + EDGE_WIDTH, b)
                        store(sums, at + 2 * EDGE_WIDTH, c)
                        store(sums, at + 3 * EDGE_WIDTH, d)
                bad += store_rows(target, first, count, pixel * step, n, EDGE_WIDTH, sums)
    return bad
