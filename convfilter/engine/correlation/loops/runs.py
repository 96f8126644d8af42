"""Weighted sums of rows, in vectors that stay in registers until they are complete.

Down the columns, four output rows are summed at once: what four outputs in a column read overlaps,
so that a row is loaded from memory once for all of them, and the sums are limited by arithmetic
instead of loads. Rows stand `PITCH` numbers apart. Whole vectors are computed; rows have room for
what is beyond the numbers that are wanted.
"""

import operator

from numba.extending import register_jitable

from convfilter.engine.correlation.layout import GROUP, PITCH, ROW_RUNS, ROWS_AT_ONCE, RUNS
from convfilter.runtime.compiled.declare import OPTIONS
from convfilter.runtime.compiled.vectors import (
    BYTES,
    fill,
    lanes,
    load,
    multiply_add,
    shifted,
    store,
)

_inlined = register_jitable(**OPTIONS, forceinline=True)
"""What returns vectors has to be a part of its caller: they would travel through memory."""

SCOPE = {
    "PITCH": PITCH,
    "fill": fill,
    "lanes": lanes,
    "load": load,
    "multiply": operator.mul,
    "multiply_add": multiply_add,
    "shifted": shifted,
}


def _function(name, lines):
    """Return a function of these lines: loops over what stays in registers are written out."""
    scope = dict(SCOPE)
    exec("\n    ".join(lines), scope)
    return _inlined(scope[name])


def _run_lines(length, weight, at, add):
    """Return what sums a run of weights down a column, for four rows of two vectors each.

    ``s<r> = or += sum over u of weights[weight + u] * source[at + (r + u) * PITCH]``
    """
    for row in range(length + ROWS_AT_ONCE - 1):
        place = f"{at} + {row} * PITCH"
        yield f"v0, v1 = load(source, {place}), load(source, {place} + size)"
        for output in range(ROWS_AT_ONCE):
            tap = row - output
            for part in range(2 if 0 <= tap < length else 0):
                total, product = f"s{output}{part}", f"w{weight + tap}, v{part}"
                if add or tap > 0:
                    yield f"{total} = multiply_add({product}, {total})"
                else:
                    yield f"{total} = multiply({product})"


_TOTALS = ", ".join(f"s{row}{part}" for row in range(ROWS_AT_ONCE) for part in range(2))


def _make_run(length):
    """Return a function of its own for runs of so many weights."""
    lines = ["def run(source, weights, first, at):", "size = lanes(weights.dtype.type)"]
    lines += [f"w{u} = fill(weights[first + {u}])" for u in range(length)]
    lines += _run_lines(length, 0, "at", add=False)
    return _function("run", [*lines, f"return {_TOTALS}"])


_run_1, _run_2, _run_3, _run_5, _run_7, _run_8, _run_9 = map(_make_run, RUNS)


def _make_block():
    """Return a function for three runs of three weights, which stay in registers all along."""
    lines = ["def block(source, base, offsets, weights, first, out, n):"]
    lines += ["size = lanes(weights.dtype.type)"]
    lines += [f"w{u} = fill(weights[first + {u}])" for u in range(9)]
    lines += [f"at{run} = base + offsets[{run}]" for run in range(3)]
    lines += ["for x in range(0, n, 2 * size):"]
    inner = [line for k in range(3) for line in _run_lines(3, 3 * k, f"at{k} + x", add=k > 0)]
    inner += [f"_store_block(out, x, {_TOTALS})"]
    return _function("block", [*lines, *(f"    {line}" for line in inner)])


@_inlined
def _store_block(out, x, a, b, c, d, e, f, g, h):
    size = lanes(out.dtype.type)
    store(out, x, a)
    store(out, x + size, b)
    store(out, x + PITCH, c)
    store(out, x + size + PITCH, d)
    store(out, x + 2 * PITCH, e)
    store(out, x + size + 2 * PITCH, f)
    store(out, x + 3 * PITCH, g)
    store(out, x + size + 3 * PITCH, h)


SCOPE["_store_block"] = _store_block
_block_3x3 = _make_block()


@_inlined
def _run(source, weights, first, length, at):
    if length == 9:
        return _run_9(source, weights, first, at)
    if length == 8:
        return _run_8(source, weights, first, at)
    if length == 7:
        return _run_7(source, weights, first, at)
    if length == 5:
        return _run_5(source, weights, first, at)
    if length == 3:
        return _run_3(source, weights, first, at)
    if length == 2:
        return _run_2(source, weights, first, at)
    return _run_1(source, weights, first, at)


@register_jitable(**OPTIONS)
def _is_3x3(starts):
    """Tell whether these are three runs of three weights."""
    lengths_fit = starts.shape[0] == 4 and starts[3] - starts[0] == 9
    return lengths_fit and starts[1] - starts[0] == 3 and starts[2] - starts[1] == 3


