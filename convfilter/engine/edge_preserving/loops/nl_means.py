"""Non-local means on tiles of planes: see `smooth`."""

from numba.extending import register_jitable

from convfilter.engine.edge_preserving.loops.smooth import (
    INLINED,
    add_four,
    add_sums,
    begin,
    power,
    whole_vectors,
)
from convfilter.runtime.compiled.declare import OPTIONS, loop
from convfilter.runtime.compiled.vectors import fill, lanes, load, store


@register_jitable(**INLINED)
def _squared(a, b, x, factor):
    """Return the squares of the differences of two rows, times a factor."""
    difference = (load(a, x) - load(b, x)) * factor
    return difference * difference


@register_jitable(**OPTIONS)
def _square(planes, i, j, u, v, factor, target):
    """target[x] = sum over channels of (factor * difference of (i, j + x) and (u, v + x))**2."""
    n, size, f = target.shape[0], lanes(target.dtype.type), fill(factor)
    here, there = planes[0, i, j:], planes[0, u, v:]
    if planes.shape[0] == 3:
        here1, there1 = planes[1, i, j:], planes[1, u, v:]
        here2, there2 = planes[2, i, j:], planes[2, u, v:]
        for x in range(0, n, size):
            squares = _squared(here, there, x, f) + _squared(here1, there1, x, f)
            store(target, x, squares + _squared(here2, there2, x, f))
        return
    for x in range(0, n, size):
        store(target, x, _squared(here, there, x, f))
    for c in range(1, planes.shape[0]):
        here, there = planes[c, i, j:], planes[c, u, v:]
        for x in range(0, n, size):
            store(target, x, load(target, x) + _squared(here, there, x, f))


@register_jitable(**OPTIONS)
def _add_rows(source, first, count, target):
    """target[x] = sum of source[first + t, x] over `count` rows, an odd number."""
    for x in range(0, target.shape[0], lanes(target.dtype.type)):
        added = load(source[first], x)
        for t in range(first + 1, first + count, 2):
            added = added + (load(source[t], x) + load(source[t + 1], x))
        store(target, x, added)


@register_jitable(**OPTIONS)
def _weigh_patches(columns, size, top, scale, target):
    """target[x] = weight of the sum of columns[x + t] over `size` neighbours, an odd number."""
    highest, factor = fill(top), fill(scale)
    for x in range(0, target.shape[0], lanes(target.dtype.type)):
        added = load(columns, x)
        t = size % 4
        if t == 3:
            added = added + load(columns, x + 1) + load(columns, x + 2)
        while t < size:
            pair = load(columns, x + t) + load(columns, x + t + 1)
            added = added + (pair + (load(columns, x + t + 2) + load(columns, x + t + 3)))
            t += 4
        store(target, x, power(highest - added * factor))


@loop(
    "const T[:,:,:] planes, i8 size, i8 search, i8 margin, i8 start, i8 stop, i8 running,"
    " T factor, T scale, T[:,:] squares, T[:] line, T[:,:,:] weights, T[:,:,:] partial,"
    " T[:,:,:] sums"
)
def smooth(
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
            wide = whole_vectors(n + size - 1)
            column = line[:wide]
            for i in range(rows + dy + size - 1):
                u, v = far + i - dy, margin - near + left
                _square(planes, u, v, u + dy, v + dx, factor, squares[i, :wide])
                if i < size - 1:
                    continue
                if running and i >= size:
                    new, old = squares[i], squares[i - size]
                    for x in range(0, wide, lanes(sums.dtype.type)):
                        store(column, x, load(column, x) + (load(new, x) - load(old, x)))
                else:
                    _add_rows(squares, i - size + 1, size, column)
                _weigh_patches(column, size, zero, scale, weights[k, i - size + 1, :n])
        dy, dx = offset // search - far, offset % search - far
        dy1, dx1 = (offset + 1) // search - far, (offset + 1) % search - far
        here, here1 = max(dx, 0), max(dx1, 0)
        for i in range(rows):
            a, b = weights[0, i + dy, here:], weights[0, i, here - dx :]
            c, d = weights[1, i + dy1, here1:], weights[1, i, here1 - dx1 :]
            add_four(planes, reach + i, margin, dy, dx, a, b, dy1, dx1, c, d, partial[i])
    for i in range(rows):
        if start == 0:
            begin(planes, reach + i, margin, sums[i])
        add_sums(partial[i], sums[i])
