"""Tone curves: from the values of a channel, 0 to 1, to the light that they stand for, and back.

Curves go on for values below 0 and above 1, which pictures of floats may hold: below 0 they are
odd, above 1 they follow their formula, or the last slope of their table. NaN stays NaN. Infinities
and overflow raise the warnings of NumPy, which the caller silences.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["SRGB", "Curve", "Parametric", "Sampled", "read_curve"]

Array = NDArray[Any]

MOST_SAMPLES = 1 << 16
"""Entries of a table: one for each value of 16 bits."""

_TABLE_WHITE = 65535

_NEAR = 2.0**-24
"""So near to the light of a flat part, light is taken for it: what float32 rounds by near 1 at
most, and a 256th of the step of a table."""

_LARGEST_FALL = 1e-3
"""So far above its power the line of a formula may end."""

_BRIGHTEST = 1000
"""Light of white, which is 1 where a profile is sound."""


class Curve(Protocol):
    """A curve that rises or stays, but never falls. Floats in, floats of the same dtype out."""

    def decode(self, values: Array) -> Array:
        """Return the light of encoded values."""

    def encode(self, light: Array) -> Array:
        """Return the encoded values of light."""


@dataclass(frozen=True)
class Parametric:
    """A power, and a straight line below it: ICC.1:2022, 10.18, of which this is function type 4.

    ``(a x + b) ** g + e`` for x from d on, ``c x + f`` below. The other types are this one with
    some of the numbers fixed. Light below 0 is none, as the standard has it. A line that ends above
    the power by little more than profiles round is made less steep: a curve that fell could not be
    undone.

    Raises
    ------
    ValueError
        For a curve that falls, or gives the same light for every value.
    """

    g: float
    a: float = 1.0
    b: float = 0.0
    c: float = 0.0
    d: float = 0.0
    e: float = 0.0
    f: float = 0.0

    def __post_init__(self) -> None:
        if not (self.g > 0 and self.a > 0 and self.c >= 0):
            raise ValueError("a curve that does not rise")
        if self.d > 0:
            meeting = self._power_at(self.d)
            fall = self.c * self.d + self.f - meeting
            if fall > _LARGEST_FALL or self.f > meeting:
                raise ValueError("a curve that falls")
            if fall > 0:
                object.__setattr__(self, "c", (meeting - self.f) / self.d)
        if not self._at(1.0) > self._at(0.0):
            raise ValueError("a curve of one value")
        if self._at(1.0) > _BRIGHTEST:
            raise ValueError("a curve far above white")

    def decode(self, values: Array) -> Array:
        """Return the light of encoded values."""
        return _odd(self._decode, values)

    def encode(self, light: Array) -> Array:
        """Return the encoded values of light; those of a flat part at black are black."""
        return _odd(self._encode, light)

    def _decode(self, x: Array) -> Array:
        power = np.maximum(self.a * x + self.b, 0) ** self.g + self.e
        if self.d > 0:
            power = np.where(x < self.d, self.c * x + self.f, power)
        return np.maximum(power, 0)

    def _encode(self, y: Array) -> Array:
        x = (np.maximum(y - self.e, 0) ** (1 / self.g) - self.b) / self.a
        if self.d > 0:
            x = np.maximum(x, self.d)
            line = np.minimum((y - self.f) / self.c, self.d) if self.c > 0 else x.dtype.type(self.d)
            x = np.where(y < self._power_at(self.d), line, x)
        return np.where(y <= self._at(0.0), x.dtype.type(0), x)

    def _at(self, x: float) -> float:
        return max(self.c * x + self.f if x < self.d else self._power_at(x), 0.0)

    def _power_at(self, x: float) -> float:
        try:
            return math.pow(max(self.a * x + self.b, 0.0), self.g) + self.e
        except OverflowError as error:
            raise ValueError("a curve beyond all numbers") from error


class Sampled:
    """A table of light for values evenly spaced from 0 to 1; between two entries it is straight.

    Where the table is flat, light does not tell the value: it is encoded as the middle of the flat
    part, at the darkest as 0 and at the brightest as 1.

    Parameters
    ----------
    table : array (N,) of float64, N at least 2
        Whole multiples of 1/65535.

    Raises
    ------
    ValueError
        For a table that falls somewhere, or has one value only.
    """

    def __init__(self, table: NDArray[np.float64]) -> None:
        steps = np.diff(table)
        if (steps < 0).any() or not (steps > 0).any():
            raise ValueError("a table that does not rise")
        self._values = np.linspace(0, 1, len(table))
        self._light = table
        last = steps[-1] * steps.size
        self._slope = float(last if last > 0 else table[-1] - table[0])
        self._sought, self._found = _inverse(self._values, table)

    def decode(self, values: Array) -> Array:
        """Return the light of encoded values."""
        return _odd(self._decode, values)

    def encode(self, light: Array) -> Array:
        """Return the encoded values of light."""
        return _odd(self._encode, light)

    def _decode(self, x: Array) -> Array:
        inside = np.interp(x, self._values, self._light)
        beyond = self._light[-1] + (x - 1) * self._slope
        return np.where(x > 1, beyond, inside).astype(x.dtype, copy=False)

    def _encode(self, y: Array) -> Array:
        inside = np.interp(y, self._sought, self._found)
        white = self._light[-1]
        beyond = 1 + (y - white) / self._slope
        return np.where(y > white, beyond, inside).astype(y.dtype, copy=False)


def _inverse(
    values: NDArray[np.float64], light: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return points of the inverse: light that rises everywhere, and a value for each."""
    starts = np.flatnonzero(np.diff(light, prepend=-1) > 0)
    ends = np.append(starts[1:], light.size) - 1
    middle = (values[starts] + values[ends]) / 2
    if ends[0] > starts[0]:
        middle[0] = 0
    if ends[-1] > starts[-1]:
        middle[-1] = 1
    flat = ends > starts
    sought = np.stack([light[starts] - _NEAR, light[starts], light[starts] + _NEAR], axis=1)
    found = np.stack([values[starts], middle, values[ends]], axis=1)
    # the darkest light has nothing below it, the brightest nothing above it within the table
    wanted = np.stack([flat, np.ones_like(flat), flat], axis=1)
    wanted[0, 0] = wanted[-1, 2] = False
    return sought[wanted], found[wanted]


