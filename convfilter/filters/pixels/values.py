"""Raw values of pictures: their brightness, how they are rounded, what visible ones have in all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from convfilter.engine.planning import within
from convfilter.errors import ArgumentError
from convfilter.runtime.checks import Array
from convfilter.runtime.missing import Bools

if TYPE_CHECKING:
    from convfilter.engine.window.placing import Figure

__all__ = [
    "LUMA_WEIGHTS",
    "MIDDLE_GREY",
    "as_alpha",
    "check_alpha",
    "found_together",
    "ignoring_infinities",
    "luma",
    "rounded",
    "with_gaps",
]

Found = TypeVar("Found")

MIDDLE_GREY = 128
"""The intensity that shows a response of 0 where responses are offset."""

LUMA_WEIGHTS = (0.299, 0.587, 0.114)
"""Red, green and blue in the luma of ITU-R BT.601, which JPEG uses."""


def ignoring_infinities() -> np.errstate:
    """Let infinities cancel to NaN without a warning, as they do in the engine."""
    return np.errstate(invalid="ignore", over="ignore")


def luma(values: Array) -> Array:
    """Return the brightness (H, W) of RGB values (H, W, 3), floats."""
    red, green, blue = (values[:, :, channel] for channel in range(3))
    of_red, _, of_blue = map(values.dtype.type, LUMA_WEIGHTS)
    # from differences, so that equal channels give their own value to the last bit
    brightness: Array = green + of_red * (red - green) + of_blue * (blue - green)
    return brightness


def rounded(values: Array, dtype: np.dtype[Any]) -> Array:
    """Return the values in a dtype: integers are rounded to nearest and saturated."""
    if values.dtype == dtype or dtype.kind == "f":
        return values.astype(dtype, copy=False)
    limits = np.iinfo(dtype)
    return np.clip(np.rint(values), limits.min, limits.max).astype(dtype)


def check_alpha(plane: Array, white: float) -> None:
    """Raise ArgumentError for alpha (H, W) with values beyond 0 to `white`, or NaN."""
    if plane.dtype.kind == "u":
        return
    # NaN is neither at least 0 nor at most white
    if float(plane.min()) >= 0 and float(plane.max()) <= white:
        return
    wrong = ~((plane >= 0) & (plane <= white))
    row, column = np.argwhere(wrong)[0].tolist()
    raise ArgumentError(
        f"alpha is {plane[row, column]:g} at row {row}, column {column}: it goes from 0 to"
        f" {white:g} in {plane.dtype}; scale it, or leave it out if this is no alpha"
    )


def found_together(
    name: str, values: Array, alpha: Array | None, kind: type[Figure[Found]]
) -> Found:
    """Return a figure of the visible values of a whole picture, to which a part adds its own.

    Those are values (H, W) or (H, W, C) that are not clear by alpha (H, W); of a picture that is
    clear everywhere all count.
    """

    def gather(own: tuple[slice, slice]) -> tuple[bool, Figure[Found]]:
        """Return whether something is visible, and the figure of that, or else of all."""
        mine = values[own]
        seen = None if alpha is None else alpha[own] > 0
        if seen is not None and seen.any():
            return True, kind.of(mine[seen])
        return seen is None, kind.of(mine.reshape(-1, *mine.shape[2:]))

    def merged(
        one: tuple[bool, Figure[Found]], other: tuple[bool, Figure[Found]]
    ) -> tuple[bool, Figure[Found]]:
        if one[0] != other[0]:  # what is visible decides alone
            return one if one[0] else other
        return one[0], one[1].merged(other[1])

    part = within()
    assert part is not None
    _, figure = part.figure(name, (values.shape[0], values.shape[1]), gather, merged)
    found: Found = figure.concluded()
    return found


def as_alpha(plane: Array, white: float) -> Array:
    """Return finished values within the range of alpha: sums may be a last bit above white."""
    return plane if plane.dtype.kind == "u" else np.clip(plane, 0, plane.dtype.type(white))


def with_gaps(colour: Array, present: Bools, alpha: Array | None) -> Array:
    """Return the colours, 0 where they are missing; refuse what is as well of uneven alpha."""
    if alpha is not None and bool((alpha != alpha[0, 0]).any()):
        raise ArgumentError(
            "some values are missing, and alpha is uneven, so that there are two ways to leave"
            " pixels out: say that alpha is none of them, by alpha drop or filter"
        )
    return np.where(present, colour, colour.dtype.type(0))
