"""Networks of layers on the engine: tables of well-known ones, files of weights, ONNX graphs.

>>> network = convfilter.nn.load("squeezenet", "squeezenet.safetensors")
>>> network(x).shape
(1, 1000)
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
