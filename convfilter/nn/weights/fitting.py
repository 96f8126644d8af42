"""Weights from a file put to the names of a network, and weights made up where somebody asks for them."""

from __future__ import annotations

import math
import re

import numpy as np
from numpy.typing import NDArray

from convfilter.nn.graph import Graph, Weights

__all__ = ["fitted", "random_weights"]

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


def random_weights(graph: Graph, seed: int) -> dict[str, NDArray[np.float32]]:
    """Return weights that let numbers neither grow nor vanish on their way, always the same of a seed.

    Normal numbers of the variance 2 / inputs (He et al. 2015, Delving deep into rectifiers);
    normalisations that change nothing; biases of zero; codes of -1 and 1.
    """
    generator = np.random.default_rng(seed)
    arrays = {}
    for name, shape in graph.arrays().items():
        kind = name.rpartition(".")[2]
        if len(shape) > 1:
            spread = math.sqrt(2 / math.prod(shape[1:]))
            numbers = generator.standard_normal(shape, np.float32) * np.float32(spread)
            arrays[name] = np.sign(numbers) if kind == "codes" else numbers
        else:
            fill = 1 if kind in ("weight", "running_var") else 0
            arrays[name] = np.full(shape, fill, np.float32)
    return arrays
