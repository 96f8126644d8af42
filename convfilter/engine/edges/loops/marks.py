"""Thin edges: maxima of the gradient across its direction, and growth along connected pixels.

Marks are bytes, 0 for no edge, WEAK for what needs a strong neighbour, STRONG for an edge. A row of
marks has a column of zeros before its pixels and one or more behind them.
"""

import numba
import numpy as np
from numba.extending import overload, register_jitable

from convfilter.engine.window.layout import SOURCE
from convfilter.engine.window.loops.rows import load_rows
from convfilter.runtime.compiled.declare import OPTIONS, loop

WEAK = np.uint8(1)
STRONG = np.uint8(2)

# the lowest bits of eight bytes
SEEDS = np.int64(0x0101010101010101)

# tangents of 22.5 and 67.5 degrees
FLAT = np.sqrt(2.0) - 1.0
STEEP = np.sqrt(2.0) + 1.0
# the smaller one as a fraction: no fraction of gradients of bytes, at most 1020, lies between
FLAT_ABOVE = np.int32(985)
FLAT_BELOW = np.int32(2378)

TIE_BITS = 12
"""Sizes of gradients that differ by a smaller part than 2**-TIE_BITS count as equal.

Rounding must not decide which of two is larger: it takes up to some 2**-17 of an edge in float32
whose values are a hundred times its height.
"""

SUMS, SQUARES = 0, 1
"""How the size of a gradient is measured; 2 is by its length."""

BLOCK = 64
"""Pixels that are passed over together where none is above the lower threshold."""


def _is_flat_whole(rise, run):
    return np.int32(rise * FLAT_BELOW) < np.int32(run * FLAT_ABOVE)


def _is_flat_real(rise, run):
    return np.float64(rise) < np.float64(run) * FLAT


def _is_flat(rise, run):
    """Tell whether a direction is within 22.5 degrees of the row, by its absolute parts."""
    whole = isinstance(run, np.integer)
    return _is_flat_whole(rise, run) if whole else _is_flat_real(rise, run)


@overload(_is_flat, jit_options=OPTIONS)  # type: ignore[arg-type]
def _choose_is_flat(rise, run):
    return _is_flat_whole if isinstance(run, numba.types.Integer) else _is_flat_real


def _is_steep_whole(rise, run):
    return np.int32(run * FLAT_BELOW) < np.int32(rise * FLAT_ABOVE)


def _is_steep_real(rise, run):
    return np.float64(rise) > np.float64(run) * STEEP


def _is_steep(rise, run):
    """Tell whether a direction is within 22.5 degrees of the column, by its absolute parts."""
    whole = isinstance(run, np.integer)
    return _is_steep_whole(rise, run) if whole else _is_steep_real(rise, run)


@overload(_is_steep, jit_options=OPTIONS)  # type: ignore[arg-type]
def _choose_is_steep(rise, run):
    return _is_steep_whole if isinstance(run, numba.types.Integer) else _is_steep_real


def _reduced_whole(size, part):
    return np.int32(size - (size >> TIE_BITS))


def _reduced_real(size, part):
    return size * part


def _reduced(size, part):
    """Return the least size that counts as equal to this one; `part` is that of a float."""
    whole = isinstance(size, np.integer)
    return _reduced_whole(size, part) if whole else _reduced_real(size, part)


@overload(_reduced, jit_options=OPTIONS)  # type: ignore[arg-type]
def _choose_reduced(size, part):
    return _reduced_whole if isinstance(size, numba.types.Integer) else _reduced_real


@register_jitable(**OPTIONS)
def _measure_whole(across, up, squared, sizes):
    """sizes[x + 1] = x² + y² or |x| + |y| of a row of gradients in integers."""
    number = sizes.dtype.type
    target = sizes[1:]
    if squared:
        for x in range(across.shape[0]):
            run, rise = number(across[x]), number(up[x])
            target[x] = number(run * run + rise * rise)
    else:
        for x in range(across.shape[0]):
            target[x] = number(abs(number(across[x])) + abs(number(up[x])))


@register_jitable(**OPTIONS)
def _length(run, rise):
    """Return the root of x² + y², of which no square leaves the range of floats."""
    run, rise = abs(run), abs(rise)
    larger = run if run > rise else rise
    smaller = rise if run > rise else run
    ratio = 1 if smaller == larger else smaller / larger  # equal ones may be 0 or infinite
    return larger * np.sqrt(1 + ratio * ratio)


@register_jitable(**OPTIONS)
def _measure(across, up, how, least, sizes):
    """sizes[x + 1] = size of a row of gradients: |x| + |y|, x² + y², or a length (see `mark`).

    Returns how many leave the range of floats.
    """
    target = sizes[1:]
    lost = np.int32(0)
    if how == SQUARES:
        for x in range(across.shape[0]):
            run, rise = across[x], up[x]
            size = abs(run) + abs(rise)
            square = run * run + rise * rise
            target[x] = square
            small = (size < least) & (size > 0)
            lost = np.int32(lost + np.int32(small | (square - square != 0)))
    elif how == SUMS:
        for x in range(across.shape[0]):
            size = abs(across[x]) + abs(up[x])
            target[x] = size
            lost = np.int32(lost + np.int32(size - size != 0))
    else:
        for x in range(across.shape[0]):
            target[x] = _length(across[x], up[x])
    return lost


