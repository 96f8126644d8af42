"""What is made small by training, and its gradient."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from convfilter.nn.graph import Graph
from convfilter.nn.layers.convolution import Rbf
from convfilter.nn.training.steps import Array


class Loss(Protocol):
    """A number for the outputs of a batch, and its gradient."""

    def __call__(self, out: Array, labels: NDArray[np.int64]) -> tuple[float, Array]:
        """Return the mean loss, and its gradient with respect to `out` (classes, N)."""

    def best(self, out: Array) -> NDArray[np.int64]:
        """Return the class that each output names."""


class CrossEntropy:
    """``-log softmax(out)[label]``, the mean of a batch."""

    def __call__(self, out: Array, labels: NDArray[np.int64]) -> tuple[float, Array]:
        """Return the loss, and ``(softmax - 1 at the label) / N``."""
        count = out.shape[1]
        shifted = out - out.max(0)
        sums = np.exp(shifted).sum(0)
        columns = np.arange(count)
        loss = float((np.log(sums) - shifted[labels, columns]).mean())
        gradient = np.exp(shifted) / sums
        gradient[labels, columns] -= 1
        return loss, gradient / out.dtype.type(count)

    def best(self, out: Array) -> NDArray[np.int64]:
        """Return the class of the largest output."""
        best: NDArray[np.int64] = out.argmax(0)
        return best


class Distances:
    """LeCun's loss for distances to codes, the mean of a batch.

    ``distance[label] + log(exp(-rubbish) + sum of exp(-distance))``, equation 9 of LeCun et al.
    1998: the distance to the right code is to be small, those to the others large. `rubbish` keeps
    distances from being pushed away for ever, and is that of a picture of no class.

    Parameters
    ----------
    rubbish : the paper's j, above 0
    """

    def __init__(self, rubbish: float = 20.0) -> None:
        self.rubbish = rubbish

    def __call__(self, out: Array, labels: NDArray[np.int64]) -> tuple[float, Array]:
        """Return the loss, and ``(1 at the label - share of each distance) / N``."""
        count = out.shape[1]
        rubbish = out.dtype.type(self.rubbish)
        nearest = np.minimum(out.min(0), rubbish)
        weights = np.exp(nearest - out)
        sums = weights.sum(0) + np.exp(nearest - rubbish)
        columns = np.arange(count)
        loss = float((out[labels, columns] - nearest + np.log(sums)).mean())
        gradient = -weights / sums
        gradient[labels, columns] += 1
        return loss, gradient / out.dtype.type(count)

    def best(self, out: Array) -> NDArray[np.int64]:
        """Return the class of the smallest distance."""
        best: NDArray[np.int64] = out.argmin(0)
        return best


def loss_of(graph: Graph) -> Loss:
    """Return the loss that fits the last layer of a network."""
    last = graph.node(graph.output)
    assert last is not None
    return Distances() if isinstance(last.layer, Rbf) else CrossEntropy()
