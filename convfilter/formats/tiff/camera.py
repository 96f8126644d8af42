"""Camera raw that is laid out as TIFF: DNG, and what makers call NEF, ARW, PEF and the like."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import BinaryIO

from convfilter.formats.exif.ifd import Directory, Source

__all__ = ["is_camera_raw"]

_PHOTOMETRIC, _MAKE, _BELOW, _DNG_VERSION = 262, 271, 330, 50706
_SENSOR = {32803, 34892}
"""What samples are that stand for light on a sensor: of one colour each, or of all."""

_MOST_LOOKED_AT = 16
"""Directories, which is more than cameras write."""


def is_camera_raw(file: BinaryIO) -> bool:
    """Tell whether a file holds what a sensor saw, whatever else it holds beside that.

    It says that it is DNG (DNG specification 1.7), or names the camera's maker, and holds samples
    of a colour filter array, or of light. Plain pictures may have the tags of a DNG that they were
    developed from.
    """
    with suppress(EOFError, ValueError):
        source = Source(file)
        first = source.directory(source.first)
        if _DNG_VERSION in first.fields or _MAKE in first.fields:
            return any(
                source.whole(each.fields.get(_PHOTOMETRIC)) in _SENSOR
                for each in _directories(source, first)
            )
    return False


def _directories(source: Source, first: Directory) -> Iterator[Directory]:
    """Yield the first directories of a file, and those below them."""
    waiting, seen = [first], {first.place}
    while waiting:
        directory = waiting.pop(0)
        yield directory
        places = map(int, source.numbers(directory.fields.get(_BELOW), _MOST_LOOKED_AT))
        for place in [*places, directory.following or 0]:
            if place not in seen and 0 < place < source.size and len(seen) < _MOST_LOOKED_AT:
                seen.add(place)
                with suppress(EOFError):
                    waiting.append(source.directory(place))
