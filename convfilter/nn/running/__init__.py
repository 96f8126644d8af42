"""Networks carried out: from a graph to steps, on compiled loops."""

from __future__ import annotations

from convfilter.nn.running.explaining import Explained, Explanation
from convfilter.nn.running.network import Prepared, prepare
from convfilter.nn.running.operation import Step
from convfilter.nn.running.planning import forcing

__all__ = ["Explained", "Explanation", "Prepared", "Step", "forcing", "prepare"]
