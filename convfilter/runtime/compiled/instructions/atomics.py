"""Counters that several threads share.

add_atomically(row, index, number)   adds, and returns what stood there before
read_atomically(row, index)          what stands there, and all that was written before it
pause()                              lets the processor know that a thread waits for another
"""

from __future__ import annotations

import threading
from typing import Any

import llvmlite.binding as llvm
import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import lower_builtin, type_callable
from numpy.typing import NDArray

from convfilter.runtime.compiled.vector_code.vector_type import is_row, pointer

_lock = threading.Lock()


def add_atomically(row: NDArray[np.int64], index: int, number: int) -> int:
    """Add a number to ``row[index]`` in one step; return what stood there before."""
    with _lock:
        before = int(row[index])
        row[index] = before + number
    return before


def read_atomically(row: NDArray[np.int64], index: int) -> int:
    """Return ``row[index]``; what the thread that wrote it has written before can be read, too."""
    return int(row[index])


def pause() -> None:
    """Wait for a moment."""


@type_callable(add_atomically)
def _type_add(context: Any) -> Any:
    def typer(row: Any, index: Any, number: Any) -> Any:
        return types.int64(row, types.intp, types.int64) if is_row(row) else None

    return typer


@lower_builtin(add_atomically, types.Array, types.intp, types.int64)
def _lower_add(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    row, index, number = arguments
    place = pointer(context, builder, signature.args[0], row, index)
    return builder.atomic_rmw("add", place, number, "seq_cst")


@type_callable(read_atomically)
def _type_read(context: Any) -> Any:
    def typer(row: Any, index: Any) -> Any:
        return types.int64(row, types.intp) if is_row(row) else None

    return typer


@lower_builtin(read_atomically, types.Array, types.intp)
def _lower_read(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    place = pointer(context, builder, signature.args[0], *arguments)
    return builder.load_atomic(place, "seq_cst", 8)


@type_callable(pause)
def _type_pause(context: Any) -> Any:
    def typer() -> Any:
        return types.none()

    return typer


@lower_builtin(pause)
def _lower_pause(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    if llvm.get_default_triple().startswith("x86_64"):
        kind = ir.FunctionType(ir.VoidType(), [])
        builder.call(
            cgutils.get_or_insert_function(builder.module, kind, "llvm.x86.sse2.pause"), []
        )
    return context.get_dummy_value()
