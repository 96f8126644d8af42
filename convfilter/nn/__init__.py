"""Networks of layers on the engine: tables of well-known ones, files of weights, ONNX graphs.

>>> import numpy as np
>>> from convfilter import nn
>>> network = nn.load("lenet5-modern", "random")  # or a file of weights
>>> network(np.zeros((1, 1, 32, 32), np.float32)).shape
(1, 10)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from convfilter.lazy import exports

if TYPE_CHECKING:
    from convfilter.nn.network import Network, load

_HOMES = {"Network": "network", "load": "network"}

__all__ = ["Network", "load"]


if not TYPE_CHECKING:  # which would believe in any name
    __getattr__, __dir__ = exports(__name__, __all__, _HOMES)
