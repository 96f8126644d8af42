"""The type of a vector, to Numba and to LLVM."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import models, register_model

from convfilter.runtime.compiled.vectors import BYTES


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
        super().__init__(manager, kind, llvm_vector(kind.dtype, kind.count))


def llvm_vector(dtype: Any, count: int) -> Any:
    """Return the LLVM type of `count` numbers of a dtype."""
    return ir.VectorType(llvm_number(dtype), count)


def llvm_number(dtype: Any) -> Any:
    """Return the LLVM type of a number of a dtype."""
    floats = {32: ir.FloatType(), 64: ir.DoubleType()}
    return floats[dtype.bitwidth] if is_float(dtype) else ir.IntType(dtype.bitwidth)


def is_float(dtype: Any) -> bool:
    """Tell whether numbers of a dtype are floats."""
    return isinstance(dtype, types.Float)


def is_row(kind: Any) -> bool:
    """Tell whether a type is that of an array of one axis."""
    return isinstance(kind, types.Array) and kind.ndim == 1


def pointer(context: Any, builder: Any, kind: Any, row: Any, index: Any) -> Any:
    """Return the address of ``row[index]``; `kind` is the type of the row."""
    data = context.make_array(kind)(context, builder, row).data
    return builder.gep(data, [index], inbounds=True)


def convert(builder: Any, value: Any, given: Any, wanted: Any, count: int) -> Any:
    """Return a vector of numbers of one dtype as those of another; floats become no integers."""
    if given == wanted:
        return value
    target = llvm_vector(wanted, count)
    if is_float(given) and is_float(wanted):
        wider = wanted.bitwidth > given.bitwidth
        return (builder.fpext if wider else builder.fptrunc)(value, target)
    if is_float(wanted):
        return (builder.sitofp if given.signed else builder.uitofp)(value, target)
    widen = builder.sext if given.signed else builder.zext
    return (builder.trunc if wanted.bitwidth < given.bitwidth else widen)(value, target)
