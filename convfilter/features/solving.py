"""Weights from normal equations: by least squares, with a ridge, or as smooth as pictures say."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from convfilter.errors import ArgumentError
from convfilter.features.equations import Equations, Floats

__all__ = ["Fit", "by_evidence", "by_least_squares", "eigenvectors", "left_of"]

_LENGTHS = (1.0, 1.5, 2.5, 4.0, 8.0, 16.0)
"""Over so many pixels neighbouring weights may be alike."""

_ROUGHNESS = (1e-5, 1e-3, 0.1)
"""Part of the variance of weights that neighbours do not share."""

_SPREADS = np.geomspace(1e-6, 1e3, 64)
"""Variances of weights that are tried, as parts of the largest weight's square."""


class Fit(NamedTuple):
    """Weights and how certain they are.

    Attributes
    ----------
    weights : (taps,)
    offset : the constant that is added
    errors : standard errors of the weights
    offset_error : of the constant; 0 where none is asked for
    residual : standard deviation of what they leave
    condition : condition number of the windows
    uncertain : the largest error that a weight would have by the pictures alone, as a part of the
        largest weight; infinite where they leave one open
    """

    weights: Floats
    offset: float
    errors: Floats
    offset_error: float
    residual: float
    condition: float
    uncertain: float


def by_least_squares(
    equations: Equations, offset: bool, ridge: float, rounding: float, residual: float | None = None
) -> Fit:
    """Solve the equations by their eigenvectors, without those that the pictures do not show.

    The ridge is a part of the mean square of the pixels. The standard deviation of what is left
    may be known, and is never taken for less than that of rounding.
    """
    taps = len(equations.answers) - 1
    unknowns = taps + offset
    if equations.pixels <= unknowns:
        raise ArgumentError(
            f"{equations.pixels} pixels are left for {unknowns} numbers: the others are saturated"
            " or too near the border"
        )
    level = np.trace(equations.products[:taps, :taps]) / taps
    # a constant as large as the pixels, so that the condition tells of the pixels
    unit = np.ones(unknowns)
    if offset and level > 0:
        unit[-1] = np.sqrt(level / equations.pixels)
    products = equations.products[:unknowns, :unknowns] * np.outer(unit, unit)
    answers = equations.answers[:unknowns] * unit
    penalty = np.full(unknowns, ridge * level)
    penalty[taps:] = 0
    values, vectors, floor = eigenvectors(products + np.diag(penalty))
    seen = values > floor
    inverse = np.where(seen, 1 / np.where(seen, values, 1), 0)
    solved = vectors @ (inverse * (vectors.T @ answers))
    if residual is None:
        residual = math.sqrt(
            _left(equations, products, answers, solved) / (equations.pixels - unknowns)
        )
    residual = max(residual, rounding)
    numbers, errors = np.zeros(taps + 1), np.zeros(taps + 1)
    numbers[:unknowns] = solved * unit
    errors[:unknowns] = residual * np.sqrt((vectors**2) @ inverse) * unit
    largest = float(np.abs(numbers[:taps]).max())
    plain, _, floor = eigenvectors(products)
    return Fit(
        numbers[:taps],
        float(numbers[-1]),
        errors[:taps],
        float(errors[-1]),
        residual,
        float(np.sqrt(plain[-1] / plain[0])) if plain[0] > floor else np.inf,
        float(errors[:taps].max()) / largest if seen.all() and largest > 0 else np.inf,
    )


def by_evidence(equations: Equations, offset: bool, size: tuple[int, int], plain: Fit) -> Fit:
    """Return the weights that are likely, given the pictures and that neighbours may be alike.

    Weights are taken for a Gaussian process: how large they are, and over which length neighbours
    are alike, if at all, is what makes the pictures most probable (MacKay, "Bayesian
    interpolation", 1992; of impulse responses, Pillonetto and De Nicolao, "A new kernel-based
    approach for linear system identification", 2010). Where pictures determine the weights, this
    changes nothing; where noise hides fine detail, that is not taken for detail of the kernel.
    """
    taps = len(plain.weights)
    largest = float(np.abs(plain.weights).max())
    if not largest:
        return plain
    products, answers = equations.products[:taps, :taps], equations.answers[:taps]
    pixels = equations.products[-1, -1]
    means = equations.products[-1, :taps] / pixels
    if offset:  # whatever it is, it adds the mean
        products = products - np.outer(means, means) * pixels
        answers = answers - means * equations.answers[-1]
    variance = plain.residual**2
    best = -np.inf
    for shape in _alike(size):
        root = _root(shape)
        values, vectors, floor = eigenvectors(root.T @ products @ root / variance)
        seen = values > floor
        values = np.where(seen, values, 0)
        turned = np.where(seen, vectors.T @ (root.T @ answers) / variance, 0)
        spreads = _SPREADS[:, None] * largest**2
        shrunk = spreads / (1 + spreads * values)
        evidence = (shrunk * turned**2 - np.log1p(spreads * values)).sum(axis=1)
        chosen = int(evidence.argmax())
        if evidence[chosen] > best:
            best = evidence[chosen]
            base = root @ vectors
            weights = base @ (shrunk[chosen] * turned)
            covariance = (base * shrunk[chosen]) @ base.T
    constant, constant_error = 0.0, 0.0
    if offset:
        constant = float(equations.answers[-1] / pixels - means @ weights)
        constant_error = float(np.sqrt(variance / pixels + means @ covariance @ means))
    return plain._replace(
        weights=weights,
        offset=constant,
        errors=np.sqrt(np.maximum(np.diag(covariance), 0)),
        offset_error=constant_error,
    )


def _alike(size: tuple[int, int]) -> Iterator[Floats]:
    """Yield what may be known of weights before: their covariances, (taps, taps)."""
    rows, columns = np.indices(size).reshape(2, -1)
    apart = np.subtract.outer(rows, rows) ** 2 + np.subtract.outer(columns, columns) ** 2
    nothing = np.eye(len(rows))
    yield nothing
    for length in _LENGTHS:
        if length <= 2 * max(size):
            shared = np.exp(-apart / (2 * length**2))
            for rough in _ROUGHNESS:
                yield (1 - rough) * shared + rough * nothing


def _root(matrix: Floats) -> Floats:
    """Return R with R @ R.T the symmetric matrix, which has no negative eigenvalues."""
    values, vectors, _ = eigenvectors(matrix)
    root: Floats = vectors * np.sqrt(np.maximum(values, 0))
    return root


def eigenvectors(matrix: Floats) -> tuple[Floats, Floats, float]:
    """Return eigenvalues, eigenvectors, and the value that rounding alone may give."""
    values, vectors = np.linalg.eigh(matrix)
    floor = max(float(values[-1]), 0.0) * len(matrix) * float(np.finfo(np.float64).eps) * 16
    return values, vectors, floor


def _left(equations: Equations, products: Floats, answers: Floats, solved: Floats) -> float:
    left = equations.squares - 2 * float(solved @ answers) + float(solved @ products @ solved)
    return max(left, 0.0)


def left_of(equations: Equations, fit: Fit) -> float:
    """Return the sum of squares that the weights leave."""
    numbers = np.append(fit.weights, fit.offset)
    return _left(equations, equations.products, equations.answers, numbers)
