"""Layers that join several inputs, or give the same numbers another shape."""

from __future__ import annotations

import numpy as np

from convfilter.nn.layers.pointwise import Combine
from convfilter.nn.layers.shaping import Concat, Flatten
from convfilter.nn.training.steps.step import Array, Arrays, Step


class CombineStep(Step[Combine], of=Combine):
    """A residual addition."""

    @property
    def is_trainable(self) -> bool:
        """Whether it is a sum of what has one shape."""
        return self.layer.how == "sum" and len(set(self.shapes)) == 1

    def forward(self, inputs: list[Array], weights: Arrays, training: bool) -> Array:
        """Return the sum."""
        out = inputs[0]
        for further in inputs[1:]:
            out = out + further
        return out

    def backward(self, gradient: Array, wanted: bool) -> tuple[list[Array | None], Arrays]:
        """Return the gradient for every input."""
        return [gradient] * len(self.shapes), {}


class ConcatStep(Step[Concat], of=Concat):
    """Maps one after the other."""

    def forward(self, inputs: list[Array], weights: Arrays, training: bool) -> Array:
        """Return all maps."""
        return np.concatenate(inputs)

    def backward(self, gradient: Array, wanted: bool) -> tuple[list[Array | None], Arrays]:
        """Return for each input the gradients of its maps."""
        edges = np.cumsum([shape[0] for shape in self.shapes])[:-1]
        return list(np.split(gradient, edges)), {}


class FlattenStep(Step[Flatten], of=Flatten):
    """Numbers as features, map by map and row by row."""

    def forward(self, inputs: list[Array], weights: Arrays, training: bool) -> Array:
        """Return (features, pictures)."""
        (x,) = inputs
        if x.ndim == 2:
            return x
        return np.ascontiguousarray(x.transpose(0, 2, 3, 1)).reshape(-1, x.shape[1])

    def backward(self, gradient: Array, wanted: bool) -> tuple[list[Array | None], Arrays]:
        """Return the gradients as maps."""
        shape = self.shapes[0]
        if len(shape) == 1:
            return [gradient], {}
        maps = gradient.reshape(*shape, -1).transpose(0, 3, 1, 2)
        return [np.ascontiguousarray(maps)], {}
