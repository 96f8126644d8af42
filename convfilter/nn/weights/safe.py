"""Weights in ``.safetensors`` files, by the package that the extra `weights` brings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from convfilter.errors import NetworkError
from convfilter.nn.weights.floats import widened
from convfilter.nn.weights.stored import Stored

if TYPE_CHECKING:
    import types

__all__ = ["encoded", "read_safetensors"]

_DTYPES = {
    "F64": "<f8",
    "F32": "<f4",
    "F16": "<f2",
    "BF16": "<u2",
    "I64": "<i8",
    "I32": "<i4",
    "I16": "<i2",
    "I8": "i1",
    "U64": "<u8",
    "U32": "<u4",
    "U16": "<u2",
    "U8": "u1",
    "BOOL": "?",
}
"""What the format calls the numbers that NumPy has; of bfloat16 the bits are taken as they are."""

_BRAIN = "BF16"


def _package() -> types.ModuleType:
    try:
        import safetensors
    except ImportError as error:
        raise NetworkError(
            "safetensors files need the package safetensors: pip install 'convfilter[weights]'"
        ) from error
    return safetensors


def read_safetensors(path: Path) -> Stored:
    """Return the arrays and the metadata of a file; floats of 16 and 64 bits become float32.

    The package checks, before any array is made, that what the header claims is there.
    """
    package = _package()
    try:
        with package.safe_open(path, framework="numpy") as file:
            parts = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118 - no dict
            kinds = {name: part.get_dtype() for name, part in parts.items()}
            unknown = {name: kind for name, kind in kinds.items() if kind not in _DTYPES}
            if unknown:
                told = ", ".join(f"{name} of {kind}" for name, kind in unknown.items())
                raise NetworkError(f"holds numbers that are not supported: {told}")
            texts = file.metadata() or {}
            if _BRAIN in kinds.values():
                return Stored(_with_brain_floats(package, path), texts)
            arrays = {name: file.get_tensor(name) for name in parts}
    except package.SafetensorError as error:
        raise NetworkError(f"is damaged, or no safetensors file ({error})") from error
    return Stored({name: _plain(array) for name, array in arrays.items()}, texts)


def _plain(array: NDArray[Any]) -> NDArray[Any]:
    return array if array.dtype == np.float32 else widened(array)


def _with_brain_floats(package: types.ModuleType, path: Path) -> dict[str, NDArray[Any]]:
    """Return the arrays of a file some of whose numbers NumPy does not have."""
    arrays = {}
    for name, told in package.deserialize(path.read_bytes()):
        numbers = np.frombuffer(told["data"], _DTYPES[told["dtype"]]).reshape(told["shape"])
        arrays[name] = widened(numbers, brain=told["dtype"] == _BRAIN)
    return arrays


def encoded(arrays: Mapping[str, NDArray[Any]], texts: Mapping[str, str]) -> bytes:
    """Return the bytes of a file of arrays, with texts as its metadata."""
    _package()
    from safetensors.numpy import save

    contiguous = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    return save(contiguous, dict(texts))
