"""Which chunks of an array a chunk of the result is made of; knows nothing of Dask."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple

__all__ = ["Cut", "Span", "borders", "cuts", "result_spans"]


class Span(NamedTuple):
    """Rows, or columns, from the first one to before the last one."""

    first: int
    last: int

    @property
    def length(self) -> int:
        """How many there are."""
        return self.last - self.first


class Cut(NamedTuple):
    """What of a chunk goes where, along one axis.

    Attributes
    ----------
    chunk : number of the chunk
    inside : where it lies in the chunk
    to : where it goes in what is put together
    """

    chunk: int
    inside: Span
    to: Span


def borders(chunks: Sequence[int]) -> list[int]:
    """Return where chunks begin, and where the last one ends."""
    return [0, *accumulate(chunks)]


def result_spans(chunks: Sequence[int], made: int, size: int | None = None) -> list[Span]:
    """Return chunks of a result of `made` rows: of `size` each, where that is given.

    Else they lie as those of the picture do, in proportion, so that each is made mostly of that
    chunk and of the edges of those beside it.
    """
    places = borders(chunks)
    whole = places[-1]
    ends = [(place * made + whole // 2) // whole for place in places]
    if size is not None:
        ends = [*range(0, made, size), made]
    return [Span(first, last) for first, last in pairwise(ends) if last > first]


def cuts(places: Sequence[int], wanted: Span) -> Iterator[Cut]:
    """Yield which parts of which chunks, whose borders are given, together are what is wanted."""
    chunk = bisect_right(places, wanted.first) - 1
    while chunk + 1 < len(places) and places[chunk] < wanted.last:
        first, last = max(places[chunk], wanted.first), min(places[chunk + 1], wanted.last)
        if last > first:
            inside = Span(first - places[chunk], last - places[chunk])
            yield Cut(chunk, inside, Span(first - wanted.first, last - wanted.first))
        chunk += 1
