"""Files as PyTorch writes them, in both layouts, written without PyTorch.

Classes of the names that PyTorch's pickles hold stand in for its own while a file is written.
"""

from __future__ import annotations

import contextlib
import io
import pickle
import struct
import sys
import types
import zipfile
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]

NAMES = {"float32": "Float", "float64": "Double", "float16": "Half", "int64": "Long"}
MAGIC = 0x1950A86A20F9469CFC6C


@contextlib.contextmanager
def torch_named() -> Iterator[Any]:
    """Have modules of PyTorch's names for as long as a file is written."""
    torch, utils = types.ModuleType("torch"), types.ModuleType("torch._utils")

    def rebuild(*_: Any) -> None: ...

    rebuild.__module__, rebuild.__qualname__ = "torch._utils", "_rebuild_tensor_v2"
    utils._rebuild_tensor_v2 = rebuild  # type: ignore[attr-defined]
    for kind in {*NAMES.values(), "BFloat16"}:
        name = f"{kind}Storage"
        setattr(torch, name, type(name, (), {"__module__": "torch"}))
    torch._utils = utils  # type: ignore[attr-defined]
    modules = {"torch": torch, "torch._utils": utils}
    sys.modules.update(modules)
    try:
        yield torch
    finally:
        for name in modules:
            del sys.modules[name]


class Storage:
    """What a tensor lies in, which is written beside the pickle."""

    def __init__(self, key: str, numbers: Array, kind: str) -> None:
        self.key, self.numbers, self.kind = key, numbers, kind


class Tensor:
    """A tensor as PyTorch pickles it: a call with a storage, offset, shape and strides."""

    def __init__(self, storage: Storage, offset: int, shape: Any, strides: Any, torch: Any) -> None:
        self.arguments = (storage, offset, shape, strides, False, OrderedDict())
        self.torch = torch

    def __reduce__(self) -> Any:
        return self.torch._utils._rebuild_tensor_v2, self.arguments


class Pickler(pickle.Pickler):
    def __init__(self, file: Any, torch: Any, view: bool) -> None:
        super().__init__(file, protocol=2)
        self.torch, self.view, self.storages = torch, view, dict[str, Storage]()

    def persistent_id(self, thing: Any) -> Any:
        if not isinstance(thing, Storage):
            return None
        self.storages[thing.key] = thing
        kind = getattr(self.torch, f"{thing.kind}Storage")
        told = ("storage", kind, thing.key, "cpu", thing.numbers.size)
        return (*told, None) if self.view else told


def tensors(arrays: Mapping[str, Array], torch: Any) -> OrderedDict[str, Any]:
    made: OrderedDict[str, Any] = OrderedDict()
    for number, (name, array) in enumerate(arrays.items()):
        kind = "BFloat16" if array.dtype == np.uint16 else NAMES[array.dtype.name]
        strides = tuple(
            step // array.itemsize for step in np.empty(array.shape, array.dtype).strides
        )
        storage = Storage(str(number), array.ravel(), kind)
        made[name] = Tensor(storage, 0, array.shape, strides, torch)
    return made


def zipped(arrays: Mapping[str, Array], wrap: Any = lambda state: state) -> bytes:
    """Return a file of the newer layout."""
    file = io.BytesIO()
    with torch_named() as torch, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        pickled = io.BytesIO()
        pickler = Pickler(pickled, torch, view=False)
        pickler.dump(wrap(tensors(arrays, torch)))
        archive.writestr("archive/data.pkl", pickled.getvalue())
        archive.writestr("archive/byteorder", "little")
        for key, storage in pickler.storages.items():
            archive.writestr(f"archive/data/{key}", storage.numbers.tobytes())
        archive.writestr("archive/version", "3\n")
    return file.getvalue()


def in_a_row(arrays: Mapping[str, Array], wrap: Any = lambda state: state) -> bytes:
    """Return a file of the older layout."""
    file = io.BytesIO()
    with torch_named() as torch:
        facts = {"protocol_version": 1001, "little_endian": True, "type_sizes": {"int": 4}}
        for plain in (MAGIC, 1001, facts):
            pickle.dump(plain, file, protocol=2)
        pickler = Pickler(file, torch, view=True)
        pickler.dump(wrap(tensors(arrays, torch)))
        keys = sorted(pickler.storages)
        pickle.dump(keys, file, protocol=2)
        for key in keys:
            numbers = pickler.storages[key].numbers
            file.write(struct.pack("<q", numbers.size) + numbers.tobytes())
    return file.getvalue()
