"""Levels that part dark values from bright ones."""

from __future__ import annotations

import numpy as np

from convfilter.runtime.checks import Array

BINS = 256
AT_ONCE = 2**16
"""Values that stay in the cache while they are counted."""


def otsu(values: Array) -> float:
    """Return the level that parts the values best: those above it are bright.

    The level makes the variance between the two classes largest, over a histogram of 256 bins from
    the smallest value to the largest (Otsu, "A threshold selection method from gray-level
    histograms", 1979). NaN and infinity are not counted. Equal values are all dark.
    """
    flat = values.ravel()
    if flat.dtype.kind == "f" and not np.isfinite(flat).all():
        flat = flat[np.isfinite(flat)]
    if flat.size == 0:
        return 0.0
    low, high = float(flat.min()), float(flat.max())
    if not high > low:
        return high
    width = (high - low) / BINS
    counts, totals = np.zeros(BINS), np.zeros(BINS)
    for start in range(0, flat.size, AT_ONCE):
        above = flat[start : start + AT_ONCE] - np.float64(low)
        bins = np.minimum((above / width).astype(np.intp), BINS - 1)
        counts += np.bincount(bins, minlength=BINS)
        totals += np.bincount(bins, above, minlength=BINS)
    # the first bin and the last hold a value each, so that neither class is ever empty
    dark, dark_total = np.cumsum(counts)[:-1], np.cumsum(totals)[:-1]
    bright, bright_total = flat.size - dark, totals.sum() - dark_total
    between = dark * bright * (dark_total / dark - bright_total / bright) ** 2
    best = np.flatnonzero(between == between.max())
    # equal splits differ by empty bins only: the middle of the gap is the safest level
    return low + width * (1 + (int(best[0]) + int(best[-1])) / 2)
