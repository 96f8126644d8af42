"""Loops that call one another, and memory, by address.

A loop that is handed the address of another one need not know the types that the other works on: a
sum of rows calls a loop that loads them, and is compiled once for all kinds of images. What is
called this way returns an int.

    call(address, (a, b, c))        call the loop at an address (`Loop.address`)
    view(address, count, kind)      a row of numbers at an address
    address_of(row)                 the address of its first number
    prefetch(address)               have memory brought into the caches, to be read soon
    prefetch_to_write(address)      the same, to be written soon

Where Numba is told not to compile, the address of a loop is its number among those registered.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import lower_builtin, type_callable
from numba.np.arrayobj import populate_array
from numpy.typing import NDArray

Array = NDArray[Any]

_functions: list[Callable[..., int]] = []


def register(function: Callable[..., int]) -> int:
    """Return what `call` calls a Python function by."""
    _functions.append(function)
    return len(_functions) - 1


def call(address: int, arguments: tuple[Any, ...]) -> int:
    """Call the loop at an address; arguments are arrays and numbers as it declares them."""
    return _functions[int(address)](*arguments)


def view(address: int, count: int, kind: Any) -> Array:
    """Return `count` numbers at an address as an array."""
    number = np.ctypeslib.as_ctypes_type(kind)
    return np.ctypeslib.as_array((number * int(count)).from_address(int(address)))


def address_of(row: Array) -> int:
    """Return the address of the first number of an array."""
    address: int = row.__array_interface__["data"][0]
    return address


def prefetch(address: int) -> None:
    """Have the memory at an address, which need not be there, brought into the caches."""


def prefetch_to_write(address: int) -> None:
    """Have the memory at an address, which need not be there, brought in to be written soon."""


def _lower_prefetch(function: Callable[[int], None], to_write: bool) -> None:
    @type_callable(function)
    def type_prefetch(context: Any) -> Any:
        def typer(address: Any) -> Any:
            return types.none(types.int64) if isinstance(address, types.Integer) else None

        return typer

    @lower_builtin(function, types.int64)
    def lower(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        byte, integer = ir.IntType(8).as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [byte, integer, integer, integer])
        prefetches = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        place = builder.inttoptr(arguments[0], byte)
        keep, data = integer(3), integer(1)
        builder.call(prefetches, [place, integer(int(to_write)), keep, data])
        return context.get_dummy_value()


_lower_prefetch(prefetch, to_write=False)
_lower_prefetch(prefetch_to_write, to_write=True)


@type_callable(call)
def _type_call(context: Any) -> Any:
    def typer(address: Any, arguments: Any) -> Any:
        if isinstance(address, types.Integer) and isinstance(arguments, types.BaseTuple):
            return types.int64(types.int64, arguments)
        return None

    return typer


@lower_builtin(call, types.int64, types.BaseTuple)
def _lower_call(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    address, packed = arguments
    values = []
    for value, kind in zip(
        cgutils.unpack_tuple(builder, packed), signature.args[1].types, strict=True
    ):
        if isinstance(kind, types.Array):
            array = context.make_array(kind)(context, builder, value)
            values += [array.data, *cgutils.unpack_tuple(builder, array.shape)]
        elif isinstance(kind, types.Float):
            values.append(value)
        else:
            values.append(context.cast(builder, value, kind, types.int64))
    integer = ir.IntType(64)
    function = ir.FunctionType(integer, [value.type for value in values])
    return builder.call(builder.inttoptr(address, function.as_pointer()), values)


@type_callable(view)
def _type_view(context: Any) -> Any:
    def typer(address: Any, count: Any, kind: Any) -> Any:
        if isinstance(kind, types.NumberClass):
            row = types.Array(kind.instance_type, 1, "C")
            return row(types.int64, types.int64, kind)
        return None

    return typer


@lower_builtin(view, types.int64, types.int64, types.NumberClass)
def _lower_view(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    kind = signature.return_type
    address, count, _ = arguments
    number = context.get_data_type(kind.dtype)
    size = context.get_constant(types.intp, context.get_abi_sizeof(number))
    array = context.make_array(kind)(context, builder)
    data = builder.inttoptr(address, number.as_pointer())
    populate_array(array, data, [count], [size], size, meminfo=None)
    return array._getvalue()


@type_callable(address_of)
def _type_address_of(context: Any) -> Any:
    def typer(row: Any) -> Any:
        return types.int64(row) if isinstance(row, types.Array) else None

    return typer


@lower_builtin(address_of, types.Array)
def _lower_address_of(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    array = context.make_array(signature.args[0])(context, builder, arguments[0])
    return builder.ptrtoint(array.data, ir.IntType(64))
