"""What the outputs of a network say about classes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from convfilter.errors import ArgumentError
from convfilter.nn.graph import Graph
from convfilter.nn.layers.convolution import Rbf
from convfilter.nn.layers.pointwise import Softmax

__all__ = ["best", "probabilities"]


def probabilities(graph: Graph, outputs: NDArray[Any]) -> NDArray[np.float64]:
    """Return the probability of each class, (N, classes), for the outputs of a network.

    They are the outputs themselves where its last layer is a softmax, else the softmax of them; of
    distances to codes that of the distances' negatives.

    Raises
    ------
    ArgumentError
        The outputs are maps: the network tells no classes.
    """
    values = outputs.astype(np.float64).reshape(len(outputs), -1)
    if outputs.ndim != 2 and outputs.shape[2:] != (1,) * (outputs.ndim - 2):
        raise ArgumentError(
            f"{graph.name} gives maps of {outputs.shape[1:]}, not a number for each class"
        )
    last = graph.node(graph.output)
    layer = None if last is None else last.layer
    if isinstance(layer, Softmax):
        return values
    if isinstance(layer, Rbf):
        values = -values
    values = np.exp(values - values.max(axis=1, keepdims=True))
    shares: NDArray[np.float64] = values / values.sum(axis=1, keepdims=True)
    return shares


def best(shares: NDArray[np.float64], count: int = 5) -> list[tuple[int, float]]:
    """Return the classes with the largest of some probabilities (classes,), the largest first.

    Equal ones come in the order of the classes.
    """
    order = np.argsort(-shares, kind="stable")[:count]
    return [(int(index), float(shares[index])) for index in order]
