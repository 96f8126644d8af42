"""Weights in the order in which tiles of products read them."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from convfilter.nn.running.operation import Floats
from convfilter.nn.running.processor import lanes, whole_vectors
from convfilter.runtime.memory import aligned


def pack(weights: NDArray[np.floating], scale: NDArray[np.float64]) -> Floats:
    """Return weights (..., maps), each map multiplied by its scale, as panels.

    A panel holds the weights of two vectors of maps, for one product after the other; the last one
    may be of a single vector.
    """
    *axes, maps = weights.shape
    products = math.prod(axes)
    wide, padded = 2 * lanes(), whole_vectors(maps)
    packed: Floats = aligned((-(-padded // wide), products * wide), np.float32)
    is_scaled = bool(np.any(scale != 1))
    factor = np.broadcast_to(scale, (maps,))
    for panel, first in enumerate(range(0, padded, wide)):
        last = min(first + wide, padded)
        there = min(last, maps)
        target = packed[panel, : products * (last - first)].reshape(*axes, last - first)
        part = weights[..., first:there]
        target[..., : there - first] = part * factor[first:there] if is_scaled else part
        target[..., there - first :] = 0
    return packed


def spread_groups(
    weight: NDArray[np.floating], groups: int, least: int
) -> tuple[NDArray[np.floating], int]:
    """Return the weights (maps, maps of a group, ...) of fewer, larger groups, and their number.

    Groups of fewer output maps than `least`, or of no multiple of it, are joined, with zeros
    between them.
    """
    maps, inputs = weight.shape[:2]
    of_group = maps // groups
    joined = next(
        (n for n in range(1, groups + 1) if groups % n == 0 and n * of_group % least == 0), groups
    )
    if joined == 1:
        return weight, groups
    spread = np.zeros((maps, joined * inputs, *weight.shape[2:]), weight.dtype)
    for group in range(groups):
        first = group % joined * inputs
        rows = slice(group * of_group, (group + 1) * of_group)
        spread[rows, first : first + inputs] = weight[rows]
    return spread, groups // joined
