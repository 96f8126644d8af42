"""The layers that can be trained, forward and backward."""

from __future__ import annotations

from convfilter.nn.training.steps import joining, pointwise, pooling, weighted
from convfilter.nn.training.steps.step import STEPS, Array, Arrays, Step

__all__ = ["STEPS", "Array", "Arrays", "Step", "joining", "pointwise", "pooling", "weighted"]
