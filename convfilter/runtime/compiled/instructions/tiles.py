"""Products of matrices, a tile of outputs at a time, which stays in registers.

A tile is a few pixels (`height`) by one or two vectors of maps (`width`). Each step loads the
weights of one input map, a vector or two, and multiplies them by the number of each pixel: of all
ways to add up products this is the one that loads least, so that the processor does nothing but
multiply. Which numbers are added up is said by three loops, one inside the other, so that windows
need not be copied next to each other: `rows` times `taps` times `length` numbers that lie one after
the other.

Written as LLVM code straight away: Numba would take a second for each height, and there are many.
"""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import lower_builtin

from convfilter.runtime.compiled.vectors import BYTES

LANES = BYTES // 4
"""Numbers of a vector of float32."""

MOST_VECTORS = 2
"""Vectors that a tile is wide."""

TALLEST = 14 if BYTES == 64 else 6
"""Pixels of a tile at most: with 64 bytes there are 32 registers, else 16."""

AHEAD = 2048
"""Weights between what is multiplied and what is fetched from memory for later."""

INTEGERS = (
    "height",  # pixels of the tile
    "width",  # vectors of maps
    "input",  # address of the first number of the first pixel
    "pixel",  # numbers from one pixel to the next
    "rows",
    "row",  # numbers from one row of taps to the next
    "taps",
    "tap",  # numbers from one tap of a row to the next
    "length",  # numbers of a tap
    "weights",  # address: a vector or two for each number, in their order
    "base",  # address of what the sums are added to
    "base_step",  # numbers from one pixel to the next: 0 for a bias
    "output",  # address
    "output_step",
    "residual",  # address of what is added besides, or 0
    "residual_step",
)
FLOATS = ("low", "high")  # outputs are kept within these two
"""The arguments of `multiply_tile`; numbers are float32, steps are in numbers."""


def multiply_tile(*arguments: Any) -> int:
    """Store ``min(max(base + sums of products + residual, low), high)`` for a tile; return 0."""
    (height, width, place, pixel, rows, row, taps, tap, length, weights) = map(int, arguments[:10])
    base, base_step, output, output_step, residual, residual_step = map(int, arguments[10:16])
    low, high = arguments[16:]
    maps = width * LANES
    each = _numbers(weights, rows * taps * length * maps).reshape(-1, maps)
    for i in range(height):
        sums = np.zeros(maps, np.float32)
        for p in range(rows):
            for q in range(taps):
                start = place + 4 * (i * pixel + p * row + q * tap)
                first = (p * taps + q) * length
                sums += _numbers(start, length) @ each[first : first + length]
        sums += _numbers(base + 4 * i * base_step, maps)
        if residual:
            sums += _numbers(residual + 4 * i * residual_step, maps)
        sums = np.where(sums < low, low, sums)
        _numbers(output + 4 * i * output_step, maps)[:] = np.where(sums > high, high, sums)
    return 0


def _numbers(address: int, count: int) -> Any:
    memory: Any = (ctypes.c_char * (4 * count)).from_address(address)
    return np.frombuffer(memory, np.float32)


@infer_global(multiply_tile)
class _MultiplyTile(AbstractTemplate):
    """Its types, by place alone."""

    key = multiply_tile

    def generic(self, arguments: Any, named: Any) -> Any:
        """Return the signature, to which arguments are converted."""
        floats = [types.float32] * len(FLOATS)
        return signature(types.int64, *[types.int64] * len(INTEGERS), *floats)


