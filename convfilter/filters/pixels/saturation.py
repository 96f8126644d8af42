"""How much of a result is saturated: values beyond white or black, cut when it is rounded.

A few values of each result are looked at, spread evenly. Where they are at hand before rounding,
those beyond white and black are counted. Where the engine rounds on its way, those that are white
or black are, if some work can have gone beyond. As many as were white or black in the picture from
the beginning are left out: white paper stays white, and nothing is lost.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from math import isqrt
from typing import NamedTuple

import numpy as np

from convfilter.runtime.checks import Array
from convfilter.runtime.compiled import is_rehearsal

__all__ = [
    "ROUNDING",
    "Beyond",
    "Saturation",
    "begin",
    "count_cut",
    "count_rounded",
    "is_recorded",
    "recorded_saturation",
]

LOOKED_AT = 1 << 12
"""Pixels of a picture, about: so few that looking at them takes no time."""

ROUNDING = 1e-4
"""Of white: values so near to it are not beyond, however they were rounded."""


class Saturation:
    """Counts over one result or several, as of all frames of an animation.

    Attributes
    ----------
    above, below : how many values lay beyond white, and beyond black
    """

    def __init__(self) -> None:
        self.above = self.below = 0.0
        self._all = 0
        self._white = self._black = 0.0

    def begin(self, colours: Array, white: float) -> None:
        """Take note of the shares of a picture that are white, or black, from the beginning."""
        few = _spread(colours)
        self._white = _count(few >= _as_in(few, white)) / few.size
        self._black = _count(few <= 0) / few.size

    def add(self, above: float, below: float, values: int) -> None:
        """Count what lay beyond among so many values of what became of the picture."""
        self.above += max(0.0, above - self._white * values)
        self.below += max(0.0, below - self._black * values)
        self._all += values

    @property
    def share(self) -> float:
        """The share of values that lay beyond either, 0 to 1."""
        return (self.above + self.below) / self._all if self._all else 0.0


class Beyond(NamedTuple):
    """Whether some work can take what is within white and black beyond them.

    Beyond black counts only where that is told from a response of 0, which is as black.
    """

    white: bool = False
    black: bool = False


_recorded: ContextVar[Saturation | None] = ContextVar("convfilter_saturation", default=None)


@contextlib.contextmanager
def recorded_saturation() -> Iterator[Saturation]:
    """Count what is cut from all results inside the block."""
    saturation = Saturation()
    token = _recorded.set(saturation)
    try:
        yield saturation
    finally:
        _recorded.reset(token)


def is_recorded() -> bool:
    """Tell whether anybody wants to know."""
    return _wanted() is not None


def _wanted() -> Saturation | None:
    """Return where to count; nowhere in a rehearsal, whose values mean nothing."""
    return None if is_rehearsal() else _recorded.get()


def begin(colours: Array, white: float) -> None:
    """Look at a picture before it is filtered."""
    saturation = _wanted()
    if saturation is not None:
        saturation.begin(colours, white)


def count_cut(values: Array, white: float) -> None:
    """Count the values (H, W) or (H, W, C) of a result that rounding will cut."""
    few, slack = _spread(values), ROUNDING * white
    _add(_count(few > white + slack), _count(few < -slack), few.size)


def count_rounded(result: Array, before: Array, white: float, beyond: Beyond) -> None:
    """Count the values of a rounded result that work of the engine has probably cut.

    `before` are the colours that the work began with, which may lie beyond themselves.
    """
    few = _spread(result)
    has_above, has_below = beyond
    if before.dtype.kind != "u" or before.dtype != result.dtype:
        old = _spread(before)
        has_above = has_above or bool((old > white).any())
        has_below = has_below or bool((old < 0).any())
    above = _count(few == _as_in(few, white)) if has_above else 0
    below = _count(few == 0) if has_below else 0
    _add(above, below, few.size)


def _add(above: int, below: int, values: int) -> None:
    saturation = _wanted()
    if saturation is not None:
        saturation.add(above, below, values)


def _count(chosen: Array) -> int:
    return int(np.count_nonzero(chosen))


def _as_in(colours: Array, white: float) -> float | np.generic:
    """Return white as colours hold it: to compare them with a number of their own takes less."""
    return colours.dtype.type(white) if colours.dtype.kind == "u" else white


def _spread(colours: Array) -> Array:
    height, width = colours.shape[:2]
    # odd, so that what repeats every few pixels is met in all its parts
    down = min(isqrt(height * width // LOOKED_AT), height) | 1
    along = -(-height // down) * width // LOOKED_AT | 1
    return colours[down // 2 % height :: down, along // 2 % width :: along]
