"""A power of two that keeps the squares of responses within the range of floats."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from convfilter.engine.correlation.factors import Weights
from convfilter.runtime.checks import Array


def peak(image: Array) -> float:
    """Return the largest finite size of a value."""
    largest = max(abs(float(image.min())), abs(float(image.max())))
    if not math.isfinite(largest):
        finite = image[np.isfinite(image)]
        largest = float(np.abs(finite).max(initial=0))
    return largest


def gain_for_squares(size: float, kernels: Sequence[Weights], scale: float, fill: float) -> float:
    """Return the power of two that brings the responses to a range where squares are safe.

    `size` is the largest of the image.
    """
    size = max(size, abs(fill))
    largest = max(float(np.abs(kernel).max()) for kernel in kernels) * abs(scale)
    if size == 0 or largest == 0:
        return 1.0
    exponent = math.log2(size) + math.log2(largest)
    if abs(exponent) < 24:
        return 1.0
    return 2.0 ** max(-900, min(900, -round(exponent), 900 - round(math.log2(largest))))
