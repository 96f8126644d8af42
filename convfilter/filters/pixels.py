"""A picture on its way through filters: raw numbers, and what must happen to them at the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from convfilter import engine
from convfilter.engine.arguments import check_image
from convfilter.engine.respond import Combine
from convfilter.filters.options import BorderOptions, SignedMode, Window

Array = NDArray[Any]

LUMA_WEIGHTS = (0.299, 0.587, 0.114)
"""Red, green and blue in the luma of ITU-R BT.601, which JPEG uses."""


@dataclass(frozen=True)
class _Pending:
    """A correlation not yet carried out: the last step may ask for its result in another dtype."""

    source: Pixels
    kernels: tuple[ArrayLike, ...]
    combine: Combine | None
    window: Window
    scale: float
    offset: float

    def run(self, dtype: DTypeLike, combine: Combine | None = None, shift: float = 0.0) -> Array:
        window, source = self.window, self.source
        return engine.correlate_bank(
            source.colour,
            self.kernels,
            self.combine if combine is None else combine,
            stride=window.stride,
            dilation=window.dilation,
            padding=window.padding,
            border=window.border,
            fill=source.intensity(window.fill),
            scale=self.scale,
            offset=self.offset + shift,
            dtype=dtype,
            workers=source.workers,
        )


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
    _pending: _Pending | None = None
    _forced: list[Array] = field(default_factory=list, repr=False, compare=False)

    @classmethod
    def of(
        cls, image: ArrayLike, *, alpha: bool | None = None, workers: int | None = None
    ) -> Pixels:
        """Take an image (H, W) or (H, W, C) apart.

        `alpha` says whether the last channel is opacity; None means that it is so for two and for
        four channels.
        """
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
        if not self._forced:
            assert self._pending is not None
            self._forced.append(self._pending.run(self.working_dtype))
        return self._forced[0]

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
        return replace(self, _colour=colour, _pending=None, _forced=[], **changes)

    def luma(self) -> Pixels:
        """Return the brightness of an RGB picture as (H, W); other pictures as they are."""
        colour = self.values
        if colour.ndim != 3 or colour.shape[2] != 3:
            return self
        weights = np.array(LUMA_WEIGHTS, self.working_dtype)
        return self.with_colour(colour @ weights)

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
        self, kernels: Sequence[ArrayLike], combine: Combine, window: Window, *, scale: float = 1.0
    ) -> Pixels:
        """Correlate with several kernels of one shape and join the responses to a plain picture."""
        return self._respond(tuple(kernels), combine, window, scale, 0.0, None)

    def _respond(
        self,
        kernels: tuple[ArrayLike, ...],
        combine: Combine | None,
        window: Window,
        scale: float,
        offset: float,
        signed: SignedMode | None,
    ) -> Pixels:
        pending = _Pending(self, kernels, combine, window, scale, self.intensity(offset))
        rows, columns = np.shape(kernels[0])
        return replace(
            self,
            alpha=self.sampled_alpha((rows, columns), window),
            signed=signed,
            _colour=None,
            _pending=pending,
            _forced=[],
        )

    def sampled_alpha(self, size: tuple[int, int], window: Window) -> Array | None:
        """Return the alpha at the middle of each window of `size`."""
        if self.alpha is None or (window.stride == 1 and window.padding == "same"):
            return self.alpha
        impulse = np.zeros(size)
        impulse[(size[0] - 1) // 2, (size[1] - 1) // 2] = 1
        return engine.correlate(
            self.alpha,
            impulse,
            stride=window.stride,
            dilation=window.dilation,
            padding=window.padding,
            border="edge",
            workers=self.workers,
        )

    def map_colour(
        self, function: Callable[..., Array], options: BorderOptions, *args: Any, **named: Any
    ) -> Pixels:
        """Call a function of the engine on the colours, with this picture's border and workers."""
        result = function(
            self.colour,
            *args,
            border=options.border,
            fill=self.intensity(options.fill),
            workers=self.workers,
            **named,
        )
        return self.with_colour(result)

    def finish(self) -> Array:
        """Map a signed response, round once, and return the picture in the dtype it began with."""
        colour = self._finished_colour()
        if self.alpha is None:
            return colour
        if colour.ndim == 2:
            colour = colour[:, :, np.newaxis]
        return np.concatenate([colour, self.alpha[:, :, np.newaxis]], axis=2)

    def _finished_colour(self) -> Array:
        pending = self._pending
        if pending is not None and not self._forced and self.dtype.kind == "u":
            # the engine can round, saturate and take the absolute value on its way out
            match self.signed:
                case None | "clamp":
                    return pending.run(self.dtype)
                case "abs" if pending.combine is None and pending.offset == 0:
                    return pending.run(self.dtype, "abs")
                case "offset":
                    return pending.run(self.dtype, shift=self.intensity(128))
        return _rounded(self._shown(), self.dtype)

    def _shown(self) -> Array:
        if self.signed is None:
            return self.colour
        values = self.values
        match self.signed:
            case "abs":
                return np.asarray(np.abs(values))
            case "offset":
                return np.asarray(values + values.dtype.type(self.intensity(128)))
            case "clamp":
                return np.asarray(np.maximum(values, 0))
            case "scale":
                low, high = values.min(), values.max()
                if not high > low:
                    return np.zeros_like(values)
                stretch = self.white / (float(high) - float(low))
                return np.asarray((values - low) * values.dtype.type(stretch))


def _rounded(values: Array, dtype: np.dtype[Any]) -> Array:
    if values.dtype == dtype or dtype.kind == "f":
        return values.astype(dtype, copy=False)
    limits = np.iinfo(dtype)
    return np.clip(np.rint(values), limits.min, limits.max).astype(dtype)
