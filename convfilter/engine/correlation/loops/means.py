"""Weighted means of what is there, tap by tap: small kernels over rows with gaps."""

import numpy as np
from numba.extending import register_jitable

from convfilter.engine.correlation.layout import Combine
from convfilter.runtime.compiled.declare import OPTIONS, loop
from convfilter.runtime.compiled.vectors import fill, lanes, load, multiply_add, store

NONE, L1, L2, MAX = int(Combine.NONE), int(Combine.L1), int(Combine.L2), int(Combine.MAX)


@register_jitable(**OPTIONS)
def _sum(values, mask, top, left, tap_rows, tap_columns, weights, first, last, sums, shares):
    """Sum the products of some taps, and the weights of those that are there."""
    number = weights.dtype.type
    size, length = lanes(number), sums.shape[0]
    for start in range(0, length, size):
        x = min(start, length - size)  # the last vector ends with the row
        total, share = fill(number(0)), fill(number(0))
        for tap in range(first, last):
            row, column = top + tap_rows[tap], left + x + tap_columns[tap]
            weight = fill(weights[tap])
            total = multiply_add(weight, load(values[row], column), total)
            share = multiply_add(weight, load(mask[row], column), share)
        store(sums, x, total)
        store(shares, x, share)


@register_jitable(**OPTIONS)
def _add_mean(sums, shares, total, least, response, gaps):
    """Add means times `total` to responses; mark those that less than `least` is there for."""
    for x in range(response.shape[0]):
        share = shares[x]
        nothing = share < least
        gaps[x] = np.uint8(gaps[x] | np.uint8(nothing))
        known = share if share >= least else total
        response[x] += sums[x] * (total / known)


@register_jitable(**OPTIONS)
def _combine(response, is_first, how, squares, combined):
    """Combine a row of responses with those of the kernels before it, lengths by squares."""
    n = response.shape[0]
    if how == L2:
        for x in range(n):
            value = np.float64(response[x])
            squares[x] = value * value + (0.0 if is_first else squares[x])
    elif how == L1:
        for x in range(n):
            value = abs(response[x])
            combined[x] = value if is_first else combined[x] + value
    else:  # NaN wins
        for x in range(n):
            value = response[x] if how == MAX else abs(response[x])
            best = value if is_first else combined[x]
            combined[x] = value if (value > best or value != value) else best


@loop(
    "T[:,:] values, const T[:,:] mask, i8 row_step, const i8[:] tap_rows, const i8[:] tap_columns,"
    " const T[:] weights, const i8[:,:] sides, const T[:,:] means, i8 how, T offset, i8 tile,"
    " T[:] sums, T[:] shares, T[:] response, f8[:] squares, u1[:] marks, u1[:,:] gaps, T[:,:] out"
)
def respond(
    values,
    mask,
    row_step,
    tap_rows,
    tap_columns,
    weights,
    sides,
    means,
    how,
    offset,
    tile,
    sums,
    shares,
    response,
    squares,
    marks,
    gaps,
    out,
):
    """Make rows of combined responses of padded rows, 0 where they are missing.

    `values` are padded rows, which become 0 where `mask`, of 0 and 1, is 0. The taps of
    ``sides[k]``, from the first to the last, are those of one sign of a kernel, whose number comes
    third; ``means[k]`` are the sum that their mean is multiplied by, and the least weight that can
    be there. Outputs are made in tiles of `tile` numbers, a vector at least.
    """
    number = weights.dtype.type
    zero, length = number(0), out.shape[1]
    for row in range(values.shape[0]):
        line, there = values[row], mask[row]
        for x in range(line.shape[0]):
            kept = line[x]
            line[x] = kept if there[x] != zero else zero
    for i in range(out.shape[0]):
        for start in range(0, length, tile):
            n = min(tile, length)
            left = min(start, length - n)
            answers, lost = response[:n], marks[:n]
            combined = out[i, left:]
            combined = combined[:n]
            for x in range(n):
                lost[x] = np.uint8(0)
                answers[x] = zero
                combined[x] = zero
            for k in range(sides.shape[0]):
                first, last, kernel = sides[k, 0], sides[k, 1], sides[k, 2]
                if last > first:
                    top = i * row_step
                    _sum(
                        values,
                        mask,
                        top,
                        left,
                        tap_rows,
                        tap_columns,
                        weights,
                        first,
                        last,
                        sums[:n],
                        shares[:n],
                    )
                    _add_mean(sums[:n], shares[:n], means[k, 0], means[k, 1], answers, lost)
                if k + 1 == sides.shape[0] or sides[k + 1, 2] != kernel:
                    if how == NONE:
                        for x in range(n):
                            combined[x] = answers[x]
                    else:
                        _combine(answers, kernel == 0, how, squares[:n], combined)
                    for x in range(n):
                        answers[x] = zero
            if how == L2:
                for x in range(n):
                    combined[x] = number(np.sqrt(squares[x]))
            marked = gaps[i, left:]
            for x in range(n):
                marked[x] = lost[x]
                kept = combined[x] + offset
                combined[x] = zero if lost[x] != 0 else kept
