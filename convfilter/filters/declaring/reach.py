"""How far filters look around each pixel, and what they do with alpha."""

from __future__ import annotations

from typing import Literal

__all__ = ["POINT", "WHOLE", "AlphaRule", "Reach", "around", "around_ranks", "for_a_figure"]

AlphaRule = Literal["smooths", "keeps", "point"]
"""What becomes of alpha where it is uneven, and how far it weighs the colours.

``smooths``: colours count as far as they are visible, and alpha is blurred, ranked or pooled as
they are. ``keeps``: colours count as far as they are visible; alpha itself stays as it was, or is
sampled at the middle of each window where the size changes. ``point``: a pixel's colour becomes
what it becomes whatever its neighbours, so alpha stays and weighs nothing; only a decision about
the whole picture, such as an automatic threshold, leaves out pixels that are not visible.
"""


class Reach:
    """The pixels that an output looks at, counted from the middle of its window.

    The window is what walks over the picture: with a stride of 1 and the padding "same", its middle
    is the output's own place. With others, `engine.window.axes.lay_out` says for a window of this
    size which rows each output covers; the middle is row ``(rows - 1) // 2`` of them. Most filters
    look at their window and nothing else. Beyond the edge of the picture stands what the border
    puts there: up to as many rows inside it, or with "wrap" those of the opposite edge.

    Attributes
    ----------
    above, below, left, right : rows and columns on each side of the middle
    window : rows and columns of the window, from its first tap to its last
    whole : whether the result depends on the whole picture, or on the place of a pixel in it
    known : where it depends on figures of the whole alone, such as the largest value: what else an
        output looks at; parts of a picture can find such figures out together
    """

    __slots__ = ("above", "below", "known", "left", "right", "whole", "window")

    def __init__(
        self,
        above: int,
        below: int,
        left: int,
        right: int,
        *,
        window: tuple[int, int] | None = None,
        whole: bool = False,
        known: Reach | None = None,
    ) -> None:
        self.above = above
        self.below = below
        self.left = left
        self.right = right
        self.window = (above + 1 + below, left + 1 + right) if window is None else window
        self.whole = whole
        self.known = known

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Reach) and self._values == other._values

    def __hash__(self) -> int:
        return hash(self._values)

    def __repr__(self) -> str:
        if self.whole:
            return "WHOLE" if self.known is None else f"for_a_figure({self.known!r})"
        sides = f"{self.above}, {self.below}, {self.left}, {self.right}"
        return f"Reach({sides}, window={self.window})"

    @property
    def _values(self) -> tuple[object, ...]:
        sides = self.above, self.below, self.left, self.right
        return *sides, self.window, self.whole, self.known

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

    def union(self, other: Reach) -> Reach:
        """Return the reach of two steps that look at the same picture, both of stride 1."""
        if self.whole or other.whole:
            return WHOLE
        return Reach(
            max(self.above, other.above),
            max(self.below, other.below),
            max(self.left, other.left),
            max(self.right, other.right),
        )

    def turned(self) -> Reach:
        """Return the reach of the same window, turned by 180 degrees."""
        return Reach(self.below, self.above, self.right, self.left, window=self.window)

    def widened(self, rows: int, columns: int) -> Reach:
        """Return the reach of the same window, with so many more rows and columns on each side."""
        return Reach(
            self.above + rows,
            self.below + rows,
            self.left + columns,
            self.right + columns,
            window=self.window,
        )

    def dilated(self, dilation: int | tuple[int, int]) -> Reach:
        """Return the reach of windows whose taps stand further apart."""
        if self.whole:
            return self if self.known is None else for_a_figure(self.known.dilated(dilation))
        down, along = dilation if isinstance(dilation, tuple) else (dilation, dilation)
        rows, columns = ((self.window[0] - 1) * down + 1, (self.window[1] - 1) * along + 1)
        # what is looked at beyond the window is as much on both sides
        beyond = self.below - self.window[0] // 2, self.right - self.window[1] // 2
        return around((rows, columns)).widened(beyond[0] * down, beyond[1] * along)


WHOLE = Reach(0, 0, 0, 0, whole=True)
"""The whole picture."""


def around(size: int | tuple[int, ...]) -> Reach:
    """Return the reach of a window of `size`; an even one reaches one further right and down."""
    rows, columns = size if isinstance(size, tuple) else (size, size)
    return Reach((rows - 1) // 2, rows // 2, (columns - 1) // 2, columns // 2)


def around_ranks(size: int | tuple[int, int]) -> Reach:
    """Return the reach of medians and percentiles in windows of `size`.

    Where alpha is uneven, a hidden pixel of a window takes the mean of what is visible around it,
    in a window as large again on each side. Other pictures need less, but the reach is that of any.
    """
    rows, columns = size if isinstance(size, tuple) else (size, size)
    return around((rows, columns)).widened(rows - 1, columns - 1)


def for_a_figure(reach: Reach) -> Reach:
    """Return what is looked at for a figure of the whole picture, and besides."""
    return reach if reach.whole else Reach(0, 0, 0, 0, whole=True, known=reach)


POINT = around(1)
"""Nothing but the pixel itself."""
