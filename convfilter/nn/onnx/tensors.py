"""Tensors of ONNX files as arrays: only what the file holds, whatever it claims to hold."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convfilter.nn.onnx.problems import RefusedError, named

__all__ = ["Budget", "Tensors"]

Array = NDArray[Any]

_MOST_AXES = 8

_FREE = 2**28

_OF_THE_FILE = 4


class Budget:
    """How many bytes of constants may be made that the file does not hold itself.

    A few bytes can ask for terabytes (ConstantOfShape, Add of a row and a column). Four times the
    file and 256 MB, together, are enough for all weights of AlexNet.
    """

    def __init__(self, file_bytes: int) -> None:
        self._left = _FREE + _OF_THE_FILE * file_bytes

    def spend(self, shape: tuple[int, ...], item_bytes: int) -> None:
        """Refuse an array of a shape that there is no room for."""
        self._left -= math.prod(shape) * item_bytes
        if self._left < 0:
            raise RefusedError("constants become much larger than the file that asks for them")


class Tensors:
    """Reads tensors of a file; `folder` is where other files with its tensors may lie."""

    def __init__(self, folder: Path, budget: Budget) -> None:
        self._folder = folder
        self.budget = budget

    def array(self, tensor: Any) -> Array:
        """Return the array of a TensorProto.

        Raises
        ------
        RefusedError
            It is of a type that networks here have no use for, or what it holds is more or less
            than its shape says, or lies where it may not.
        """
        from onnx import TensorProto

        shape = tuple(tensor.dims)
        if len(shape) > _MOST_AXES or any(side < 0 for side in shape):
            raise RefusedError(f"a tensor has the shape {shape}")
        kinds = {
            TensorProto.FLOAT: (np.float32, "float_data"),
            TensorProto.DOUBLE: (np.float64, "double_data"),
            TensorProto.INT64: (np.int64, "int64_data"),
            TensorProto.INT32: (np.int32, "int32_data"),
            TensorProto.BOOL: (np.bool_, "int32_data"),
        }
        if tensor.data_type not in kinds:
            known = dict(map(reversed, TensorProto.DataType.items()))
            kind = known.get(tensor.data_type, f"number {tensor.data_type}")
            raise RefusedError(f"tensors of type {kind} are not supported")
        if tensor.HasField("segment"):
            raise RefusedError("tensors in segments are not supported")
        dtype, field = kinds[tensor.data_type]
        wanted = math.prod(shape) * np.dtype(dtype).itemsize
        if tensor.data_location == TensorProto.EXTERNAL:
            data = self._elsewhere(tensor, wanted)
        elif tensor.HasField("raw_data"):
            data = tensor.raw_data
        else:
            numbers = getattr(tensor, field)
            if len(numbers) != math.prod(shape):
                raise RefusedError(f"a tensor {shape} holds {len(numbers)} numbers")
            return np.array(numbers, dtype).reshape(shape)
        if len(data) != wanted:
            raise RefusedError(f"a tensor {shape} holds {len(data)} bytes instead of {wanted}")
        return np.frombuffer(data, np.dtype(dtype).newbyteorder("<")).astype(dtype).reshape(shape)

    def _elsewhere(self, tensor: Any, wanted: int) -> bytes:
        """Return the bytes of a tensor that lie in another file, in the folder of the first."""
        entries = {entry.key: entry.value for entry in tensor.external_data}
        location = entries.get("location", "")
        try:
            folder = self._folder.resolve(strict=True)
            path = (folder / location).resolve(strict=True)
            inside = location != "" and path.is_relative_to(folder) and path.is_file()
        except (OSError, ValueError, RuntimeError):
            raise RefusedError(f"there is no file {named(location)} of external data") from None
        if not inside:
            raise RefusedError(
                f"external data {named(location)} has to be a file in the folder of the ONNX file"
            )
        try:
            offset = int(entries.get("offset", 0))
            length = int(entries.get("length", wanted))
        except ValueError:
            raise RefusedError(
                f"external data in {named(location)} has no numbers as its place"
            ) from None
        size = path.stat().st_size
        if length != wanted or not 0 <= offset <= size - length:
            raise RefusedError(
                f"{wanted} bytes of external data are said to be {length} at {offset} in"
                f" {named(location)}, which has {size}"
            )
        try:
            with path.open("rb") as file:
                file.seek(offset)
                data: bytes = file.read(length)
        except OSError as error:
            raise RefusedError(f"{named(location)} cannot be read: {error.strerror}") from error
        return data
