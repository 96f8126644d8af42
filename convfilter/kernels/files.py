"""Kernels from files and arrays, and the search for what a person means by a kernel."""

from __future__ import annotations

import io
import math
import os
import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from convfilter.errors import KernelError, UnknownNameError, reason_of, shown
from convfilter.kernels.catalog import get, names
from convfilter.kernels.kernel import Kernel, Signed
from convfilter.kernels.table import kernel_from_table
from convfilter.kernels.text import MAX_BYTES, kernel_from_json, parse, parse_rows
from convfilter.runtime.checks import check_kernel, check_row

__all__ = ["find", "from_array", "load"]

_INLINE = r"[\s0-9eE+\-\N{MINUS SIGN}./,;]*"


def find(spec: str | os.PathLike[str]) -> Kernel:
    """Return the kernel that `spec` means: a name of the catalogue, a file, or weights in text.

    Raises
    ------
    UnknownNameError
        For a word that is neither a name nor a file; the message gives the nearest names.
    KernelError
        For a file or a text that cannot be understood.

    Examples
    --------
    >>> find("0 -1 0, -1 5 -1, 0 -1 0").shape
    (3, 3)
    """
    if not isinstance(spec, str):
        return load(spec)
    if spec in names():
        return get(spec)
    if spec.lstrip().startswith(("[", "{")) and not _exists(spec, as_file=True):
        return parse(spec)
    has_digit = any(sign.isdigit() for sign in spec)
    has_letter = any(sign.isalpha() for sign in spec)
    numeric = re.fullmatch(_INLINE, spec) is not None and (has_digit or not has_letter)
    path_like = Path(spec).suffix.lower() in _READERS or (os.sep in spec and not has_digit)
    if _exists(spec, as_file=numeric) or (path_like and not numeric):
        return load(spec)
    if numeric or (has_digit and any(mark in spec for mark in " ,;\n")):
        return parse(spec)
    if "/" in spec or os.sep in spec or Path(spec).suffix:
        return load(spec)
    raise UnknownNameError("kernel", spec, names())


def load(path: str | os.PathLike[str]) -> Kernel:
    """Return the kernel of a file of at most 1 MiB.

    By suffix: `.toml` holds one table as in the catalogue (`weights`, and perhaps `scale`,
    `offset`, `signed`, `description`, `source`, with or without its `[name]`), `.json` a list
    of rows or an object with the same keys, `.npy` an array of one or two dimensions. Any
    other file is text: a row per line, entries parted by spaces or commas, `#` for comments.

    Raises
    ------
    KernelError
        When the file cannot be read or understood; the message names it and says why.
    """
    where = Path(path)
    # what is no text in a file's name has no place in the name of a kernel, which recipes hold
    name = where.stem.encode("utf-8", "replace").decode()
    try:
        return _READERS.get(where.suffix.lower(), _from_text)(_read(where), name)
    except KernelError as error:
        raise KernelError(f"{shown(where)}: {error}") from None
    except RecursionError:
        raise KernelError(f"{shown(where)}: brackets are nested too deeply") from None


def from_array(
    array: ArrayLike,
    name: str = "custom",
    *,
    scale: float = 1.0,
    offset: float = 0.0,
    signed: Signed = "clamp",
    description: str = "",
    source: str = "",
) -> Kernel:
    """Return a kernel of the weights in `array`; one dimension makes a kernel of one row.

    Of 9, 25 or 49 numbers in one dimension a square is meant: they are refused, with its rows.

    Parameters
    ----------
    array : array (rows, columns) or (columns,) of finite real numbers, or such lists
    name, scale, offset, signed, description, source : as for `Kernel`

    Raises
    ------
    KernelError
        As `Kernel` does.

    Examples
    --------
    >>> from_array([1, 2, 1], scale=1 / 4).array.tolist()
    [[0.25, 0.5, 0.25]]
    """
    weights: Any = array
    is_array = isinstance(array, np.ndarray) and array.ndim == 1
    if is_array or (isinstance(array, (list, tuple)) and array and not np.iterable(array[0])):
        check_row(weights)
        weights = [weights]
    return Kernel(name, weights, scale, offset, signed, description, source)


def _exists(spec: str, *, as_file: bool) -> bool:
    try:
        return Path(spec).is_file() if as_file else Path(spec).exists()
    except (OSError, ValueError):  # longer than a path can be, or with a null character
        return False


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise KernelError("there is no such file") from None
    except IsADirectoryError:
        raise KernelError("is a folder; give a file that holds a kernel") from None
    except OSError as error:
        raise KernelError(f"cannot be read ({reason_of(error)})") from None
    except ValueError:
        raise KernelError("is not a possible file name") from None
    if len(data) > MAX_BYTES:
        raise KernelError("is larger than 1 MiB, too large for a kernel")
    if not data:
        raise KernelError("is empty")
    return data


def _decoded(data: bytes) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise KernelError("is not text; a kernel is TOML, JSON, rows of numbers or .npy")
    return text


def _from_toml(data: bytes, name: str) -> Kernel:
    import tomllib

    text = _decoded(data)
    try:
        table = tomllib.loads(text)
    except ValueError as error:
        raise KernelError(f"is not TOML: {_line(error)}") from None
    only = next(iter(table.values()), None)
    if len(table) == 1 and isinstance(only, dict):
        return kernel_from_table(only, next(iter(table)))
    if table and all(isinstance(value, dict) for value in table.values()):
        raise KernelError(f"holds {len(table)} tables; a kernel file holds one")
    return kernel_from_table(table, name)


def _from_json(data: bytes, name: str) -> Kernel:
    return kernel_from_json(_decoded(data), name)


def _from_text(data: bytes, name: str) -> Kernel:
    lines = (line.partition("#")[0] for line in _decoded(data).splitlines())
    return kernel_from_table({"weights": parse_rows("\n".join(lines))}, name)


def _from_npy(data: bytes, name: str) -> Kernel:
    """Read the array by its header: never pickle, and no memory before the sizes agree."""
    import tokenize

    file = io.BytesIO(data)
    try:
        version = np.lib.format.read_magic(file)
        read = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }.get(version)
        if read is None:
            raise KernelError(f"is a .npy file of version {version[0]}.{version[1]}; save it anew")
        shape, by_columns, dtype = read(file)
    except KernelError:
        raise
    except (ValueError, TypeError, SyntaxError, UserWarning, tokenize.TokenError, MemoryError):
        raise KernelError("is not a .npy file") from None
    if dtype.kind not in "biuf":
        raise KernelError(f"weights must be real numbers, not {dtype}")
    if len(shape) not in (1, 2):
        raise KernelError(f"holds an array of {len(shape)} dimensions; a kernel has 1 or 2")
    rest = data[file.tell() :]
    if min(shape) < 0 or math.prod(shape) * dtype.itemsize != len(rest):
        raise KernelError("is damaged: the array is not as long as the header says")
    array = np.frombuffer(rest, dtype).reshape(shape, order="F" if by_columns else "C")
    if array.ndim == 1:
        check_row(array.tolist())
    weights = check_kernel(array if array.ndim == 2 else array[np.newaxis, :])
    return kernel_from_table({"weights": weights.tolist()}, name)


def _line(error: Exception) -> str:
    return " ".join(str(error).split())


_READERS = {".toml": _from_toml, ".json": _from_json, ".npy": _from_npy}
