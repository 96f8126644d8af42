"""Where an image lies in the whole that it is a part of, and what has been found out of that whole.

A picture that is too large for memory is filtered part by part, each as if it were a picture of
its own, and rows and columns near its made-up edges are thrown away. What is left has to have the
bits of the whole. Nearly everything here looks at windows alone. What does not asks `within()`: how
large the whole is (which algorithm is chosen), where in it an image begins (where its blocks lie),
and which figure, such as the largest value, all parts together have found.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any, NamedTuple, Protocol, Self, TypeVar

from numpy.typing import NDArray

from convfilter.errors import ConvfilterError

__all__ = [
    "Figure",
    "FigureNeededError",
    "Findings",
    "NotInPartsError",
    "Place",
    "Within",
]

Found = TypeVar("Found", covariant=True)

Span = tuple[int, int]
"""The first of some rows or columns, and the one after the last."""

Size = tuple[int, int]
"""Rows and columns."""

Key = tuple[Hashable, int]
"""What is asked for, and how often it has been asked for before."""


class Place(NamedTuple):
    """Where an image lies in a whole, for rows and for columns.

    Attributes
    ----------
    origin : the row and the column of the whole where it begins
    whole : rows and columns of the whole
    own : the rows and the columns of the image that count for this part; all parts together have
        every pixel of the whole once
    """

    origin: tuple[int, int]
    whole: Size
    own: tuple[Span, Span]

    @property
    def slices(self) -> tuple[slice, slice]:
        """What is this part's own, as an index."""
        return slice(*self.own[0]), slice(*self.own[1])


class FigureNeededError(Exception):
    """A figure of the whole is not known yet: all parts have to be looked at first."""


class Figure(Protocol[Found]):
    """What some values contribute to a figure."""

    @classmethod
    def of(cls, values: NDArray[Any]) -> Self:
        """Take values (N,) or (N, C)."""

    def merged(self, other: Self) -> Self:
        """Return what both contribute together."""

    def concluded(self) -> Found:
        """Return the figure of all values that were contributed."""


class NotInPartsError(ConvfilterError):
    """Something can only be done with the whole picture in memory; the message says why."""


class Findings:
    """What the parts of one picture have found out about the whole of it.

    Attributes
    ----------
    figures : what is known
    gathered : of the figures that are not, what some parts have contributed
    levels : how often operations have to be carried out in another way than they were planned to,
        which values of some part have asked for
    """

    def __init__(self) -> None:
        self.figures: dict[Key, Any] = {}
        self.gathered: dict[Key, Any] = {}
        self.levels: dict[Key, int] = {}

    def reached(self, key: Key, level: int) -> None:
        """Take note of the way in which an operation had to be carried out at last."""
        if level > self.levels.get(key, 0):
            self.levels[key] = level

    def add(self, key: Key, contribution: Any, merge: Callable[[Any, Any], Any]) -> None:
        """Take what one part contributes to a figure."""
        before = self.gathered
        before[key] = merge(before[key], contribution) if key in before else contribution

    def conclude(self) -> None:
        """Say that every part has contributed."""
        self.figures |= self.gathered
        self.gathered = {}


class Within:
    """One part that is filtered: where the images of its size lie, and what is known of the whole.

    Steps give pictures of other sizes. Each size stands for one place, so that nobody has to say
    for an array which step it comes from.
    """

    def __init__(self, places: Mapping[Size, Place], findings: Findings, *, looks: bool) -> None:
        """Take the place of each size; `looks` says that this is no part, but a rehearsal of one.

        Figures are then made of what is there, and noted. `grains` become the outputs of the tiles
        that some step can only compute together.
        """
        self.places = places
        self.findings = findings
        self.looks = looks
        self.grains: list[int] = []
        self.asked: list[Key] = []
        self._counts: dict[Hashable, int] = {}

    def key(self, name: Hashable) -> Key:
        """Return the key of what is asked for next under this name."""
        count = self._counts.get(name, 0)
        self._counts[name] = count + 1
        return name, count

    def place(self, size: Size) -> Place | None:
        """Return where images of a size lie; None for one that no step gives."""
        return self.places.get(size)

    def figure(
        self,
        name: Hashable,
        size: Size,
        gather: Callable[[tuple[slice, slice]], Any],
        merge: Callable[[Any, Any], Any],
    ) -> Any:
        """Return a figure of the whole, which this part contributes to.

        `gather` is given the rows and columns that are this part's own, of an image of that size.

        Raises
        ------
        NotInPartsError
            For a size that no step gives.
        FigureNeededError
            When it is not known yet; the contribution has been taken.
        """
        key, place = self.key(name), self.places.get(size)
        if place is None:
            raise NotInPartsError("what it does depends on the whole picture")
        if self.looks:
            self.asked.append(key)
            return gather(place.slices)
        if key in self.findings.figures:
            return self.findings.figures[key]
        self.findings.add(key, gather(place.slices), merge)
        raise FigureNeededError
