"""Layers that keep the shape: activations, normalisations, and what only training changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from convfilter.errors import ArgumentError
from convfilter.nn.layers.layer import Layer, Shape, check_maps


@dataclass(frozen=True)
class Pointwise(Layer):
    """A layer whose output has the shape of its input."""

    def output(self, *inputs: Shape) -> Shape:
        """Return the shape of the input."""
        return inputs[0]


@dataclass(frozen=True)
class Activation(Pointwise):
    """A function without parameters, of each number or of all maps at a place."""


@dataclass(frozen=True)
class Relu(Activation):
    """The larger of x and 0."""


@dataclass(frozen=True)
class LeakyRelu(Activation):
    """The number x where it is not negative, `slope` times x elsewhere."""

    slope: float = 0.01


@dataclass(frozen=True)
class Tanh(Activation):
    """``amplitude * tanh(slope * x)``; LeNet-5 has 1.7159 and 2/3 (LeCun et al. 1998)."""

    amplitude: float = 1.0
    slope: float = 1.0


@dataclass(frozen=True)
class Sigmoid(Activation):
    """``1 / (1 + exp(-x))``."""


@dataclass(frozen=True)
class Clip(Activation):
    """The nearest number from `low` to `high`."""

    low: float
    high: float


@dataclass(frozen=True)
class Softmax(Activation):
    """``exp(x) / sum of exp(x)`` over the features, or over the maps at every place."""


@dataclass(frozen=True)
class Dropout(Pointwise):
    """Nothing at inference; in training each number is 0 with a probability, the others grow."""

    probability: float = 0.5


@dataclass(frozen=True)
class LocalResponse(Pointwise):
    """Divide by what neighbouring maps say at the same place.

    ``x / (k + a * sum of squares over size neighbouring maps)**beta``, where `a` is
    `alpha` / `size` as in Caffe and ONNX, or with `divided` False `alpha` itself, as published
    (Krizhevsky et al. 2012). Of an even size more neighbours lie above than below.
    """

    size: int = 5
    alpha: float = 1e-4
    beta: float = 0.75
    k: float = 1.0
    divided: bool = True

    def output(self, *inputs: Shape) -> Shape:
        """Return the shape of the maps."""
        return check_maps(inputs[0], "local response normalisation")


@dataclass(frozen=True)
class BatchNorm(Pointwise):
    """``(x - mean) / sqrt(variance + epsilon) * weight + bias`` with numbers of each map."""

    epsilon: float = 1e-5

    def parameters(self, *inputs: Shape) -> dict[str, Shape]:
        """Return weight and bias, one of each map."""
        return {"weight": inputs[0][:1], "bias": inputs[0][:1]}

    def buffers(self, *inputs: Shape) -> dict[str, Shape]:
        """Return the running mean and variance, gathered while training."""
        return {"running_mean": inputs[0][:1], "running_var": inputs[0][:1]}


@dataclass(frozen=True)
class Affine(Pointwise):
    """``x * weight + bias`` with constant numbers of each map or feature."""

    def parameters(self, *inputs: Shape) -> dict[str, Shape]:
        """Return weight and bias, one of each map."""
        return {"weight": inputs[0][:1], "bias": inputs[0][:1]}


@dataclass(frozen=True)
class Combine(Layer):
    """Several inputs of one shape, added, multiplied or compared number by number.

    "sum" adds what a residual block has learned to what it was given; "max" over parallel
    convolutions is maxout. Maps of a single row or column count for all rows or columns of the
    others, as when each map is multiplied by one number (squeeze and excitation, Hu et al. 2018).
    """

    how: Literal["sum", "product", "max"]

    @property
    def kind(self) -> str:
        """What it is: sum, product or max."""
        return self.how

    def output(self, *inputs: Shape) -> Shape:
        """Return the shape that all of them have, or are spread to."""
        whole = tuple(map(max, zip(*inputs, strict=False)))
        for shape in inputs:
            is_spread = len(shape) == len(whole) == 3 and all(
                side in (1, wide) for side, wide in zip(shape[1:], whole[1:], strict=True)
            )
            if shape != whole and not (is_spread and shape[0] == whole[0]):
                shapes = " and ".join(map(str, inputs))
                raise ArgumentError(f"only what has one shape can be combined, not {shapes}")
        return whole
