"""What training needs of a layer: its way forward, and the way of gradients back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from convfilter.nn.layers.layer import Layer, Shape
from convfilter.nn.layers.window import Window
from convfilter.nn.training.crew import Crew

Array = NDArray[Any]
"""Of float32, or of float64 where gradients are checked; C-contiguous.

Maps are (maps, pictures, rows, columns) and features (features, pictures) while a network is
trained: so every layer of weighted sums is a product of matrices, with all pictures side by side.
"""

Arrays = dict[str, Array]
"""Of a layer, by name."""

STEPS: dict[type[Layer], type[Step[Any]]] = {}
"""Which class trains which layer; each class puts itself here."""


L = TypeVar("L", bound=Layer)


class Step(ABC, Generic[L]):
    """A layer of a network that is being trained.

    Parameters
    ----------
    layer : what it is
    shapes : of its inputs, for one picture
    crew : the threads that work on it
    """

    def __init__(self, layer: L, shapes: list[Shape], crew: Crew) -> None:
        self.layer, self.shapes, self.crew = layer, shapes, crew
        self.output_shape = layer.output(*shapes)

    def __init_subclass__(cls, of: type[Layer] | None = None) -> None:
        """Say which layer the class trains."""
        if of is not None:
            STEPS[of] = cls

    @abstractmethod
    def forward(self, inputs: list[Array], weights: Arrays, training: bool) -> Array:
        """Return the output; keep what `backward` needs."""

    @abstractmethod
    def backward(self, gradient: Array, wanted: bool) -> tuple[list[Array | None], Arrays]:
        """Return the gradients of the inputs, and of the parameters by name.

        `gradient` is that of the output. Where the gradients of the inputs are not `wanted`, they
        may be None. The array may be used up.
        """

    @property
    def is_trainable(self) -> bool:
        """Whether the layer, with its attributes, can be trained."""
        return True


def walk(window: Window, size: tuple[int, int], outputs: tuple[int, int]) -> NDArray[np.int64]:
    """Return how a window walks over maps, as the loops read it.

    Rows and columns of the maps, of the output and of the kernel, the strides, what is added above
    and to the left, and the distances of taps.
    """
    (top, _), (left, _) = window.pads(size)
    numbers = [*size, *outputs, *window.kernel, *window.stride, top, left, *window.dilation]
    return np.array(numbers, np.int64)
