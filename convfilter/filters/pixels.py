"""A picture on its way through filters: raw numbers, and what must happen to them at the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convfilter import engine
from convfilter.engine.correlation.layout import CombineName as Combine
from convfilter.filters import transparency
from convfilter.filters.chains import ALPHA, AlphaMode
from convfilter.filters.deferred import (
    MIDDLE_GREY,
    Call,
    Correlation,
    Deferred,
    Pooling,
    Windowed,
    in_one_pass,
)
from convfilter.filters.options import BorderOptions, SignedMode, Window
from convfilter.filters.values import luma, mapped, rounded
from convfilter.runtime.checks import check_image
from convfilter.runtime.threads import check_workers

Array = NDArray[Any]


def quiet() -> np.errstate:
    """Let infinities cancel to NaN without a warning, as they do in the engine."""
    return np.errstate(invalid="ignore", over="ignore")


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
        Raw opacity, as floats once it has been smoothed.
    white : the value that stands for white, and for opaque: 255, 65535, 1.0
    dtype : dtype of the picture that the chain began with, and will end with
    signed : how a raw signed response is to be shown; None for a plain picture
    workers : threads for the engine
    keeps_alpha : whether alpha is only sampled or pooled where the size changes, never smoothed
    beside : the opacity as a picture of its own, filtered as the colours are
    """

    alpha: Array | None
    white: float
    dtype: np.dtype[Any]
    signed: SignedMode | None = None
    workers: int | None = None
    keeps_alpha: bool = False
    beside: Pixels | None = None
    _colour: Array | None = None
    _deferred: Deferred | None = None
    _kept: _Kept = field(default_factory=_Kept, repr=False, compare=False)

    @classmethod
    def of(
        cls,
        image: ArrayLike,
        *,
        alpha: bool | None = None,
        alpha_mode: AlphaMode = "weigh",
        workers: int | None = None,
    ) -> Pixels:
        """Take an image (H, W) or (H, W, C) apart.

        `alpha` says whether the last channel is opacity; None means that it is so for two and for
        four channels. `alpha_mode` says what filters do with it.
        """
        if workers is not None:
            check_workers(workers)
        mode = ALPHA.check(alpha_mode)
        checked = check_image(image)
        array = checked if np.ndim(image) == 3 else checked[:, :, 0]
        channels = array.shape[2] if array.ndim == 3 else 1
        white = 1.0 if array.dtype.kind == "f" else float(np.iinfo(array.dtype).max)
        opacity = beside = None
        if channels in (2, 4) if alpha is None else alpha and channels > 1:
            opacity, array = array[:, :, -1], array[:, :, :-1]
            if mode == "filter":
                beside = cls(None, white, array.dtype, workers=workers, _colour=opacity)
            if mode in ("filter", "drop"):
                opacity, array = None, np.ascontiguousarray(array)
        keeps = mode == "keep"
        return cls(opacity, white, array.dtype, None, workers, keeps, beside, array)

    @property
    def has_alpha(self) -> bool:
        """Whether the finished picture has opacity in its last channel."""
        return self.alpha is not None or self.beside is not None

    def keeping_alpha(self) -> Pixels:
        """Return the same picture, whose alpha what smooths it leaves as it is."""
        return replace(self, keeps_alpha=True)

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
        return self.with_colour(luma(self.values))

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
        rows, columns = np.shape(kernels[0])
        if not transparency.is_uneven(self.alpha) or all(map(transparency.keeps_place, kernels)):
            work = Correlation(self, kernels, combine, window, scale, self.intensity(offset))
            return self._later(work, self.sampled_alpha((rows, columns), window), signed)
        colour, smoothed = transparency.correlate_seen(
            self.colour,
            self.alpha,
            kernels,
            combine,
            white=self.white,
            scale=scale,
            offset=self.intensity(offset),
            fill=self.intensity(window.fill),
            **self.walk(window),
        )
        if smoothed is None or self.keeps_alpha:
            smoothed = self.sampled_alpha((rows, columns), window)
        return self._mixed(colour, alpha=smoothed, signed=signed)

    def _mixed(self, colour: Array, **changes: Any) -> Pixels:
        """Return the same picture with other colours, which are floats of any precision."""
        return self.with_colour(colour.astype(self.working_dtype, copy=False), **changes)

    def _later(self, work: Deferred, alpha: Array | None, signed: SignedMode | None) -> Pixels:
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
        # the fill is opaque, or as opaque as a picture whose pixels are alike
        fill = self.white if transparency.is_uneven(self.alpha) else float(self.alpha[0, 0])
        return transparency.at_middle(self.alpha, size, fill=fill, **self.walk(window))

    def rank(
        self,
        function: Callable[..., Array],
        size: int | tuple[int, int],
        window: Window,
        *args: Any,
    ) -> Pixels:
        """Call a rank function of the engine, such as `engine.median`, on windows of `size`."""
        fill = self.intensity(window.fill)
        if self.colour.dtype.kind != "f":
            fill = round(fill)

        def find(plane: Array, fill: float = fill) -> Array:
            return function(plane, size, *args, fill=fill, **self.walk(window))

        both = size if isinstance(size, tuple) else (size, size)
        if not transparency.is_uneven(self.alpha):
            return self.with_colour(find(self.colour), alpha=self.sampled_alpha(both, window))
        if function in (engine.maximum, engine.minimum):
            highest = function is engine.maximum
            colour = transparency.extremes_seen(
                self.colour, self.alpha, find, highest=highest, beyond=(fill,)
            )
        else:
            # a window that sees a pixel may lie wholly to one side of it
            twice = (2 * both[0] - 1, 2 * both[1] - 1)
            covered = self.covered(twice, window.dilation, border=window.border, fill=fill)
            colour = find(covered)
        if self.keeps_alpha:
            return self.with_colour(colour, alpha=self.sampled_alpha(both, window))
        return self.with_colour(colour, alpha=find(self.alpha, self.white))

    def pool(
        self, size: int | tuple[int, int], reduce: Literal["max", "mean", "min"], **named: Any
    ) -> Pixels:
        """Pool the colours and the alpha as `engine.pool` does."""

        def pool(array: Array, **changes: Any) -> Array:
            how = {"reduce": reduce, "workers": self.workers, **named, **changes}
            return engine.pool(array, size, **how)

        if self.alpha is None and reduce != "mean":
            return self._later(Pooling(self, size, reduce, named), None, self.signed)
        if not transparency.is_uneven(self.alpha):
            # one of equal values: their mean may differ in the last bit
            alpha = None if self.alpha is None else pool(self.alpha, reduce="max")
            return self._later(Call(self.colour, pool), alpha, self.signed)
        if reduce != "mean":
            highest = reduce == "max"
            colour = transparency.extremes_seen(self.colour, self.alpha, pool, highest=highest)
            return self.with_colour(colour, alpha=pool(self.alpha))
        # padding darkens colours, as it does without alpha, and takes nothing from opacity
        alpha = pool(self.alpha.astype(np.float64), count_include_pad=False)
        colour = transparency.pool_seen(self.colour, self.alpha, self.white, pool)
        return self._mixed(colour, alpha=alpha)

    def smooth(
        self,
        function: Callable[..., Array],
        reach: int,
        options: BorderOptions,
        *args: Any,
        **named: Any,
    ) -> Pixels:
        """Call a smoothing of the engine, such as `engine.bilateral`, that sees `reach` pixels."""
        border, fill = options.border, self.intensity(options.fill)

        def smooth(planes: Array) -> Array:
            beyond = {"border": border, "fill": fill, "workers": self.workers}
            return function(planes, *args, **beyond, **named)

        if not transparency.is_uneven(self.alpha):
            return self._later(Call(self.colour, smooth), self.alpha, self.signed)
        colour, alpha = transparency.smooth_seen(
            self.colour, self.alpha, self.white, smooth, around=reach // 2, border=border, fill=fill
        )
        return self._mixed(colour, alpha=self.alpha if self.keeps_alpha else alpha)

    def covered(
        self, size: int | tuple[int, int], dilation: int | tuple[int, int] = 1, **beyond: Any
    ) -> Array:
        """Return the raw colours, hidden ones replaced by those seen within a window of `size`.

        `beyond` are the border and the raw fill of the window, if it reaches beyond the edge.
        """
        if self.alpha is None:
            return self.colour
        reach = transparency.reach(size, dilation)
        named = {"border": "reflect", "fill": 0.0, "workers": self.workers, **beyond}
        return transparency.covered(self.colour, self.alpha, reach, **named)

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
        colour, alpha = self.planes()
        return colour if alpha is None else np.dstack([colour, alpha])

    def planes(self) -> tuple[Array, Array | None]:
        """Return the finished picture's colours, and its alpha (H, W) if it has some."""
        with quiet():
            colour = self._finished_colour()
        if self.beside is not None:
            return colour, self.beside.finish()
        return colour, None if self.alpha is None else rounded(self.alpha, self.dtype)

    def _finished_colour(self) -> Array:
        whole = self._in_one_pass()
        if whole is not None:
            return whole
        if self._deferred is not None and self._kept.result is None and self.dtype.kind == "u":
            # the engine can round, saturate and take the absolute value on its way out
            colour = self._deferred.final(self.dtype, self.signed)
            if colour is not None:
                return colour
        return rounded(self._shown(), self.dtype)

    def pass_on(self) -> None:
        """Say that no step but the next one will ask for the values."""
        self._kept.for_next_step = True
        if self.beside is not None:
            self.beside.pass_on()

    def _in_one_pass(self) -> Array | None:
        """Return the finished colour if several deferred steps can be run in one pass."""
        works: list[Windowed] = []
        before: list[Pixels] = []
        first = self
        while (
            isinstance(first._deferred, Windowed)
            and first._kept.result is None
            and first.alpha is None
            and (first is self or first._kept.for_next_step)
        ):
            works.append(first._deferred)
            before.append(first)
            first = first._deferred.source
        while works and isinstance(works[-1], Pooling):
            works.pop()  # what it gives is small, and it reads the image as it is
            first = before.pop()
        if len(works) < 2:
            return None
        dtypes = self.working_dtype, self.dtype
        colour, is_final = in_one_pass(
            first.colour, works[::-1], *dtypes, self.signed, self.workers
        )
        if colour is None or is_final:
            return colour
        self._kept.result = colour
        return rounded(self._shown(), self.dtype)

    def _shown(self) -> Array:
        if self.signed is None:
            return self.colour
        values, middle = self.values, self.intensity(MIDDLE_GREY)
        seen = self.seen(values) if self.signed == "scale" else values
        return mapped(values, self.signed, self.white, middle, seen)
