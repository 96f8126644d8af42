"""From planes to weights: which pixels count follows from the weights, and the other way round."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from convfilter.errors import ArgumentError
from convfilter.features.equations import Equations, Plane, Size, gather
from convfilter.features.linearity import curvature
from convfilter.features.saturation import beyond, well_within, worth
from convfilter.features.solving import Fit, by_evidence, by_least_squares, left_of

__all__ = ["OPEN", "STRANGE", "Found", "fitted"]

OPEN = 0.1
"""Standard error of a weight by the pictures alone, as a part of the largest weight, from which on
they are said not to determine the kernel."""

STRANGE = 0.01
"""Part of the results that may be neither black nor white where the kernel makes them so."""

_CUT = 0.1
"""Part of the pixels that may be left out before those near the ends of the scale are weighed."""

_ENOUGH = 0.002
"""Standard error of a weight, as a part of the largest weight, below which no more is asked for."""

_SETTLED = 0.05
"""Standard errors by which a weight may still move when it is said to be found."""

_MOST_ROUNDS = 4


class Found(NamedTuple):
    """Weights and how well they explain the change; `Learned` says what each is."""

    fit: Fit
    r_squared: float
    pixels: int
    curved: float
    strange: float
    linear: bool


def fitted(
    planes: list[Plane], size: Size, offset: bool, ridge: float | None, workers: int
) -> Found:
    """Return the weights that turn `before` of the planes into `after`, one set for all.

    Raises
    ------
    ArgumentError
        Too few pixels are left, or they are too large to be squared.
    """
    rounding = max(plane.rounding for plane in planes)

    def solved(equations: Equations, residual: float | None = None) -> Fit:
        return by_least_squares(equations, offset, ridge or 0.0, rounding, residual)

    equations = gather(planes, size, workers)
    if not np.isfinite(equations.products).all() or not np.isfinite(equations.squares):
        raise ArgumentError("the pixels of a picture are too large to be squared: scale them")
    fit = solved(equations)
    counted = planes
    for _ in range(_MOST_ROUNDS):
        kept = [well_within(plane, fit, size, workers) for plane in planes]
        if all((a.valid == b.valid).all() for a, b in zip(kept, counted, strict=True)):
            break
        if sum(int(plane.valid.sum()) for plane in kept) <= fit.weights.size + offset:
            break
        counted = kept
        equations = gather(counted, size, workers)
        fit = solved(equations)
    weighed = equations
    few = equations.pixels < (1 - _CUT) * sum(plane.valid.size for plane in planes)
    # of a kernel that is not determined nothing tells which pixels are near an end
    if few and _ENOUGH < fit.uncertain <= OPEN:
        fit, weighed = _weighed(planes, equations, fit, size, solved, workers)
    if ridge is None:
        fit = by_evidence(weighed, offset, size, fit)
    curved, linear = curvature(counted, fit, size)
    mean = equations.answers[-1] / equations.pixels
    spread = equations.squares - equations.pixels * mean**2
    strange = beyond(planes, fit, size, workers)
    return Found(
        fit,
        1 - left_of(equations, fit) / spread if spread > 0 else 0.0,
        weighed.pixels,
        curved,
        strange,
        linear and strange <= STRANGE,
    )


def _weighed(
    planes: list[Plane],
    equations: Equations,
    fit: Fit,
    size: Size,
    solved: Callable[[Equations, float | None], Fit],
    workers: int,
) -> tuple[Fit, Equations]:
    """Return the weights that are most likely if results near the ends of the scale count, too.

    Where they do not settle, those that were found without stay.
    """
    now = fit
    for _ in range(_MOST_ROUNDS):
        before = now
        # one after the other, since each takes the memory of several pictures
        weighed = (worth(plane, before, size, workers) for plane in planes)
        sums = gather(weighed, size, workers)
        now = solved(sums, fit.residual)
        if (np.abs(now.weights - before.weights) <= _SETTLED * now.errors).all():
            return now, sums
    return fit, equations
