"""`map_pipeline`: a pipeline over a Dask array."""

from __future__ import annotations

import functools
import math
import pickle
from typing import TYPE_CHECKING, Any

import numpy as np

from convfilter.dask.blocks import Span
from convfilter.dask.graph import graph_of
from convfilter.dtypes import PIXEL_DTYPES, understood, way_out
from convfilter.errors import ArgumentError, ArgumentTypeError, UsageError
from convfilter.large.parts import NotInPartsError, Parts, Rectangle
from convfilter.pipeline import Pipeline
from convfilter.runtime.array_axes import layout_of
from convfilter.runtime.checks import Array
from convfilter.runtime.numbers import POSITIVE, check_pair

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dask.array import Array as DaskArray

__all__ = ["ChunkParts", "map_called", "map_pipeline"]


def map_pipeline(
    array: DaskArray,
    pipeline: Pipeline | str,
    *,
    axes: str | None = None,
    channel_axis: int | None = None,
    linear: bool = False,
    bounded: bool | None = None,
    chunks: tuple[int, int] | None = None,
    workers: int = 1,
) -> DaskArray:
    """Filter a Dask array lazily: nothing is computed before the result is asked for.

    The result is the one that ``pipeline(array.compute(), axes=axes)`` gives, bit for bit, also at
    the edges of chunks and for strides and pooling. Each chunk of it is one task, which takes what
    it looks at of the chunks of the array around it. Channels are
    whole in a chunk, since filters may look at several. Where float arrays hold NaN or infinity,
    results are as accurate as ever, and may differ in the last bit.

    Parameters
    ----------
    array : dask.array.Array
        Of what a pipeline takes: uint8, uint16, int16, float32, float64 or bool, of any number of
        dimensions.
    pipeline : Pipeline or str
        A `Pipeline`, or text such as ``"gaussian-blur sigma=2 | sobel"``.
    axes, channel_axis : what the axes of the array are, as for a pipeline
        A letter each, as in ``"TZCYX"``; Y and X are rows and columns, C channels, and all others a
        stack of pictures, each of which is filtered for itself.
    linear, bounded : as for a pipeline
    chunks : rows and columns of the result's chunks
        By default they lie as those of the array do, in proportion.
    workers : threads of the engine for each task; Dask has several tasks under way

    Returns
    -------
    dask.array.Array

    Raises
    ------
    ArgumentTypeError
        `array` is no Dask array, or one of a dtype that cannot be filtered.
    ArgumentError
        The axes do not fit, chunks are of unknown size, or a step has to look at the whole picture;
        the message has the way out.
    UsageError
        Dask is not installed.

    Examples
    --------
    >>> import dask.array as da
    >>> from convfilter.dask import map_pipeline
    >>> volume = da.zeros((2, 3, 512, 512), chunks=(1, 1, 256, 256), dtype="u2")
    >>> map_pipeline(volume, "gaussian-blur sigma=2 | max-pool size=2", axes="TZYX").shape
    (2, 3, 256, 256)
    """
    try:
        import dask.array
        from dask.base import tokenize
        from dask.highlevelgraph import HighLevelGraph
    except ModuleNotFoundError as error:
        raise UsageError(
            f"Dask arrays need {error.name}, which is not installed: pip install 'convfilter[dask]'"
        ) from error
    kind: Any = dask.array.Array  # whose own methods have no types
    if not isinstance(array, kind):
        raise ArgumentTypeError(f"{type(array).__name__} is no Dask array: call the pipeline")
    if isinstance(pipeline, str):
        pipeline = Pipeline.parse(pipeline)
    if any(math.isnan(length) for length in array.shape):
        raise ArgumentError(
            "the array has chunks of unknown size: call its compute_chunk_sizes() before"
        )
    if 0 in array.shape:
        raise ArgumentError(f"the array is empty: its shape is {array.shape}")
    sizes = None if chunks is None else check_pair(chunks, "chunks", POSITIVE)
    layout = layout_of(array.shape, axes, channel_axis)
    picture = tuple(
        array.shape[axis]
        for axis in (layout.rows, layout.columns, layout.channels)
        if axis is not None
    )
    parts = ChunkParts(
        pipeline, picture, array.dtype, linear=linear, bounded=bounded, workers=workers
    )
    said = (array.name, parts.said, axes, channel_axis, sizes)
    name = f"convfilter-{tokenize(*said)}"
    graph = graph_of(name, array.name, array.chunks, layout, parts, sizes or (None, None))
    layers = HighLevelGraph.from_collections(name, graph.tasks, dependencies=[array])
    meta = np.empty((0,) * len(graph.chunks), parts.dtype)
    result: DaskArray = kind(layers, name, graph.chunks, meta=meta)
    return result


