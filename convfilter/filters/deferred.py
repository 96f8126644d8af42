"""Work that waits until somebody asks for its result: then one step can round, or many be one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convfilter import engine
from convfilter.engine.correlation.correlate import correlation
from convfilter.engine.correlation.layout import CombineName as Combine
from convfilter.engine.window.axes import Outline
from convfilter.filters.options import SignedMode, Window
from convfilter.runtime.checks import check_image
from convfilter.runtime.threads import check_workers

if TYPE_CHECKING:
    from convfilter.engine.operation import Operation as Step
    from convfilter.filters.pixels import Pixels

Array = NDArray[Any]

MIDDLE_GREY = 128
"""The intensity that shows a response of 0 where responses are offset."""


class Deferred(Protocol):
    """Work not yet done: as the last step it may be asked for its result in the final dtype."""

    def raw(self, dtype: np.dtype[Any]) -> Array:
        """Return the result as floats."""

    def final(self, dtype: np.dtype[Any], signed: SignedMode | None) -> Array | None:
        """Return the result rounded to unsigned integers, or None where floats must come first."""


@dataclass(frozen=True)
class Correlation:
    """Correlation with one kernel, or with several of one shape whose responses are joined."""

    source: Pixels
    kernels: tuple[ArrayLike, ...]
    combine: Combine | None
    window: Window
    scale: float
    offset: float

    def raw(self, dtype: np.dtype[Any]) -> Array:
        """Return the result as floats."""
        return self._run(dtype, self.combine, self.offset)

    def final(self, dtype: np.dtype[Any], signed: SignedMode | None) -> Array | None:
        """Return the result rounded to unsigned integers, or None where floats must come first."""
        joined = self._joined(signed)
        return None if joined is None else self._run(dtype, *joined)

    def step(self, outline: Outline, dtype: np.dtype[Any]) -> Step:
        """Return the step of a chain that gives the result as floats."""
        return self._step(outline, dtype, self.combine, self.offset)

    def last_step(
        self, outline: Outline, dtype: np.dtype[Any], signed: SignedMode | None
    ) -> Step | None:
        """Return the step that gives what can be rounded, or None where floats must come first."""
        joined = self._joined(signed)
        return None if joined is None else self._step(outline, dtype, *joined)

    def _joined(self, signed: SignedMode | None) -> tuple[Combine | None, float] | None:
        """Return how responses are joined, and the offset, so that they need only be rounded."""
        match signed:
            case None | "clamp":
                return self.combine, self.offset
            case "abs" if self.combine is None and self.offset == 0:
                return "abs", 0.0
            case "offset":
                return self.combine, self.offset + self.source.intensity(MIDDLE_GREY)
        return None

    def _step(
        self, outline: Outline, dtype: np.dtype[Any], combine: Combine | None, offset: float
    ) -> Step:
        walk = self.source.walk(self.window)
        del walk["workers"]
        return correlation(
            outline,
            self.kernels,
            combine,
            scale=self.scale,
            offset=offset,
            fill=self.source.intensity(self.window.fill),
            dtype=dtype,
            **walk,
        )

    def _run(self, dtype: np.dtype[Any], combine: Combine | None, offset: float) -> Array:
        return engine.correlate_bank(
            self.source.colour,
            self.kernels,
            combine,
            scale=self.scale,
            offset=offset,
            fill=self.source.intensity(self.window.fill),
            dtype=dtype,
            **self.source.walk(self.window),
        )


@dataclass(frozen=True)
class Pooling:
    """Maxima or minima of windows of a picture without alpha, in the dtype of its values."""

    source: Pixels
    size: int | tuple[int, int]
    reduce: Literal["max", "min"]
    named: dict[str, Any]

    def raw(self, dtype: np.dtype[Any]) -> Array:
        """Return the result in the dtype of the picture's values."""
        source = self.source
        return engine.pool(
            source.colour, self.size, reduce=self.reduce, workers=source.workers, **self.named
        )

    def final(self, dtype: np.dtype[Any], signed: SignedMode | None) -> Array | None:
        """Return None: what is rounded is the raw result."""
        return None

    def step(self, outline: Outline, dtype: np.dtype[Any]) -> Step:
        """Return the step of a chain that gives the result as floats."""
        from convfilter.engine.pooling.pool import pooling

        return pooling(outline, self.size, self.reduce, **self.named)

    def last_step(
        self, outline: Outline, dtype: np.dtype[Any], signed: SignedMode | None
    ) -> Step | None:
        """Return the step that gives what can be rounded, or None where floats must come first."""
        return self.step(outline, dtype) if signed in (None, "clamp") else None


@dataclass(frozen=True)
class Call:
    """A function of the engine that rounds to the dtype of its image: means and smoothings."""

    colour: Array
    function: Callable[[Array], Array]

    def raw(self, dtype: np.dtype[Any]) -> Array:
        """Return the result as floats."""
        return self.function(self.colour.astype(dtype, copy=False))

    def final(self, dtype: np.dtype[Any], signed: SignedMode | None) -> Array | None:
        """Return the result rounded to unsigned integers, or None where floats must come first."""
        return self.function(self.colour) if signed is None and self.colour.dtype == dtype else None


Windowed = Correlation | Pooling
"""Work with which chains are run in one pass."""


def in_one_pass(
    colour: Array,
    works: Sequence[Windowed],
    working: np.dtype[Any],
    dtype: np.dtype[Any],
    signed: SignedMode | None,
    workers: int | None,
) -> tuple[Array | None, bool]:
    """Run work that follows one another in one pass over a colour (H, W) or (H, W, C).

    Returns the result, None if it has to be done one after the other, and whether it is rounded to
    `dtype` already. Otherwise it may be signed, and has the dtype `working` if it has been weighed.
    """
    from convfilter.engine.chain import run_chain  # a single filter has no use for it

    image = check_image(colour)
    outline = Outline(image.shape, image.dtype)
    steps: list[Step] = []
    for work in works[:-1]:
        step = work.step(outline, working)
        outline = Outline((step.rows.outputs, step.columns.outputs, image.shape[2]), step.dtype)
        steps.append(step)
    last = works[-1].last_step(outline, dtype, signed) if dtype.kind == "u" else None
    steps.append(last or works[-1].step(outline, working))
    final = dtype if last is not None else steps[-1].dtype
    result = run_chain(image, steps, final, check_workers(workers))
    if result is not None and colour.ndim == 2:
        result = result[:, :, 0]
    return result, last is not None
