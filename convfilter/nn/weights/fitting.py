"""Weights from a file put to the names of a network."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from convfilter.nn.graph import Graph, Weights

__all__ = ["fitted"]

_OF_TRAINING = re.compile(r"(aux\d*|AuxLogits)\..*|.*\.num_batches_tracked")
"""What torchvision saves and inference has no use for: auxiliary heads, and counters of batches."""


def fitted(graph: Graph, weights: Weights, where: str) -> dict[str, NDArray[np.float32]]:
    """Return the arrays that a network needs, as float32.

    Auxiliary heads and counters of batches are passed over. Names may begin with the name that the
    paper gives a layer, such as C1.

    Raises
    ------
    ArgumentError
        Arrays are missing, superfluous, of another shape, no floats, or not finite: one line names
        them all. `where` names the file.
    """
    wanted = graph.arrays()
    by_name = {}
    for name, array in weights.items():
        place = name
        if name not in wanted:
            if _OF_TRAINING.fullmatch(name):
                continue
            layer, _, parameter = name.rpartition(".")
            node = graph.node(layer)
            if node is not None and f"{node.name}.{parameter}" not in weights:
                place = f"{node.name}.{parameter}"
        by_name[place] = array
    return graph.check_weights(by_name, where)
