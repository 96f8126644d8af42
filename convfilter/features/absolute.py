"""Results that are absolute values: which sign each response had.

Derivatives answer negative numbers, which pictures do not hold, so that programs show how large
a response is and drop its sign.
"""

from __future__ import annotations

import numpy as np

from convfilter.features.equations import Plane, Size, gather
from convfilter.features.saturation import expectation
from convfilter.features.solving import Fit, by_least_squares, eigenvectors

__all__ = ["with_signs"]

_MOST_ROUNDS = 12

_MARGIN = 3.0
"""Standard deviations of the noise from which on a sign is certain."""

_ALIKE = 0.02
"""Weights count as equally large that differ by less than such a part."""


def with_signs(planes: list[Plane], size: Size, workers: int) -> list[Plane]:
    """Return the planes with signs for their results, and without those whose sign is uncertain.

    Which of both kernels it was, the one or its negative, the results do not tell: the one is taken
    whose largest weight is positive, of several the one furthest right and up. The first guess
    is the kernel whose squared responses go best with those of the results; then signs and weights
    follow from each other (Gerchberg and Saxton, 1972; Netrapalli, Jain and Sanghavi, "Phase
    retrieval using alternating minimization", 2013).
    """
    rounding = max(plane.rounding for plane in planes)
    fit = _first_guess(planes, size, workers)
    signed = planes
    for _ in range(_MOST_ROUNDS):
        signed = [_signed(plane, fit, size, workers) for plane in planes]
        before, fit = fit, by_least_squares(gather(signed, size, workers), False, 0.0, rounding)
        if (np.abs(fit.weights - before.weights) <= fit.errors / 100).all():
            break
    certain = [_certain(plane, fit, size, workers) for plane in signed]
    return certain if _points_right(fit, size) else [_negative(plane) for plane in certain]


def _first_guess(planes: list[Plane], size: Size, workers: int) -> Fit:
    equations = gather(planes, size, workers)
    squared = gather(map(_by_square, planes), size, workers)
    products, weighted = equations.products[:-1, :-1], squared.products[:-1, :-1]
    values, vectors, floor = eigenvectors(products)
    white = vectors[:, values > floor] / np.sqrt(values[values > floor])
    _, turned, _ = eigenvectors(white.T @ weighted @ white)
    weights = white @ turned[:, -1] * np.sqrt(equations.squares)
    nothing = np.zeros(len(weights))
    return Fit(weights, 0.0, nothing, 0.0, 0.0, 0.0, 0.0)


def _by_square(plane: Plane) -> Plane:
    return plane._replace(valid=plane.valid * (plane.after * (plane.scales[1] / 255)) ** 2)


def _signed(plane: Plane, fit: Fit, size: Size, workers: int) -> Plane:
    sign = np.sign(expectation(plane, fit, size, workers))
    _, high = plane.ends
    return plane._replace(
        after=sign * (plane.after * plane.scales[1]),
        scales=(plane.scales[0], 1.0),
        ends=(-high, high),
    )


def _certain(plane: Plane, fit: Fit, size: Size, workers: int) -> Plane:
    certain = np.abs(expectation(plane, fit, size, workers)) > _MARGIN * fit.residual
    return plane._replace(valid=plane.valid & certain)


def _negative(plane: Plane) -> Plane:
    return plane._replace(after=-plane.after)


def _points_right(fit: Fit, size: Size) -> bool:
    rows, columns = np.indices(size).reshape(2, -1)
    strength = np.abs(fit.weights)
    largest = strength >= strength.max() * (1 - _ALIKE)
    first = np.where(largest, columns - rows, -np.inf).argmax()
    return bool(fit.weights[first] > 0)