@register_jitable(**OPTIONS)
def sum_runs(source, base, starts, offsets, weights, out, n):
    """out[r, x] = the sum over runs of weights, for four rows r; there is at least one run.

    Run `k` has the weights from ``starts[k]`` to ``starts[k + 1]`` and begins at
    ``source[base + offsets[k]]``.
    """
    if _is_3x3(starts):
        _block_3x3(source, base, offsets, weights, starts[0], out, n)
        return
    size = lanes(weights.dtype.type)
    for x in range(0, n, 2 * size):
        first = starts[0]
        a, b, c, d, e, f, g, h = _run(
            source, weights, first, starts[1] - first, base + offsets[0] + x
        )
        for k in range(1, offsets.shape[0]):
            first = starts[k]
            at = base + offsets[k] + x
            p, q, r, s, t, u, v, w = _run(source, weights, first, starts[k + 1] - first, at)
            a, b, c, d, e, f, g, h = a + p, b + q, c + r, d + s, e + t, f + u, g + v, h + w
        _store_block(out, x, a, b, c, d, e, f, g, h)


@register_jitable(**OPTIONS)
def sum_taps(source, first, offsets, weights, out, n):
    """out[x] = sum over taps of weight * source[first + offset + x]; there is at least one tap.

    A group of taps is added up before it joins the others: fewer roundings.
    """
    size, taps = lanes(weights.dtype.type), weights.shape[0]
    x = 0
    while x < n:
        wide = n - x > 3 * size
        for t in range(0, taps, GROUP):
            w, at = fill(weights[t]), first + offsets[t] + x
            a = w * load(source, at)
            b, c, d = a, a, a
            if wide:
                b, c = w * load(source, at + size), w * load(source, at + 2 * size)
                d = w * load(source, at + 3 * size)
            for tap in range(t + 1, min(t + GROUP, taps)):
                w, at = fill(weights[tap]), first + offsets[tap] + x
                a = multiply_add(w, load(source, at), a)
                if wide:
                    b = multiply_add(w, load(source, at + size), b)
                    c = multiply_add(w, load(source, at + 2 * size), c)
                    d = multiply_add(w, load(source, at + 3 * size), d)
            if t == 0:
                e, f, g, h = a, b, c, d
            else:
                e, f, g, h = e + a, f + b, g + c, h + d
        store(out, x, e)
        if wide:
            store(out, x + size, f)
            store(out, x + 2 * size, g)
            store(out, x + 3 * size, h)
        x += 4 * size if wide else size


def _make_row_run(length, step=0):
    """Return what sums a run of weights along a row, for four vectors of outputs.

    ``sum[x] = sum over u of weights[u] * source[at + u * step + x]``, in two halves. Where `step`
    is not known here, it is an argument. Where it is, every other tap is made of what was loaded
    for others: a vector that does not lie as memory is built takes two loads.
    """
    lines = ["def run(source, step, weights, at):", "size = lanes(weights.dtype.type)"]
    half, count = (length + 1) // 2, BYTES // 4
    loaded = 4 + (length - 1) * step // count + 1 if step else 0
    lines += [f"v{k} = load(source, at + {k * count})" for k in range(loaded)]
    for tap in range(length):
        lines.append(f"w, place = fill(weights[{tap}]), at + {tap} * step")
        first, shift = divmod(tap * step, count)
        for part in range(4):
            number, name = f"load(source, place + {part} * size)", f"s{tap // half}{part}"
            if step and tap % 2 == 0:
                near, far = f"v{first + part}", f"v{first + part + 1}"
                number = f"shifted({near}, {far}, {shift})" if shift else near
            product = (
                f"multiply(w, {number})"
                if tap in (0, half)
                else f"multiply_add(w, {number}, {name})"
            )
            lines.append(f"{name} = {product}")
    totals = [f"s0{part} + s1{part}" for part in range(4)]
    return _function("run", [*lines, f"return {', '.join(totals)}"])


_row_of_9, _row_of_8 = map(_make_row_run, ROW_RUNS)
_grey_9, _grey_8 = (_make_row_run(length, 1) for length in ROW_RUNS)
_colour_9, _colour_8 = (_make_row_run(length, 3) for length in ROW_RUNS)


@_inlined
def _run_along(source, step, weights, length, at):
    # shorter vectors take several steps to shift
    is_single = BYTES == 64 and lanes(weights.dtype.type) == 16
    if length == 9:
        if is_single and step == 1:
            return _grey_9(source, step, weights, at)
        if is_single and step == 3:
            return _colour_9(source, step, weights, at)
        return _row_of_9(source, step, weights, at)
    if is_single and step == 1:
        return _grey_8(source, step, weights, at)
    if is_single and step == 3:
        return _colour_8(source, step, weights, at)
    return _row_of_8(source, step, weights, at)


@register_jitable(**OPTIONS)
def sum_row(source, step, weights, out, n):
    """out[x] = sum over u of weights[u] * source[x + u * step], in nines and eights."""
    size = lanes(weights.dtype.type)
    nines = weights.shape[0] % 8
    for x in range(0, n, 4 * size):
        t = 0
        while t < weights.shape[0]:
            length = 9 if t < 9 * nines else 8
            a, b, c, d = _run_along(source, step, weights[t:], length, x + t * step)
            t += length
            if t == length:
                e, f, g, h = a, b, c, d
            else:
                e, f, g, h = e + a, f + b, g + c, h + d
        store(out, x, e)
        store(out, x + size, f)
        store(out, x + 2 * size, g)
        store(out, x + 3 * size, h)
