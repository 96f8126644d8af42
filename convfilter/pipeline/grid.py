"""Where the pixels of a result lie on those of the picture that a pipeline was given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from convfilter.engine.window.axes import Axis, lay_out
from convfilter.filters.declaring.lengths import is_length
from convfilter.filters.declaring.measured import in_pixels
from convfilter.filters.declaring.values import written
from convfilter.picture.image import Image, Metadata
from convfilter.picture.spacing import Spacing
from convfilter.picture.tags import SAME_GRID, Grid
from convfilter.pipeline.steps import Step

__all__ = [
    "axes_of_step",
    "grid_of",
    "keeps_place",
    "lengths_in_words",
    "on_grid",
    "steps_in_pixels",
    "strides_of_step",
]


def grid_of(steps: Sequence[Step], size: tuple[int, int]) -> Grid | None:
    """Return the grid of what the steps make of a picture of `size`, rows and columns.

    None where a step does not say on which rows and columns its window stands.
    """
    grid = SAME_GRID
    for step in steps:
        values = step.parameters
        if "padding" not in values or keeps_place(step):
            continue
        if step.filter.reach(values).whole:
            return None
        axes = rows, columns = axes_of_step(step, size)
        first = ((rows.reach - 1) / 2 - rows.before, (columns.reach - 1) / 2 - columns.before)
        grid = grid.then(Grid((rows.stride, columns.stride), first))
        size = axes[0].outputs, axes[1].outputs
    return grid


def keeps_place(step: Step) -> bool:
    """Tell whether each output of a step stands on the pixel at its own row and column."""
    values = step.parameters
    return strides_of_step(step) == (1, 1) and values.get("padding", "same") == "same"


def strides_of_step(step: Step) -> tuple[int, int]:
    """Return how many rows, and columns, lie between outputs of a step."""
    values = step.parameters
    if "padding" not in values:
        return 1, 1
    stride = values.get("stride", 1)
    if stride is None:  # as pooling has it
        stride = values["size"]
    return stride if isinstance(stride, tuple) else (stride, stride)


def axes_of_step(step: Step, size: tuple[int, int]) -> tuple[Axis, Axis]:
    """Return how the window of a step walks over a picture of `size`, taps side by side.

    Raises
    ------
    ArgumentError
        Where no output is left.
    """
    values = step.parameters
    reach = step.filter.reach(values)
    window = (reach.known or reach).window
    padding = values.get("padding", "same")
    axes = lay_out((*size, 1), window, strides_of_step(step), 1, padding)
    if not values.get("ceil_mode"):
        return axes
    rows, columns = map(_with_rest, axes)
    return rows, columns


def _with_rest(axis: Axis) -> Axis:
    """Return an axis with a last window that reaches beyond the picture, if one begins on it."""
    padded = axis.size + axis.before + axis.after
    outputs = -(-(padded - axis.reach) // axis.stride) + 1
    if (outputs - 1) * axis.stride >= axis.size + axis.before:
        outputs -= 1
    return axis._replace(outputs=outputs)


def on_grid(image: Image, steps: Sequence[Step]) -> Metadata:
    """Return what is said of a picture, for what these steps make of its pixels."""
    metadata, spacing = image.metadata, image.spacing
    tags, density, dpi = metadata.tags, metadata.density, metadata.dpi
    if tags is None and density is None and spacing is None:
        return metadata
    grid = grid_of(steps, (image.height, image.width))
    if tags is not None:
        before = tags.grid
        if dpi is not None and grid is not None and tags.describes_pixels:
            dpi = dpi[0] / grid.step[1], dpi[1] / grid.step[0]
        tags = tags._replace(grid=before.then(grid) if before and grid else None)
    if density is not None and grid is not None:
        density = density[0] / grid.step[1], density[1] / grid.step[0]
    spacing = spacing.times(*grid.step) if spacing and grid else None
    return replace(metadata, tags=tags, density=density, dpi=dpi, spacing=spacing)


def steps_in_pixels(steps: Sequence[Step], image: Image | None) -> tuple[Step, ...]:
    """Return steps with pixels in place of lengths, as far apart as each step gets them.

    Without an `image` nobody knows how far that is.

    Raises
    ------
    ArgumentError
        As `in_pixels`.
    """
    done: list[Step] = []
    for step in steps:
        if step.has_lengths:
            spacing = None if image is None else _spacing_behind(done, image)
            values = in_pixels(step.filter.parameters, step.parameters, spacing)
            step = step._replace(parameters=values)
        done.append(step)
    return tuple(done)


def _spacing_behind(steps: Sequence[Step], image: Image) -> Spacing | None:
    """Return how far pixels lie apart in what steps make of a picture."""
    grid, spacing = grid_of(steps, (image.height, image.width)), image.spacing
    return spacing.times(*grid.step) if spacing and grid else None


def lengths_in_words(steps: Sequence[Step], image: Image) -> tuple[str, ...]:
    """Return a line for each length of the steps: how many pixels of the picture it is."""
    pairs = zip(steps, steps_in_pixels(steps, image), strict=True)
    return tuple(
        f"{step.name} {name} {written(value)}: {written(measured.parameters[name])} pixels"
        for step, measured in pairs
        for name, value in step.given
        if is_length(value)
    )
