"""Networks from ONNX files: checked whole, then made into layers of our own with their weights."""

from __future__ import annotations

from convfilter.nn.onnx.loading import OnnxNetwork, load_onnx, read_onnx

__all__ = ["OnnxNetwork", "load_onnx", "read_onnx"]
