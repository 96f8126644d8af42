"""Pooling and subsampling."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from convfilter.nn.layers.layer import Shape
from convfilter.nn.layers.pooling import GlobalPool, Pool, Subsample
from convfilter.nn.layers.window import Window
from convfilter.nn.training.crew import Crew
from convfilter.nn.training.steps.step import Array, Arrays, Step, walk
from convfilter.runtime import compiled

ROOM = "nn.training.loops.pools"


class _Windows:
    """Windows that walk over maps: their sums and maxima, shared out over threads by maps."""

    def __init__(self, window: Window, size: Shape, outputs: Shape, crew: Crew) -> None:
        self._walk = walk(window, (size[0], size[1]), (outputs[0], outputs[1]))
        self._size, self._outputs, self._crew = size, outputs, crew
        self._taps = window.kernel[0] * window.kernel[1]

    def _each(self, name: str, dtype: np.dtype[Any], *maps: Array) -> None:
        """Run a loop for the pictures of every map; `maps` have the maps as their first axis."""
        loop = compiled.loop(f"{ROOM}.{name}", T=dtype)

        def work(part: int) -> None:
            loop(*(each if each is self._walk else each[part] for each in maps))

        work_of_all = maps[0].size * self._taps * 10.0
        self._crew.each(len(maps[0]), work_of_all, work)

    def empty(self, maps: Array, dtype: Any = None) -> Array:
        """Return memory for the outputs."""
        return np.empty((*maps.shape[:2], *self._outputs), dtype or maps.dtype)

    def sums(self, maps: Array) -> Array:
        """Return the sum of each window."""
        out = self.empty(maps)
        self._each("sums", maps.dtype, maps, self._walk, out)
        return out

    def to_windows(self, gradient: Array) -> Array:
        """Return for every pixel the sum of the numbers of all windows that hold it."""
        out = np.zeros((*gradient.shape[:2], *self._size), gradient.dtype)
        self._each("to_windows", gradient.dtype, gradient, self._walk, out)
        return out

    def largest(self, maps: Array) -> tuple[Array, NDArray[np.int64]]:
        """Return the maximum of each window, and where it lies."""
        out, places = self.empty(maps), self.empty(maps, np.int64)
        self._each("largest", maps.dtype, maps, self._walk, out, places)
        return out, places

    def to_places(self, gradient: Array, places: NDArray[np.int64]) -> Array:
        """Return maps with the numbers at their places."""
        out = np.zeros((*gradient.shape[:2], self._size[0] * self._size[1]), gradient.dtype)
        self._each("to_places", gradient.dtype, gradient, places, out)
        return out.reshape(*gradient.shape[:2], *self._size)


class PoolStep(Step[Pool], of=Pool):
    """Maxima and means of windows."""

    def __init__(self, layer: Pool, shapes: list[Shape], crew: Crew) -> None:
        super().__init__(layer, shapes, crew)
        self._windows = _Windows(layer.window, shapes[0][1:], self.output_shape[1:], crew)

    def forward(self, inputs: list[Array], weights: Arrays, training: bool) -> Array:
        """Return the maximum or the mean of each window."""
        (x,) = inputs
        if self.layer.reduce == "max":
            out, self._places = self._windows.largest(x)
            return out
        return self._windows.sums(x) * self._share(x.dtype)

    def backward(self, gradient: Array, wanted: bool) -> tuple[list[Array | None], Arrays]:
        """Return each gradient at the place of its maximum, or a share of it everywhere."""
        if self.layer.reduce == "max":
            return [self._windows.to_places(gradient, self._places)], {}
        return [self._windows.to_windows(gradient * self._share(gradient.dtype))], {}

    def _share(self, dtype: np.dtype[Any]) -> Array:
        """Return one over what the mean of each window divides by."""
        window, size = self.layer.window, self.shapes[0][1:]
        counts = [
            self._counts(axis, size[axis], window.pads((size[0], size[1]))[axis]) for axis in (0, 1)
        ]
        return (1.0 / (counts[0][:, None] * counts[1])).astype(dtype)

    def _counts(self, axis: int, size: int, pads: tuple[int, int]) -> NDArray[np.float64]:
        """Return how many rows, or columns, of each window count."""
        window = self.layer.window
        first = np.arange(self.output_shape[1 + axis]) * window.stride[axis] - pads[0]
        taps = first[:, None] + np.arange(window.kernel[axis]) * window.dilation[axis]
        low, high = (-pads[0], size + pads[1]) if self.layer.counts_padding else (0, size)
        counts: NDArray[np.float64] = ((taps >= low) & (taps < high)).sum(1).astype(np.float64)
        return counts


class GlobalPoolStep(Step[GlobalPool], of=GlobalPool):
    """The mean of each map."""

    @property
    def is_trainable(self) -> bool:
        """Whether it is the mean."""
        return self.layer.reduce == "mean"

    def forward(self, inputs: list[Array], weights: Arrays, training: bool) -> Array:
        """Return the means."""
        means: Array = inputs[0].mean((2, 3), keepdims=True)
        return means

    def backward(self, gradient: Array, wanted: bool) -> tuple[list[Array | None], Arrays]:
        """Return a share of each gradient for all pixels of its map."""
        size = self.shapes[0][1:]
        share = gradient * gradient.dtype.type(1 / (size[0] * size[1]))
        return [np.ascontiguousarray(np.broadcast_to(share, (*gradient.shape[:2], *size)))], {}


class SubsampleStep(Step[Subsample], of=Subsample):
    """Sums of windows times a learned weight."""

    def __init__(self, layer: Subsample, shapes: list[Shape], crew: Crew) -> None:
        super().__init__(layer, shapes, crew)
        window = Window((layer.size, layer.size), (layer.size, layer.size))
        self._windows = _Windows(window, shapes[0][1:], self.output_shape[1:], crew)

    def forward(self, inputs: list[Array], weights: Arrays, training: bool) -> Array:
        """Return ``weight * sum + bias``."""
        self._weight = weights["weight"]
        self._sums = self._windows.sums(inputs[0])
        return self._sums * _of_maps(self._weight) + _of_maps(weights["bias"])

    def backward(self, gradient: Array, wanted: bool) -> tuple[list[Array | None], Arrays]:
        """Return the gradients of the maps, of the weights and of the bias."""
        learned = {
            "weight": (gradient * self._sums).reshape(len(gradient), -1).sum(1),
            "bias": gradient.reshape(len(gradient), -1).sum(1),
        }
        return [self._windows.to_windows(gradient * _of_maps(self._weight))], learned


def _of_maps(numbers: Array) -> Array:
    """Return a number for each map, to be joined with maps."""
    return numbers[:, None, None, None]
