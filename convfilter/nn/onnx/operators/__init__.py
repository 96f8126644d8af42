"""What each operator of ONNX becomes: layers, or a constant."""

from __future__ import annotations

from convfilter.nn.onnx.operators import arithmetic, pointwise, shaping, sums, windows
from convfilter.nn.onnx.operators.declaring import OPERATORS

__all__ = ["OPERATORS", "arithmetic", "pointwise", "shaping", "sums", "windows"]
