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
    shares = (finite - np.float64(low)) / width
    counts = np.bincount(np.minimum(shares.astype(np.intp), BINS - 1), minlength=BINS)
    dark = np.cumsum(counts, dtype=np.float64)
    bright = dark[-1] - dark
    weighted = np.cumsum(counts * np.arange(BINS, dtype=np.float64))
    # both classes hold a value in all splits but the last, which leaves the bright one empty
    dark_mean = weighted[:-1] / dark[:-1]
    bright_mean = (weighted[-1] - weighted[:-1]) / bright[:-1]
    between = dark[:-1] * bright[:-1] * (dark_mean - bright_mean) ** 2
    best = np.flatnonzero(between == between.max())
    # equal splits differ by empty bins only: the middle of the gap is the safest level
    return low + width * (1 + (int(best[0]) + int(best[-1])) / 2)
