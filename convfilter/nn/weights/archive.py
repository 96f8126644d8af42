"""Weights in ``.npz`` files of NumPy, without pickles."""

from __future__ import annotations

import math
import zipfile
import zlib
from pathlib import Path
from tokenize import TokenError
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from convfilter.errors import NetworkError
from convfilter.nn.weights.floats import widened
from convfilter.nn.weights.stored import Stored

__all__ = ["read_npz"]

_FREE = 1 << 28

_OF_THE_FILE = 16
"""A file may hold so many times its own size, and `_FREE` bytes: weights pack less well than that.

Deflate makes up to 1032 bytes of one, so that 10 MB of zeros could fill the memory of a computer.
"""


def read_npz(path: Path) -> Stored:
    """Return the arrays of a file; floats of 16 and 64 bits become float32.

    Headers are believed only as far as the archive has the bytes: `numpy.load` would take the
    memory that a header claims before it looks.
    """
    arrays: dict[str, NDArray[Any]] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            room = _FREE + path.stat().st_size * _OF_THE_FILE
            for member in archive.infolist():
                name = member.filename.rpartition(".")[0] or member.filename
                room -= member.file_size
                if room < 0:
                    raise NetworkError("claims far more bytes than weights can be packed into it")
                with archive.open(member) as file:
                    arrays[name] = widened(_array(file, name, member.file_size))
    except (
        zipfile.BadZipFile,
        EOFError,
        NotImplementedError,
        RuntimeError,
        zlib.error,
    ) as error:
        raise NetworkError(f"is damaged, or no npz file ({error})") from error
    return Stored(arrays, {})


def _array(file: IO[bytes], name: str, size: int) -> NDArray[Any]:
    try:
        version = npy.read_magic(file)
        header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, columns_first, dtype = header(file)
    except (ValueError, SyntaxError, TypeError, TokenError) as error:
        raise NetworkError(f"has a damaged header of {name} ({error})") from error
    if dtype.kind not in "fiub":
        what = "pickled objects, which are not read" if dtype.hasobject else f"{dtype}, not numbers"
        raise NetworkError(f"{name} holds {what}")
    count = math.prod(shape)
    if any(side < 0 for side in shape) or count * dtype.itemsize > size:
        raise NetworkError(f"claims {name} of shape {shape} in {size} bytes")
    data = file.read(count * dtype.itemsize)
    if len(data) < count * dtype.itemsize:
        raise NetworkError(f"ends within {name}")
    return np.frombuffer(data, dtype).reshape(shape, order="F" if columns_first else "C")
