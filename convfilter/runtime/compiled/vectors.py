"""Vectors said, not hoped for: as many numbers as a register of this processor holds.

LLVM makes vectors of plain loops where it can prove that rows do not overlap, guards them with
tests, and adds a loop for what is left over. Where a loop says its vectors itself, none of this is
needed: it is compiled faster, and what it works on stays in registers. Numbers that lie one after
the other are loaded, added, compared, and stored together:

    load(row, x)                  the numbers row[x], row[x + 1], ... of one register
    load_as(row, x, kind)         as many as a register holds of `kind`, converted to it
    store(row, x, vector)         back into memory, in the dtype of the row
    fill(number)                  the same number in every place
    a + b, a - b, a * b           place by place; integers wrap round
    multiply_add(a, b, c)         a * b + c, rounded once
    smaller(a, b), larger(a, b)   a if a < b else b; b if a < b else a
    least(a, b), most(a, b)       b if b < a else a; b if b > a else a; NaN wins over both
    evens(a, b), odds(a, b)       every other number of a, then of b
    count_nans(a)                 how many numbers are NaN

The functions here are what Python calls where Numba is told not to compile: a vector is then an
array of NumPy. `lanes(kind)` numbers fit into a vector; nothing is looked at beyond them, so rows
that are not whole vectors long end with one that begins earlier.
"""

from __future__ import annotations

import operator
from typing import Any

import llvmlite.binding as llvm
import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import lower_builtin, models, register_model, type_callable
from numpy.typing import NDArray

Array = NDArray[Any]


def _register_bytes() -> int:
    features = llvm.get_host_cpu_features()
    # the first processors with AVX-512 slowed down for it; those with VBMI do not
    if features.get("avx512vbmi"):
        return 64
    return 32 if features.get("avx2") else 16


BYTES = _register_bytes()
"""Of a register."""


def lanes(kind: Any) -> int:
    """Return how many numbers of a dtype a vector holds."""
    return BYTES // int(np.dtype(kind).itemsize)


def load(row: Array, index: int) -> Array:
    """Return the numbers from ``row[index]`` on."""
    return row[index : index + lanes(row.dtype)].copy()


def load_as(row: Array, index: int, kind: Any) -> Array:
    """Return as many numbers from ``row[index]`` on as a vector holds of `kind`, converted."""
    return row[index : index + lanes(kind)].astype(kind)


def store(row: Array, index: int, vector: Array) -> None:
    """Write the numbers to ``row[index]`` and those after it."""
    assert row.dtype == vector.dtype
    row[index : index + vector.size] = vector


def fill(number: Any) -> Array:
    """Return a vector that holds one number in every place."""
    return np.full(lanes(number.dtype), number)


def multiply_add(a: Array, b: Array, c: Array) -> Array:
    """Return a * b + c."""
    return a * b + c


def smaller(a: Array, b: Array) -> Array:
    """Return, place by place, ``a if a < b else b``."""
    return np.where(a < b, a, b)


def larger(a: Array, b: Array) -> Array:
    """Return, place by place, ``b if a < b else a``."""
    return np.where(a < b, b, a)


def least(a: Array, b: Array) -> Array:
    """Return, place by place, ``b if b < a else a``; NaN where one of them is NaN."""
    return np.where((b < a) | (b != b), b, a)


def most(a: Array, b: Array) -> Array:
    """Return, place by place, ``b if b > a else a``; NaN where one of them is NaN."""
    return np.where((b > a) | (b != b), b, a)


def evens(a: Array, b: Array) -> Array:
    """Return the first number of `a` and every other one from there on, then those of `b`."""
    return np.concatenate([a[::2], b[::2]])


def odds(a: Array, b: Array) -> Array:
    """Return the second number of `a` and every other one from there on, then those of `b`."""
    return np.concatenate([a[1::2], b[1::2]])


def count_nans(a: Array) -> int:
    """Return how many numbers are NaN."""
    return int(np.isnan(a).sum())


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
    if isinstance(dtype, types.Float):
        return ir.FloatType() if dtype.bitwidth == 32 else ir.DoubleType()
    return ir.IntType(dtype.bitwidth)


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
    if wanted.bitwidth < given.bitwidth:
        return builder.trunc(value, target)
    return (builder.sext if given.signed else builder.zext)(value, target)


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


@type_callable(store)
def _type_store(context: Any) -> Any:
    def typer(row: Any, index: Any, vector: Any) -> Any:
        if _is_row(row) and isinstance(vector, VectorType) and row.dtype == vector.dtype:
            return types.none(row, types.intp, vector)
        return None

    return typer


@lower_builtin(store, types.Array, types.intp, VectorType)
def _lower_store(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    row, index, vector = arguments
    kind = signature.args[2]
    place = _pointer(context, builder, signature.args[0], row, index)
    target = _llvm_vector(kind.dtype, kind.count).as_pointer()
    builder.store(vector, builder.bitcast(place, target), align=kind.dtype.bitwidth // 8)
    return context.get_dummy_value()


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
    (smaller, 2),
    (larger, 2),
    (least, 2),
    (most, 2),
    (evens, 2),
    (odds, 2),
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


def _lower_every_other(function: Any, first: int) -> None:
    @lower_builtin(function, VectorType, VectorType)
    def lower(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        count = signature.return_type.count
        places = ir.Constant(ir.VectorType(ir.IntType(32), count), [*range(first, 2 * count, 2)])
        return builder.shuffle_vector(*arguments, places)


_lower_every_other(evens, 0)
_lower_every_other(odds, 1)


@type_callable(count_nans)
def _type_count_nans(context: Any) -> Any:
    def typer(vector: Any) -> Any:
        return types.intp(vector) if isinstance(vector, VectorType) else None

    return typer


@lower_builtin(count_nans, VectorType)
def _lower_count_nans(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    kind = signature.args[0]
    if not _is_float(kind.dtype):
        return context.get_constant(types.intp, 0)
    bits = ir.IntType(kind.count)
    mask = builder.bitcast(builder.fcmp_unordered("uno", arguments[0], arguments[0]), bits)
    return builder.zext(builder.ctpop(mask), ir.IntType(64))
