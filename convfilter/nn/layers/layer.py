"""What every layer of a network is: a rule from shapes to a shape, with parameters and figures."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass

from convfilter.errors import ArgumentError

Shape = tuple[int, ...]
"""Of one picture: (maps, rows, columns), or (features,)."""


@dataclass(frozen=True)
class Layer(ABC):
    """A layer without its weights; the same layer may stand in a network several times."""

    @property
    def kind(self) -> str:
        """What it is in one word for people, such as conv2d or batch-norm."""
        return re.sub(r"(?<!^)(?=[A-Z])", "-", type(self).__name__).lower()

    @abstractmethod
    def output(self, *inputs: Shape) -> Shape:
        """Return the shape of the output for inputs of such shapes.

        Raises
        ------
        ArgumentError
            Where the layer cannot take them.
        """

    def parameters(self, *inputs: Shape) -> dict[str, Shape]:
        """Return the arrays that are learned, by name, with their shapes."""
        return {}

    def buffers(self, *inputs: Shape) -> dict[str, Shape]:
        """Return the arrays that belong to the layer and are not learned by descent."""
        return {}

    def trained(self, *inputs: Shape) -> int:
        """Return how many of the parameters are free."""
        return sum(map(elements, self.parameters(*inputs).values()))

    def multiply_adds(self, *inputs: Shape) -> int:
        """Return how many products are added up for one picture."""
        return 0

    def connections(self, *inputs: Shape) -> int:
        """Return how many inputs the outputs look at, biases counted as one each."""
        return 0


def check_maps(shape: Shape, what: str) -> tuple[int, int, int]:
    """Return (maps, rows, columns), or raise ArgumentError that names the layer."""
    if len(shape) != 3:
        raise ArgumentError(f"{what} takes maps (maps, rows, columns), not {shape}")
    maps, rows, columns = shape
    return maps, rows, columns


def elements(shape: Shape) -> int:
    """Return how many numbers an array of the shape holds."""
    count = 1
    for side in shape:
        count *= side
    return count
