"""Linear light: pixels freed from the curve of their colour profile, and put back under it."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convfilter.colour.curves import SRGB, Curve, read_curve
from convfilter.errors import ArgumentError, ImageError
from convfilter.runtime import memory
from convfilter.runtime.threads import check_workers, run_bands

__all__ = ["Transfer"]

Array = NDArray[Any]

MOST_TAGS = 100
"""Tags of a profile; Little CMS reads no more either."""

_WAY_OUT = "leave out --linear, or convert the picture to sRGB first"
_CURVES = {b"RGB ": (b"rTRC", b"gTRC", b"bTRC"), b"GRAY": (b"kTRC",)}
_HEADER_BYTES = 128
_PART = 1 << 15
"""Numbers that stay in the cache while they are converted."""

_NOISE = 1e-6
"""Light that filters in float32 may add by rounding, as a share of white."""

_UNSEEN = 0.01
"""Levels by which rounding may change black; results lie within 0.52 levels of the exact ones."""

_LOOKED_UP, _CALCULATED = 2, 20
"""Nanoseconds for a number."""


@dataclass(frozen=True)
class Transfer:
    """The curves between the values of a picture and the light that they stand for.

    Attributes
    ----------
    curves : tuple of Curve
        One for all channels, or red, green and blue.
    """

    curves: tuple[Curve, ...] = (SRGB,)

    @classmethod
    def of(cls, profile: bytes | None, channels: int) -> Transfer:
        """Read the curves of a colour profile; without one they are sRGB's (IEC 61966-2-1).

        `channels` are those of the pixels, without alpha. Grey pixels may have a profile for RGB
        whose three curves are the same.

        Raises
        ------
        ImageError
            For profiles that are damaged, have tables for several channels at once instead of
            curves (A2B0), or do not fit the pixels.
        """
        if not profile:
            return cls()
        space, tags = _read_tags(profile)
        names = _CURVES.get(space, ())
        if not names or channels not in (1, len(names)):
            kind = "1 channel" if channels == 1 else f"{channels} channels"
            raise ImageError(
                f"the colour profile is for {_name(space)}, the picture has {kind}: {_WAY_OUT}"
            )
        if not all(name in tags for name in names):
            raise ImageError(f"the colour profile holds no curves from values to light: {_WAY_OUT}")
        data = [tags[name] for name in names]
        if len(set(data)) == 1:
            data = data[:1]
        elif channels == 1:
            raise ImageError(
                f"the colour profile has a curve for each of three colours, the picture is grey:"
                f" {_WAY_OUT}"
            )
        try:
            return cls(tuple(map(read_curve, data)))
        except ValueError as error:
            raise ImageError(
                f"a tone curve of the colour profile cannot be used ({error}): {_WAY_OUT}"
            ) from error

    def decode(self, pixels: Array, workers: int | None = None) -> Array:
        """Return the light of pixels (H, W) or (H, W, C), alpha excepted; white is 1.

        Floats keep their dtype. Of integers it is float32 where what that rounds does not show: for
        8 bits and curves that begin like sRGB's; else float64, for 16 bits and for plain powers.

        Raises
        ------
        ArgumentError
            For int16, which has no white.
        """
        dtype = pixels.dtype
        if dtype.kind == "i":
            raise ArgumentError(
                f"{dtype} pixels have no white, so no linear light: leave out --linear, or map them"
                " to uint8, uint16 or floats of 0 to 1 first"
            )
        if dtype.kind == "f":
            light = memory.empty(pixels.shape, dtype)
            convert = [curve.decode for curve in self.curves]
            self._by_parts(pixels, light, convert, _CALCULATED, workers)
            return light
        white = np.iinfo(dtype).max
        levels = np.arange(white + 1) / white
        light = memory.empty(pixels.shape, self._working(white))
        tables = [curve.decode(levels).astype(light.dtype) for curve in self.curves]
        look_up = [table.take for table in tables]
        self._by_parts(pixels, light, look_up, _LOOKED_UP, workers)
        return light

    def encode(self, light: Array, dtype: np.dtype[Any], workers: int | None = None) -> Array:
        """Return the pixels of light (H, W) or (H, W, C), alpha excepted.

        Of integers they are rounded once, to nearest, ties to even, and saturated. Where curves
        differ and the number of channels is no longer theirs, that of green is used for all.
        """
        pixels = memory.empty(light.shape, dtype)
        convert = [_rounding(curve, dtype) for curve in self.curves]
        self._by_parts(light, pixels, convert, _CALCULATED, workers)
        return pixels

    def _working(self, white: int) -> np.dtype[Any]:
        black = np.zeros(1)
        moved = [curve.encode(curve.decode(black) + _NOISE) for curve in self.curves]
        return np.dtype(np.float32 if white * np.max(moved) < _UNSEEN else np.float64)

    def _by_parts(
        self,
        source: Array,
        target: Array,
        convert: Sequence[Callable[[Array], Array]],
        nanoseconds: float,
        workers: int | None,
    ) -> None:
        """Fill the target from the source, each channel by its own conversion if there are many."""
        numbers = source[0].size
        at_once = max(1, _PART // numbers)
        channels = source.shape[2] if source.ndim == 3 else 1
        each = len(convert) == channels > 1
        single = convert[len(convert) // 2]

        def work(start: int, stop: int) -> None:
            with np.errstate(invalid="ignore", over="ignore"):
                for top in range(start, stop, at_once):
                    rows = slice(top, min(top + at_once, stop))
                    if not each:
                        target[rows] = single(source[rows])
                        continue
                    for channel, function in enumerate(convert):
                        target[rows, :, channel] = function(source[rows, :, channel])

        run_bands(source.shape[0], numbers * nanoseconds, check_workers(workers), work)


def _rounding(curve: Curve, dtype: np.dtype[Any]) -> Callable[[Array], Array]:
    if dtype.kind == "f":
        return curve.encode
    white = int(np.iinfo(dtype).max)

    def encode(light: Array) -> Array:
        levels: Array = np.rint(curve.encode(light) * white)
        return np.clip(levels, 0, white, out=levels)

    return encode


def _read_tags(profile: bytes) -> tuple[bytes, dict[bytes, bytes]]:
    """Return the colour space of a profile, and the data of its tone curves by their names."""
    if len(profile) < _HEADER_BYTES + 4 or profile[36:40] != b"acsp":
        raise ImageError(f"the colour profile is damaged: {_WAY_OUT}")
    (count,) = struct.unpack_from(">I", profile, _HEADER_BYTES)
    first = _HEADER_BYTES + 4
    if count > MOST_TAGS or len(profile) < first + 12 * count:
        raise ImageError(f"the colour profile is damaged: {_WAY_OUT}")
    space = profile[16:20]
    wanted = _CURVES.get(space, ())
    if profile[20:24] != b"XYZ ":  # curves would lead to lightness, not to light
        wanted = ()
    tags = {}
    for number in range(count):
        name, offset, size = struct.unpack_from(">4sII", profile, first + 12 * number)
        if name in wanted:
            tags[name] = profile[offset : offset + size]
    return space, tags


def _name(space: bytes) -> str:
    text = space.decode("ascii", "replace").strip()
    return text if text.isalnum() else "unknown colours"