def map_called(
    array: DaskArray,
    pipeline: Pipeline,
    named: Mapping[str, Any],
    *,
    workers: int | None,
    linear: bool,
    bounded: bool | None,
) -> DaskArray:
    """Do what a call of a pipeline with a Dask array asks for; `named` is what it says of it.

    Raises
    ------
    ArgumentError
        As `map_pipeline`, and for what only whole arrays can be asked.
    """
    for name in named:
        if name not in ("axes", "channel_axis"):
            raise ArgumentError(f"{name} is for arrays in memory: a Dask array takes none")
    how = {**named, "linear": linear, "bounded": bounded}
    return map_pipeline(array, pipeline, **how, workers=workers or 1)


class ChunkParts:
    """A pipeline made ready for parts of pictures of one size, in whichever process they are made.

    Parameters
    ----------
    pipeline : what becomes of each picture
    shape, dtype : of the pictures, (H, W) or (H, W, C)
    linear, bounded : as for a pipeline
    workers : threads of the engine

    Raises
    ------
    ArgumentError
        The pipeline has to see whole pictures.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        shape: tuple[int, ...],
        dtype: np.dtype[Any],
        *,
        linear: bool = False,
        bounded: bool | None = None,
        workers: int = 1,
    ) -> None:
        unknown = np.empty(0, dtype)  # values that are not looked at
        if understood(unknown).dtype.name not in PIXEL_DTYPES:
            raise ArgumentTypeError(f"the array has dtype {dtype}: {way_out(unknown)}")
        how = {"linear": linear, "bounded": bounded}
        self.said = pickle.dumps((pipeline.measured(None), shape, dtype, how))
        self._workers = workers
        try:
            parts = _parts(self.said)
        except NotInPartsError as error:
            between = ", or" if ": " in str(error) else ":"
            raise ArgumentError(
                f"{error}{between} filter a NumPy array, which is whole in memory"
            ) from error
        if parts.passes:
            step = _deciding_step(pipeline, shape, dtype)
            raise ArgumentError(
                f"{step} decides by figures of the whole picture, which a chunk does not know: give"
                " its values, or filter a NumPy array, which is whole in memory"
            )
        self.shape, self.dtype = parts.shape, parts.dtype

    def needs(self, rows: Span, columns: Span) -> tuple[Span, Span]:
        """Return which rows and columns of the picture a part of the result is made of."""
        needed = _parts(self.said).reads(Rectangle(rows, columns))
        return Span(*needed.rows), Span(*needed.columns)

    def make(self, pixels: Array, rows: Span, columns: Span) -> Array:
        """Return a part of the result, of what it needs of the picture."""
        output = Rectangle((rows.first, rows.last), (columns.first, columns.last))
        return _parts(self.said).alone().make(pixels, output, workers=self._workers)


@functools.lru_cache(maxsize=8)
def _parts(said: bytes) -> Parts:
    """Return a pipeline made ready; each task comes with a copy of what is said."""
    pipeline, shape, dtype, how = pickle.loads(said)
    return Parts(pipeline, shape, dtype, **how)


def _deciding_step(pipeline: Pipeline, shape: tuple[int, ...], dtype: np.dtype[Any]) -> str:
    """Return the name of the first step that decides by figures of the whole picture."""
    for step in pipeline.steps:
        if Parts(Pipeline([step]), shape, dtype).passes:
            return step.name
    return "the pipeline"
