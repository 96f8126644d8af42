"""Arrays of pictures as networks are given them and give them back, in NumPy's files."""

from __future__ import annotations

import io
import os
from tokenize import TokenError
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from convfilter.errors import NetworkError, reason_of, shown

__all__ = ["encoded_array", "read_array"]


def read_array(path: str | os.PathLike[str]) -> NDArray[np.float32]:
    """Return the array of a file as float32.

    The file is mapped into memory before anything is allocated, so that a shape that it claims and
    does not have is refused.

    Raises
    ------
    NetworkError
        The file is missing, damaged, or holds no array of floats.
    """
    try:
        with np.errstate(all="ignore"):  # of shapes that no integer holds
            mapped: NDArray[Any] = npy.open_memmap(os.fspath(path), mode="r")
    except OSError as error:
        raise NetworkError(f"{shown(path)}: {reason_of(error)}") from error
    except (ValueError, TypeError, SyntaxError, EOFError, OverflowError, TokenError):
        raise NetworkError(
            f"{shown(path)} is no file of an array, as numpy.save writes it, or damaged"
        ) from None
    if mapped.dtype.kind != "f":
        raise NetworkError(f"{shown(path)} holds {mapped.dtype}: networks take float32")
    with np.errstate(over="ignore"):
        return np.array(mapped, np.float32, order="C")


def encoded_array(array: NDArray[Any]) -> list[bytes]:
    """Return the file of an array, in pieces."""
    contiguous = np.ascontiguousarray(array)
    header = io.BytesIO()
    npy.write_array_header_1_0(header, npy.header_data_from_array_1_0(contiguous))
    return [header.getvalue(), contiguous.tobytes()]
