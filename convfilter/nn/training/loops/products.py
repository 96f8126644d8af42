"""Products of matrices, of which tiles stay in registers until they are complete.

A number of the result is the same sum in the same order in whichever tile it lies: the last tile of
a row or a column begins so early that it ends with the matrix, and computes some numbers again.
"""

import operator

from numba.extending import register_jitable

from convfilter.runtime.compiled.addresses import view
from convfilter.runtime.compiled.declare import OPTIONS, loop
from convfilter.runtime.compiled.vectors import fill, lanes, load, multiply_add, store, total

_inlined = register_jitable(**OPTIONS, forceinline=True)
"""What works on vectors has to be a part of its caller: they would travel through memory."""

_SCOPE = {
    "fill": fill,
    "lanes": lanes,
    "load": load,
    "multiply": operator.mul,
    "multiply_add": multiply_add,
    "store": store,
    "total": total,
}


def _function(lines):
    """Return a function of these lines: loops over what stays in registers are written out."""
    scope = dict(_SCOPE)
    exec("\n    ".join(lines), scope)
    return _inlined(scope["tile"])


def _make_tile(rows, vectors):
    """Return a function for a tile of ``added + a @ b``: so many rows of so many vectors."""
    lines = ["def tile(a, pitch_a, b, pitch_b, added, c, pitch_c, i, j, depth):"]
    lines += ["size = lanes(b.dtype.type)"]
    for row in range(rows):
        for part in range(vectors):
            lines.append(f"s{row}_{part} = fill(added[i + {row}])")
        lines.append(f"a{row} = (i + {row}) * pitch_a")
    lines += ["at = j", "for k in range(depth):"]
    for part in range(vectors):
        lines.append(f"    v{part} = load(b, at + {part} * size)")
    for row in range(rows):
        lines.append(f"    w = fill(a[a{row} + k])")
        for part in range(vectors):
            name = f"s{row}_{part}"
            lines.append(f"    {name} = multiply_add(w, v{part}, {name})")
    lines.append("    at += pitch_b")
    for row in range(rows):
        for part in range(vectors):
            lines.append(f"store(c, (i + {row}) * pitch_c + j + {part} * size, s{row}_{part})")
    return _function(lines)


ROWS, VECTORS = 6, 2
"""Of a tile: twelve sums are as many as can be on their way, and fit into 16 registers."""

_tile = _make_tile(ROWS, VECTORS)
_row_of_tile = _make_tile(1, VECTORS)
_column_of_tile = _make_tile(ROWS, 1)
_vector = _make_tile(1, 1)


@loop(
    "class T, i8 a_at, i8 pitch_a, i8 b_at, i8 pitch_b, const T[:] added, i8 c_at, i8 pitch_c,"
    " i8 rows, i8 columns, i8 depth -> i8"
)
def multiply(T, a_at, pitch_a, b_at, pitch_b, added, c_at, pitch_c, rows, columns, depth):
    """Write ``added[i] + sum over k of a[i, k] * b[k, j]`` to ``c[i, j]``; return 0.

    The matrices lie at addresses; from one row to the next it is so many numbers.
    """
    a = view(a_at, (rows - 1) * pitch_a + depth, T)
    b = view(b_at, (depth - 1) * pitch_b + columns, T)
    c = view(c_at, (rows - 1) * pitch_c + columns, T)
    size = lanes(T)
    if columns < size:
        for i in range(rows):
            for j in range(columns):
                number = added[i]
                for k in range(depth):
                    number = T(number + a[i * pitch_a + k] * b[k * pitch_b + j])
                c[i * pitch_c + j] = number
        return 0
    wide = VECTORS * size
    j = 0
    while j < columns:
        narrow = columns < wide
        j = min(j, columns - size if narrow else columns - wide)
        i = 0
        while i < rows:
            if rows < ROWS:
                if narrow:
                    _vector(a, pitch_a, b, pitch_b, added, c, pitch_c, i, j, depth)
                else:
                    _row_of_tile(a, pitch_a, b, pitch_b, added, c, pitch_c, i, j, depth)
                i += 1
            else:
                i = min(i, rows - ROWS)
                if narrow:
                    _column_of_tile(a, pitch_a, b, pitch_b, added, c, pitch_c, i, j, depth)
                else:
                    _tile(a, pitch_a, b, pitch_b, added, c, pitch_c, i, j, depth)
                i += ROWS
        j += size if narrow else wide
    return 0


def _make_dots(rows, columns):
    """Return a function for a tile of ``a @ b.T``, with vectors along what both have in common."""
    lines = ["def tile(a, pitch_a, b, pitch_b, c, pitch_c, i, j, depth):"]
    lines += ["size = lanes(a.dtype.type)", "zero = a.dtype.type(0)"]
    cells = [(row, column) for row in range(rows) for column in range(columns)]
    lines += [f"s{row}_{column} = fill(zero)" for row, column in cells]
    lines += [f"a{row} = (i + {row}) * pitch_a" for row in range(rows)]
    lines += [f"b{column} = (j + {column}) * pitch_b" for column in range(columns)]
    lines += ["k = 0", "while k + size <= depth:"]
    lines += [f"    v{column} = load(b, b{column} + k)" for column in range(columns)]
    for row in range(rows):
        lines.append(f"    w = load(a, a{row} + k)")
        for column in range(columns):
            name = f"s{row}_{column}"
            lines.append(f"    {name} = multiply_add(w, v{column}, {name})")
    lines.append("    k += size")
    lines += [f"t{row}_{column} = total(s{row}_{column})" for row, column in cells]
    lines.append("while k < depth:")
    for row, column in cells:
        name = f"t{row}_{column}"
        lines.append(f"    {name} += a[a{row} + k] * b[b{column} + k]")
    lines.append("    k += 1")
    for row, column in cells:
        lines.append(f"c[(i + {row}) * pitch_c + j + {column}] = t{row}_{column}")
    return _function(lines)


_dots = _make_dots(ROWS, VECTORS)
_dot = _make_dots(1, 1)


@loop(
    "class T, i8 a_at, i8 pitch_a, i8 b_at, i8 pitch_b, i8 c_at, i8 pitch_c,"
    " i8 rows, i8 columns, i8 depth -> i8"
)
def multiply_rows(T, a_at, pitch_a, b_at, pitch_b, c_at, pitch_c, rows, columns, depth):
    """Write ``sum over k of a[i, k] * b[j, k]`` to ``c[i, j]``; return 0."""
    a = view(a_at, (rows - 1) * pitch_a + depth, T)
    b = view(b_at, (columns - 1) * pitch_b + depth, T)
    c = view(c_at, (rows - 1) * pitch_c + columns, T)
    if rows < ROWS or columns < VECTORS:
        for i in range(rows):
            for j in range(columns):
                _dot(a, pitch_a, b, pitch_b, c, pitch_c, i, j, depth)
        return 0
    i = 0
    while i < rows:
        i = min(i, rows - ROWS)
        j = 0
        while j < columns:
            j = min(j, columns - VECTORS)
            _dots(a, pitch_a, b, pitch_b, c, pitch_c, i, j, depth)
            j += VECTORS
        i += ROWS
    return 0
