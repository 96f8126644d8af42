"""A plain reader of OpenEXR files in scan lines, packed by zlib (openexr.com, file layout)."""

from __future__ import annotations

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

__all__ = ["channels_of"]

_LINES = {0: 1, 2: 1, 3: 16}
"""Lines of a chunk: as they are, packed one by one, or by sixteen."""


def channels_of(data: bytes) -> dict[str, NDArray[np.float32]]:
    """Return the channels of a file of one part, by their names."""
    assert data[:8] == bytes.fromhex("762f310102000000")
    at, told = 8, {}
    while data[at]:
        name, _, rest = data[at : at + 300].split(b"\0", 2)
        kind = data[at + len(name) + 1 :].split(b"\0", 1)[0]
        start = at + len(name) + len(kind) + 2
        (length,) = struct.unpack_from("<I", data, start)
        told[name] = data[start + 4 : start + 4 + length]
        at = start + 4 + length
        assert rest is not None
    left, top, right, bottom = struct.unpack("<4i", told[b"dataWindow"])
    columns, rows = right - left + 1, bottom - top + 1
    kinds, listing = {}, told[b"channels"]
    while listing[0]:
        name, listing = listing.split(b"\0", 1)
        kinds[name.decode()] = {1: "<f2", 2: "<f4"}[listing[0]]
        listing = listing[16:]
    packing = told[b"compression"][0]
    lines = _LINES[packing]
    count = -(-rows // lines)
    planes = {name: np.zeros((rows, columns), np.float32) for name in kinds}
    for place in struct.unpack_from(f"<{count}Q", data, at + 1):
        first, length = struct.unpack_from("<iI", data, place)
        held = min(lines, bottom + 1 - first)
        width = sum(columns * int(kind[2]) for kind in kinds.values())
        chunk = data[place + 8 : place + 8 + length]
        if packing and length < width * held:
            chunk = _unpacked(chunk)
        for row in range(first - top, first - top + held):
            for name in sorted(kinds):
                size = columns * int(kinds[name][2])
                planes[name][row] = np.frombuffer(chunk[:size], kinds[name])
                chunk = chunk[size:]
    return planes


def _unpacked(chunk: bytes) -> bytes:
    steps = np.frombuffer(zlib.decompress(chunk), np.uint8).astype(np.int64)
    steps[1:] -= 128
    whole = (np.cumsum(steps) & 255).astype(np.uint8)
    out = np.empty_like(whole)
    middle = (len(whole) + 1) // 2
    out[::2], out[1::2] = whole[:middle], whole[middle:]
    return out.tobytes()
