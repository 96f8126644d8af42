"""Camera raw, made by tifffile: DNG, and a file that is laid out as those of a maker."""

from __future__ import annotations

import io
import struct
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

__all__ = ["camera_raw", "canon_raw", "mosaic"]

_FILTERS, _SHAPE_OF_FILTERS = 33422, 33421
_MATRIX = (7034, -804, -1014, -4420, 12564, 2058, -851, 1994, 5758)
"""ColorMatrix1, in ten-thousandths."""


def mosaic(rows: int, columns: int) -> NDArray[np.uint16]:
    """Return what a sensor with red, green, green and blue filters sees of smooth colours."""
    y, x = np.mgrid[:rows, :columns]
    seen = np.empty((rows, columns))
    for (top, left), colour in {(0, 0): 0, (0, 1): 1, (1, 0): 1, (1, 1): 2}.items():
        values = 2000 + 9000 * (0.5 + 0.5 * np.sin(x / (7 + colour) + colour) * np.cos(y / 6))
        seen[top::2, left::2] = values[top::2, left::2]
    return seen.round().astype(np.uint16)


def camera_raw(
    rows: int = 24,
    columns: int = 32,
    *,
    orientation: int = 1,
    order: str = "<",
    thumbnail: bool = True,
    is_dng: bool = True,
    make: str = "Maker",
    model: str = "Model X",
) -> bytes:
    """Return a file: the picture of the sensor, if asked for beside a small one of a camera."""
    values = mosaic(rows, columns)
    top: list[tuple[Any, ...]] = [
        (274, 3, 1, orientation, True),
        *((271, 2, 0, make, True), (272, 2, 0, model, True), (315, 2, 0, "An artist", True)),
    ]
    sensor: list[tuple[Any, ...]] = [
        (_SHAPE_OF_FILTERS, 3, 2, (2, 2), True),
        (_FILTERS, 1, 4, bytes([0, 1, 1, 2]), True),
    ]
    if is_dng:
        matrix = tuple(number for value in _MATRIX for number in (value, 10000))
        top += [
            *((50706, 1, 4, bytes([1, 4, 0, 0]), True), (50707, 1, 4, bytes([1, 1, 0, 0]), True)),
            (50708, 2, 0, f"{make} {model}", True),
            *((50721, 10, 9, matrix, True), (50728, 5, 3, (1, 2, 1, 1, 2, 3), True)),
            (50778, 3, 1, 21, True),
        ]
        sensor += [(50714, 3, 1, 512, True), (50717, 3, 1, 16383, True)]
    file = io.BytesIO()
    options: dict[str, Any] = {"metadata": None, "software": False}
    with tifffile.TiffWriter(file, byteorder=order) as writer:
        if thumbnail:
            small = np.repeat((values[::4, ::4, np.newaxis] / 64).astype(np.uint8), 3, axis=2)
            writer.write(
                small, photometric="rgb", subfiletype=1, subifds=1, extratags=top, **options
            )
        tags = sensor if thumbnail else sorted([*top, *sensor])
        writer.write(values, photometric=32803, subfiletype=0, extratags=tags, **options)
    return file.getvalue()


def canon_raw() -> bytes:
    """Return a file that begins as those of Canon do: its first directory is moved to the end."""
    data = camera_raw(thumbnail=False)
    (entries,) = struct.unpack_from("<H", data, 8)
    length = 2 + 12 * entries + 4
    directory = data[8 : 8 + length]
    mark = b"CR\2\0".ljust(length, b"\0")
    return data[:4] + struct.pack("<I", len(data)) + mark + data[8 + length :] + directory
