"""Layers that take one number of each window of each map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from convfilter.errors import ArgumentError
from convfilter.nn.layers.layer import Layer, Shape, check_maps, elements
from convfilter.nn.layers.window import Window

Reduce = Literal["max", "mean"]


@dataclass(frozen=True)
class Pool(Layer):
    """The maximum or the mean of each window, by PyTorch's rules.

    Attributes
    ----------
    reduce : "max" or "mean"
    window : kernel, stride, padding, dilation, ceil
    counts_padding : whether a mean divides by what lies in the padding, too; what a window of
        `ceil` has beyond the padding is never counted
    """

    reduce: Reduce
    window: Window
    counts_padding: bool = True

    @property
    def kind(self) -> str:
        """What it is: max-pool or mean-pool."""
        return f"{self.reduce}-pool"

    def output(self, *inputs: Shape) -> Shape:
        """Return (maps, rows, columns)."""
        maps, rows, columns = check_maps(inputs[0], "pooling")
        return maps, *self.window.outputs((rows, columns), "pooling")

    def connections(self, *inputs: Shape) -> int:
        """Return the pixels of all windows."""
        return elements(self.output(*inputs)) * self.window.kernel[0] * self.window.kernel[1]


@dataclass(frozen=True)
class DepthPool(Layer):
    """The maximum or the mean over so many neighbouring maps, at every place (maxout)."""

    reduce: Reduce
    size: int

    @property
    def kind(self) -> str:
        """What it is: depth-max or depth-mean."""
        return f"depth-{self.reduce}"

    def output(self, *inputs: Shape) -> Shape:
        """Return (maps / size, rows, columns), or (features / size,)."""
        maps, *rest = inputs[0]
        if len(rest) not in (0, 2):
            raise ArgumentError(f"depth pooling needs maps or features, not {inputs[0]}")
        if maps % self.size:
            raise ArgumentError(f"{maps} maps cannot be pooled {self.size} at a time")
        return maps // self.size, *rest

    def connections(self, *inputs: Shape) -> int:
        """Return the numbers of all maps."""
        return elements(inputs[0])


@dataclass(frozen=True)
class GlobalPool(Layer):
    """One number of each map: the maximum or the mean of all its pixels."""

    reduce: Reduce

    @property
    def kind(self) -> str:
        """What it is: global-max or global-mean."""
        return f"global-{self.reduce}"

    def output(self, *inputs: Shape) -> Shape:
        """Return (maps, 1, 1)."""
        maps, _, _ = check_maps(inputs[0], "global pooling")
        return maps, 1, 1

    def connections(self, *inputs: Shape) -> int:
        """Return the pixels of all maps."""
        return elements(inputs[0])


@dataclass(frozen=True)
class Subsample(Layer):
    """The sum of each window times a learned weight, plus a learned bias, for each map.

    LeCun et al. 1998, S2 and S4 of LeNet-5, whose windows do not overlap.
    """

    size: int

    def output(self, *inputs: Shape) -> Shape:
        """Return (maps, rows / size, columns / size)."""
        maps, rows, columns = check_maps(inputs[0], "subsampling")
        window = Window((self.size, self.size), (self.size, self.size))
        return maps, *window.outputs((rows, columns), "subsampling")

    def parameters(self, *inputs: Shape) -> dict[str, Shape]:
        """Return weight and bias, one of each map."""
        return {"weight": (inputs[0][0],), "bias": (inputs[0][0],)}

    def multiply_adds(self, *inputs: Shape) -> int:
        """Return one product of each output."""
        return elements(self.output(*inputs))

    def connections(self, *inputs: Shape) -> int:
        """Return the pixels of all windows, and the biases."""
        return elements(self.output(*inputs)) * (self.size**2 + 1)
