"""Whether a kernel can make a change at all."""

from __future__ import annotations

import numpy as np

from convfilter.features.equations import Floats, Plane, Size, sample
from convfilter.features.solving import Fit, eigenvectors

__all__ = ["curvature"]

_EXPLAINED = 0.05
"""Part of the residual that curved terms must explain before a change is called not linear."""

_SAMPLE = 20_000
"""Pixels that are looked at."""

_SIGNIFICANT = 10.0
"""The F of the test: chance exceeds it less than once in a million times."""


def curvature(planes: list[Plane], fit: Fit, size: Size) -> tuple[float, bool]:
    """Return which part of the residual curved functions explain, and whether that is little."""
    straight, after = sample(planes, size, _SAMPLE)
    expected = straight @ np.append(fit.weights, fit.offset)
    rest = after - expected
    curves = np.column_stack([_curves(straight[:, :-1], size), np.abs(expected)])
    free = len(rest) - straight.shape[1] - curves.shape[1]
    if free < straight.shape[1]:
        return 0.0, True
    columns = np.column_stack([straight, curves, rest])
    lengths = np.sqrt((columns**2).sum(axis=0))
    lengths[-1] = 1
    columns /= np.where(lengths > 0, lengths, 1)
    sums = columns.T @ columns
    linear, both = _left(sums, straight.shape[1]), _left(sums, len(sums) - 1)
    gained = max(linear - both, 0.0)
    rounding = max(plane.rounding for plane in planes)
    if gained / len(rest) <= rounding**2:
        return 0.0, True
    share = gained / linear
    significant = gained / curves.shape[1] > _SIGNIFICANT * both / free
    return share, not (significant and share >= _EXPLAINED)


def _left(sums: Floats, count: int) -> float:
    """Return the sum of squares of the last column that the best combination of the first leaves.

    Given are the products of all columns with each other.
    """
    values, vectors, floor = eigenvectors(sums[:count, :count])
    seen = values > floor
    explained = (vectors.T @ sums[:count, -1])[seen] ** 2 / values[seen]
    return max(float(sums[-1, -1] - explained.sum()), 0.0)


def _curves(taps: Floats, size: Size) -> Floats:
    """Return functions of each window that no kernel computes, (pixels, functions)."""
    centre = taps[:, taps.shape[1] // 2]
    columns = [centre**2, taps.mean(axis=1) ** 2, taps.std(axis=1)]
    cube = taps.reshape(-1, *size)
    middle = size[0] // 2
    for reach in range(1, middle + 1)[:3]:
        part = slice(middle - reach, middle + reach + 1)
        inner = np.sort(cube[:, part, part].reshape(len(taps), -1), axis=1)
        columns += [inner[:, 0], inner[:, -1], inner[:, inner.shape[1] // 2]]
    return np.stack(columns, axis=1)