@register_jitable(**OPTIONS)
def _mark(across, up, part_of_tie, above, here, below, low, high, marks):
    """Mark the maxima across the edge in one row; of equal ones the right or lower one goes.

    Sizes count as equal unless they differ by more than one part in 2**TIE_BITS: floats, if the
    smaller one is at least `part_of_tie` of the other. Marks start as zeros. Sizes have one more
    column on both sides. Returns how many are marked.
    """
    n = across.shape[0]
    part = across.dtype.type
    found = 0
    for start in range(0, n, BLOCK):
        stop = min(start + BLOCK, n)
        count = stop - start
        size = here[start + 1 :]
        target = marks[start:]
        passing = np.int32(0)
        for x in range(count):
            passing = np.int32(passing + np.int32(size[x] > low))
        if passing == 0:
            continue
        right, rising = across[start:], up[start:]
        before, after = here[start:], here[start + 2 :]
        above_before, over, above_after = above[start:], above[start + 1 :], above[start + 2 :]
        below_before, under, below_after = below[start:], below[start + 1 :], below[start + 2 :]
        kept_here = np.int32(0)
        for x in range(count):
            value = size[x]
            run, rise = part(abs(right[x])), part(abs(rising[x]))
            flat, steep = _is_flat(rise, run), _is_steep(rise, run)
            rises = (right[x] < 0) == (rising[x] < 0)  # to the upper right or the lower left
            # all are read, chosen or not: a read in a branch would keep the loop from vectors
            a, b, c = above_before[x], over[x], above_after[x]
            d, e = before[x], after[x]
            f, g, h = below_before[x], under[x], below_after[x]
            one = d if flat else (b if steep else (c if rises else a))
            other = e if flat else (g if steep else (f if rises else h))
            least = _reduced(value, part_of_tie)
            may_equal = (flat | steep) & (_reduced(other, part_of_tie) <= value)
            kept = (one < least) & ((other < least) | may_equal)
            weak = np.uint8(kept & (value > low))
            target[x] = np.uint8(weak + np.uint8(weak & np.uint8(value > high)))
            kept_here = np.int32(kept_here + np.int32(weak))
        found += kept_here
    return found


@loop(
    "const T[:,:] gradient_x, const T[:,:] gradient_y, i8 how, T least, T low, T high, i8 start,"
    " i8 stop, T[:,:] sizes, u1[:,:] marks, i8[:] lost -> i8"
)
def mark(gradient_x, gradient_y, how, least, low, high, start, stop, sizes, marks, lost):
    """Mark rows start to stop of an image by their gradients; return how many are marked.

    The size of a gradient is ``|x| + |y|`` where `how` is 0, ``x² + y²`` where it is 1, and the
    root of that where it is 2. `lost` receives how many sizes are not finite, or lose digits: those
    of gradients other than 0 below `least`, where they are squared. `sizes` holds three rows of
    scratch memory; beyond the image the gradient is 0.
    """
    rows, columns = gradient_x.shape
    sizes[:] = sizes.dtype.type(0)
    # a part of a length is twice that part of its square
    tie = sizes.dtype.type(1 - 2.0 ** -(TIE_BITS + (how != SUMS and how != SQUARES)))
    found = 0
    lost[0] = 0
    for i in range(start - 1, stop + 1):
        target = sizes[i % 3, : columns + 2]
        if 0 <= i < rows:
            lost[0] += _measure(gradient_x[i], gradient_y[i], how, least, target)
        else:
            target[:] = sizes.dtype.type(0)
        if i > start:
            j = i - 1
            above, here = sizes[(j - 1) % 3], sizes[j % 3]
            rows_here = above, here, target
            found += _mark(gradient_x[j], gradient_y[j], tie, *rows_here, low, high, marks[j, 1:])
    return found


