"""Layers that move numbers and change none."""

from __future__ import annotations

from dataclasses import dataclass

from convfilter.errors import ArgumentError
from convfilter.nn.layers.layer import Layer, Shape, check_maps, elements
from convfilter.nn.layers.window import Pads


@dataclass(frozen=True)
class Concat(Layer):
    """The maps of several inputs, one after the other."""

    def output(self, *inputs: Shape) -> Shape:
        """Return (all maps, rows, columns)."""
        if len({shape[1:] for shape in inputs}) != 1:
            shapes = " and ".join(map(str, inputs))
            raise ArgumentError(f"only maps of one size can be put together, not {shapes}")
        return sum(shape[0] for shape in inputs), *inputs[0][1:]


@dataclass(frozen=True)
class Flatten(Layer):
    """All numbers as features, map by map and row by row."""

    def output(self, *inputs: Shape) -> Shape:
        """Return (features,)."""
        return (elements(inputs[0]),)


@dataclass(frozen=True)
class Reshape(Layer):
    """The same numbers in another shape."""

    shape: Shape

    def output(self, *inputs: Shape) -> Shape:
        """Return the shape."""
        if elements(self.shape) != elements(inputs[0]):
            raise ArgumentError(f"{inputs[0]} cannot be reshaped to {self.shape}")
        return self.shape


@dataclass(frozen=True)
class Transpose(Layer):
    """The axes in another order, of which 0 is that of the maps."""

    order: tuple[int, ...]

    def output(self, *inputs: Shape) -> Shape:
        """Return the sides in that order."""
        if sorted(self.order) != list(range(len(inputs[0]))):
            raise ArgumentError(f"{inputs[0]} has no axes {self.order}")
        return tuple(inputs[0][axis] for axis in self.order)


@dataclass(frozen=True)
class Pad(Layer):
    """Rows and columns of one value around every map; negative ones cut."""

    pads: Pads
    value: float = 0.0

    def output(self, *inputs: Shape) -> Shape:
        """Return (maps, rows, columns)."""
        maps, rows, columns = check_maps(inputs[0], "padding")
        (top, bottom), (left, right) = self.pads
        shape = maps, rows + top + bottom, columns + left + right
        if min(shape) < 1:
            raise ArgumentError(f"padding by {self.pads} leaves nothing of {inputs[0]}")
        return shape
