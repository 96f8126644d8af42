"""Colours that wait until somebody asks for them, so that the engine can do more in one go.

A filter that correlates, ranks, pools or smooths asks for work, which is remembered with the
colours that it reads. As the last step of a pipeline, work is asked for its result as it will be
shown, so that no picture of floats is made first. Where only the next step reads the colours
between two pieces of work, they run tile by tile in one pass, and what lies between them never
leaves the cache.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol, Self

import numpy as np
from numpy.typing import ArrayLike

from convfilter import engine
from convfilter.engine.correlation.correlate import correlation
from convfilter.engine.correlation.layout import CombineName
from convfilter.engine.window.axes import Outline
from convfilter.filters.declaring.options import SignedMode
from convfilter.runtime.checks import Array, check_image
from convfilter.runtime.threads import check_workers

if TYPE_CHECKING:
    from convfilter.engine.operation import Operation

__all__ = ["Averages", "Picks", "Sums", "Waiting", "Windowed"]


class Windowed(Protocol):
    """A windowed function of the engine with its arguments, for colours that are not there yet."""

    @property
    def shrinks(self) -> bool:
        """Whether it gives so much less than it reads that it gains nothing as the first step."""

    def run(self, colour: Array, dtype: np.dtype[Any], workers: int | None) -> Array:
        """Do the work alone; `dtype` is that of the result, unless it is always the image's."""

    def operation(self, outline: Outline, dtype: np.dtype[Any]) -> Operation:
        """Return the work as an operation of the engine; `dtype` as for `run`."""

    def can_round(self, reads: np.dtype[Any], dtype: np.dtype[Any]) -> bool:
        """Tell whether `run` rounds what it makes of colours of the dtype `reads` to `dtype`."""

    def showing(self, signed: SignedMode | None) -> Windowed | None:
        """Return the work whose result need only be rounded to show what this one gives.

        Rounding is to unsigned integers, which takes away what lies below 0. None where the raw
        result has to be there first.
        """

    def gives(self, reads: np.dtype[Any], dtype: np.dtype[Any]) -> np.dtype[Any]:
        """Return the dtype of what `run` gives for colours of the dtype `reads`."""


class Sums:
    """Work whose results are weighted sums, in any dtype: correlation with one or several kernels.

    `walk` are the arguments of `engine.correlate_bank` but for scale, offset, dtype and workers;
    `middle` is the raw value that shows a response of 0 where responses are offset.
    """

    shrinks = False

    def __init__(
        self,
        kernels: tuple[ArrayLike, ...],
        combine: CombineName | None,
        walk: dict[str, Any],
        *,
        scale: float,
        offset: float,
        middle: float,
    ) -> None:
        self._kernels = kernels
        self._combine: CombineName | None = combine
        self._walk = walk
        self._scale = scale
        self._offset = offset
        self._middle = middle

    def run(self, colour: Array, dtype: np.dtype[Any], workers: int | None) -> Array:
        """Return the result in `dtype`."""
        return engine.correlate_bank(
            colour, self._kernels, self._combine, **self._named(dtype), workers=workers
        )

    def operation(self, outline: Outline, dtype: np.dtype[Any]) -> Operation:
        """Return the correlation as an operation that gives `dtype`."""
        return correlation(outline, self._kernels, self._combine, **self._named(dtype))

    def _named(self, dtype: np.dtype[Any]) -> dict[str, Any]:
        return {"scale": self._scale, "offset": self._offset, "dtype": dtype, **self._walk}

    def gives(self, reads: np.dtype[Any], dtype: np.dtype[Any]) -> np.dtype[Any]:
        """Return the dtype asked for."""
        return dtype

    def can_round(self, reads: np.dtype[Any], dtype: np.dtype[Any]) -> bool:
        """Tell so of all: the engine rounds sums of any colours to any dtype."""
        return True

    def showing(self, signed: SignedMode | None) -> Sums | None:
        """Return the correlation whose rounded result shows the response of this one."""
        match signed:
            case None | "clamp":
                return self
            case "abs" if self._combine is None and self._offset == 0:
                return self._changed("abs", 0.0)
            case "offset":
                return self._changed(self._combine, self._offset + self._middle)
        return None

    def _changed(self, combine: CombineName | None, offset: float) -> Sums:
        return Sums(
            self._kernels,
            combine,
            self._walk,
            scale=self._scale,
            offset=offset,
            middle=self._middle,
        )


class _Call:
    """A function of the engine, with its arguments.

    `make_operation` takes the outline of an image and the same arguments, and returns the function
    as an operation; of averages it is told the dtype as well.
    """

    def __init__(
        self,
        function: Callable[..., Array],
        make_operation: Callable[..., Operation],
        *arguments: Any,
        shrinks: bool = False,
        **named: Any,
    ) -> None:
        self.shrinks = shrinks
        self._function = function
        self._make_operation = make_operation
        self._arguments = arguments
        self._named = named

    def _run(self, colour: Array, workers: int | None) -> Array:
        return self._function(colour, *self._arguments, **self._named, workers=workers)

    def _operation(self, outline: Outline, **dtype: np.dtype[Any]) -> Operation:
        return self._make_operation(outline, *self._arguments, **self._named, **dtype)

    def can_round(self, reads: np.dtype[Any], dtype: np.dtype[Any]) -> bool:
        """Tell so of the dtype that is read, which the engine gives back."""
        return reads == dtype

    def showing(self, signed: SignedMode | None) -> Self | None:
        """Return the work itself where nothing but rounding is left to be done."""
        return self if signed in (None, "clamp") else None


