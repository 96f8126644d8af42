"""Non-local means on tiles of planes: see `smooth`."""

from numba.extending import register_jitable

from convfilter.engine.edge_preserving.loops.smooth import (
    add_four,
    add_sums,
    begin,
    power,
    whole_vectors,
)
from convfilter.runtime.compiled.declare import OPTIONS, loop


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
        target[x] = power(top - target[x] * scale)


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
            add_four(planes, reach + i, margin, dy, dx, a, b, dy1, dx1, c, d, partial[i])
    for i in range(rows):
        if start == 0:
            begin(planes, reach + i, margin, sums[i])
        add_sums(partial[i], sums[i])
