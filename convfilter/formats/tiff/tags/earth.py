"""The place of a page on the earth (OGC GeoTIFF 1.1, 7.3 and B.6), for pixels on another grid."""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np

from convfilter.picture.tags import Grid

__all__ = ["moved"]

_SCALE, _TIE_POINTS, _MATRIX, _KEYS = 33550, 33922, 34264, 34735
_DOUBLE, _SHORT = 12, 3
_RASTER_TYPE, _IS_POINT = 1025, 2
_LENGTHS = {_SCALE: 24, _MATRIX: 128}

_Entry = tuple[int, int, bytes]


def moved(entries: Sequence[_Entry], order: str, grid: Grid | None) -> list[_Entry] | None:
    """Return the tags of a page for pixels on this grid of its own; None if that is not known."""
    if not entries:
        return []
    if grid is None:
        return None
    by_tag = {tag: (kind, data) for tag, kind, data in entries}
    # a pixel is an area, from a corner on, unless it is said to be a point
    half = 0.0 if _is_point(by_tag.get(_KEYS), order) else 0.5
    steps = np.array(grid.step[::-1], float)
    starts = np.array(grid.first[::-1]) + half - half * steps
    result: list[_Entry] = []
    for tag, kind, data in entries:
        if tag not in (_SCALE, _TIE_POINTS, _MATRIX):
            result.append((tag, kind, data))
            continue
        if kind != _DOUBLE or len(data) % _LENGTHS.get(tag, 48) or not data:
            return None
        values = np.frombuffer(data, f"{order}f8").astype(float)
        if tag == _SCALE:
            values[:2] *= steps
        elif tag == _TIE_POINTS:
            points = values.reshape(-1, 6)
            points[:, :2] = (points[:, :2] - starts) / steps
        else:
            matrix = values.reshape(4, 4)
            matrix[:, 3] += matrix[:, :2] @ starts
            matrix[:, :2] *= steps
        result.append((tag, kind, values.astype(f"{order}f8").tobytes()))
    return result


def _is_point(keys: tuple[int, bytes] | None, order: str) -> bool:
    """Tell whether the directory of keys says that a pixel is a point."""
    if keys is None or keys[0] != _SHORT:
        return False
    numbers = struct.unpack(f"{order}{len(keys[1]) // 2}H", keys[1][: len(keys[1]) // 2 * 2])
    rows = zip(*(numbers[4 + column :: 4] for column in range(4)), strict=False)
    return any(key == _RASTER_TYPE and value == _IS_POINT for key, _, _, value in rows)
