"""Weights as PyTorch saves them (``.pth``), in both layouts, without PyTorch.

The older one, until 1.5: a number, a version and facts about the computer, each a pickle; the
pickle of the tensors; that of the names of their storages; and of each storage its length and its
numbers. The newer one is a zip archive with the pickle of the tensors and each storage in a file of
its own.
"""

from __future__ import annotations

import io
import math
import mmap
import struct
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from convfilter.errors import NetworkError
from convfilter.nn.weights.floats import widened
from convfilter.nn.weights.pickled import read_pickle

__all__ = ["MAGIC", "read_pytorch"]

MAGIC = 0x1950A86A20F9469CFC6C
"""What the older layout begins with."""

_VERSION = 1001

_DTYPES = {
    "BFloat16": "<u2",
    "Bool": "?",
    "Byte": "u1",
    "Char": "i1",
    "Double": "<f8",
    "Float": "<f4",
    "Half": "<f2",
    "Int": "<i4",
    "Long": "<i8",
    "Short": "<i2",
}

_MARKS = 2
"""Where PyTorch's call for a tensor has its marks, behind shape and strides."""

_OTHER_KINDS = (
    *("torch.ComplexDoubleStorage", "torch.ComplexFloatStorage", "torch.QInt8Storage"),
    *("torch.QUInt8Storage", "torch.QInt32Storage", "torch._utils._rebuild_qtensor"),
    *("torch._utils._rebuild_sparse_tensor", "torch.serialization._get_layout"),
    *("torch._utils._rebuild_tensor_v3", "torch.storage.UntypedStorage"),
)
"""Tensors of complex numbers, quantised or sparse ones, and those of types since PyTorch 2.1."""

_INSIDE = ("state_dict", "model_state_dict", "model", "net")
"""Where a checkpoint keeps the weights beside other things, by habit."""


@dataclass(frozen=True)
class _Kind:
    """A class of storages."""

    name: str

    def __call__(self, *_: Any) -> None:
        raise NetworkError("is damaged: it makes a storage of nothing")


@dataclass(frozen=True)
class _Refused:
    """What makes tensors of a kind that networks here have no use for."""

    name: str

    def __call__(self, *_: Any) -> None:
        raise NetworkError(f"has tensors of a kind that is not supported ({self.name})")


class _Storage(NamedTuple):
    """Numbers in a row that tensors look into."""

    kind: str
    key: str
    length: int

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(_DTYPES[self.kind])


