"""A convolution as an operation: what all ways of carrying it out have in common."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from convfilter.nn.layers.convolution import Conv2d
from convfilter.nn.running.operation import Floats, Weighted, lying
from convfilter.nn.running.values import FLOAT


@dataclass(eq=False)
class Convolving(Weighted):
    """A convolution, and what is done with its numbers before they are stored.

    Attributes
    ----------
    layer : what it is
    weight : (maps, maps of a group of the input, rows, columns)
    """

    layer: Conv2d = field(kw_only=True)
    weight: Floats = field(kw_only=True)

    @property
    def pads(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """What is added around the maps."""
        given = self.inputs[0]
        return self.layer.window.pads((given.rows, given.columns))

    @property
    def products(self) -> int:
        """Products of all outputs."""
        taps = self.layer.window.kernel[0] * self.layer.window.kernel[1]
        places = self.output.rows * self.output.columns
        return places * taps * (self.inputs[0].maps // self.layer.groups) * self.layer.maps

    def start(self, group: int = 0) -> int:
        """Return the address of the first tap of the first output, of a group of maps."""
        given, ((top, _), (left, _)) = self.inputs[0], self.pads
        first = group * (given.maps // self.layer.groups)
        return given.address + FLOAT * (first - top * given.row - left * given.pixel)

    def residual_fields(self) -> dict[str, int]:
        """Return where the residual lies; it is at 0 where there is none."""
        return lying(self.residual, "residual") if self.residual is not None else {}

    def look_beyond(self) -> None:
        """Tell the input that windows look at zeros around it."""
        given, out, window = self.inputs[0], self.output, self.layer.window
        (top, _), (left, _) = self.pads
        bottom = (out.rows - 1) * window.stride[0] + window.reach[0] - given.rows - top
        right = (out.columns - 1) * window.stride[1] + window.reach[1] - given.columns - left
        given.root.border.widen(top, bottom, left, right)


def without_others(layer: Conv2d, weight: Floats) -> Floats:
    """Return weights that are 0 where the table has a map not look at another."""
    if layer.table is None:
        return weight
    looks = np.zeros((*weight.shape[:2], 1, 1), np.float32)
    for number, maps in enumerate(layer.table):
        looks[number, list(maps)] = 1
    return weight * looks
