"""Weighted means of what is there, tap by tap: small kernels over rows with gaps."""

import numpy as np
from numba.extending import register_jitable

from convfilter.engine.correlation.layout import Combine
from convfilter.engine.window.layout import TARGET
from convfilter.engine.window.loops.results import store_rows
from convfilter.runtime.compiled.addresses import view
from convfilter.runtime.compiled.declare import OPTIONS, loop
from convfilter.runtime.compiled.vectors import fill, lanes, load, multiply_add, store

NONE, L1, L2, MAX = int(Combine.NONE), int(Combine.L1), int(Combine.L2), int(Combine.MAX)

GAPS, VALUES = 1, 2


@register_jitable(**OPTIONS)
def _sum(values, mask, top, left, tap_rows, tap_columns, weights, first, last, sums, shares):
    """Sum the products of some taps, and the weights of those that are there.

    Four vectors are summed at a time, or one where there are not as many.
    """
    number = weights.dtype.type
    size, length = lanes(number), sums.shape[0]
    wide = 4 * size if length >= 4 * size else size
    for start in range(0, length, wide):
        x = min(start, length - wide)  # the last vectors end with the row
        a, b, c, d = fill(number(0)), fill(number(0)), fill(number(0)), fill(number(0))
        e, f, g, h = a, a, a, a
        for tap in range(first, last):
            row, column = top + tap_rows[tap], left + x + tap_columns[tap]
            weight, line, there = fill(weights[tap]), values[row], mask[row]
            a = multiply_add(weight, load(line, column), a)
            e = multiply_add(weight, load(there, column), e)
            if wide > size:
                b = multiply_add(weight, load(line, column + size), b)
                c = multiply_add(weight, load(line, column + 2 * size), c)
                d = multiply_add(weight, load(line, column + 3 * size), d)
                f = multiply_add(weight, load(there, column + size), f)
                g = multiply_add(weight, load(there, column + 2 * size), g)
                h = multiply_add(weight, load(there, column + 3 * size), h)
        store(sums, x, a)
        store(shares, x, e)
        if wide > size:
            store(sums, x + size, b)
            store(sums, x + 2 * size, c)
            store(sums, x + 3 * size, d)
            store(shares, x + size, f)
            store(shares, x + 2 * size, g)
            store(shares, x + 3 * size, h)


@register_jitable(**OPTIONS)
def _sum_values(values, top, left, tap_rows, tap_columns, weights, first, last, sums):
    """Sum the products of some taps, as `_sum` does."""
    number = weights.dtype.type
    size, length = lanes(number), sums.shape[0]
    wide = 4 * size if length >= 4 * size else size
    for start in range(0, length, wide):
        x = min(start, length - wide)
        a, b, c, d = fill(number(0)), fill(number(0)), fill(number(0)), fill(number(0))
        for tap in range(first, last):
            row, column = top + tap_rows[tap], left + x + tap_columns[tap]
            weight, line = fill(weights[tap]), values[row]
            a = multiply_add(weight, load(line, column), a)
            if wide > size:
                b = multiply_add(weight, load(line, column + size), b)
                c = multiply_add(weight, load(line, column + 2 * size), c)
                d = multiply_add(weight, load(line, column + 3 * size), d)
        store(sums, x, a)
        if wide > size:
            store(sums, x + size, b)
            store(sums, x + 2 * size, c)
            store(sums, x + 3 * size, d)


@register_jitable(**OPTIONS)
def _make_means_of_all(sums, weights, first, last, total, least, means):
    """Make means as `_make_means` does, where all is there: with the very same roundings."""
    share = weights.dtype.type(0)
    for tap in range(first, last):
        share += weights[tap]
    factor = total / (share if share >= least else total)
    for x in range(sums.shape[0]):
        means[x] = sums[x] * factor


@register_jitable(**OPTIONS)
def _clear_gaps(values, mask, length, tile, seen):
    """Make values 0 where the mask is 0, and say what tiles of outputs see of each row.

    That is `GAPS`, `VALUES`, or both of them.
    """
    zero = mask.dtype.type(0)
    beyond = values.shape[1] - length
    for row in range(values.shape[0]):
        line, there = values[row], mask[row]
        for number in range(seen.shape[1]):
            left = min(number * tile, length - tile)
            part = there[left : left + tile + beyond]
            known = np.int32(0)
            for x in range(part.shape[0]):
                known = np.int32(known + np.int32(part[x] != zero))
            some = GAPS if known < part.shape[0] else 0
            seen[row, number] = np.uint8(some + (VALUES if known > 0 else 0))
        for x in range(line.shape[0]):
            kept = line[x]
            line[x] = kept if there[x] != zero else zero


@register_jitable(**OPTIONS)
def _make_means(sums, shares, total, least, gaps):
    """Make means times `total` of shares; mark those that less than `least` is there for."""
    for x in range(sums.shape[0]):
        share = shares[x]
        nothing = share < least
        gaps[x] = np.uint8(gaps[x] | np.uint8(nothing))
        known = share if share >= least else total
        shares[x] = sums[x] * (total / known)


@register_jitable(**OPTIONS)
def _add(means, response):
    # not where they are made: there product and sum would be rounded as one, and opposite
    # means of an even area not be equal
    for x in range(response.shape[0]):
        response[x] += means[x]


@register_jitable(**OPTIONS)
def _combine(response, is_first, how, least, combined):
    """Combine a row of responses with those of the kernels before it, lengths by squares.

    Returns how many are smaller than `least`, so that their squares are lost, and not 0.
    """
    n, lost = response.shape[0], np.int32(0)
    if how == L2:
        for x in range(n):
            value = response[x]
            combined[x] += value * value
            lost = np.int32(lost + np.int32((abs(value) < least) & (value != 0)))
    elif how == L1:
        for x in range(n):
            combined[x] += abs(response[x])
    else:  # NaN wins
        for x in range(n):
            value = response[x] if how == MAX else abs(response[x])
            best = value if is_first else combined[x]
            combined[x] = value if (value > best or value != value) else best
    return lost


