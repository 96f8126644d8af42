"""Pixels out of Pillow's memory, where those of RGB and RGBA have four bytes.

Pillow's own way packs the pixels into a string of bytes, from which NumPy copies them again.
"""

from __future__ import annotations

import ctypes
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage

__all__ = ["pixels_in"]

_SMALLEST = 1 << 21
"""Pictures of fewer pixels are not worth loading a compiled loop."""

_PART = 1 << 18
"""Pixels taken at a time: few enough to stay in the cache, and in one block of Pillow's."""


class _ArrowArray(ctypes.Structure):
    """An array of the Arrow C data interface, as its specification lays it out."""


_ArrowArray._fields_ = [
    ("length", ctypes.c_int64),
    ("null_count", ctypes.c_int64),
    ("offset", ctypes.c_int64),
    ("n_buffers", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("buffers", ctypes.POINTER(ctypes.c_void_p)),
    ("children", ctypes.POINTER(ctypes.POINTER(_ArrowArray))),
    ("dictionary", ctypes.c_void_p),
    ("release", ctypes.c_void_p),
    ("private_data", ctypes.c_void_p),
]


def pixels_in(picture: PillowImage) -> NDArray[Any]:
    """Return the pixels of a decoded picture in an array of their own."""
    width, height = picture.size
    large = width * height >= _SMALLEST and width <= _PART // 4
    if picture.mode not in ("RGB", "RGBA") or not large or not _can_share(picture):
        return np.array(picture)
    channels = len(picture.mode)
    out = np.empty((height, width, channels), np.uint8)
    rows = _PART // width // 4 * 4  # so that parts begin at whole words of `_drop_fourth`
    for top in range(0, height, rows):
        bottom = min(top + rows, height)
        part = picture.crop((0, top, width, bottom))
        try:
            _, array = part.__arrow_c_array__()
        except ValueError:  # Pillow has been told to keep its pixels in smaller blocks
            return np.array(picture)
        shared = _shared_bytes(array, 4 * width * (bottom - top))
        if shared is None:
            return np.array(picture)
        target = out[top:bottom].reshape(-1)
        if channels == 4:
            target[:] = shared
        else:
            _drop_fourth(shared, target)
        del shared, array
    return out


def _can_share(picture: PillowImage) -> bool:
    """Whether Pillow gives its memory away (from 11.2 on), in the order that the loops want."""
    return hasattr(picture, "__arrow_c_array__") and sys.byteorder == "little"


def _shared_bytes(array: Any, count: int) -> NDArray[np.uint8] | None:
    """Return a view of the bytes in a capsule, which must outlive it, if there are so many."""
    pointer_in = ctypes.pythonapi.PyCapsule_GetPointer
    pointer_in.restype = ctypes.c_void_p
    pointer_in.argtypes = [ctypes.py_object, ctypes.c_char_p]
    outer = _ArrowArray.from_address(pointer_in(array, b"arrow_array") or 0)
    if outer.n_children != 1 or outer.offset != 0:
        return None
    inner = outer.children[0].contents
    if inner.length != count or inner.offset != 0 or inner.n_buffers != 2:
        return None
    shared: Any = (ctypes.c_uint8 * count).from_address(inner.buffers[1])
    view: NDArray[np.uint8] = np.frombuffer(shared, np.uint8)
    return view


def _drop_fourth(source: NDArray[np.uint8], out: NDArray[np.uint8]) -> None:
    from convfilter.runtime.compiled import link

    whole = source.size // 16 * 4  # pixels, four at a time
    link.loop("engine.loops.pixels.drop_fourth")(
        source[: 4 * whole].view(np.uint16), out[: 3 * whole].view(np.uint16)
    )
    for pixel in range(whole, source.size // 4):
        out[3 * pixel : 3 * pixel + 3] = source[4 * pixel : 4 * pixel + 3]
