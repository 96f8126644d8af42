"""Results that are cut off at the ends of the scale: which count, and for how much.

Where the expected result lies far within the scale, noise is all that is added to it. Near an end
it is cut off, so that values are too large at black and too small at white; far beyond, black and
white tell nothing. A pixel near an end still tells something: how likely it was to be cut off
(Tobin, "Estimation of relationships for limited dependent variables", 1958). Of a derivative's
responses, half of which are negative, nine tenths of what the picture tells may lie there.
"""

from __future__ import annotations

import functools
import math

import numpy as np
from numpy.typing import NDArray

from convfilter.engine import correlate
from convfilter.features.equations import Floats, Plane, Size
from convfilter.features.solving import Fit

__all__ = ["beyond", "expectation", "well_within", "worth"]

_MARGIN = 3.0
"""Standard deviations of the noise between the expected result and an end: no noise is cut off."""

_LARGEST_MARGIN = 32.0

_FAR = 5.0
"""Standard deviations beyond which nothing is expected."""

_LEAST = 0.01
"""A pixel that tells less than such a part of what another one does is left out."""


def well_within(plane: Plane, fit: Fit, size: Size, workers: int) -> Plane:
    """Return the plane with the pixels that count whose expected result no noise takes to an end.

    By what is expected, not by what came out alone: else noise has a say in what counts.
    """
    low, high = plane.ends
    if math.isinf(low) and math.isinf(high):
        return plane
    expected = expectation(plane, fit, size, workers)
    margin = min(_MARGIN * fit.residual, _LARGEST_MARGIN)
    valid = plane.valid & (expected > low + margin) & (expected < high - margin)
    return plane._replace(valid=valid)


def worth(plane: Plane, fit: Fit, size: Size, workers: int) -> Plane:
    """Return the plane with what each pixel tells in place of `valid`, 0 to 1.

    Pixels at an end tell something, too; others that are not valid stay so.
    In place of `after` stand results that lead weighted least squares towards the most likely
    weights (Fisher's scoring; Amemiya, "Regression analysis when the dependent variable is
    truncated normal", 1973).
    """
    spread = fit.residual
    step = plane.rounding * math.sqrt(12)
    expected = expectation(plane, fit, size, workers)
    after = plane.after * plane.scales[1]
    rest = after - expected
    told = np.ones(expected.shape)
    nodes, information, hazard = _normal()
    for end, inwards in zip(plane.ends, (1, -1), strict=True):
        if math.isinf(end):
            continue
        # what rounds to the end was cut off as well
        within = (expected - end) * inwards / spread - step / 2 / spread
        told += np.interp(within, nodes, information) - 1
        cut = after * inwards <= end * inwards
        rest[cut] = -inwards * spread * np.interp(within[cut], nodes, hazard)
    near = told < 1 - _LEAST
    rest[near] = np.clip(rest[near], -_FAR * spread, _FAR * spread)
    low, high = plane.ends
    told[~plane.valid & (after > low) & (after < high)] = 0
    told[told < _LEAST] = 0
    counts = told > 0
    rest[counts] /= told[counts]
    return plane._replace(after=expected + rest, valid=told, scales=(plane.scales[0], 1.0))


def beyond(planes: list[Plane], fit: Fit, size: Size, workers: int) -> float:
    """Return which part of the results cannot be there.

    The kernel would make black or white of those pixels, and they are neither.
    """
    margin = _MARGIN * fit.residual
    total = strange = 0
    for plane in planes:
        expected = expectation(plane, fit, size, workers)
        after = plane.after * plane.scales[1]
        total += after.size
        for end, inwards in zip(plane.ends, (1, -1), strict=True):
            if math.isfinite(end):
                outside = (end - expected) * inwards > margin
                strange += int((outside & ((after - end) * inwards > margin)).sum())
    return strange / total


def expectation(plane: Plane, fit: Fit, size: Size, workers: int) -> Floats:
    """Return what the kernel makes of the picture, on the scale 0 to 255."""
    expected: Floats = correlate(
        plane.before,
        fit.weights.reshape(size) * plane.scales[0],
        offset=fit.offset,
        padding="valid",
        dtype=np.float64,
        workers=workers,
    )
    return expected


@functools.cache
def _normal() -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return distances within an end, in standard deviations, and what holds there.

    The information of a pixel, as a part of one that cannot be cut off, and how far beyond the end
    a value lies on average that was cut off, seen from what is expected.
    """
    nodes = np.linspace(-_FAR, _FAR, 1001)
    density = np.exp(-(nodes**2) / 2) / math.sqrt(2 * math.pi)
    beyond = np.array([math.erfc(node / math.sqrt(2)) / 2 for node in nodes.tolist()])
    information = 1 - beyond - nodes * density + density**2 / beyond
    return nodes, information, density / beyond
