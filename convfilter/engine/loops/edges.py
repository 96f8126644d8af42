"""Thin edges: maxima of the gradient across its direction, and growth along connected pixels."""

import numpy as np

from convfilter.engine.loops.declare import loop

# tangents of 22.5 and 67.5 degrees
FLAT = np.sqrt(2.0) - 1.0
STEEP = np.sqrt(2.0) + 1.0


@loop(
    "const T[:,:] gradient_x, const T[:,:] gradient_y, i8 squared, i8 start, i8 stop, T[:,:] sizes"
)
def measure(gradient_x, gradient_y, squared, start, stop, sizes):
    """Write x² + y² or |x| + |y| of rows start to stop into `sizes`, one row and column further."""
    for i in range(start, stop):
        across = gradient_x[i]
        down = gradient_y[i]
        target = sizes[i + 1, 1:]
        if squared:
            for x in range(across.shape[0]):
                target[x] = across[x] * across[x] + down[x] * down[x]
        else:
            for x in range(across.shape[0]):
                target[x] = abs(across[x]) + abs(down[x])


@loop(
    "const T[:,:] gradient_x, const T[:,:] gradient_y, const T[:,:] sizes, i8 squared, i8 start,"
    " i8 stop, f4[:,:] out"
)
def thin(gradient_x, gradient_y, sizes, squared, start, stop, out):
    """Keep sizes that are maxima across the edge; of equal ones the right or lower one goes."""
    n = out.shape[1]
    for i in range(start, stop):
        across = gradient_x[i]
        down = gradient_y[i]
        above_left, above, above_right = sizes[i], sizes[i, 1:], sizes[i, 2:]
        left, here, right = sizes[i + 1], sizes[i + 1, 1:], sizes[i + 1, 2:]
        below_left, below, below_right = sizes[i + 2], sizes[i + 2, 1:], sizes[i + 2, 2:]
        target = out[i]
        for x in range(n):
            size = here[x]
            run = abs(np.float64(across[x]))
            rise = abs(np.float64(down[x]))
            flat = rise < run * FLAT
            steep = rise > run * STEEP
            falls = (across[x] < 0) != (down[x] < 0)
            along_row = (size > left[x]) & (size >= right[x])
            along_column = (size > above[x]) & (size >= below[x])
            rising = (size > above_left[x]) & (size > below_right[x])
            falling = (size > above_right[x]) & (size > below_left[x])
            diagonal = falling if falls else rising
            kept = along_row if flat else (along_column if steep else diagonal)
            value = np.float32(np.sqrt(size)) if squared else np.float32(size)
            target[x] = value if kept else np.float32(0)


@loop("const T[:,:] sizes, T low, T high, i8[:] stack, u1[:,:] marks")
def grow(sizes, low, high, stack, marks):
    """Mark what is above `high`, and what is above `low` and touches a marked pixel.

    `marks` starts as zeros. A pixel is stacked when it is marked, hence at most once.
    """
    rows, columns = sizes.shape
    for i in range(rows):
        for x in range(columns):
            if not sizes[i, x] > high or marks[i, x]:
                continue
            marks[i, x] = 1
            stack[0] = i * columns + x
            stacked = 1
            while stacked > 0:
                stacked -= 1
                row = stack[stacked] // columns
                column = stack[stacked] % columns
                for u in range(max(row - 1, 0), min(row + 2, rows)):
                    for v in range(max(column - 1, 0), min(column + 2, columns)):
                        if sizes[u, v] > low and not marks[u, v]:
                            marks[u, v] = 1
                            stack[stacked] = u * columns + v
                            stacked += 1
