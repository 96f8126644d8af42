"""Sums of products of rows with each other, under a mask, in tiles that stay in registers."""

import operator

from numba.extending import register_jitable

from convfilter.runtime.compiled.declare import OPTIONS, loop
from convfilter.runtime.compiled.vectors import fill, lanes, load, multiply_add, total

_SCOPE = {
    "fill": fill,
    "lanes": lanes,
    "load": load,
    "multiply": operator.mul,
    "multiply_add": multiply_add,
    "total": total,
}

ROWS, COLUMNS = 4, 3
"""Of a tile: twelve sums, three masked vectors and one more fit into 16 registers."""


def _make_tile():
    """Return a function that adds a tile of products; what stays in registers is written out.

    `at` says where each series of numbers begins, of which `down` numbers further comes the next
    row; series `i` to `i + 3` are multiplied with `j` to `j + 2`.
    """
    lines = ["def tile(memory, at, down, mask_at, pitch, i, j, first, last, length, sums):"]
    lines += ["size = lanes(memory.dtype.type)", "zero = memory.dtype.type(0)"]
    cells = [(row, column) for row in range(ROWS) for column in range(COLUMNS)]
    lines += [f"s{row}_{column} = fill(zero)" for row, column in cells]
    lines += ["for y in range(first, last):"]
    lines += ["    m = mask_at + y * pitch"]
    lines += [f"    a{row} = at[i + {row}] + y * down[i + {row}]" for row in range(ROWS)]
    lines += [
        f"    b{column} = at[j + {column}] + y * down[j + {column}]" for column in range(COLUMNS)
    ]
    lines += ["    for x in range(0, length, size):", "        mask = load(memory, m + x)"]
    for column in range(COLUMNS):
        lines.append(f"        v{column} = multiply(mask, load(memory, b{column} + x))")
    for row in range(ROWS):
        lines.append(f"        w = load(memory, a{row} + x)")
        for column in range(COLUMNS):
            name = f"s{row}_{column}"
            lines.append(f"        {name} = multiply_add(w, v{column}, {name})")
    lines += [f"sums[i + {row}, j + {column}] += total(s{row}_{column})" for row, column in cells]
    scope = dict(_SCOPE)
    exec("\n    ".join(lines), scope)
    return register_jitable(**OPTIONS, forceinline=True)(scope["tile"])


_tile = _make_tile()


@loop(
    "const f8[:] memory, const i8[:] at, const i8[:] down, i8 mask_at, i8 pitch, i8 rows,"
    " i8 length, i8 strip, f8[:,:] sums -> i8"
)
def add_products(memory, at, down, mask_at, pitch, rows, length, strip, sums):
    """Add to ``sums[i, j]`` the products of series `i` and `j` where the mask is 1; return 0.

    Number `x` of row `y` of a series is ``memory[at[i] + y * down[i] + x]``, of the mask
    ``memory[mask_at + y * pitch + x]``. Rows are whole vectors long. Of the sums below the diagonal
    some are left out. So many rows at a time (`strip`) stay in the cache while all series pass.
    """
    count = at.size
    for first in range(0, rows, strip):
        last = min(first + strip, rows)
        for i in range(0, count, ROWS):
            # the tiles that reach the diagonal or lie above it
            for j in range(i - i % COLUMNS, count, COLUMNS):
                _tile(memory, at, down, mask_at, pitch, i, j, first, last, length, sums)
    return 0
