"""Weights in the order in which tiles of products read them."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from convfilter.nn.running.layout import PACK
from convfilter.nn.running.operation import Floats, address, make
from convfilter.nn.running.processor import lanes, whole_vectors
from convfilter.runtime.compiled import loop
from convfilter.runtime.memory import aligned
from convfilter.runtime.threads import run_bands

LOOP = "nn.running.loops.packing.pack"

NANOSECONDS = 1.0
"""To read a weight and to write one."""


def pack(
    weights: Floats,
    scale: NDArray[np.float64],
    workers: int,
    matrix: NDArray[np.float64] | None = None,
) -> Floats:
    """Return weights (maps, inputs, ...), each map multiplied by its scale, as panels.

    A panel holds the weights of two vectors of maps, for one product after the other: tap by tap,
    and of each tap input by input. The last one may be of a single vector.

    With a matrix (positions, taps) there are such panels for each position, (positions, panels,
    numbers), of one number for each input: the sum of its taps, weighed by a row of the matrix.
    """
    maps, inputs, *window = weights.shape
    taps = math.prod(window)
    wide, padded = 2 * lanes(), whole_vectors(maps)
    panels = -(-padded // wide)
    numbers = inputs * wide * (taps if matrix is None else 1)
    positions = 1 if matrix is None else len(matrix)
    packed: Floats = aligned((positions, panels, numbers), np.float32)
    if padded % wide:  # half a panel is written
        packed[:, -1, numbers // 2 :] = 0
    weights = np.ascontiguousarray(weights, np.float32)
    factors = np.ascontiguousarray(np.broadcast_to(scale, (maps,)), np.float64)
    scratch = np.empty(0 if matrix is None else panels * taps * wide)
    record = make(
        PACK,
        weights=address(weights),
        scale=address(factors),
        maps=maps,
        padded=padded,
        inputs=inputs,
        taps=taps,
        wide=wide,
        output=address(packed),
        panel=numbers,
        matrix=0 if matrix is None else address(matrix),
        positions=positions,
        position=panels * numbers,
        scratch=address(scratch),
    )
    arguments, run = address(record), loop(LOOP)

    def work(first: int, last: int) -> None:
        run(arguments, first, last)

    run_bands(panels, NANOSECONDS * numbers * (positions + 1), workers, work)
    return packed


def spread_groups(weight: Floats, groups: int, least: int) -> tuple[Floats, int]:
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
