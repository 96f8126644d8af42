"""Tags of a TIFF page that hold for some pixels alone, and how a filter has moved these."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["SAME_GRID", "Grid", "PageTags"]


class Grid(NamedTuple):
    """Where the pixels of a filtered picture lie on those of the picture before, rows and columns.

    The middle of pixel ``i`` lies at ``first + i * step`` along each axis, counted in pixels of the
    picture before from the middle of its pixel 0.
    """

    step: tuple[int, int] = (1, 1)
    first: tuple[float, float] = (0.0, 0.0)

    def then(self, other: Grid) -> Grid:
        """Return where pixels lie that `other` puts on those of this grid."""
        step = self.step[0] * other.step[0], self.step[1] * other.step[1]
        first = (
            self.first[0] + self.step[0] * other.first[0],
            self.first[1] + self.step[1] * other.first[1],
        )
        return Grid(step, first)


SAME_GRID = Grid()
_DESCRIPTION = 270


class PageTags(NamedTuple):
    """What a TIFF page says that holds for its own pixels and stack.

    Attributes
    ----------
    order : {"<", ">"}
        The byte order of the values.
    entries : tuple of (int, int, bytes)
        The tag, the kind of its values (TIFF 6.0, section 2), and these.
    size : (int, int)
        Columns and rows of the page, turned upright.
    pages : int
        How many pages the file has.
    grid : Grid or None
        Where the pixels lie on those of the page; None if nobody knows.
    """

    order: str
    entries: tuple[tuple[int, int, bytes], ...]
    size: tuple[int, int]
    pages: int
    grid: Grid | None = SAME_GRID

    @property
    def describes_pixels(self) -> bool:
        """Whether a description such as ImageJ's goes with them, for which a resolution is a scale.

        That of photographs says how large to print them.
        """
        return any(tag == _DESCRIPTION for tag, _, _ in self.entries)
