"""Layers of weighted sums: convolutions and what is fully connected."""

from __future__ import annotations

from dataclasses import dataclass

from convfilter.errors import ArgumentError
from convfilter.nn.layers.layer import Layer, Shape, check_maps, elements
from convfilter.nn.layers.window import Window


@dataclass(frozen=True)
class Conv2d(Layer):
    """Correlate every map with a kernel of its own for each output map, and add up.

    ``z[k, i, j] = bias[k] + sum over c, u, v of x[c, i * s + u, j * s + v] * weight[k, c, u, v]``

    Attributes
    ----------
    maps : of the output
    window : kernel, stride, padding, dilation; `ceil` has no meaning here
    groups : the maps of the input and the output are cut into so many parts, and each part of the
        output looks at its part of the input alone
    bias : a number is added to each map
    table : of each output map the input maps that it looks at; None where it looks at all. The
        array of weights is the full one, with zeros elsewhere; only the others count as parameters.
    """

    maps: int
    window: Window
    groups: int = 1
    bias: bool = True
    table: tuple[tuple[int, ...], ...] | None = None

    def output(self, *inputs: Shape) -> Shape:
        """Return (maps, rows, columns)."""
        maps, rows, columns = check_maps(inputs[0], "a convolution")
        if maps % self.groups or self.maps % self.groups:
            raise ArgumentError(
                f"a convolution from {maps} to {self.maps} maps cannot be cut into"
                f" {self.groups} groups"
            )
        return self.maps, *self.window.outputs((rows, columns), "a convolution")

    def parameters(self, *inputs: Shape) -> dict[str, Shape]:
        """Return weight (output maps, input maps of a group, rows, columns) and bias."""
        weight = {"weight": (self.maps, inputs[0][0] // self.groups, *self.window.kernel)}
        return weight | ({"bias": (self.maps,)} if self.bias else {})

    def trained(self, *inputs: Shape) -> int:
        """Return how many of the parameters are free: those of the table, where there is one."""
        return self._looked_at(inputs[0]) * self._taps + self.maps * self.bias

    @property
    def _taps(self) -> int:
        return self.window.kernel[0] * self.window.kernel[1]

    def _looked_at(self, shape: Shape) -> int:
        """Return how many maps all output maps look at together."""
        if self.table is not None:
            return sum(map(len, self.table))
        return self.maps * (shape[0] // self.groups)

    def multiply_adds(self, *inputs: Shape) -> int:
        """Return the products of all kernels at all places."""
        return self._looked_at(inputs[0]) * self._taps * elements(self.output(*inputs)[1:])

    def connections(self, *inputs: Shape) -> int:
        """Return the products, and the biases."""
        return self.multiply_adds(*inputs) + self.bias * elements(self.output(*inputs))


@dataclass(frozen=True)
class Linear(Layer):
    """Every output looks at every input: ``bias + weight @ x``."""

    features: int
    bias: bool = True

    def output(self, *inputs: Shape) -> Shape:
        """Return (features,)."""
        if len(inputs[0]) != 1:
            raise ArgumentError(f"a fully connected layer takes features, not maps {inputs[0]}")
        return (self.features,)

    def parameters(self, *inputs: Shape) -> dict[str, Shape]:
        """Return weight (outputs, inputs) and bias."""
        weight = {"weight": (self.features, inputs[0][0])}
        return weight | ({"bias": (self.features,)} if self.bias else {})

    def multiply_adds(self, *inputs: Shape) -> int:
        """Return inputs times outputs."""
        return self.features * inputs[0][0]

    def connections(self, *inputs: Shape) -> int:
        """Return the products, and the biases."""
        return self.multiply_adds(*inputs) + self.bias * self.features


@dataclass(frozen=True)
class Rbf(Layer):
    """The squared distance to a fixed code of each class (LeCun et al. 1998, output of LeNet-5)."""

    classes: int

    def output(self, *inputs: Shape) -> Shape:
        """Return (classes,); the smallest distance names the class."""
        if len(inputs[0]) != 1:
            raise ArgumentError(f"distances to codes are of features, not of maps {inputs[0]}")
        return (self.classes,)

    def buffers(self, *inputs: Shape) -> dict[str, Shape]:
        """Return the codes, which are given, not learned."""
        return {"codes": (self.classes, inputs[0][0])}

    def multiply_adds(self, *inputs: Shape) -> int:
        """Return inputs times classes."""
        return self.classes * inputs[0][0]

    def connections(self, *inputs: Shape) -> int:
        """Return inputs times classes."""
        return self.multiply_adds(*inputs)
