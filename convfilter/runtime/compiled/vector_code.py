"""What the functions of `vectors` become in compiled code: one LLVM instruction, or a few."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import lower_builtin, models, register_model, type_callable

from convfilter.runtime.compiled.vectors import (
    BYTES,
    count_nans,
    count_strange,
    evens,
    fill,
    high_pairs,
    lanes,
    larger,
    least,
    load,
    load_as,
    low_pairs,
    most,
    multiply_add,
    odds,
    root,
    shifted,
    smaller,
    store,
    store_as,
    store_nearest,
    total,
)


class VectorType(types.Type):
    """The type of a vector, to Numba."""

    def __init__(self, dtype: Any) -> None:
        self.dtype = dtype
        self.count = BYTES // (dtype.bitwidth // 8)
        super().__init__(f"vector({dtype}, {self.count})")

    @property
    def key(self) -> Any:
        """What tells one vector type from another."""
        return self.dtype


@register_model(VectorType)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: VectorType) -> None:
        super().__init__(manager, kind, _llvm_vector(kind.dtype, kind.count))


def _llvm_vector(dtype: Any, count: int) -> Any:
    return ir.VectorType(_llvm_number(dtype), count)


def _llvm_number(dtype: Any) -> Any:
    floats = {32: ir.FloatType(), 64: ir.DoubleType()}
    return floats[dtype.bitwidth] if _is_float(dtype) else ir.IntType(dtype.bitwidth)


def _is_float(dtype: Any) -> bool:
    return isinstance(dtype, types.Float)


def _is_row(kind: Any) -> bool:
    return isinstance(kind, types.Array) and kind.ndim == 1


def _pointer(context: Any, builder: Any, kind: Any, row: Any, index: Any) -> Any:
    data = context.make_array(kind)(context, builder, row).data
    return builder.gep(data, [index], inbounds=True)


def _convert(builder: Any, value: Any, given: Any, wanted: Any, count: int) -> Any:
    """Return a vector of numbers of one dtype as those of another; floats become no integers."""
    if given == wanted:
        return value
    target = _llvm_vector(wanted, count)
    if _is_float(given) and _is_float(wanted):
        wider = wanted.bitwidth > given.bitwidth
        return (builder.fpext if wider else builder.fptrunc)(value, target)
    if _is_float(wanted):
        return (builder.sitofp if given.signed else builder.uitofp)(value, target)
    widen = builder.sext if given.signed else builder.zext
    return (builder.trunc if wanted.bitwidth < given.bitwidth else widen)(value, target)


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
        if _is_row(row) and isinstance(index, types.Integer):
            return VectorType(row.dtype)(row, types.intp)
        return None

    return typer


@lower_builtin(load, types.Array, types.intp)
def _lower_load(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    kind = signature.return_type
    place = _pointer(context, builder, signature.args[0], *arguments)
    target = _llvm_vector(kind.dtype, kind.count)
    return builder.load(builder.bitcast(place, target.as_pointer()), align=kind.dtype.bitwidth // 8)


@type_callable(load_as)
def _type_load_as(context: Any) -> Any:
    def typer(row: Any, index: Any, kind: Any) -> Any:
        if _is_row(row) and isinstance(index, types.Integer):
            return VectorType(kind.instance_type)(row, types.intp, kind)
        return None

    return typer


@lower_builtin(load_as, types.Array, types.intp, types.NumberClass)
def _lower_load_as(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    row, kind = signature.args[0], signature.return_type
    place = _pointer(context, builder, row, *arguments[:2])
    loaded = _llvm_vector(row.dtype, kind.count)
    value = builder.load(builder.bitcast(place, loaded.as_pointer()), align=row.dtype.bitwidth // 8)
    return _convert(builder, value, row.dtype, kind.dtype, kind.count)


def _store_with(
    function: Any, converts: bool, converted: Callable[[Any, Any, VectorType, Any], Any]
) -> None:
    """Let a function store what `converted` makes of a vector; it may have another dtype or not."""

    @type_callable(function)
    def make_typer(context: Any) -> Any:
        def typer(row: Any, index: Any, vector: Any) -> Any:
            if not (_is_row(row) and isinstance(vector, VectorType)):
                return None
            fits = converts or row.dtype == vector.dtype
            return types.none(row, types.intp, vector) if fits else None

        return typer

    @lower_builtin(function, types.Array, types.intp, VectorType)
    def lower(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        row, index, vector = arguments
        kind, dtype = signature.args[2], signature.args[0].dtype
        value = converted(builder, vector, kind, dtype)
        place = _pointer(context, builder, signature.args[0], row, index)
        target = _llvm_vector(dtype, kind.count).as_pointer()
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
    return builder.trunc(whole, _llvm_vector(dtype, kind.count))


_store_with(store, False, lambda builder, value, kind, dtype: value)
_store_with(
    store_as,
    True,
    lambda builder, value, kind, dtype: _convert(builder, value, kind.dtype, dtype, kind.count),
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
    nothing = ir.Constant(_llvm_vector(kind.dtype, kind.count), ir.Undefined)
    first = builder.insert_element(nothing, arguments[0], ir.IntType(32)(0))
    everywhere = ir.Constant(ir.VectorType(ir.IntType(32), kind.count), [0] * kind.count)
    return builder.shuffle_vector(first, nothing, everywhere)


def _type_alike(function: Any, count: int) -> None:
    """Let a function of `count` vectors of one type give such a vector."""

    class Alike(AbstractTemplate):
        key = function

        def generic(self, arguments: Any, named: Any) -> Any:
            first = arguments[0] if len(arguments) == count else None
            if isinstance(first, VectorType) and all(each == first for each in arguments):
                return signature(first, *arguments)
            return None

    infer_global(function)(Alike)


for _function, _count in (
    (operator.add, 2),
    (operator.sub, 2),
    (operator.mul, 2),
    (multiply_add, 3),
    (root, 1),
    (smaller, 2),
    (larger, 2),
    (least, 2),
    (most, 2),
    (evens, 2),
    (odds, 2),
    (low_pairs, 2),
    (high_pairs, 2),
):
    _type_alike(_function, _count)


def _lower_operator(function: Any, of_floats: str, of_integers: str) -> None:
    @lower_builtin(function, VectorType, VectorType)
    def lower(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        if _is_float(signature.return_type.dtype):
            return getattr(builder, of_floats)(*arguments, flags=("contract",))
        return getattr(builder, of_integers)(*arguments)


_lower_operator(operator.add, "fadd", "add")
_lower_operator(operator.sub, "fsub", "sub")
_lower_operator(operator.mul, "fmul", "mul")


@lower_builtin(multiply_add, VectorType, VectorType, VectorType)
def _lower_multiply_add(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    kind = signature.return_type
    if not _is_float(kind.dtype):
        a, b, c = arguments
        return builder.add(builder.mul(a, b), c)
    vector = _llvm_vector(kind.dtype, kind.count)
    name = f"llvm.fma.v{kind.count}f{kind.dtype.bitwidth}"
    function = cgutils.get_or_insert_function(
        builder.module, ir.FunctionType(vector, [vector] * 3), name
    )
    return builder.call(function, arguments)


@lower_builtin(root, VectorType)
def _lower_root(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    kind = signature.return_type
    vector = _llvm_vector(kind.dtype, kind.count)
    name = f"llvm.sqrt.v{kind.count}f{kind.dtype.bitwidth}"
    function = cgutils.get_or_insert_function(
        builder.module, ir.FunctionType(vector, [vector]), name
    )
    return builder.call(function, arguments)


def _is_less(builder: Any, kind: VectorType, a: Any, b: Any) -> Any:
    if _is_float(kind.dtype):
        return builder.fcmp_ordered("<", a, b)
    return (builder.icmp_signed if kind.dtype.signed else builder.icmp_unsigned)("<", a, b)


@lower_builtin(smaller, VectorType, VectorType)
def _lower_smaller(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    a, b = arguments
    return builder.select(_is_less(builder, signature.return_type, a, b), a, b)


@lower_builtin(larger, VectorType, VectorType)
def _lower_larger(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    a, b = arguments
    return builder.select(_is_less(builder, signature.return_type, a, b), b, a)


def _lower_extreme(function: Any, comparison: str) -> None:
    @lower_builtin(function, VectorType, VectorType)
    def lower(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        a, b = arguments
        kind = signature.return_type.dtype
        if _is_float(kind):
            better = builder.fcmp_ordered(comparison, b, a)
            better = builder.or_(better, builder.fcmp_unordered("uno", b, b))
        else:
            compare = builder.icmp_signed if kind.signed else builder.icmp_unsigned
            better = compare(comparison, b, a)
        return builder.select(better, b, a)


_lower_extreme(least, "<")
_lower_extreme(most, ">")


def _lower_shuffle(function: Any, places_of: Callable[[int], list[int]]) -> None:
    """Let a function take numbers of two vectors from their places, counted through both."""

    @lower_builtin(function, VectorType, VectorType)
    def lower(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        count = signature.return_type.count
        places = ir.Constant(ir.VectorType(ir.IntType(32), count), places_of(count))
        return builder.shuffle_vector(*arguments, places)


def _in_turn(first: int, stop: int, count: int) -> list[int]:
    return [place for k in range(first, stop) for place in (k, count + k)]


_lower_shuffle(evens, lambda count: [*range(0, 2 * count, 2)])
_lower_shuffle(odds, lambda count: [*range(1, 2 * count, 2)])
_lower_shuffle(low_pairs, lambda count: _in_turn(0, count // 2, count))
_lower_shuffle(high_pairs, lambda count: _in_turn(count // 2, count, count))


@type_callable(shifted)
def _type_shifted(context: Any) -> Any:
    def typer(a: Any, b: Any, k: Any) -> Any:
        if isinstance(a, VectorType) and a == b and isinstance(k, types.IntegerLiteral):
            return a(a, b, k)
        return None

    return typer


@lower_builtin(shifted, VectorType, VectorType, types.IntegerLiteral)
def _lower_shifted(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    count, first = signature.return_type.count, signature.args[2].literal_value
    chosen = [place % (2 * count) for place in range(first, first + count)]
    return builder.shuffle_vector(*arguments[:2], ir.VectorType(ir.IntType(32), count)(chosen))


@type_callable(total)
def _type_total(context: Any) -> Any:
    def typer(vector: Any) -> Any:
        return vector.dtype(vector) if isinstance(vector, VectorType) else None

    return typer


@lower_builtin(total, VectorType)
def _lower_total(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    kind = signature.args[0]
    number, vector = _llvm_number(kind.dtype), _llvm_vector(kind.dtype, kind.count)
    name = f"llvm.vector.reduce.fadd.v{kind.count}f{kind.dtype.bitwidth}"
    function = cgutils.get_or_insert_function(
        builder.module, ir.FunctionType(number, [number, vector]), name
    )
    return builder.call(function, [ir.Constant(number, -0.0), *arguments])


def _count_with(function: Any, is_counted: Callable[[Any, Any], Any]) -> None:
    """Let a function count those numbers of a vector of floats; of integers there are none."""

    @type_callable(function)
    def make_typer(context: Any) -> Any:
        def typer(vector: Any) -> Any:
            return types.intp(vector) if isinstance(vector, VectorType) else None

        return typer

    @lower_builtin(function, VectorType)
    def lower(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind = signature.args[0]
        if not _is_float(kind.dtype):
            return context.get_constant(types.intp, 0)
        mask = builder.bitcast(is_counted(builder, arguments[0]), ir.IntType(kind.count))
        return builder.zext(builder.ctpop(mask), ir.IntType(64))


def _is_strange(builder: Any, value: Any) -> Any:
    return builder.fcmp_unordered("une", builder.fsub(value, value), value.type(None))


_count_with(count_nans, lambda builder, value: builder.fcmp_unordered("uno", value, value))
_count_with(count_strange, _is_strange)
