"""Levels that part dark values from bright ones."""

from __future__ import annotations

import numpy as np

from convfilter.filters.pixels import Array

BINS = 256


def otsu(values: Array) -> float:
    """Return the level that parts the values best: those above it are bright.

    The level makes the variance between the two classes largest, over a histogram of 256 bins from
    the smallest value to the largest (Otsu, "A threshold selection method from gray-level
    histograms", 1979). NaN and infinity are not counted. Equal values are all dark.
    """
    finite = values.ravel()
    if finite.dtype.kind == "f" and not np.isfinite(finite).all():
        finite = finite[np.isfinite(finite)]
    if finite.size == 0:
        return 0.0
    low, high = float(finite.min()), float(finite.max())
    if not high > low:
        return high
    width = (high - low) / BINS
    above = finite - np.float64(low)
    bins = np.minimum((above / width).astype(np.intp), BINS - 1)
    dark = np.cumsum(np.bincount(bins, minlength=BINS), dtype=np.float64)[:-1]
    total = np.cumsum(np.bincount(bins, above, minlength=BINS))
    # the first bin and the last hold a value each, so that neither class is ever empty
    bright = finite.size - dark
    dark_mean, bright_mean = total[:-1] / dark, (total[-1] - total[:-1]) / bright
    between = dark * bright * (dark_mean - bright_mean) ** 2
    best = np.flatnonzero(between == between.max())
    # equal splits differ by empty bins only: the middle of the gap is the safest level
    return low + width * (1 + (int(best[0]) + int(best[-1])) / 2)
