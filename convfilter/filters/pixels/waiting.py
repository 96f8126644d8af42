"""Colours that wait until somebody asks for them, so that the engine can do more in one go.

A filter that correlates, ranks, pools or smooths asks for work, which is remembered with the
colours that it reads. As the last step of a pipeline, work is asked for its result as it will be
shown, so that no picture of floats is made first. Where only the next step reads the colours
between two pieces of work, they run tile by tile in one pass, and what lies between them never
leaves the cache.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import ArrayLike

from convfilter.engine.correlation.correlate import correlation
from convfilter.engine.correlation.layout import CombineName
from convfilter.engine.operation import Operation, run, run_over
from convfilter.engine.window.axes import Outline
from convfilter.engine.window.target import rounded_to
from convfilter.filters.declaring.options import SignedMode
from convfilter.filters.pixels.saturation import ROUNDING, Beyond, count_rounded, is_recorded
from convfilter.runtime.checks import Array, check_image
from convfilter.runtime.missing import Bools, Present, is_nodata
from convfilter.runtime.threads import check_workers

__all__ = [
    "Averages",
    "Picks",
    "Promised",
    "Sums",
    "Waiting",
    "Windowed",
    "operations_of",
    "work_over",
]


class Windowed(Protocol):
    """A windowed function of the engine with its arguments, for colours that are not there yet."""

    @property
    def shrinks(self) -> bool:
        """Whether it gives so much less than it reads that it gains nothing as the first step."""

    @property
    def fill(self) -> float | None:
        """What stands beyond the edge for the border "constant", None for others."""

    def operation(self, outline: Outline, dtype: np.dtype[Any]) -> Operation:
        """Return the work as an operation of the engine, for colours of that shape and dtype.

        `dtype` is that of its result, as far as it may be chosen.
        """

    def showing(self, signed: SignedMode | None) -> Windowed | None:
        """Return the work whose result need only be rounded to show what this one gives.

        Rounding is to unsigned integers, which takes away what lies below 0. None where the raw
        result has to be there first.
        """

    def gives(self, reads: np.dtype[Any], dtype: np.dtype[Any]) -> np.dtype[Any]:
        """Return the dtype that its operation gives for colours of the dtype `reads`."""

    def beyond(self, white: float) -> Beyond:
        """Tell whether results may lie beyond white or black where the colours do not."""


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

    @property
    def fill(self) -> float | None:
        """The fill of a constant border."""
        return _shown_fill(self._walk)

    def operation(self, outline: Outline, dtype: np.dtype[Any]) -> Operation:
        """Return the correlation as an operation that gives `dtype`."""
        named = {"scale": self._scale, "offset": self._offset, "dtype": dtype, **self._walk}
        return correlation(outline, self._kernels, self._combine, **named)

    def gives(self, reads: np.dtype[Any], dtype: np.dtype[Any]) -> np.dtype[Any]:
        """Return the dtype asked for."""
        return dtype

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

    def beyond(self, white: float) -> Beyond:
        """Tell what the largest and the smallest sum are, of a picture of white and black."""
        weights = [self._scale * np.asarray(kernel, float) for kernel in self._kernels]
        highest = [float(np.maximum(each, 0).sum()) * white for each in weights]
        lowest = [float(np.minimum(each, 0).sum()) * white for each in weights]
        slack = ROUNDING * white
        if self._combine is not None:
            sizes = [max(high, -low) for high, low in zip(highest, lowest, strict=True)]
            most = sum(sizes) if self._combine == "l1" else float(np.hypot.reduce(sizes))
            return Beyond(most + self._offset > white + slack)
        # plain areas may give white or black itself, by the offset: nothing is told from that
        plain = highest[0] + lowest[0]
        gives_white = abs(plain) < slack and abs(self._offset - white) < slack
        least = lowest[0] if self._offset > 0 else plain
        return Beyond(
            highest[0] + self._offset > white + slack and not gives_white,
            least + self._offset < -slack,
        )

    def _changed(self, combine: CombineName | None, offset: float) -> Sums:
        return Sums(
            self._kernels,
            combine,
            self._walk,
            scale=self._scale,
            offset=offset,
            middle=self._middle,
        )


def _shown_fill(named: dict[str, Any]) -> float | None:
    return named["fill"] if named.get("border") == "constant" else None


class _Work:
    """Work for whatever makes an operation of the engine, such as `ranking`, and its arguments.

    Attributes
    ----------
    make : takes the outline of an image and the arguments, and returns the operation
    """

    def __init__(
        self, make: Callable[..., Operation], *arguments: Any, shrinks: bool = False, **named: Any
    ) -> None:
        self.shrinks = shrinks
        self._make = make
        self._arguments = arguments
        self._named = named

    @property
    def fill(self) -> float | None:
        """The fill of a constant border."""
        return _shown_fill(self._named)

    def _operation(self, outline: Outline, **dtype: np.dtype[Any]) -> Operation:
        return self._make(outline, *self._arguments, **self._named, **dtype)

    def showing(self, signed: SignedMode | None) -> Self | None:
        """Return the work itself where nothing but rounding is left to be done."""
        return self if signed in (None, "clamp") else None

    def beyond(self, white: float) -> Beyond:
        """Tell that what is picked or averaged lies between the values that it is made of."""
        return Beyond()


class Picks(_Work):
    """Work whose results are values of the image, in its dtype: ranks, maxima and minima."""

    def operation(self, outline: Outline, dtype: np.dtype[Any]) -> Operation:
        """Return the operation, which gives the dtype of its image."""
        return self._operation(outline)

    def gives(self, reads: np.dtype[Any], dtype: np.dtype[Any]) -> np.dtype[Any]:
        """Return the dtype of the colour."""
        return reads


class Averages(_Work):
    """Work whose results are averages, rounded to the dtype of the image: means and smoothings."""

    def operation(self, outline: Outline, dtype: np.dtype[Any]) -> Operation:
        """Return the operation, which gives `dtype`, or floats that are yet to be rounded to it."""
        return self._operation(outline, dtype=dtype if dtype.kind == "f" else outline.dtype)

    def gives(self, reads: np.dtype[Any], dtype: np.dtype[Any]) -> np.dtype[Any]:
        """Return the dtype asked for."""
        return dtype


def operations_of(
    outline: Outline, works: Iterable[tuple[Windowed, np.dtype[Any]]]
) -> list[Operation]:
    """Return works on colours of an outline as operations, each of the dtype beside it."""
    operations: list[Operation] = []
    for work, dtype in works:
        operations.append(work.operation(outline, dtype))
        outline = operations[-1].result
    return operations


class Promised(ABC):
    """Colours that stand for those of any picture: their values are nobody's to ask for."""

    @abstractmethod
    def worked_on(
        self, works: Iterable[tuple[Windowed, np.dtype[Any]]], rounded: np.dtype[Any]
    ) -> Array:
        """Return what works make of them, one after the other, rounded to a dtype at the end."""


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
        self._clamps = False
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
        # a step that is still at work may ask for what it was given as well
        return self._raw(joins=self.only_next_asks)

    def _raw(self, joins: bool) -> Array:
        if self._result is None:
            assert self._todo is not None
            _, work = self._todo
            self._result = self._run(work, self._floats, self.dtype, joins)
            if self._clamps:
                np.maximum(self._result, 0, out=self._result)
            self._todo = None  # and with it all colours that led here
        return self._result

    def as_word_says(self, word: SignedMode) -> Waiting | None:
        """Return what a word makes of these colours, waiting as well.

        None where they have to be there first.
        """
        if self._todo is None or self._clamps:
            return self if word in ("abs", "clamp") and self._clamps else None
        source, work = self._todo
        shown = work.showing(word)
        if shown is None:
            return None
        changed = Waiting(source, shown, self._floats, self._workers)
        changed._clamps = word == "clamp"
        return changed

    def finished(self, signed: SignedMode | None, dtype: np.dtype[Any]) -> Array | None:
        """Return the colours as the engine shows them and rounds them to `dtype` on its way out.

        None where it cannot: then what `raw` returns has to be shown and rounded.
        """
        if self._todo is None:
            return None
        _, work = self._todo
        shown = work.showing(signed) if dtype.kind == "u" else None
        if shown is None:
            self._raw(joins=True)
            return None
        result = self._run(shown, dtype, dtype, joins=True)
        if is_recorded():
            self._count_cut(result, shown)
        return result

    def _count_cut(self, result: Array, last: Windowed) -> None:
        source, works = self._unfinished(joins=True)
        before = source.raw() if isinstance(source, Waiting) else source
        white = float(np.iinfo(result.dtype).max)
        can = [work.beyond(white) for work in (*works[:-1], last)]
        black = any(each.black for each in can) and not self._clamps
        beyond = Beyond(any(each.white for each in can), black)
        count_rounded(result, before, white, beyond)

    def _run(
        self, last: Windowed, dtype: np.dtype[Any], rounded: np.dtype[Any], joins: bool
    ) -> Array:
        """Run the `last` work in `dtype`, and round its result.

        Where it `joins`, it runs with what waits before it, as far as nobody else asks for that.
        """
        source, works = self._unfinished(joins)
        colour = source.raw() if isinstance(source, Waiting) else source
        dtypes = [(work, self._floats) for work in works[:-1]]
        if isinstance(colour, Promised):
            return colour.worked_on([*dtypes, (last, dtype)], rounded)
        image = check_image(colour)
        operations = operations_of(Outline.of(image), [*dtypes, (last, dtype)])
        workers = check_workers(self._workers)
        if len(operations) == 1:
            result = rounded_to(rounded, run(operations[0], image, workers), workers)
        else:
            from convfilter.engine.chain import run_chain  # a single filter has no use for it

            result = run_chain(image, operations, rounded, workers)
        return result if colour.ndim == 3 else result[:, :, 0]

    def _unfinished(self, joins: bool) -> tuple[Waiting | Array, list[Windowed]]:
        """Return what the work on these colours begins with, and the work, in order."""
        assert self._todo is not None
        todo = [self._todo]
        while joins:
            source, _ = todo[-1]
            if not isinstance(source, Waiting) or not source.only_next_asks or not source._todo:
                break
            if source._clamps:  # which no operation of the engine does on its way
                break
            todo.append(source._todo)
        while len(todo) > 1 and todo[-1][1].shrinks:
            todo.pop()
        return todo[-1][0], [work for _, work in reversed(todo)]


class _Around(Protocol):
    """What the picture says of work on its colours."""

    @property
    def working_dtype(self) -> np.dtype[Any]: ...
    @property
    def nodata(self) -> float | None: ...
    @property
    def workers(self) -> int | None: ...


def work_over(
    colour: Array, present: Bools, work: Windowed, around: _Around, pads: bool
) -> tuple[Array, Bools | None]:
    """Do work over those colours that are there.

    Returns what it makes, and where that is there; None stands for everywhere. With `pads` nothing
    is beyond the edge but padding.
    """
    image = check_image(colour)
    operation = work.operation(Outline.of(image), around.working_dtype)
    fills = operation.border == "constant"
    fill = not (fills and (pads or is_nodata(operation.fill, around.nodata)))
    workers = check_workers(around.workers)
    result = run_over(operation, image, Present(present, fill), workers)
    result = result if colour.ndim == 3 else result[:, :, 0]
    gaps = np.ma.getmaskarray(result)
    return np.ma.getdata(result), ~gaps if gaps.any() else None
