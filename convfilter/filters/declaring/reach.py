"""How far filters look around each pixel, and what they do with alpha."""

from __future__ import annotations

from typing import Literal

__all__ = ["POINT", "WHOLE", "AlphaRule", "Reach", "around", "around_ranks"]

AlphaRule = Literal["smooths", "keeps", "point"]
"""What becomes of alpha where it is uneven, and how far it weighs the colours.

``smooths``: colours count as far as they are visible, and alpha is blurred, ranked or pooled as
they are. ``keeps``: colours count as far as they are visible; alpha itself stays as it was, or is
sampled at the middle of each window where the size changes. ``point``: a pixel's colour becomes
what it becomes whatever its neighbours, so alpha stays and weighs nothing; only a decision about
the whole picture, such as an automatic threshold, leaves out pixels that are not visible.
"""


class Reach:
    """The pixels around the middle of its window that an output looks at.

    Where windows walk by a stride or over a padding, the middle of an output's window is the row
    ``(span - 1) // 2`` of the ``span = above + 1 + below`` rows that it covers; with a stride of 1
    and the padding "same" it is the output's own place. Columns are alike. Beyond the edge of the
    picture stands what the border puts there: up to as many rows inside it, or with "wrap" those of
    the opposite edge.

    Attributes
    ----------
    above, below, left, right : rows and columns on each side
    whole : whether the result depends on the whole picture, or on the place of a pixel in it
    """

    __slots__ = ("above", "below", "left", "right", "whole")

    def __init__(
        self, above: int, below: int, left: int, right: int, *, whole: bool = False
    ) -> None:
        self.above = above
        self.below = below
        self.left = left
        self.right = right
        self.whole = whole

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Reach) and self._sides == other._sides

    def __hash__(self) -> int:
        return hash(self._sides)

    def __repr__(self) -> str:
        if self.whole:
            return "WHOLE"
        return (
            f"Reach(above={self.above}, below={self.below}, left={self.left}, right={self.right})"
        )

    @property
    def _sides(self) -> tuple[int, int, int, int, bool]:
        return self.above, self.below, self.left, self.right, self.whole

    def then(self, following: Reach) -> Reach:
        """Return the reach of one step after the other, both of stride 1."""
        if self.whole or following.whole:
            return WHOLE
        return Reach(
            self.above + following.above,
            self.below + following.below,
            self.left + following.left,
            self.right + following.right,
        )

    def dilated(self, dilation: int | tuple[int, int]) -> Reach:
        """Return the reach of windows whose taps stand further apart."""
        if self.whole:
            return self
        down, along = dilation if isinstance(dilation, tuple) else (dilation, dilation)
        return around(((self.above + self.below) * down + 1, (self.left + self.right) * along + 1))


WHOLE = Reach(0, 0, 0, 0, whole=True)
"""The whole picture."""


def around(size: int | tuple[int, ...]) -> Reach:
    """Return the reach of a window of `size`; an even one reaches one further right and down."""
    rows, columns = size if isinstance(size, tuple) else (size, size)
    return Reach((rows - 1) // 2, rows // 2, (columns - 1) // 2, columns // 2)


def around_ranks(size: int | tuple[int, ...]) -> Reach:
    """Return the reach of medians and percentiles in windows of `size`.

    Where alpha is uneven, a hidden pixel of a window takes the mean of what is visible around it,
    in a window as large again on each side. Other pictures need less, but the reach is that of any.
    """
    rows, columns = size if isinstance(size, tuple) else (size, size)
    return around(size).then(around((2 * rows - 1, 2 * columns - 1)))


POINT = around(1)
"""Nothing but the pixel itself."""
