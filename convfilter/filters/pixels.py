"""A picture on its way through filters: raw numbers, and what must happen to them at the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convfilter import engine
from convfilter.engine.arguments import Outline, check_image
from convfilter.engine.bands import check_workers
from convfilter.engine.chain import Step, run_chain
from convfilter.engine.correlate import correlation
from convfilter.engine.plan import Combine
from convfilter.engine.pool import pooling
from convfilter.filters import transparency
from convfilter.filters.options import BorderOptions, SignedMode, Window

Array = NDArray[Any]

LUMA_WEIGHTS = (0.299, 0.587, 0.114)
"""Red, green and blue in the luma of ITU-R BT.601, which JPEG uses."""

MIDDLE_GREY = 128
"""The intensity that shows a response of 0 where responses are offset."""


def quiet() -> np.errstate:
    """Let infinities cancel to NaN without a warning, as they do in the engine."""
    return np.errstate(invalid="ignore", over="ignore")


class _Deferred(Protocol):
    """Work not yet done: as the last step it may be asked for its result in the final dtype.

    `source` is the picture that a window walks over, if it is no more than that.
    """

    @property
    def source(self) -> Pixels | None: ...

    def raw(self, dtype: np.dtype[Any]) -> Array:
        """Return the result as floats."""

    def final(self, dtype: np.dtype[Any], signed: SignedMode | None) -> Array | None:
        """Return the result rounded to unsigned integers, or None where floats must come first."""

    def step(self, outline: Outline, dtype: np.dtype[Any]) -> Step:
        """Return the step of a chain that gives the result as floats."""

    def last_step(
        self, outline: Outline, dtype: np.dtype[Any], signed: SignedMode | None
    ) -> Step | None:
        """Return the step that gives what can be rounded, or None where floats must come first."""


@dataclass(frozen=True)
class _Correlation:
    """Correlation with one kernel, or with several of one shape whose responses are joined."""

    source: Pixels
    kernels: tuple[ArrayLike, ...]
    combine: Combine | None
    window: Window
    scale: float
    offset: float

    def raw(self, dtype: np.dtype[Any]) -> Array:
        source = self.source
        if source.alpha is None or not transparency.is_uneven(source.alpha):
            return self._run(dtype, self.combine, self.offset)
        return transparency.correlate_seen(
            source.values,
            transparency.share(source.alpha, source.working_dtype),
            self.kernels,
            self.combine,
            scale=self.scale,
            offset=self.offset,
            fill=source.intensity(self.window.fill),
            **source.walk(self.window),
        )

    def final(self, dtype: np.dtype[Any], signed: SignedMode | None) -> Array | None:
        if transparency.is_uneven(self.source.alpha):
            return None
        joined = self._joined(signed)
        return None if joined is None else self._run(dtype, *joined)

    def step(self, outline: Outline, dtype: np.dtype[Any]) -> Step:
        return self._step(outline, dtype, self.combine, self.offset)

    def last_step(
        self, outline: Outline, dtype: np.dtype[Any], signed: SignedMode | None
    ) -> Step | None:
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
class _Pooling:
    """Maxima or minima of windows of a picture without alpha, in the dtype of its values."""

    source: Pixels
    size: int | tuple[int, int]
    reduce: Literal["max", "min"]
    named: dict[str, Any]

    def raw(self, dtype: np.dtype[Any]) -> Array:
        source = self.source
        return engine.pool(
            source.colour, self.size, reduce=self.reduce, workers=source.workers, **self.named
        )

    def final(self, dtype: np.dtype[Any], signed: SignedMode | None) -> Array | None:
        return None

    def step(self, outline: Outline, dtype: np.dtype[Any]) -> Step:
        return pooling(outline, self.size, self.reduce, **self.named)

    def last_step(
        self, outline: Outline, dtype: np.dtype[Any], signed: SignedMode | None
    ) -> Step | None:
        return self.step(outline, dtype) if signed in (None, "clamp") else None


@dataclass(frozen=True)
class _Call:
    """A function of the engine that rounds to the dtype of its image: means and smoothings."""

    colour: Array
    function: Callable[[Array], Array]
    source: None = None

    def raw(self, dtype: np.dtype[Any]) -> Array:
        return self.function(self.colour.astype(dtype, copy=False))

    def final(self, dtype: np.dtype[Any], signed: SignedMode | None) -> Array | None:
        return self.function(self.colour) if signed is None and self.colour.dtype == dtype else None

    def step(self, outline: Outline, dtype: np.dtype[Any]) -> Step:
        raise NotImplementedError

    def last_step(
        self, outline: Outline, dtype: np.dtype[Any], signed: SignedMode | None
    ) -> Step | None:
        raise NotImplementedError


@dataclass(eq=False)
class _Kept:
    """What becomes known of deferred work: its result, and that one step alone will ask for it."""

    result: Array | None = None
    for_next_step: bool = False


@dataclass(frozen=True)
class Pixels:
    """Colour and alpha of a picture between the steps of a chain.

    Attributes
    ----------
    alpha : array (H, W) or None
        Opacity. Filters leave it alone; where the size changes it is sampled or pooled alike.
    white : the value that stands for white: 255, 65535, 1.0
    dtype : dtype of the picture that the chain began with, and will end with
    signed : how a raw signed response is to be shown; None for a plain picture
    workers : threads for the engine
    """

    alpha: Array | None
    white: float
    dtype: np.dtype[Any]
    signed: SignedMode | None = None
    workers: int | None = None
    _colour: Array | None = None
    _deferred: _Deferred | None = None
    _kept: _Kept = field(default_factory=_Kept, repr=False, compare=False)

    @classmethod
    def of(
        cls, image: ArrayLike, *, alpha: bool | None = None, workers: int | None = None
    ) -> Pixels:
        """Take an image (H, W) or (H, W, C) apart.

        `alpha` says whether the last channel is opacity; None means that it is so for two and for
        four channels.
        """
        if workers is not None:
            check_workers(workers)
        checked = check_image(image)
        array = checked if np.ndim(image) == 3 else checked[:, :, 0]
        channels = array.shape[2] if array.ndim == 3 else 1
        white = 1.0 if array.dtype.kind == "f" else float(np.iinfo(array.dtype).max)
        opacity = None
        if channels in (2, 4) if alpha is None else alpha and channels > 1:
            opacity = array[:, :, -1]
            array = array[:, :, :-1]
        return cls(opacity, white, array.dtype, None, workers, array)

    @property
    def colour(self) -> Array:
        """The raw values (H, W) or (H, W, C) without alpha; read-only by agreement."""
        if self._colour is not None:
            return self._colour
        if self._kept.result is None:
            assert self._deferred is not None
            self._kept.result = self._deferred.raw(self.working_dtype)
        return self._kept.result

    @property
    def working_dtype(self) -> np.dtype[Any]:
        """float64 for pictures of float64, else float32."""
        return self.dtype if self.dtype == np.float64 else np.dtype(np.float32)

    @property
    def values(self) -> Array:
        """The raw colour values as floats (H, W) or (H, W, C)."""
        return self.colour.astype(self.working_dtype, copy=False)

    def intensity(self, value: float) -> float:
        """Turn an intensity on the scale 0 to 255 into a value of this picture."""
        return value * (self.white / 255)

    def with_colour(self, colour: Array, **changes: Any) -> Pixels:
        """Return the same picture with other colour values (and other attributes)."""
        return replace(self, _colour=colour, _deferred=None, _kept=_Kept(), **changes)

    def luma(self) -> Pixels:
        """Return the brightness of an RGB picture as (H, W); other pictures as they are."""
        colour = self.colour
        if colour.ndim != 3 or colour.shape[2] != 3:
            return self
        red, green, blue = np.moveaxis(self.values, 2, 0)
        of_red, _, of_blue = map(self.working_dtype.type, LUMA_WEIGHTS)
        # from differences, so that equal channels give their own value to the last bit
        return self.with_colour(green + of_red * (red - green) + of_blue * (blue - green))

    def correlate(
        self,
        kernel: ArrayLike,
        window: Window,
        *,
        scale: float = 1.0,
        offset: float = 0.0,
        signed: SignedMode | None = None,
    ) -> Pixels:
        """Correlate with one kernel; `offset` is an intensity, `signed` marks a signed response."""
        return self._respond((kernel,), None, window, scale, offset, signed or self.signed)

    def respond(
        self,
        kernels: Sequence[ArrayLike],
        combine: Combine,
        window: Window,
        *,
        scale: float = 1.0,
        offset: float = 0.0,
        signed: SignedMode | None = None,
    ) -> Pixels:
        """Correlate with several kernels of one shape and join the responses."""
        return self._respond(tuple(kernels), combine, window, scale, offset, signed)

    def _respond(
        self,
        kernels: tuple[ArrayLike, ...],
        combine: Combine | None,
        window: Window,
        scale: float,
        offset: float,
        signed: SignedMode | None,
    ) -> Pixels:
        work = _Correlation(self, kernels, combine, window, scale, self.intensity(offset))
        rows, columns = np.shape(kernels[0])
        return self._later(work, self.sampled_alpha((rows, columns), window), signed)

    def _later(self, work: _Deferred, alpha: Array | None, signed: SignedMode | None) -> Pixels:
        return replace(
            self, alpha=alpha, signed=signed, _colour=None, _deferred=work, _kept=_Kept()
        )

    def walk(self, window: Window) -> dict[str, Any]:
        """Return how a window walks over this picture, as arguments of the engine."""
        return {
            "stride": window.stride,
            "dilation": window.dilation,
            "padding": window.padding,
            "border": window.border,
            "workers": self.workers,
        }

    def sampled_alpha(self, size: tuple[int, int], window: Window) -> Array | None:
        """Return the alpha at the middle of each window of `size`."""
        if self.alpha is None:
            return None
        return transparency.at_middle(self.alpha, size, **self.walk(window))

    def rank(
        self,
        function: Callable[..., Array],
        size: int | tuple[int, int],
        window: Window,
        *args: Any,
    ) -> Pixels:
        """Call a rank function of the engine, such as `engine.median`, on windows of `size`."""
        colour = self.covered(size, window.dilation)
        fill = self.intensity(window.fill)
        if colour.dtype.kind != "f":
            fill = round(fill)
        result = function(colour, size, *args, fill=fill, **self.walk(window))
        both = size if isinstance(size, tuple) else (size, size)
        return self.with_colour(result, alpha=self.sampled_alpha(both, window))

    def pool(
        self, size: int | tuple[int, int], reduce: Literal["max", "mean", "min"], **named: Any
    ) -> Pixels:
        """Pool the colours and the alpha as `engine.pool` does."""

        def pool(array: Array) -> Array:
            return engine.pool(array, size, reduce=reduce, workers=self.workers, **named)

        if self.alpha is None and reduce != "mean":
            return self._later(_Pooling(self, size, reduce, named), None, self.signed)
        alpha = None if self.alpha is None else pool(self.alpha)
        if reduce != "mean":
            rows, columns = transparency.reach(size, named.get("dilation", 1))
            # a window that sees a pixel may lie wholly to one side of it
            covered = self.covered((2 * rows - 1, 2 * columns - 1))
            return self.with_colour(pool(covered), alpha=alpha)
        if self.alpha is None or not transparency.is_uneven(self.alpha):
            return self._later(_Call(self.colour, pool), alpha, self.signed)
        return self.with_colour(transparency.pool_seen(self.values, self.alpha, pool), alpha=alpha)

    def smooth(
        self,
        function: Callable[..., Array],
        reach: int,
        options: BorderOptions,
        *args: Any,
        **named: Any,
    ) -> Pixels:
        """Call a smoothing of the engine, such as `engine.bilateral`, that sees `reach` pixels."""
        arguments = {"border": options.border, "fill": self.intensity(options.fill), **named}
        work = _Call(
            self.covered(reach), lambda a: function(a, *args, **arguments, workers=self.workers)
        )
        return self._later(work, self.alpha, self.signed)

    def covered(self, size: int | tuple[int, int], dilation: int | tuple[int, int] = 1) -> Array:
        """Return the raw colours, hidden ones replaced by those seen within a window of `size`."""
        if self.alpha is None:
            return self.colour
        reach = transparency.reach(size, dilation)
        return transparency.covered(self.colour, self.alpha, reach, self.workers)

    def seen(self, values: Array) -> Array:
        """Return those of the values (H, W) or (H, W, C) that are not clear, a row for each pixel.

        What nobody sees must not sway a decision about the whole picture.
        """
        if self.alpha is None or not self.alpha.any():
            return values.reshape(-1, *values.shape[2:])
        return values[self.alpha > 0]

    def shown(self) -> Pixels:
        """Return the picture as it would be shown, a signed response mapped to a plain one."""
        if self.signed is None:
            return self
        return self.with_colour(self._shown(), signed=None)

    def finish(self) -> Array:
        """Map a signed response, round once, and return the picture in the dtype it began with."""
        with quiet():
            colour = self._finished_colour()
        if self.alpha is None:
            return colour
        if colour.ndim == 2:
            colour = colour[:, :, np.newaxis]
        return np.concatenate([colour, self.alpha[:, :, np.newaxis]], axis=2)

    def _finished_colour(self) -> Array:
        whole = self._in_one_pass()
        if whole is not None:
            return whole
        if self._deferred is not None and self._kept.result is None and self.dtype.kind == "u":
            # the engine can round, saturate and take the absolute value on its way out
            colour = self._deferred.final(self.dtype, self.signed)
            if colour is not None:
                return colour
        return _rounded(self._shown(), self.dtype)

    def pass_on(self) -> None:
        """Say that no step but the next one will ask for the values."""
        self._kept.for_next_step = True

    def _in_one_pass(self) -> Array | None:
        """Return the finished colour if several deferred steps can be run in one pass."""
        works: list[_Deferred] = []
        first = self
        while (
            first._deferred is not None
            and first._deferred.source is not None
            and first._kept.result is None
            and first.alpha is None
            and (first is self or first._kept.for_next_step)
        ):
            works.append(first._deferred)
            first = first._deferred.source
        if len(works) < 2:
            return None
        image = check_image(first.colour)
        outline = Outline(image.shape, image.dtype)
        steps: list[Step] = []
        for work in reversed(works[1:]):
            step = work.step(outline, self.working_dtype)
            outline = Outline((step.rows.outputs, step.columns.outputs, image.shape[2]), step.dtype)
            steps.append(step)
        last = None
        if self.dtype.kind == "u":
            last = works[0].last_step(outline, self.dtype, self.signed)
        dtype = self.dtype if last is not None else self.working_dtype
        steps.append(last or works[0].step(outline, dtype))
        result = run_chain(image, steps, dtype, check_workers(self.workers))
        if result is None:
            return None
        colour = result if first.colour.ndim == 3 else result[:, :, 0]
        if last is not None:
            return colour
        self._kept.result = colour
        return _rounded(self._shown(), self.dtype)

    def _shown(self) -> Array:
        if self.signed is None:
            return self.colour
        values = self.values
        match self.signed:
            case "abs":
                return np.asarray(np.abs(values))
            case "offset":
                return np.asarray(values + values.dtype.type(self.intensity(MIDDLE_GREY)))
            case "clamp":
                return np.asarray(np.maximum(values, 0))
            case "scale":
                finite = self.seen(values)
                finite = finite[np.isfinite(finite)]
                low, high = (finite.min(), finite.max()) if finite.size else (0, 0)
                if not high > low:
                    return np.zeros_like(values)
                stretch = self.white / (float(high) - float(low))
                return np.asarray((values - low) * values.dtype.type(stretch))


def _rounded(values: Array, dtype: np.dtype[Any]) -> Array:
    if values.dtype == dtype or dtype.kind == "f":
        return values.astype(dtype, copy=False)
    limits = np.iinfo(dtype)
    return np.clip(np.rint(values), limits.min, limits.max).astype(dtype)
