"""What stands beyond the edge of an image: the borders, by NumPy's names.

A border is a rule that tells for every position beyond the edge which position of the image it
repeats. `_RULES` has all of them, and whatever extends an image asks here: a border with a
rule is one for every function, and any other name is refused by all of them alike.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from convfilter.errors import UnknownNameError

Border = Literal["constant", "edge", "reflect", "symmetric", "wrap"]

Positions = NDArray[np.int64]

MOST_REMEMBERED = 1 << 16
"""Positions of an axis whose sources are remembered."""


class _Rule(NamedTuple):
    """How a border continues an axis.

    Attributes
    ----------
    pattern : what stands before and after the pixels abcd
    sources : the positions of the image that are repeated at some positions, of which 0 is the
        first one of the image and the second argument its size; -1 for `fill`
    reads_far_side : whether pixels of the opposite side stand beyond an edge
    """

    pattern: str
    sources: Callable[[Positions, int], Positions]
    reads_far_side: bool = False


def _constant(position: Positions, size: int) -> Positions:
    return np.where((position >= 0) & (position < size), position, -1)


def _edge(position: Positions, size: int) -> Positions:
    return np.clip(position, 0, size - 1)


def _reflect(position: Positions, size: int) -> Positions:
    if size == 1:
        return np.zeros_like(position)
    folded = position % (2 * size - 2)
    return np.minimum(folded, 2 * size - 2 - folded)


def _symmetric(position: Positions, size: int) -> Positions:
    folded = position % (2 * size)
    return np.minimum(folded, 2 * size - 1 - folded)


def _wrap(position: Positions, size: int) -> Positions:
    return position % size


_RULES: dict[Border, _Rule] = {
    "constant": _Rule("fill", _constant),
    "edge": _Rule("aaa|abcd|ddd", _edge),
    "reflect": _Rule("dcb|abcd|cba", _reflect),
    "symmetric": _Rule("cba|abcd|dcb", _symmetric),
    "wrap": _Rule("bcd|abcd|abc", _wrap, reads_far_side=True),
}

BORDERS: tuple[Border, ...] = tuple(_RULES)

PATTERNS = ", ".join(f"{name} ({rule.pattern})" for name, rule in _RULES.items())
"""All borders with their patterns, in words."""


def check_border(border: str) -> Border:
    """Return the border, or raise UnknownNameError with the nearest names."""
    if isinstance(border, str):
        for known in _RULES:
            if border == known:
                return known
    raise UnknownNameError("border", str(border), tuple(_RULES))


def reads_far_side(border: Border) -> bool:
    """Tell whether pixels of the opposite side of the image stand beyond an edge."""
    return _RULES[border].reads_far_side


def source_indices(size: int, before: int, extent: int, border: Border) -> Positions:
    """Return the image index of the positions ``-before .. extent - before - 1``, -1 for fill.

    The array is read-only: those of ordinary images are remembered for the next call.
    """
    if extent > MOST_REMEMBERED:
        return _source_indices(size, before, extent, border)
    return _remembered_indices(size, before, extent, border)


@functools.lru_cache(maxsize=64)
def _remembered_indices(size: int, before: int, extent: int, border: Border) -> Positions:
    indices = _source_indices(size, before, extent, border)
    indices.setflags(write=False)
    return indices


def _source_indices(size: int, before: int, extent: int, border: Border) -> Positions:
    positions = np.arange(extent, dtype=np.int64) - before
    return _RULES[border].sources(positions, size)
