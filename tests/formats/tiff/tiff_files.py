"""TIFF files of every kind, put together here byte by byte (TIFF 6.0, Adobe 1992)."""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage
from PIL.TiffImagePlugin import TiffImageFile

Array = NDArray[Any]

COMPRESSIONS = {"none": 1, "lzw": 5, "deflate": 8, "packbits": 32773, "lzma": 34925, "zstd": 50000}
_PILLOW_NAMES = {"lzw": "tiff_lzw", "packbits": "packbits", "lzma": "lzma", "zstd": "zstd"}


@dataclass(frozen=True)
class Kind:
    """How a file is laid out."""

    compression: str = "none"
    predictor: int = 1
    order: str = "<"
    apart: bool = False
    tile: tuple[int, int] | None = None
    rows: int = 5
    photometric: int | None = None
    extra: int | None = None
    orientation: int | None = None
    resolution: tuple[float, float, int] | None = None
    profile: bytes | None = None


def tiff_file(pixels: Array, kind: Kind) -> bytes:
    """Return a file of these pixels (H, W) or (H, W, C)."""
    cube = pixels[..., np.newaxis] if pixels.ndim == 2 else pixels
    height, width, samples = cube.shape
    planes = np.moveaxis(cube, 2, 0)[..., np.newaxis] if kind.apart else cube[np.newaxis]
    parts = [_packed(part, kind) for plane in planes for part in _parts(plane, kind)]
    bits = 8 * pixels.dtype.itemsize
    photometric = (2 if samples > 2 else 1) if kind.photometric is None else kind.photometric
    tags: dict[int, tuple[int, list[Any]]] = {
        256: (4, [width]),
        257: (4, [height]),
        258: (3, [bits] * samples),
        259: (3, [COMPRESSIONS[kind.compression]]),
        262: (3, [photometric]),
        277: (3, [samples]),
        284: (3, [2 if kind.apart else 1]),
        317: (3, [kind.predictor]),
        339: (3, [{"u": 1, "i": 2, "f": 3}[pixels.dtype.kind]] * samples),
    }
    if kind.tile is None:
        tags |= {278: (4, [kind.rows]), 279: (4, [len(part) for part in parts])}
    else:
        high, wide = kind.tile
        tags |= {322: (4, [wide]), 323: (4, [high]), 325: (4, [len(part) for part in parts])}
    if kind.extra is not None:
        tags[338] = (3, [kind.extra])
    if kind.orientation is not None:
        tags[274] = (3, [kind.orientation])
    if kind.resolution is not None:
        across, down, unit = kind.resolution
        tags |= {282: (5, [across]), 283: (5, [down]), 296: (3, [unit])}
    if kind.profile is not None:
        tags[34675] = (7, list(kind.profile))
    return joined(tags, 273 if kind.tile is None else 324, parts, kind.order)


def _parts(plane: Array, kind: Kind) -> list[Array]:
    height, width, samples = plane.shape
    if kind.tile is None:
        return [plane[top : top + kind.rows] for top in range(0, height, kind.rows)]
    high, wide = kind.tile
    padded = np.zeros((-(-height // high) * high, -(-width // wide) * wide, samples), plane.dtype)
    padded[:height, :width] = plane
    return [
        padded[top : top + high, left : left + wide]
        for top in range(0, height, high)
        for left in range(0, width, wide)
    ]


def _packed(part: Array, kind: Kind) -> bytes:
    rows, columns, samples = part.shape
    # elsewhere the tag says nothing, as libtiff has it
    predictor = kind.predictor if kind.compression in ("lzw", "deflate", "lzma", "zstd") else 1
    if predictor == 2:
        bits = part.view(f"u{part.dtype.itemsize}")
        part = np.concatenate([bits[:, :1], np.diff(bits, axis=1)], axis=1)
    data = part.astype(part.dtype.newbyteorder(kind.order)).tobytes()
    if predictor == 3:
        size = part.dtype.itemsize
        spread = np.ascontiguousarray(part.astype(part.dtype.newbyteorder(">"))).view(np.uint8)
        whole = spread.reshape(rows, columns * samples, size).transpose(0, 2, 1)
        steps = whole.reshape(rows, -1, samples)
        data = np.concatenate([steps[:, :1], np.diff(steps, axis=1)], axis=1).tobytes()
    if kind.compression == "none":
        return data
    if kind.compression == "deflate":
        return zlib.compress(data)
    grey = np.frombuffer(data, np.uint8).reshape(rows, -1)
    file = io.BytesIO()
    PillowImage.fromarray(grey).save(
        file, "TIFF", compression=_PILLOW_NAMES[kind.compression], tiffinfo={278: rows}
    )
    with TiffImageFile(io.BytesIO(file.getvalue())) as picture:
        (start,), (length,) = picture.tag_v2[273], picture.tag_v2[279]
    return file.getvalue()[start : start + length]


def joined(
    tags: dict[int, tuple[int, list[Any]]], offsets: int, parts: list[bytes], order: str
) -> bytes:
    places, place = [], 8
    for part in parts:
        places.append(place)
        place += len(part) + len(part) % 2
    tags[offsets] = (4, places)
    beyond = place + 2 + 12 * len(tags) + 4
    entries, values = b"", b""
    for tag, (form, numbers) in sorted(tags.items()):
        letter = {3: "H", 4: "I", 5: "I", 7: "B"}[form]
        flat = [n for v in numbers for n in (round(v * 1000), 1000)] if form == 5 else numbers
        data = struct.pack(f"{order}{len(flat)}{letter}", *flat)
        if len(data) > 4:
            at = struct.pack(f"{order}I", beyond + len(values))
            values += data + bytes(len(data) % 2)
        else:
            at = data.ljust(4, b"\0")
        entries += struct.pack(f"{order}HHI", tag, form, len(numbers)) + at
    body = b"".join(part + bytes(len(part) % 2) for part in parts)
    head = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}HI", 42, place)
    count = struct.pack(f"{order}H", len(tags))
    return head + body + count + entries + bytes(4) + values
