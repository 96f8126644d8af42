"""Which networks can be trained by name, and how that is begun."""

from __future__ import annotations

from dataclasses import dataclass, replace

from convfilter.errors import ArgumentError
from convfilter.nn import models
from convfilter.nn.graph import Graph
from convfilter.nn.preprocessing.description import Preprocessing, assumed_for
from convfilter.nn.training.data import Changes, Range
from convfilter.nn.training.fit import Recipe

_DRAWN = Changes(shift=2, turn=8, stretch=0.08, slant=0.15)
"""Of drawn signs, which differ by that much from hand to hand."""

RECIPES = {
    "lenet5": Recipe(rate=0.0007, epochs=90, changes=_DRAWN),
    "lenet5-modern": Recipe(rate=0.03, epochs=60, changes=_DRAWN),
    "resnet18": Recipe(rate=0.02, epochs=30, batch=32, decay=1e-4, steps=(0.5, 0.8)),
}
"""How networks are trained where nothing else is said; the others are not."""


@dataclass(frozen=True)
class Task:
    """A network to be trained, and what it is given.

    Attributes
    ----------
    graph : the network
    preprocessing : of pictures, which is kept with the weights
    recipe : how it is trained
    """

    graph: Graph
    preprocessing: Preprocessing
    recipe: Recipe

    @property
    def as_bytes(self) -> Preprocessing:
        """What makes pictures bytes of the network's size, as `Data` holds them."""
        return replace(self.preprocessing, range=(0.0, 255.0), mean=(0.0,), std=(1.0,))

    @property
    def to_input(self) -> Range:
        """What the preprocessing does after that."""
        maps = self.graph.input_shape[0]
        mean, std = (
            numbers * (maps if len(numbers) == 1 else 1)
            for numbers in (self.preprocessing.mean, self.preprocessing.std)
        )
        return Range(mean, std)


def task(name: str, labels: tuple[str, ...], size: int | None = None) -> Task:
    """Return how a network learns to tell classes apart.

    The network keeps all its outputs, also where there are fewer classes, so that it stays the one
    of its name; those that stand for no class learn to be improbable.

    Parameters
    ----------
    name : of the network
    labels : of the classes, in their order
    size : rows and columns of pictures, where the network takes other ones than its own

    Raises
    ------
    ArgumentError
        For a network that cannot be trained, for fewer than two classes, or for more than it has
        outputs.
    """
    if name not in RECIPES:
        known = list(RECIPES)
        raise ArgumentError(
            f"{name} cannot be trained: {', '.join(known[:-1])} and {known[-1]} can"
        )
    graph = models.get(name)
    if size is not None:
        graph = graph.for_input((graph.input_shape[0], size, size))
    (outputs,) = graph.shapes[graph.output]
    if not 2 <= len(labels) <= outputs:
        raise ArgumentError(
            f"{name} tells 2 to {outputs} classes apart, and there are {len(labels)}"
        )
    how = assumed_for(graph.input_shape)
    if how.channels == "grey":
        # numbers about 0, as tanh likes them
        how = replace(how, mean=(0.5,), std=(0.5,))
    return Task(graph, replace(how, labels=labels), RECIPES[name])
