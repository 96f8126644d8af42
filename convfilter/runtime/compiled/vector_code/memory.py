"""Vectors loaded from memory, stored there, and filled with one number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import lower_builtin, type_callable

from convfilter.runtime.compiled.vector_code.vector_type import (
    VectorType,
    convert,
    is_row,
    llvm_vector,
    pointer,
)
from convfilter.runtime.compiled.vectors import (
    fill,
    lanes,
    load,
    load_as,
    store,
    store_as,
    store_nearest,
)


@type_callable(lanes)
def _type_lanes(context: Any) -> Any:
    def typer(kind: Any) -> Any:
        return types.intp if isinstance(kind, types.NumberClass) else None

    return typer


@lower_builtin(lanes, types.NumberClass)
def _lower_lanes(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    return context.get_constant(types.intp, VectorType(signature.args[0].instance_type).count)


@type_callable(load)
def _type_load(context: Any) -> Any:
    def typer(row: Any, index: Any) -> Any:
        if is_row(row) and isinstance(index, types.Integer):
            return VectorType(row.dtype)(row, types.intp)
        return None

    return typer


@lower_builtin(load, types.Array, types.intp)
def _lower_load(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    kind = signature.return_type
    place = pointer(context, builder, signature.args[0], *arguments)
    target = llvm_vector(kind.dtype, kind.count)
    return builder.load(builder.bitcast(place, target.as_pointer()), align=kind.dtype.bitwidth // 8)


@type_callable(load_as)
def _type_load_as(context: Any) -> Any:
    def typer(row: Any, index: Any, kind: Any) -> Any:
        if is_row(row) and isinstance(index, types.Integer):
            return VectorType(kind.instance_type)(row, types.intp, kind)
        return None

    return typer


@lower_builtin(load_as, types.Array, types.intp, types.NumberClass)
def _lower_load_as(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    row, kind = signature.args[0], signature.return_type
    place = pointer(context, builder, row, *arguments[:2])
    loaded = llvm_vector(row.dtype, kind.count)
    value = builder.load(builder.bitcast(place, loaded.as_pointer()), align=row.dtype.bitwidth // 8)
    return convert(builder, value, row.dtype, kind.dtype, kind.count)


def _store_with(
    function: Any, converts: bool, converted: Callable[[Any, Any, VectorType, Any], Any]
) -> None:
    """Let a function store what `converted` makes of a vector; it may have another dtype or not."""

    @type_callable(function)
    def make_typer(context: Any) -> Any:
        def typer(row: Any, index: Any, vector: Any) -> Any:
            if not (is_row(row) and isinstance(vector, VectorType)):
                return None
            fits = converts or row.dtype == vector.dtype
            return types.none(row, types.intp, vector) if fits else None

        return typer

    @lower_builtin(function, types.Array, types.intp, VectorType)
    def lower(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        row, index, vector = arguments
        kind, dtype = signature.args[2], signature.args[0].dtype
        value = converted(builder, vector, kind, dtype)
        place = pointer(context, builder, signature.args[0], row, index)
        target = llvm_vector(dtype, kind.count).as_pointer()
        builder.store(value, builder.bitcast(place, target), align=dtype.bitwidth // 8)
        return context.get_dummy_value()


def _nearest(builder: Any, value: Any, kind: VectorType, dtype: Any) -> Any:
    """Return the nearest integers.

    Added to 1.5 * 2**23, a float32 leaves no bits behind the point, and an integer stands in its
    last bits; 1.5 * 2**52 does so to a float64.
    """
    single = kind.dtype.bitwidth == 32
    middle, bits = (1.5 * 2**23, 0x4B400000) if single else (1.5 * 2**52, 0x4338000000000000)
    integer = ir.VectorType(ir.IntType(kind.dtype.bitwidth), kind.count)
    moved = builder.fadd(value, ir.Constant(value.type, [middle] * kind.count))
    whole = builder.sub(builder.bitcast(moved, integer), ir.Constant(integer, [bits] * kind.count))
    return builder.trunc(whole, llvm_vector(dtype, kind.count))


_store_with(store, False, lambda builder, value, kind, dtype: value)
_store_with(
    store_as,
    True,
    lambda builder, value, kind, dtype: convert(builder, value, kind.dtype, dtype, kind.count),
)
_store_with(store_nearest, True, _nearest)


@type_callable(fill)
def _type_fill(context: Any) -> Any:
    def typer(number: Any) -> Any:
        return VectorType(number)(number) if isinstance(number, types.Number) else None

    return typer


@lower_builtin(fill, types.Number)
def _lower_fill(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    kind = signature.return_type
    nothing = ir.Constant(llvm_vector(kind.dtype, kind.count), ir.Undefined)
    first = builder.insert_element(nothing, arguments[0], ir.IntType(32)(0))
    everywhere = ir.Constant(ir.VectorType(ir.IntType(32), kind.count), [0] * kind.count)
    return builder.shuffle_vector(first, nothing, everywhere)
