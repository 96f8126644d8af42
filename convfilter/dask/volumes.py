"""A zarr store through a pipeline by chunks: arrays, and OME-Zarr images with their levels."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise, product
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from convfilter.dask.arrays import map_pipeline
from convfilter.dask.levels import (
    MEANS,
    Reduction,
    factors_of,
    reduced_shape,
    way_of,
)
from convfilter.dask.multiscales import Multiscale, multiscale_of, said_of_result
from convfilter.dask.stores import create_like, opened, placed, say_last
from convfilter.errors import ImageError, listed, shown
from convfilter.picture.image import Image, Metadata
from convfilter.pipeline import Pipeline
from convfilter.pipeline.grid import grid_of, steps_in_pixels
from convfilter.runtime.array_axes import Layout, layout_of

if TYPE_CHECKING:
    from convfilter.files.storage.url import Place

__all__ = ["Filtered", "filter_store"]

Compute = Callable[[Sequence[Any]], None]
"""Computes what is lazy, such as delayed writing."""

ROWS = 1024
"""Rows and columns that a task takes at least, where chunks are smaller."""

MOST_BYTES = 1 << 26
"""A task takes no further chunks together when it has so many bytes."""

SAMPLE = 256
"""Rows and columns of the sample that tells how levels were made."""


class Filtered(NamedTuple):
    """What was done.

    Attributes
    ----------
    shape, dtype : of each picture of the full resolution, (H, W) or (H, W, C)
    pictures : how many there are in the array
    made : rows and columns of the result
    notes : what was not kept
    chunks : a line that tells what a task took
    """

    shape: tuple[int, ...]
    dtype: str
    pictures: int
    made: tuple[int, ...]
    notes: tuple[str, ...]
    chunks: str


def filter_store(
    source: Place,
    target: Place,
    pipeline: Pipeline,
    compute: Compute,
    *,
    axes: str | None = None,
    linear: bool = False,
    overwrite: bool = False,
    max_pixels: int | None = None,
) -> Filtered:
    """Filter a zarr array, or the image of an OME-Zarr store, into a new store.

    The result is stored as the input is: version of zarr, chunks, compression, metadata. Of an
    image in several resolutions the full one is filtered, and the others are made of the result as
    those of the input were.

    Raises
    ------
    ConvfilterError
        The store cannot be read, filtered or written; nothing is left behind.
    """
    node: Any = opened(source)
    name = shown(source)
    try:
        image = None if hasattr(node, "shape") else multiscale_of(dict(node.attrs))
        arrays = _arrays(node, image)
        letters = _axes(arrays[0], image, axes)
    except ImageError as error:
        raise ImageError(f"{name}: {error}") from error
    first = arrays[0]
    layout = layout_of(first.shape, letters)
    pixels = math.prod(first.shape[axis] for axis in (*layout.stack, layout.rows, layout.columns))
    if max_pixels is not None and pixels > max_pixels:
        raise ImageError(
            f"{name}: has {pixels:,} pixels, more than the limit of {max_pixels:,}: allow more"
            " (--max-pixels)"
        )
    pipeline = _measured(pipeline, image)
    size = first.shape[layout.rows], first.shape[layout.columns]
    with placed(target, overwrite=overwrite) as store:
        paths = image.paths if image else ("",)
        made = _filter_full(store, paths[0], first, layout, pipeline, letters, linear, compute)
        notes: list[str] = []
        if image is not None:
            if len(made.shape) != len(first.shape):
                raise ImageError(f"{name}: the result has other axes than an image of OME-Zarr")
            levels, notes = _make_levels(store, made, arrays, image, compute)
            attributes = said_of_result(
                dict(node.attrs), image, levels, grid_of(pipeline.steps, size)
            )
            say_last(store, attributes, node.metadata.zarr_format)
            notes += _not_kept(node, image)
    pictures = math.prod(first.shape[axis] for axis in layout.stack)
    channels = () if layout.channels is None else (first.shape[layout.channels],)
    taken = "x".join(map(str, _chunks(first, first.shape, layout)))
    line = f"zarr of {'x'.join(map(str, first.shape))}, by chunks of {taken}"
    shape = (*size, *channels)
    left = tuple(made.shape[axis] for axis in _rows_and_columns(layout, len(made.shape)))
    return Filtered(shape, first.dtype.name, pictures, left, tuple(notes), line)


def _arrays(node: Any, image: Multiscale | None) -> list[Any]:
    """Return the arrays of all resolutions."""
    if hasattr(node, "shape"):
        return [node]
    if image is None:
        names = [name for name, _ in node.arrays()]
        raise ImageError(
            "is a group of zarr that says of no image what it is: give an array within"
            + (f", such as {names[0]}" if names else "")
        )
    found = []
    for path in image.paths:
        try:
            found.append(node[path])
        except KeyError as error:
            raise ImageError(f"names a resolution {path} that is not there") from error
    if any(len(array.shape) != len(image.axes) for array in found):
        raise ImageError(f"says that its axes are {image.axes}, and has arrays of others")
    return found


def _axes(array: Any, image: Multiscale | None, given: str | None) -> str | None:
    """Return what the axes are: as the store says, else as somebody said."""
    if image is not None:
        if given is not None and given.upper() != image.axes:
            raise ImageError(f"says that its axes are {image.axes}: leave axes out (--axes)")
        return image.axes
    if given is not None:
        return given
    names = getattr(array.metadata, "dimension_names", None)
    names = names or array.attrs.get("_ARRAY_DIMENSIONS") or ()
    if len(names) == array.ndim and all(isinstance(n, str) and len(n) == 1 for n in names):
        letters = "".join(names).upper()
        if {"Y", "X"} <= {*letters} and len({*letters}) == len(letters):
            return letters
    return None


def _measured(pipeline: Pipeline, image: Multiscale | None) -> Pipeline:
    """Return the pipeline with pixels in place of lengths."""
    spacing = None if image is None else image.spacing
    if spacing is None:
        return pipeline
    frame = Image(np.zeros((1, 1), np.uint8), metadata=Metadata(spacing=spacing))
    return Pipeline(steps_in_pixels(pipeline.steps, frame))


def _filter_full(
    store: Any,
    path: str,
    array: Any,
    layout: Layout,
    pipeline: Pipeline,
    axes: str | None,
    linear: bool,
    compute: Compute,
) -> Any:
    """Filter the full resolution into a new array of a store, and return that."""
    import dask.array

    da: Any = dask.array  # which has no types for this
    taken = _chunks(array, array.shape, layout)
    lazy = da.from_array(array, chunks=taken, inline_array=True, asarray=False)
    planned = map_pipeline(lazy, pipeline, axes=axes, linear=linear)
    made = create_like(store, path, array, planned.shape, planned.dtype)
    rows, columns = _rows_and_columns(layout, planned.ndim)
    sizes = _chunks(made, made.shape, layout)
    result = map_pipeline(
        lazy, pipeline, axes=axes, linear=linear, chunks=(sizes[rows], sizes[columns])
    )
    compute([da.store(result, made, lock=False, compute=False)])
    return made


def _rows_and_columns(layout: Layout, count: int) -> tuple[int, int]:
    """Return which axes of a result with so many are its rows and columns."""
    numbers = count - len(layout.stack)
    order = layout.order(numbers)
    return order.index(len(layout.stack)), order.index(len(layout.stack) + 1)


def _chunks(array: Any, shape: Sequence[int], layout: Layout | None) -> tuple[int, ...]:
    """Return what a task takes of an array: whole chunks, some together where they are small.

    No two tasks then write into one chunk, or into one shard.
    """
    sizes = [*(array.shards or array.chunks)]
    if layout is None or len(sizes) != len(shape):
        places = [len(sizes) - 2, len(sizes) - 1]
    else:
        places = [*_rows_and_columns(layout, len(sizes))]
        if layout.channels is not None and len(sizes) > len(layout.stack) + 2:
            sizes[layout.channels] = shape[layout.channels]
    for place in places:
        own = sizes[place]
        item = array.dtype.itemsize * math.prod(
            min(size, length) for size, length in zip(sizes, shape, strict=True)
        )
        sizes[place] = own * max(1, min(-(-ROWS // own), MOST_BYTES // max(item, 1)))
    return tuple(min(size, length) for size, length in zip(sizes, shape, strict=True))


def _make_levels(
    store: Any, full: Any, arrays: Sequence[Any], image: Multiscale, compute: Compute
) -> tuple[int, list[str]]:
    """Make the smaller resolutions of the filtered one; return how many there are, and notes."""
    from dask.delayed import delayed

    made, levels = full, 1
    ways: list[str | None] = []
    for larger, smaller in pairwise(arrays):
        factors = factors_of(larger.shape, smaller.shape)
        way = _way(larger, smaller, factors)
        cuts = tuple(
            length // factor == size
            for length, factor, size in zip(larger.shape, factors, smaller.shape, strict=True)
        )
        reduction = Reduction(factors, cuts, way or MEANS)
        shape = reduced_shape(made.shape, reduction)
        if 0 in shape:
            break
        ways.append(way)
        target = create_like(store, image.paths[levels], smaller, shape, made.dtype)
        compute(
            [
                delayed(_reduce)(made, target, region, reduction)
                for region in _regions(shape, _chunks(target, shape, None))
            ]
        )
        made = target
        levels += 1
    notes = []
    if None in ways:
        notes.append("how the smaller resolutions were made is not known: the result's are means")
    if levels < len(arrays):
        notes.append(f"of {len(arrays)} resolutions {levels} are left, the others would be empty")
    return levels, notes


def _way(larger: Any, smaller: Any, factors: tuple[int, ...]) -> str | None:
    """Return how a level was made of the one before it, by a sample from the middle of both."""
    region = tuple(
        slice((length - part) // 2, (length - part) // 2 + part)
        for length in smaller.shape
        for part in (min(length, SAMPLE),)
    )
    # single planes of long stacks tell as much
    region = (*(slice(r.start, r.start + 1) for r in region[:-2]), *region[-2:])
    whole = Reduction(factors, (False,) * len(factors), MEANS).reads(region, larger.shape)
    return way_of(np.asarray(larger[whole]), np.asarray(smaller[region]), factors)


def _reduce(source: Any, target: Any, region: tuple[slice, ...], reduction: Reduction) -> None:
    """Write a region of a smaller resolution, made of the larger one."""
    values = reduction(np.asarray(source[reduction.reads(region, source.shape)]))
    target[region] = values[tuple(slice(0, part.stop - part.start) for part in region)]


def _regions(shape: Sequence[int], sizes: Sequence[int]) -> Iterator[tuple[slice, ...]]:
    starts = (range(0, length, size) for length, size in zip(shape, sizes, strict=True))
    for place in product(*starts):
        yield tuple(
            slice(start, min(start + size, length))
            for start, size, length in zip(place, sizes, shape, strict=True)
        )


def _not_kept(node: Any, image: Multiscale) -> list[str]:
    """Return a note that names what else is in the group, which is not kept."""
    kept = {path.partition("/")[0] for path in image.paths}
    others = sorted({name for name, _ in node.members()} - kept)
    return [f"not kept: {listed(others)}"] if others else []