class Picks(_Call):
    """Work whose results are values of the image, in its dtype: ranks, maxima and minima."""

    def run(self, colour: Array, dtype: np.dtype[Any], workers: int | None) -> Array:
        """Return the result in the dtype of the colour."""
        return self._run(colour, workers)

    def operation(self, outline: Outline, dtype: np.dtype[Any]) -> Operation:
        """Return the call as an operation, which gives the dtype of its image."""
        return self._operation(outline)

    def gives(self, reads: np.dtype[Any], dtype: np.dtype[Any]) -> np.dtype[Any]:
        """Return the dtype of the colour."""
        return reads


class Averages(_Call):
    """Work whose results are averages, rounded to the dtype of the image: means and smoothings."""

    def run(self, colour: Array, dtype: np.dtype[Any], workers: int | None) -> Array:
        """Return the result in `dtype`."""
        return self._run(colour.astype(dtype, copy=False), workers)

    def operation(self, outline: Outline, dtype: np.dtype[Any]) -> Operation:
        """Return the call as an operation that gives `dtype`, or floats that are yet to round."""
        return self._operation(outline, dtype=dtype if dtype.kind == "f" else outline.dtype)

    def gives(self, reads: np.dtype[Any], dtype: np.dtype[Any]) -> np.dtype[Any]:
        """Return the dtype asked for."""
        return dtype


class Waiting:
    """The colours (H, W) or (H, W, C) that some work makes of others, which may wait as well.

    Attributes
    ----------
    only_next_asks : whether nobody but the next step of the pipeline will ask for these colours
    """

    def __init__(
        self, source: Waiting | Array, work: Windowed, floats: np.dtype[Any], workers: int | None
    ) -> None:
        """Remember the work; `floats` is the dtype of its raw result, `workers` are the threads."""
        self.only_next_asks = False
        self._todo: tuple[Waiting | Array, Windowed] | None = source, work
        self._result: Array | None = None
        self._floats = floats
        self._workers = workers

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of the raw colours."""
        if self._todo is None:
            return self.raw().dtype
        source, work = self._todo
        return work.gives(source.dtype, self._floats)

    def raw(self) -> Array:
        """Return the colours, neither shown nor rounded: computed the first time."""
        if self._result is None:
            assert self._todo is not None
            source, work = self._todo
            self._keep(work.run(_raw(source), self._floats, self._workers))
        assert self._result is not None
        return self._result

    def _keep(self, result: Array) -> None:
        self._result = result
        self._todo = None  # and with it all colours that led here

    def finished(self, signed: SignedMode | None, dtype: np.dtype[Any]) -> Array | None:
        """Return the colours as the engine shows them and rounds them to `dtype` on its way out.

        None where it cannot: then what `raw` returns has to be shown and rounded.
        """
        nodes = self._chain()
        if len(nodes) > 1:
            shown = self._in_one_pass(nodes, signed, dtype)
            if shown is not None:
                return shown
        if self._todo is None or dtype.kind != "u":
            return None
        source, work = self._todo
        colour = _raw(source)
        last = work.showing(signed)
        if last is None or not last.can_round(colour.dtype, dtype):
            return None
        return last.run(colour, dtype, self._workers)

    def _chain(self) -> list[Waiting]:
        """Return what waits and can run in one pass, in the order of the steps, this one last."""
        nodes: list[Waiting] = []
        node: Waiting | Array = self
        while (
            isinstance(node, Waiting)
            and node._todo is not None
            and (node is self or node.only_next_asks)
        ):
            nodes.append(node)
            node = node._todo[0]
        while nodes and nodes[-1]._work.shrinks:
            nodes.pop()
        return nodes[::-1]

    @property
    def _work(self) -> Windowed:
        assert self._todo is not None
        return self._todo[1]

    def _in_one_pass(
        self, nodes: Sequence[Waiting], signed: SignedMode | None, dtype: np.dtype[Any]
    ) -> Array | None:
        """Run all these, this one last, and return the colours shown and rounded.

        None where they have to be done one after the other, or come out raw, and are kept so.
        """
        from convfilter.engine.chain import run_chain  # a single filter has no use for it

        assert nodes[0]._todo is not None
        colour = _raw(nodes[0]._todo[0])
        image = check_image(colour)
        outline = Outline(image.shape, image.dtype)
        steps: list[Operation] = []
        for node in nodes[:-1]:
            step = node._work.operation(outline, self._floats)
            outline = Outline((step.rows.outputs, step.columns.outputs, image.shape[2]), step.dtype)
            steps.append(step)
        last = self._work.showing(signed) if dtype.kind == "u" else None
        if last is not None:
            steps.append(last.operation(outline, dtype))
        else:
            steps.append(self._work.operation(outline, self._floats))
        final = steps[-1].dtype if last is None else dtype
        result = run_chain(image, steps, final, check_workers(self._workers))
        if result is not None and colour.ndim == 2:
            result = result[:, :, 0]
        if result is None or last is not None:
            return result
        self._keep(result)
        return None


def _raw(source: Waiting | Array) -> Array:
    return source.raw() if isinstance(source, Waiting) else source