@register_jitable(**OPTIONS)
def _place(target, row, left, combined, lost, gaps):
    """Store a row of responses, 0 where they are missing, and mark those; return as `respond`."""
    n = combined.shape[0]
    marked = view(gaps, n, np.uint8)
    for x in range(n):
        marked[x] = lost[x]
        kept = combined[x]
        combined[x] = kept if lost[x] == 0 else combined.dtype.type(0)
    return store_rows(target, row, 1, left, n, 0, combined)


@loop(
    "const Target[:] target, T[:,:] values, const T[:,:] mask, i8 row_step, const i8[:] tap_rows,"
    " const i8[:] tap_columns, const T[:] weights, const i8[:,:] sides, const T[:,:] means, i8 how,"
    " T least, i8 rows, i8 length, i8 tile, i8 gaps, i8 gaps_pitch, T[:] sums, T[:] shares,"
    " T[:] response, T[:] joined, u1[:] marks, u1[:,:] seen -> i8",
    Target=TARGET,
)
def respond(
    target,
    values,
    mask,
    row_step,
    tap_rows,
    tap_columns,
    weights,
    sides,
    means,
    how,
    least,
    rows,
    length,
    tile,
    gaps,
    gaps_pitch,
    sums,
    shares,
    response,
    joined,
    marks,
    seen,
):
    """Store rows of combined responses of padded rows, 0 where they are missing.

    `values` are padded rows, which become 0 where `mask`, of 0 and 1, is 0. The taps of
    ``sides[k]``, from the first to the last, are those of one sign of a kernel, whose number comes
    third; ``means[k]`` are the sum that their mean is multiplied by, and the least weight that can
    be there. Outputs, `rows` of `length` numbers, are made in tiles of `tile` numbers, a vector at
    least; `seen` has a number for each of those and each padded row. Rows that say what is missing
    begin at the address `gaps`. Returns how many responses mean nothing, those among them that are
    below `least` and whose squares are lost.
    """
    number = weights.dtype.type
    zero, bad = number(0), 0
    reach = 0
    for tap in range(tap_rows.shape[0]):
        reach = max(reach, tap_rows[tap] + 1)
    _clear_gaps(values, mask, length, tile, seen)
    for i in range(rows):
        top = i * row_step
        for place in range(seen.shape[1]):
            n = tile
            left = min(place * tile, length - n)
            answers, lost, combined = response[:n], marks[:n], joined[:n]
            met = np.uint8(0)
            for row in range(top, top + reach):
                met = np.uint8(met | seen[row, place])
            for x in range(n):
                lost[x] = np.uint8(met == GAPS)
                answers[x] = zero
                combined[x] = zero
            # where nothing is there, all is missing and nothing has to be made
            for k in range(0 if met != GAPS else sides.shape[0], sides.shape[0]):
                first, last, kernel = sides[k, 0], sides[k, 1], sides[k, 2]
                if last > first and met == VALUES:
                    _sum_values(
                        values, top, left, tap_rows, tap_columns, weights, first, last, sums[:n]
                    )
                    _make_means_of_all(
                        sums[:n], weights, first, last, means[k, 0], means[k, 1], shares[:n]
                    )
                    _add(shares[:n], answers)
                elif last > first:
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
                    _make_means(sums[:n], shares[:n], means[k, 0], means[k, 1], lost)
                    _add(shares[:n], answers)
                if k + 1 == sides.shape[0] or sides[k + 1, 2] != kernel:
                    if how == NONE:
                        for x in range(n):
                            combined[x] = answers[x]
                    else:
                        bad += _combine(answers, kernel == 0, how, least, combined)
                    for x in range(n):
                        answers[x] = zero
            bad += _place(target, i, left, combined, lost, gaps + i * gaps_pitch + left)
    return bad


@loop(
    "const Target[:] target, const T[:,:] sums, T[:,:] shares, T total, T least, i8 tile, i8 gaps,"
    " i8 gaps_pitch, u1[:] marks -> i8",
    Target=TARGET,
)
def divide(target, sums, shares, total, least, tile, gaps, gaps_pitch, marks):
    """Store means of one side, made of their sums and shares, as `respond` does."""
    bad = 0
    for i in range(sums.shape[0]):
        for left in range(0, sums.shape[1], tile):
            n = min(tile, sums.shape[1] - left)
            lost, values, there = marks[:n], sums[i, left:], shares[i, left:]
            for x in range(n):
                lost[x] = np.uint8(0)
            _make_means(values[:n], there[:n], total, least, lost)
            bad += _place(target, i, left, there[:n], lost, gaps + i * gaps_pitch + left)
    return bad


@loop("const T[:] sums, T[:] shares, T total, T least, T[:] response, u1[:] lost")
def add_mean(sums, shares, total, least, response, lost):
    """Add means times `total` to responses; mark those that less than `least` is there for."""
    _make_means(sums, shares, total, least, lost)
    _add(shares, response)


@loop(
    "const Target[:] target, T[:,:] combined, u1[:,:] lost, i8 gaps, i8 gaps_pitch -> i8",
    Target=TARGET,
)
def place(target, combined, lost, gaps, gaps_pitch):
    """Store rows of responses as `respond` does."""
    bad = 0
    for i in range(combined.shape[0]):
        bad += _place(target, i, 0, combined[i], lost[i], gaps + i * gaps_pitch)
    return bad
