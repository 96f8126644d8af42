"""What filters do with a picture of which nobody knows more than its shape and its dtype."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from convfilter.filters.pixels.picture import Pixels
from convfilter.filters.preparing.tape import Tape
from convfilter.runtime.checks import Array

__all__ = ["Quick", "Run", "traced"]

Run = Callable[[Pixels], Pixels]
"""The steps of a pipeline."""

Quick = Callable[[Array, Array | None], Array | None]
"""Takes an image and memory for the result, or None for new memory; returns the result.

The image has the shape and the dtype that it was traced for. None where a value asks for more.
"""


def traced(run: Run, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Quick | None:
    """Return all that the steps do with arrays of a shape and a dtype.

    None where they decide by values, where the array is no small picture, and where it would be
    converted before it is filtered, as masks are.
    """
    pixels = Pixels.of(np.zeros(shape, dtype))
    if pixels.dtype != dtype or pixels.is_mask:
        return None
    tape = Tape(pixels.colour)
    try:
        with np.errstate(all="ignore"):  # black may be divided by black
            result = run(pixels.changed(colour=tape.image))
            return None if result.has_alpha else tape.player(result.finish())
    except Exception:  # noqa: BLE001 - whatever it is, the picture itself is filtered the long way
        return None