@loop(
    "const Source[:] source, i8 rows, i8 columns, i8 squared, i4 low, i4 high, i8 start, i8 stop,"
    " i2[:,:] strip, i2[:,:] across, i2[:,:] up, i4[:,:] sizes, u1[:,:] marks -> i8",
    Source=SOURCE,
)
def mark_sobel(
    source,
    rows,
    columns,
    squared,
    low,
    high,
    start,
    stop,
    strip,
    across,
    up,
    sizes,
    marks,
):
    """Mark rows start to stop of an image of bytes by Sobel's gradients, as `mark` does.

    The image has `rows` of `columns` numbers. `strip` holds five rows of scratch memory: three
    padded rows of the image, and their sums and differences; `across`, `up` and `sizes` hold three.
    """
    smooth, slope = strip[3], strip[4]
    sizes[:] = sizes.dtype.type(0)
    found = 0
    for i in range(max(start - 1, 0), min(stop + 1, rows)):
        first = i if i == max(start - 1, 0) else i + 2
        for k in range(first, i + 3):
            load_rows(source, k, 1, 0, columns + 2, 0, strip[k % 3])
        top, middle, bottom = strip[i % 3], strip[(i + 1) % 3], strip[(i + 2) % 3]
        for x in range(columns + 2):
            smooth[x] = np.int16(np.int16(top[x] + bottom[x]) + np.int16(middle[x] + middle[x]))
            slope[x] = np.int16(top[x] - bottom[x])
        right, rise = across[i % 3], up[i % 3]
        after = smooth[2:]
        for x in range(columns):
            right[x] = np.int16(after[x] - smooth[x])
        between, after = slope[1:], slope[2:]
        for x in range(columns):
            rise[x] = np.int16(np.int16(slope[x] + after[x]) + np.int16(between[x] + between[x]))
        _measure_whole(right, rise, squared, sizes[i % 3])
        if i > start:
            j = i - 1
            above, here, below = sizes[(j - 1) % 3], sizes[j % 3], sizes[i % 3]
            if j == 0:
                above[:] = sizes.dtype.type(0)
            found += _mark(across[j % 3], up[j % 3], 0, above, here, below, low, high, marks[j, 1:])
    if stop == rows:
        j = rows - 1
        below = sizes[rows % 3]
        below[:] = sizes.dtype.type(0)
        above, here = sizes[(j - 1) % 3], sizes[j % 3]
        if j == 0:
            above[:] = sizes.dtype.type(0)
        found += _mark(across[j % 3], up[j % 3], 0, above, here, below, low, high, marks[j, 1:])
    return found


@loop("const T[:,:] sizes, T low, T high, i8 start, i8 stop, u1[:,:] marks -> i8")
def mark_sizes(sizes, low, high, start, stop, marks):
    """Mark rows start to stop by what they hold; return how many are marked."""
    found = 0
    for i in range(start, stop):
        source, target = sizes[i], marks[i, 1:]
        here = np.int32(0)
        for x in range(source.shape[0]):
            weak = np.uint8(source[x] > low)
            target[x] = np.uint8(weak + np.uint8(source[x] > high))
            here = np.int32(here + np.int32(weak))
        found += here
    return found


@loop(
    "u1[:,:] marks, u1[:] places, i8 start, i8 stop, i8 top, i8 bottom, u1[:] seeds,"
    " const i8[:] seed_words, i8[:] stack"
)
def grow(marks, places, start, stop, top, bottom, seeds, seed_words, stack):
    """Make strong what is weak and connected to a strong mark in rows start to stop.

    Only rows top to bottom are touched. `places` is the memory of `marks` without its axes, and
    `seed_words` that of `seeds`, eight of them at a time. A mark is stacked when it becomes
    strong, hence at most once.
    """
    width = marks.shape[1]
    least, most = top * width, bottom * width
    for i in range(start, stop):
        above, here, below = marks[max(i - 1, top)], marks[i], marks[min(i + 1, bottom - 1)]
        over, under = above[1:], below[1:]
        over_right, right, under_right = above[2:], here[2:], below[2:]
        middle, target = here[1:], seeds[1:]
        for x in range(width - 2):
            near = above[x] | over[x] | over_right[x] | here[x] | right[x]
            near = near | below[x] | under[x] | under_right[x]
            target[x] = np.uint8(np.uint8(middle[x] >> 1) & near)
        for word in range(seed_words.shape[0]):
            if seed_words[word] & SEEDS == 0:
                continue
            for x in range(8 * word, 8 * word + 8):
                if not seeds[x] & 1:
                    continue
                stack[0] = i * width + x
                stacked = 1
                while stacked > 0:
                    stacked -= 1
                    place = stack[stacked]
                    for row in range(place - width, place + width + 1, width):
                        if row < least or row >= most:
                            continue
                        for near in range(row - 1, row + 2):
                            if places[near] == WEAK:
                                places[near] = STRONG
                                stack[stacked] = near
                                stacked += 1


@loop("const u1[:,:] marks, i8 start, i8 stop, u1[:,:] out")
def pick(marks, start, stop, out):
    """Write 1 where a mark is strong, else 0."""
    for i in range(start, stop):
        source, target = marks[i, 1:], out[i]
        for x in range(target.shape[0]):
            target[x] = np.uint8(source[x] >> 1)


@loop(
    "const u1[:,:] marks, const T[:,:] gradient_x, const T[:,:] gradient_y, i8 how,"
    " i8 start, i8 stop, T[:,:] out"
)
def measure_marked(marks, gradient_x, gradient_y, how, start, stop, out):
    """Write the length of the gradient where there is a mark, else 0."""
    for i in range(start, stop):
        across, up, target = gradient_x[i], gradient_y[i], out[i]
        seen = marks[i, 1:]
        for x in range(target.shape[0]):
            run, rise = across[x], up[x]
            size = abs(run) + abs(rise) if how == SUMS else _length(run, rise)
            target[x] = size if seen[x] else out.dtype.type(0)
