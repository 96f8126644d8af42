"""The words that a description of preprocessing may use."""

from __future__ import annotations

from typing import Literal

__all__ = ["Channels", "Interpolation", "Rounding"]

Interpolation = Literal["bilinear", "bicubic", "box", "hamming", "lanczos", "nearest"]

Rounding = Literal["down", "nearest"]

Channels = Literal["RGB", "BGR", "grey"]
