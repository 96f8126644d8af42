"""What filters do with a picture of which nobody knows more than its shape and its dtype.

Filters ask for work of the engine and hand on what it will make. So steps that never ask for a
value can be run on colours that are not there, and the work that they leave behind is all that has
to be done for any picture of that kind.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from convfilter.engine.operation import Operation
from convfilter.engine.replay import Replay, is_small
from convfilter.engine.window.axes import Outline
from convfilter.errors import ConvfilterError
from convfilter.filters.pixels.picture import Pixels
from convfilter.filters.pixels.waiting import Waiting, operations_of
from convfilter.runtime.checks import Array

__all__ = ["Quick", "traced"]

Run = Callable[[Pixels], Pixels]
"""The steps of a pipeline."""


class _ValuesWantedError(Exception):
    """Somebody asks for the values of colours that nobody has seen."""


class _Unseen(Waiting):
    """Colours of a dtype that are not there; who asks for their values is told so by an error."""

    def __init__(self, dtype: np.dtype[Any]) -> None:
        self.only_next_asks = self._clamps = False
        self._todo = self._result = None
        self._dtype = dtype

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype that they would have."""
        return self._dtype

    def raw(self) -> Array:
        """Refuse."""
        raise _ValuesWantedError


class Quick:
    """Small operations of the engine, and what is left to be done with the result."""

    def __init__(
        self,
        operations: list[Operation],
        shape: tuple[int, ...],
        rounded: np.dtype[Any],
        finish: Callable[[Array], Array] | None,
    ) -> None:
        self._replay = Replay(operations, shape, rounded)
        self._finish = finish

    def __call__(self, image: Array, out: Array | None = None) -> Array | None:
        """Return the filtered image, in `out` if it is given; None where it needs more than this.

        The image has the shape and the dtype that the work was traced for.
        """
        if self._finish is None:
            return self._replay(image, out)
        raw = self._replay(image)
        if raw is None:
            return None
        finished = self._finish(raw)
        if out is None:
            return finished
        out[...] = finished
        return out


def traced(run: Run, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Quick | None:
    """Return all that the steps do with arrays of a shape and a dtype.

    None where they ask for values, where the array is no small picture, and where it would be
    converted before it is filtered, as masks are.
    """
    pixels = Pixels.of(np.zeros(shape, dtype))
    if pixels.dtype != dtype or pixels.is_mask:
        return None
    unseen = _Unseen(dtype)
    try:
        result = run(pixels.changed(colour=unseen))
    except (_ValuesWantedError, ConvfilterError):  # which the picture itself will be told
        return None
    colour, word = result.as_it_waits()
    todo = colour.way_from(unseen) if isinstance(colour, Waiting) else None
    if not todo or result.has_alpha or result.is_mask or result.present is not None:
        return None
    if result.signed == "raw" and result.bounded:  # which is refused
        return None
    last, _ = todo[-1]
    shown = last.showing(word) if dtype.kind == "u" else None
    if shown is not None:
        todo[-1] = shown, dtype
    outline = Outline((shape[0], shape[1], shape[2] if len(shape) == 3 else 1), dtype)
    operations = operations_of(outline, todo)
    if not all(map(is_small, operations)):
        return None
    rounded = dtype if shown is not None else operations[-1].dtype

    def finish(raw: Array) -> Array:
        return result.with_colour(raw).finish()

    is_finished = shown is not None or (word is None and rounded == dtype)
    return Quick(operations, shape, rounded, None if is_finished else finish)