@lower_builtin(multiply_tile, *[types.int64] * len(INTEGERS), *[types.float32] * len(FLOATS))
def _lower_multiply_tile(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    height, width, *rest = arguments
    integer = ir.IntType(64)
    end = builder.append_basic_block("end")
    number = builder.add(builder.mul(height, integer(MOST_VECTORS)), width)
    switch = builder.switch(number, end)
    for tall in range(1, TALLEST + 1):
        for wide in range(1, MOST_VECTORS + 1):
            block = builder.append_basic_block(f"tile{tall}x{wide}")
            switch.add_case(integer(tall * MOST_VECTORS + wide), block)
            builder.position_at_end(block)
            builder.call(_tile(builder.module, tall, wide), rest)
            builder.branch(end)
    builder.position_at_end(end)
    return integer(0)


_FLOAT, _INTEGER = ir.FloatType(), ir.IntType(64)
_VECTOR = ir.VectorType(_FLOAT, LANES)


def _tile(module: Any, height: int, width: int) -> Any:
    """Return the function of tiles of one size, made if it is not there."""
    name = f"convfilter.tile{height}x{width}"
    if name in module.globals:
        return module.globals[name]
    integers, floats = len(INTEGERS) - 2, len(FLOATS)
    kind = ir.FunctionType(ir.VoidType(), [_INTEGER] * integers + [_FLOAT] * floats)
    function = ir.Function(module, kind, name)
    function.linkage = "internal"
    function.attributes.add("noinline")
    _Tile(function, height, width).write()
    return function


class _Tile:
    """The code of a tile."""

    def __init__(self, function: Any, height: int, width: int) -> None:
        self._height, self._width = height, width
        self._function = function
        self._builder = ir.IRBuilder(function.append_basic_block("entry"))
        names = (*INTEGERS[2:], *FLOATS)
        self._given = dict(zip(names, function.args, strict=True))

    def write(self) -> None:
        """Write all of it: zeros, the three loops, and what is stored."""
        builder, given = self._builder, self._given
        zeros = ir.Constant(_VECTOR, [0.0] * LANES)
        sums = [[self._variable(_VECTOR, zeros) for _ in range(self._width)] for _ in self._pixels]
        weights = self._variable(_INTEGER, given["weights"])
        row = self._variable(_INTEGER, given["input"])
        with _Repeated(builder, given["rows"]):
            tap = self._variable(_INTEGER, builder.load(row))
            with _Repeated(builder, given["taps"]):
                self._multiply(sums, builder.load(tap), weights)
                builder.store(self._moved(builder.load(tap), given["tap"]), tap)
            builder.store(self._moved(builder.load(row), given["row"]), row)
        self._store(sums)
        builder.ret_void()

    @property
    def _pixels(self) -> range:
        return range(self._height)

    def _variable(self, kind: Any, value: Any) -> Any:
        with self._builder.goto_entry_block():
            variable = self._builder.alloca(kind)
        self._builder.store(value, variable)
        return variable

    def _moved(self, address: Any, numbers: Any) -> Any:
        builder = self._builder
        return builder.add(address, builder.shl(numbers, _INTEGER(2)))

    def _multiply(self, sums: Any, start: Any, weights: Any) -> None:
        """Add the products of `length` numbers of each pixel, from `start` on."""
        builder = self._builder
        first = builder.inttoptr(start, _FLOAT.as_pointer())
        places = [
            builder.gep(first, [builder.mul(self._given["pixel"], _INTEGER(i))])
            for i in self._pixels
        ]
        with _Repeated(builder, self._given["length"]) as k:
            address = builder.load(weights)
            of_maps = []
            for j in range(self._width):
                place = builder.add(address, _INTEGER(j * BYTES))
                self._prefetch(builder.add(place, _INTEGER(4 * AHEAD)))
                of_maps.append(builder.load(self._vector_at(place), align=4))
            for i in self._pixels:
                number = self._spread(builder.load(builder.gep(places[i], [k]), align=4))
                for j in range(self._width):
                    product = self._fma(number, of_maps[j], builder.load(sums[i][j]))
                    builder.store(product, sums[i][j])
            builder.store(builder.add(address, _INTEGER(self._width * BYTES)), weights)

    def _store(self, sums: Any) -> None:
        builder, given = self._builder, self._given
        with builder.if_then(builder.icmp_unsigned("!=", given["residual"], _INTEGER(0))):
            self._add("residual", sums)
        self._add("base", sums)
        low, high = self._spread(given["low"]), self._spread(given["high"])
        for i in self._pixels:
            for j in range(self._width):
                value = builder.load(sums[i][j])
                value = builder.select(builder.fcmp_ordered("<", value, low), low, value)
                value = builder.select(builder.fcmp_ordered(">", value, high), high, value)
                builder.store(value, self._place("output", i, j), align=4)

    def _add(self, what: str, sums: Any) -> None:
        builder = self._builder
        for i in self._pixels:
            for j in range(self._width):
                added = builder.load(self._place(what, i, j), align=4)
                builder.store(builder.fadd(builder.load(sums[i][j]), added), sums[i][j])

    def _place(self, what: str, i: int, j: int) -> Any:
        builder, given = self._builder, self._given
        moved = builder.mul(given[f"{what}_step"], _INTEGER(4 * i))
        address = builder.add(given[what], builder.add(moved, _INTEGER(j * BYTES)))
        return self._vector_at(address)

    def _vector_at(self, address: Any) -> Any:
        return self._builder.inttoptr(address, _VECTOR.as_pointer())

    def _spread(self, number: Any) -> Any:
        builder = self._builder
        nothing = ir.Constant(_VECTOR, ir.Undefined)
        first = builder.insert_element(nothing, number, ir.IntType(32)(0))
        everywhere = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
        return builder.shuffle_vector(first, nothing, everywhere)

    def _fma(self, a: Any, b: Any, c: Any) -> Any:
        kind = ir.FunctionType(_VECTOR, [_VECTOR] * 3)
        name = f"llvm.fmuladd.v{LANES}f32"
        fma = cgutils.get_or_insert_function(self._function.module, kind, name)
        return self._builder.call(fma, [a, b, c])

    def _prefetch(self, address: Any) -> None:
        byte, integer = ir.IntType(8).as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [byte, integer, integer, integer])
        name = "llvm.prefetch.p0"
        prefetches = cgutils.get_or_insert_function(self._function.module, kind, name)
        place = self._builder.inttoptr(address, byte)
        read, keep, data = integer(0), integer(3), integer(1)
        self._builder.call(prefetches, [place, read, keep, data])


class _Repeated:
    """The code inside the block runs `count` times, at least once; entering gives the counter."""

    def __init__(self, builder: Any, count: Any) -> None:
        self._builder, self._count = builder, count

    def __enter__(self) -> Any:
        builder = self._builder
        before, self._body = builder.block, builder.append_basic_block("body")
        builder.branch(self._body)
        builder.position_at_end(self._body)
        self._counter = builder.phi(_INTEGER)
        self._counter.add_incoming(_INTEGER(0), before)
        return self._counter

    def __exit__(self, *error: object) -> None:
        builder = self._builder
        after = builder.append_basic_block("after")
        following = builder.add(self._counter, _INTEGER(1), flags=("nsw", "nuw"))
        self._counter.add_incoming(following, builder.block)
        is_more = builder.icmp_signed("<", following, self._count)
        builder.cbranch(is_more, self._body, after)
        builder.position_at_end(after)
