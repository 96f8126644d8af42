"""Records at an address: how a loop that is called by address is told its many arguments."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
from numba import types
from numba.extending import lower_builtin, type_callable
from numba.np.arrayobj import populate_array
from numpy.typing import NDArray


def records(address: int, count: int, kind: np.dtype[Any]) -> NDArray[Any]:
    """Return `count` records of a dtype (of `numpy.record`) that lie at an address."""
    memory: Any = (ctypes.c_char * (int(count) * kind.itemsize)).from_address(int(address))
    found: NDArray[Any] = np.frombuffer(memory, kind)
    return found


@type_callable(records)
def _type_records(context: Any) -> Any:
    def typer(address: Any, count: Any, kind: Any) -> Any:
        if isinstance(kind, types.DType) and isinstance(kind.dtype, types.Record):
            return types.Array(kind.dtype, 1, "C")(types.int64, types.int64, kind)
        return None

    return typer


@lower_builtin(records, types.int64, types.int64, types.DType)
def _lower_records(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    kind = signature.return_type
    address, count, _ = arguments
    size = context.get_constant(types.intp, kind.dtype.size)
    array = context.make_array(kind)(context, builder)
    data = builder.inttoptr(address, array.data.type)
    populate_array(array, data, [count], [size], size, meminfo=None)
    return array._getvalue()
