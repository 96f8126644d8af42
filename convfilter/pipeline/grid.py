"""Where the pixels of a result lie on those of the picture that a pipeline was given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from convfilter.engine.window.axes import Axis, lay_out
from convfilter.picture.image import Image, Metadata
from convfilter.picture.tags import SAME_GRID, Grid
from convfilter.pipeline.steps import Step

__all__ = ["grid_of", "on_grid"]


def grid_of(steps: Sequence[Step], size: tuple[int, int]) -> Grid | None:
    """Return the grid of what the steps make of a picture of `size`, rows and columns.

    None where a step does not say on which rows and columns its window stands.
    """
    grid = SAME_GRID
    for step in steps:
        values = step.parameters
        if "padding" not in values:
            continue
        reach = step.filter.reach(values)
        stride = values.get("stride", 1)
        if stride is None:  # as pooling has it
            stride = values["size"]
        if stride in (1, (1, 1)) and values["padding"] == "same":
            continue
        if reach.whole:
            return None
        axes = lay_out((*size, 1), reach.window, stride, 1, values["padding"])
        rows, columns = axes
        first = ((rows.reach - 1) / 2 - rows.before, (columns.reach - 1) / 2 - columns.before)
        grid = grid.then(Grid((rows.stride, columns.stride), first))
        is_open = bool(values.get("ceil_mode"))
        tall, wide = (axis.outputs + (is_open and _has_rest(axis)) for axis in axes)
        size = tall, wide
    return grid


def _has_rest(axis: Axis) -> bool:
    """Tell whether a last window reaches beyond the picture with its padding."""
    return (axis.size + axis.before + axis.after - axis.reach) % axis.stride != 0


def on_grid(image: Image, steps: Sequence[Step]) -> Metadata:
    """Return what is said of a picture, for what these steps make of its pixels."""
    metadata = image.metadata
    if metadata.tags is None and metadata.density is None:
        return metadata
    grid = grid_of(steps, (image.height, image.width))
    tags, density = metadata.tags, metadata.density
    if tags is not None:
        before = tags.grid
        tags = tags._replace(grid=before.then(grid) if before and grid else None)
    if density is not None and grid is not None:
        density = density[0] / grid.step[1], density[1] / grid.step[0]
    return replace(metadata, tags=tags, density=density)
