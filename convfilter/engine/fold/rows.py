"""Padded rows of a part of a fold, and the loops that join them: what its algorithms share."""

from __future__ import annotations

import functools

import numpy as np

from convfilter.engine.fold.fold import Fold
from convfilter.engine.window.axes import Axis
from convfilter.engine.window.source import Part, Source
from convfilter.runtime.compiled import Loop, loop

BYTES = np.dtype(np.uint8)


@functools.lru_cache(maxsize=64)
def _at_every_column(columns: Axis) -> Axis:
    return columns._replace(stride=1, outputs=(columns.outputs - 1) * columns.stride + 1)


class Rows:
    """The padded rows of a part with an output at every column.

    Attributes
    ----------
    source : the padded rows
    first, count, have_place : columns of the image that are read (see `Source.columns_read`)
    """

    def __init__(self, operation: Fold, part: Part) -> None:
        image, columns = part.image, part.columns
        if operation.over_channels is not None:
            image = image.reshape(image.shape[0], -1, 1)
        part = Part(image, part.rows, _at_every_column(columns), part.origin)
        self.source = Source(part, operation.border, operation.fill, image.dtype)
        self.first, self.count, self.have_place = self.source.columns_read()


JOINS = "engine.fold.loops.joins"

_NAMES = {"max": "largest", "min": "smallest", "mean": "total"}


def name_of_join(operation: Fold) -> str:
    """Return the name of the loop that joins rows as the operation does."""
    return f"{JOINS}.{_NAMES[operation.reduce]}"


def joins(operation: Fold) -> tuple[Loop, Loop]:
    """Return the loops that join rows of the image, and rows of what they became."""
    name, kind = name_of_join(operation), operation.kind
    return loop(name, S=operation.outline.dtype, T=kind), loop(name, S=kind, T=kind)
