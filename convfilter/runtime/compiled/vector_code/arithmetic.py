"""Sums, products, comparisons, and places of vectors."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import lower_builtin, type_callable

from convfilter.runtime.compiled.vector_code.vector_type import (
    VectorType,
    is_float,
    llvm_number,
    llvm_vector,
)
from convfilter.runtime.compiled.vectors import (
    as_bits,
    count_nans,
    count_strange,
    evens,
    exponential,
    from_bits,
    high_pairs,
    larger,
    least,
    low_pairs,
    magnitude,
    most,
    multiply_add,
    odds,
    root,
    shifted,
    smaller,
    total,
    truncated,
)


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
    (operator.and_, 2),
    (operator.or_, 2),
    (multiply_add, 3),
    (root, 1),
    (magnitude, 1),
    (exponential, 1),
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
        if is_float(signature.return_type.dtype):
            return getattr(builder, of_floats)(*arguments, flags=("contract",))
        return getattr(builder, of_integers)(*arguments)


_lower_operator(operator.add, "fadd", "add")
_lower_operator(operator.sub, "fsub", "sub")
_lower_operator(operator.mul, "fmul", "mul")


@lower_builtin(operator.and_, VectorType, VectorType)
def _lower_and(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    return builder.and_(*arguments)


@lower_builtin(operator.or_, VectorType, VectorType)
def _lower_or(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    return builder.or_(*arguments)


def _call(builder: Any, operation: str, kind: VectorType, arguments: Any) -> Any:
    """Call what LLVM offers for vectors of floats."""
    vector = llvm_vector(kind.dtype, kind.count)
    name = f"llvm.{operation}.v{kind.count}f{kind.dtype.bitwidth}"
    function_type = ir.FunctionType(vector, [vector] * len(arguments))
    function = cgutils.get_or_insert_function(builder.module, function_type, name)
    return builder.call(function, arguments)


@lower_builtin(multiply_add, VectorType, VectorType, VectorType)
def _lower_multiply_add(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    if not is_float(signature.return_type.dtype):
        a, b, c = arguments
        return builder.add(builder.mul(a, b), c)
    # where the processor has no such instruction, a call of the C library would take its place
    return _call(builder, "fmuladd", signature.return_type, arguments)


def _lower_call(function: Any, operation: str) -> None:
    @lower_builtin(function, VectorType)
    def lower(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _call(builder, operation, signature.return_type, arguments)


_lower_call(root, "sqrt")
_lower_call(magnitude, "fabs")
_lower_call(exponential, "exp")


def _as_integers(kind: VectorType) -> VectorType:
    return VectorType(types.Integer.from_bitwidth(kind.dtype.bitwidth))


def _as_floats(kind: VectorType) -> VectorType:
    return VectorType(types.float32 if kind.dtype.bitwidth == 32 else types.float64)


def _change_with(
    function: Any, of_floats: bool, changed: Callable[[VectorType], VectorType], how: str
) -> None:
    """Let a function give a vector of another type, by an instruction of LLVM."""

    @type_callable(function)
    def make_typer(context: Any) -> Any:
        def typer(vector: Any) -> Any:
            if isinstance(vector, VectorType) and is_float(vector.dtype) == of_floats:
                return changed(vector)(vector)
            return None

        return typer

    @lower_builtin(function, VectorType)
    def lower(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind = signature.return_type
        return getattr(builder, how)(arguments[0], llvm_vector(kind.dtype, kind.count))


_change_with(truncated, True, _as_integers, "fptosi")
_change_with(as_bits, True, _as_integers, "bitcast")
_change_with(from_bits, False, _as_floats, "bitcast")


def _is_less(builder: Any, kind: VectorType, a: Any, b: Any) -> Any:
    if is_float(kind.dtype):
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
        if is_float(kind):
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
    number, vector = llvm_number(kind.dtype), llvm_vector(kind.dtype, kind.count)
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
        if not is_float(kind.dtype):
            return context.get_constant(types.intp, 0)
        mask = builder.bitcast(is_counted(builder, arguments[0]), ir.IntType(kind.count))
        return builder.zext(builder.ctpop(mask), ir.IntType(64))


def _is_strange(builder: Any, value: Any) -> Any:
    return builder.fcmp_unordered("une", builder.fsub(value, value), value.type(None))


_count_with(count_nans, lambda builder, value: builder.fcmp_unordered("uno", value, value))
_count_with(count_strange, _is_strange)
