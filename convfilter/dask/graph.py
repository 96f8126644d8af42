"""The graph of a result: one task for each of its chunks, which takes what it needs of its inputs.

Dask's own `map_overlap` cuts edges off chunks, brings them together, filters and trims, a task each
and for every neighbour. Here the task of a chunk depends on those chunks of the array that it looks
at, and takes from them what it needs.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np

from convfilter.dask.blocks import Cut, Span, borders, cuts, result_spans
from convfilter.runtime.array_axes import Layout
from convfilter.runtime.checks import Array

__all__ = ["Graph", "Parts", "graph_of"]


class Parts(Protocol):
    """How a picture becomes a result, part by part: the same for every picture of an array.

    Attributes
    ----------
    shape, dtype : of the result, (H, W) or (H, W, C)
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    def needs(self, rows: Span, columns: Span) -> tuple[Span, Span]:
        """Return which rows and columns of the picture a part of the result is made of."""

    def make(self, pixels: Array, rows: Span, columns: Span) -> Array:
        """Return a part of the result, of what it needs of the picture."""


class Graph(NamedTuple):
    """Tasks by their keys, and the chunks of the array that they make, along each of its axes."""

    tasks: dict[Any, Any]
    chunks: tuple[tuple[int, ...], ...]


class _Piece(NamedTuple):
    """Where a piece of a picture goes, and where it lies in its chunk."""

    rows: Cut
    columns: Cut


class _Task:
    """Makes a chunk of the result: called with the chunks that it looks at, channels side by side.

    It is what workers get, so it holds no more than it needs.
    """

    def __init__(
        self,
        parts: Parts,
        layout: Layout,
        rows: Span,
        columns: Span,
        pieces: Sequence[_Piece],
        size: tuple[int, int],
    ) -> None:
        self.parts = parts
        self.layout = layout
        self.rows = rows
        self.columns = columns
        self.pieces = pieces
        self.size = size

    def __call__(self, chunks: Sequence[Sequence[Any]]) -> Array:
        """Return the chunk of the result; `chunks` are those of each piece, by channels."""
        views = [[self.layout.pictures(np.asarray(c)) for c in of_piece] for of_piece in chunks]
        lengths = views[0][0].shape[: len(self.layout.stack)]
        made = (
            self.parts.make(self._picture(views, index), self.rows, self.columns)
            for index in np.ndindex(lengths)
        )
        return self.layout.put_together(lengths, made)

    def _picture(self, views: Sequence[Sequence[Array]], index: tuple[int, ...]) -> Array:
        """Return what is needed of one picture of the stack."""
        if len(views) == 1 and len(views[0]) == 1:
            return self._cut(views[0][0][index], self.pieces[0])
        first = views[0][0][index]
        channels = sum(view[index].shape[2] for view in views[0]) if first.ndim == 3 else None
        shape = self.size if channels is None else (*self.size, channels)
        picture = np.empty(shape, first.dtype)
        for piece, of_piece in zip(self.pieces, views, strict=True):
            to = np.s_[slice(*piece.rows.to), slice(*piece.columns.to)]
            channel = 0
            for view in of_piece:
                cut = self._cut(view[index], piece)
                if channels is None:
                    picture[to] = cut
                else:
                    picture[(*to, slice(channel, channel + cut.shape[2]))] = cut
                    channel += cut.shape[2]
        return picture

    def _cut(self, picture: Array, piece: _Piece) -> Array:
        cut: Array = picture[slice(*piece.rows.inside), slice(*piece.columns.inside)]
        return cut


def graph_of(
    name: str,
    source: str,
    chunks: Sequence[Sequence[int]],
    layout: Layout,
    parts: Parts,
    sizes: tuple[int | None, int | None] = (None, None),
) -> Graph:
    """Return the graph of a result.

    Parameters
    ----------
    name : what its keys begin with
    source, chunks : what the keys of the array begin with, and its chunks along each axis
    layout : what its axes are
    parts : how its pictures become results
    sizes : rows and columns of the chunks of the result, where they do not follow from the array's
    """
    rows_at, columns_at = borders(chunks[layout.rows]), borders(chunks[layout.columns])
    rows = result_spans(chunks[layout.rows], parts.shape[0], sizes[0])
    columns = result_spans(chunks[layout.columns], parts.shape[1], sizes[1])
    channels = 1 if layout.channels is None else len(chunks[layout.channels])
    stacks = [range(len(chunks[axis])) for axis in layout.stack]
    tasks: dict[Any, Any] = {}
    for (r, of_rows), (c, of_columns) in itertools.product(enumerate(rows), enumerate(columns)):
        needed = parts.needs(of_rows, of_columns)
        pieces = [
            _Piece(*each)
            for each in itertools.product(cuts(rows_at, needed[0]), cuts(columns_at, needed[1]))
        ]
        size = needed[0].length, needed[1].length
        task = _Task(parts, layout, of_rows, of_columns, pieces, size)
        for stack in itertools.product(*stacks):
            inputs = [
                [
                    (source, *_index(layout, stack, piece.rows.chunk, piece.columns.chunk, channel))
                    for channel in range(channels)
                ]
                for piece in pieces
            ]
            numbers = _numbers(layout, stack, r, c, len(parts.shape) == 3)
            tasks[(name, *numbers)] = (task, inputs)
    made = [[span.length for span in spans] for spans in (rows, columns)]
    of_stack = [tuple(chunks[axis]) for axis in layout.stack]
    of_channels = (parts.shape[2],) if len(parts.shape) == 3 else None
    return Graph(tasks, _in_order(layout, of_stack, tuple(made[0]), tuple(made[1]), of_channels))


def _index(
    layout: Layout, stack: tuple[int, ...], row: int, column: int, channel: int
) -> tuple[int, ...]:
    """Return the number of a chunk of the array along each of its axes."""
    index = dict(zip(layout.stack, stack, strict=True))
    index[layout.rows], index[layout.columns] = row, column
    if layout.channels is not None:
        index[layout.channels] = channel
    return tuple(index[axis] for axis in range(len(index)))


def _numbers(
    layout: Layout, stack: tuple[int, ...], row: int, column: int, has_channels: bool
) -> tuple[int, ...]:
    """Return the number of a chunk of the result along each of its axes."""
    return tuple(_in_order(layout, stack, row, column, 0 if has_channels else None))


def _in_order(layout: Layout, stack: Sequence[Any], rows: Any, columns: Any, channels: Any) -> Any:
    """Return what is said of each axis of the result, in the order of its axes."""
    said: list[Any] = [*stack, rows, columns]
    if channels is not None:
        said.append(channels)
    order: Iterator[int] = iter(layout.order(len(said) - len(stack)))
    return tuple(said[axis] for axis in order)