class _Tensor(NamedTuple):
    """Which numbers of a storage a tensor consists of."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


Load = Callable[[_Storage], memoryview | bytes]


def read_pytorch(path: Path) -> dict[str, NDArray[Any]]:
    """Return the tensors of a file by name; floats of 16 and 64 bits become float32.

    Raises
    ------
    NetworkError
        The file is damaged, claims more than it holds, or names anything but tensors and
        dictionaries.
    OSError
        It cannot be opened.
    """
    with path.open("rb") as file:
        size = path.stat().st_size
        if file.read(4) == b"PK\x03\x04":
            file.seek(0)
            return _of_archive(file, size)
        if not size:
            raise NetworkError("is empty")
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as whole:
            return _of_row(whole, size)


def _of_archive(file: IO[bytes], size: int) -> dict[str, NDArray[Any]]:
    try:
        with zipfile.ZipFile(file) as archive:
            members = {member.filename: member for member in archive.infolist()}
            named = [name for name in members if name.rpartition("/")[2] == "data.pkl"]
            if len(named) != 1:
                raise NetworkError("is a zip archive without PyTorch's data.pkl")
            folder = named[0].removesuffix("data.pkl")

            def read(name: str, length: int | None = None) -> bytes:
                member = members.get(folder + name)
                if member is None:
                    raise NetworkError(f"has no {name}: it is not whole")
                if member.compress_type != zipfile.ZIP_STORED or member.file_size > size:
                    raise NetworkError(f"has a {name} that is packed, as PyTorch never does")
                if length is not None and member.file_size != length:
                    raise NetworkError(
                        f"has {member.file_size} bytes of {name} where {length} are claimed"
                    )
                return archive.read(member)

            if folder + "byteorder" in members and read("byteorder").strip() != b"little":
                raise NetworkError("comes from a big-endian computer: save it on another one")
            found = _unpickled(io.BytesIO(read("data.pkl")))
            return _arrays(
                found,
                lambda storage: read(
                    f"data/{storage.key}", storage.length * storage.dtype.itemsize
                ),
                size,
            )
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        raise NetworkError(f"is a damaged zip archive ({error})") from error


def _of_row(whole: mmap.mmap, size: int) -> dict[str, NDArray[Any]]:
    def plain() -> Any:
        return read_pickle(whole, {}, _nothing_outside)  # type: ignore[arg-type]

    if plain() != MAGIC:
        raise NetworkError("is no file of PyTorch")
    if plain() != _VERSION:
        raise NetworkError("is of a version of PyTorch's layout that is not known")
    facts = plain()
    if not isinstance(facts, dict) or facts.get("little_endian") is not True:
        raise NetworkError("comes from a big-endian computer: save it on another one")
    kinds: dict[str, _Storage] = {}
    found = _unpickled(whole, kinds)  # type: ignore[arg-type]
    keys = plain()
    places: dict[str, tuple[int, int]] = {}
    place = whole.tell()
    for key in keys if isinstance(keys, list) else ():
        storage = kinds.get(str(key))
        head = whole[place : place + 8]
        if storage is None or len(head) < 8:
            raise NetworkError("is not whole: the numbers of its tensors are missing")
        (length,) = struct.unpack("<q", head)
        if length != storage.length:
            raise NetworkError(
                f"has {length} numbers of storage {key} where {storage.length} are claimed"
            )
        count = length * storage.dtype.itemsize
        if place + 8 + count > size:
            raise NetworkError(f"is not whole: it ends within storage {key}")
        places[storage.key] = place + 8, count
        place += 8 + count

    def load(storage: _Storage) -> bytes:
        if storage.key not in places:
            raise NetworkError(f"has no storage {storage.key}: it is not whole")
        start, count = places[storage.key]
        return whole[start : start + count]

    return _arrays(found, load, size)


def _nothing_outside(_: Any) -> None:
    raise NetworkError("is damaged: it speaks of a storage before there are any")


def _unpickled(file: IO[bytes], storages: dict[str, _Storage] | None = None) -> Any:
    """Return the pickle of the tensors, each as a `_Tensor`."""
    known_storages = {} if storages is None else storages

    def storage(told: Any) -> _Storage:
        word, kind, key, _place, length, *view = told
        if isinstance(kind, _Refused):
            kind()
        if word != "storage" or not isinstance(kind, _Kind) or any(view):
            raise NetworkError("keeps its numbers in a way that is not known")
        if not isinstance(length, int) or length < 0:
            raise NetworkError(f"is damaged: a storage of {length!r} numbers")
        made = _Storage(kind.name, str(key), length)
        if known_storages.setdefault(made.key, made) != made:
            raise NetworkError(f"is damaged: it claims storage {made.key} twice, and differently")
        return made

    kinds: Mapping[str, Callable[..., Any]] = {
        f"torch.{name}Storage": _Kind(name) for name in _DTYPES
    }
    known: Mapping[str, Callable[..., Any]] = {
        **{name: _Refused(name) for name in _OTHER_KINDS},
        "collections.OrderedDict": _ordered,
        "torch._utils._rebuild_parameter": lambda tensor, *_: tensor,
        "torch._utils._rebuild_tensor": _tensor,
        "torch._utils._rebuild_tensor_v2": _tensor,
        **kinds,
    }
    return read_pickle(file, known, storage)


def _ordered(*pairs: Any) -> dict[Any, Any]:
    """Return a dictionary, which older versions fill by a list of pairs at once."""
    return {str(key): value for key, value in (pairs[0] if pairs else ())}


def _tensor(storage: Any, offset: Any, shape: Any, strides: Any, *more: Any) -> _Tensor:
    if not isinstance(storage, _Storage) or len(shape) != len(strides):
        raise NetworkError("is damaged: a tensor without a storage")
    # behind whether it needs a gradient, and hooks: whether its numbers stand for others
    if len(more) > _MARKS and more[_MARKS]:
        raise NetworkError("has a tensor of negatives or conjugates, which is not supported")
    numbers = (offset, *shape, *strides)
    if not all(isinstance(number, int) and number >= 0 for number in numbers):
        raise NetworkError(f"is damaged: a tensor of shape {shape} and strides {strides}")
    count = math.prod(shape)
    last = offset + sum((side - 1) * step for side, step in zip(shape, strides, strict=True))
    # one number may not stand for many, or a few bytes could claim all memory
    if count and (last >= storage.length or count > storage.length):
        raise NetworkError(
            f"claims a tensor of shape {tuple(shape)} in a storage of {storage.length} numbers"
        )
    return _Tensor(storage, offset, tuple(shape), tuple(strides))


def _arrays(found: Any, load: Load, size: int) -> dict[str, NDArray[Any]]:
    """Return the tensors of a state dictionary as arrays."""
    tensors = _state(found)
    claimed = sum(math.prod(t.shape) * t.storage.dtype.itemsize for t in tensors.values())
    if claimed > 2 * size:  # twice, since two tensors may share their numbers
        raise NetworkError(f"claims {claimed} bytes of tensors and has {size} itself")
    loaded: dict[str, NDArray[Any]] = {}
    arrays: dict[str, NDArray[Any]] = {}
    for name, tensor in tensors.items():
        storage = tensor.storage
        if storage.key not in loaded:
            loaded[storage.key] = np.frombuffer(load(storage), storage.dtype)
        numbers = loaded[storage.key]
        steps = tuple(step * numbers.itemsize for step in tensor.strides)
        empty = not math.prod(tensor.shape)
        view = (
            np.zeros(tensor.shape, numbers.dtype)
            if empty
            else np.lib.stride_tricks.as_strided(
                numbers[tensor.offset :], tensor.shape, steps, writeable=False
            )
        )
        arrays[name] = widened(view, brain=storage.kind == "BFloat16")
    return arrays


def _state(found: Any) -> dict[str, _Tensor]:
    """Return the tensors by name: all of a dictionary of tensors, or the one that holds them."""
    if not isinstance(found, dict):
        kind = "tensor" if isinstance(found, _Tensor) else type(found).__name__
        raise NetworkError(f"holds a {kind}, not the state_dict() of a network")
    inside = (found[name] for name in _INSIDE if isinstance(found.get(name), dict))
    for state in (*inside, found):
        tensors = {str(name): value for name, value in state.items() if isinstance(value, _Tensor)}
        if tensors:
            break
    else:
        raise NetworkError("holds no tensors by name: save the state_dict() of the network")
    if all(name.startswith("module.") for name in tensors):  # trained on several devices at once
        tensors = {name.removeprefix("module."): value for name, value in tensors.items()}
    return tensors