def _odd(function: Callable[[Array], Array], values: Array) -> Array:
    result = function(np.abs(values))
    np.negative(result, out=result, where=values < 0)
    return result


SRGB = Parametric(2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
"""IEC 61966-2-1."""


def read_curve(tag: bytes) -> Curve:
    """Read the data of a tag `curv` (ICC.1:2022, 10.6) or `para` (10.18).

    Raises
    ------
    ValueError
        For damage, other types, curves that fall, and more than 65536 samples.
    """
    try:
        kind, count = struct.unpack_from(">4s4xI", tag)
        if kind == b"curv":
            return _sampled(tag, count)
        if kind == b"para":
            return _parametric(tag, count >> 16)
    except struct.error as error:
        raise ValueError("the tag is too short") from error
    raise ValueError(f"a curve of the type {kind!r}")


def _sampled(tag: bytes, count: int) -> Curve:
    if count == 0:
        return Parametric(1.0)
    if count == 1:
        (gamma,) = struct.unpack_from(">H", tag, 12)
        return Parametric(gamma / 256)
    if count > MOST_SAMPLES or len(tag) < 12 + 2 * count:
        raise ValueError(f"a table of {count} samples")
    return Sampled(np.frombuffer(tag, ">u2", count, 12) / _TABLE_WHITE)


def _parametric(tag: bytes, function_type: int) -> Curve:
    names = ("g", "gab", "gabc", "gabcd", "gabcdef")
    if function_type >= len(names):
        raise ValueError(f"a function of the type {function_type}")
    letters = names[function_type]
    numbers = struct.unpack_from(f">{len(letters)}i", tag, 12)
    given = {letter: number / 65536 for letter, number in zip(letters, numbers, strict=True)}
    if function_type in (1, 2):
        if not given["a"] > 0:
            raise ValueError("a curve that does not rise")
        below = given.pop("c", 0.0)
        return Parametric(**given, d=-given["b"] / given["a"], e=below, f=below)
    return Parametric(**given)
