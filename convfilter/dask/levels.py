"""Reduced copies of an array: which way those of the input were made, and the result's the same."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from convfilter.runtime.checks import Array

__all__ = ["MEANS", "WAYS", "Reduction", "factors_of", "reduced", "reduced_shape", "way_of"]

MEANS = "means, rounded"
DOWN = "means, rounded down"
FIRST = "the first of so many pixels"
MIDDLE = "the middle one of so many pixels"
LARGEST = "the largest"

WAYS = (MEANS, DOWN, FIRST, MIDDLE, LARGEST)
"""How reduced copies are made; where a sample is even and does not tell, the first of these."""


class Reduction:
    """How one level becomes the next: how many pixels become one along each axis, and how.

    `cuts` says whether the rest at an end, too few for a pixel, is left out.
    """

    def __init__(self, factors: tuple[int, ...], cuts: tuple[bool, ...], way: str) -> None:
        self.factors = factors
        self.cuts = cuts
        self.way = way

    def reads(self, region: Sequence[slice], shape: Sequence[int]) -> tuple[slice, ...]:
        """Return what a region of the reduced array is made of."""
        return tuple(
            slice(part.start * factor, min(part.stop * factor, length))
            for part, factor, length in zip(region, self.factors, shape, strict=True)
        )

    def __call__(self, values: Array) -> Array:
        """Return values reduced, of which the first lie at multiples of the factors."""
        return reduced(values, self.factors, self.way)


def factors_of(larger: Sequence[int], smaller: Sequence[int]) -> tuple[int, ...]:
    """Return how many pixels along each axis become one."""
    return tuple(max(1, round(a / b)) for a, b in zip(larger, smaller, strict=True))


def reduced_shape(shape: Sequence[int], reduction: Reduction) -> tuple[int, ...]:
    """Return the shape of a reduced copy; a length of 0 says that nothing is left."""
    return tuple(
        length // factor if cut else math.ceil(length / factor)
        for length, factor, cut in zip(shape, reduction.factors, reduction.cuts, strict=True)
    )


def reduced(values: Array, factors: Sequence[int], way: str) -> Array:
    """Return an array of one value for each block of values; a block at the end may be smaller."""
    dtype = values.dtype
    if way in (FIRST, MIDDLE):
        at = [factor // 2 if way == MIDDLE else 0 for factor in factors]
        ends = [length - 1 for length in values.shape]
        for axis, factor in enumerate(factors):
            places = np.arange(at[axis], ends[axis] + 1 + at[axis], factor).clip(max=ends[axis])
            values = values.take(places, axis)
        return values
    result = values
    if way == LARGEST:
        for axis, factor in enumerate(factors):
            if factor > 1:
                result = np.maximum.reduceat(result, range(0, result.shape[axis], factor), axis)
        return result
    result = values.astype(np.float64)
    for axis, factor in enumerate(factors):
        if factor > 1:
            length = result.shape[axis]
            starts = np.arange(0, length, factor)
            counts = np.minimum(starts + factor, length) - starts
            along = [-1 if each == axis else 1 for each in range(result.ndim)]
            result = np.add.reduceat(result, starts, axis) / counts.reshape(along)
    if dtype.kind in "iub":
        result = np.rint(result) if way == MEANS else np.floor(result)
    return result.astype(dtype)


def way_of(larger: Array, smaller: Array, factors: Sequence[int]) -> str | None:
    """Return how a reduced copy was made, by a sample of both; None where no way gives it."""
    if larger.dtype != smaller.dtype:
        return None
    for way in WAYS:
        made = reduced(larger, factors, way)
        part = made[tuple(slice(0, length) for length in smaller.shape)]
        if part.shape == smaller.shape and np.allclose(part, smaller, rtol=1e-6, atol=0):
            return way
    return None
