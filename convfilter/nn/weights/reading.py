"""Read a file of weights, whatever its format; the content decides, not the suffix."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

from convfilter.errors import NetworkError, reason_of, shown
from convfilter.nn.weights.stored import Stored

__all__ = ["read_any", "read_weights"]

_PICKLED = b"\x80"
"""What the pickles of every version since 2 begin with."""


def read_weights(path: str | os.PathLike[str]) -> Stored:
    """Return what a ``.safetensors`` or ``.npz`` file holds.

    Raises
    ------
    NetworkError
        It is missing, damaged, claims more than it has bytes for, or is a pickle: those are read by
        ``convfilter nn convert`` alone.
    """
    return _read(Path(path), pickles=False)


def read_any(path: str | os.PathLike[str]) -> Stored:
    """Return what a file of weights holds, PyTorch's pickles included, as `read_weights` does."""
    return _read(Path(path), pickles=True)


def _read(path: Path, *, pickles: bool) -> Stored:
    name = shown(path)
    try:
        with path.open("rb") as file:
            head = file.read(16)
        kind = _kind(path, head)
        if kind == "pickle" and not pickles:
            made = path.with_suffix(".safetensors").name
            raise NetworkError(
                "is a pickle of PyTorch, which could run any program: convert it once, by"
                f" convfilter nn convert {name} {shown(made)}"
            )
        return _of_kind(path, kind)
    except NetworkError as error:
        raise NetworkError(f"{name}: {error}") from error
    except MemoryError as error:
        raise NetworkError(f"{name}: there is not enough memory for it") from error
    except (OSError, ValueError) as error:
        raise NetworkError(f"{name}: cannot be read: {reason_of(error)}") from error


def _of_kind(path: Path, kind: str) -> Stored:
    if kind == "pickle":
        from convfilter.nn.weights.pytorch import read_pytorch

        return Stored(read_pytorch(path), {})
    if kind == "archive":
        from convfilter.nn.weights.archive import read_npz

        return read_npz(path)
    from convfilter.nn.weights.safe import read_safetensors

    return read_safetensors(path)


def _kind(path: Path, head: bytes) -> str:
    if not head:
        raise NetworkError("is empty")
    if head[:4] == b"PK\x03\x04":
        try:
            with zipfile.ZipFile(path) as archive:
                names = archive.namelist()
        except (zipfile.BadZipFile, NotImplementedError) as error:
            raise NetworkError(f"is a damaged zip archive ({error})") from error
        return "pickle" if any(name.endswith("data.pkl") for name in names) else "archive"
    if head[8:9] == b"{":
        return "safetensors"
    if head[:1] == _PICKLED:
        return "pickle"
    raise NetworkError("is no file of weights: neither safetensors, nor npz, nor a .pth of PyTorch")
