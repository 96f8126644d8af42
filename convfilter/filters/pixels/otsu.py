"""Levels that part dark values from bright ones."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from convfilter.engine.window.placing import NotInPartsError
from convfilter.runtime.checks import Array, limits_of

__all__ = ["BINS", "Levels", "otsu"]

BINS = 2**12
"""Of a histogram of floats: it stays in the cache."""

AT_ONCE = 2**16
"""Values that stay in the cache while they are counted."""

SORTED = 2**18
"""More floats than these within a bin have bins of their own."""

TIE = 1e-12
"""Splits whose variances differ by a smaller part than this are equally good."""

Numbers = NDArray[np.float64]


class _Split(NamedTuple):
    """A way to part the values: how good it is, how many are dark, and the level between them."""

    variance: float
    dark: int
    level: Callable[[], float]

    def or_better(self, other: _Split) -> _Split:
        """Return the better one; of equally good ones the one with fewer dark values."""
        if other.variance > self.variance * (1 + TIE):
            return other
        alike = other.variance >= self.variance * (1 - TIE)
        return other if alike and other.dark < self.dark else self


def otsu(values: Array) -> float:
    """Return the level that parts the values best: those above it are bright.

    Of all ways to part them in two classes it is the one that makes the variance between the
    classes largest (Otsu, "A threshold selection method from gray-level histograms", 1979), of
    equally good ones the darkest. It is exact. Integers are counted one by one, floats in 4096
    bins from the smallest to the largest; wherever a better split might lie within a bin, its
    values are counted in bins of their own, or sorted. The level lies in the middle between the
    classes, so it scales with the values. NaN and infinity are not counted. Of equal values all
    are dark, and the level is their value.
    """
    flat = values.ravel()
    if flat.dtype.kind == "f" and not np.isfinite(flat).all():
        flat = flat[np.isfinite(flat)]
    if flat.size == 0:
        return 0.0
    low, high = float(flat.min()), float(flat.max())
    if not high > low:
        return high
    if flat.dtype.kind != "f":
        return _of_integers(flat, int(low), int(high))
    # a power of two keeps the largest floats within their range when they are added up
    factor = 2.0 ** min(-math.frexp(max(-low, high))[1] - 1, 1000)
    search = _Search(factor, low * factor, flat)
    search.look_within(flat, 0, 0.0)
    level = search.best.level() / factor
    return level if level < high else low


def _of_integers(flat: Array, low: int, high: int) -> float:
    counts = np.zeros(high - low + 1, np.int64)
    for part in _parts(flat):
        counts += np.bincount(part.astype(np.intp) - low, minlength=counts.size)
    return _level_of_counts(low, counts)


def _level_of_counts(low: int, counts: Array) -> float:
    """Return the level for integers from `low` on, each of which is there so many times."""
    present = np.flatnonzero(counts)
    if present.size < 2:
        return float(low + present[0]) if present.size else 0.0
    low, present = low + int(present[0]), present - present[0]
    here = counts[counts > 0]
    dark = np.cumsum(here)
    sums: Numbers = np.cumsum(here * present, dtype=np.float64)
    variances = _variances(dark[:-1], sums[:-1], int(dark[-1]), float(sums[-1]))
    best = int(np.flatnonzero(variances >= variances.max() * (1 - TIE))[0])
    return low + (int(present[best]) + int(present[best + 1])) / 2


class _Search:
    """The search for the best split of floats, as numbers from 0 to 1: scaled, and moved."""

    def __init__(self, factor: float, origin: float, flat: Array) -> None:
        self._factor, self._origin = factor, origin
        self._count = flat.size
        self._sum = sum(float(self._numbers(part).sum()) for part in _parts(flat))
        self.best = _Split(-1.0, 0, lambda: 0.0)

    def look_within(self, values: Array, below: int, sum_below: float) -> None:
        """Look for the best split within some values, below which there are others."""
        low, high = (float(self._numbers(end)) for end in (values.min(), values.max()))
        if not high > low:
            return
        bins = _Bins(low, BINS / (high - low))
        counts, sums = np.zeros(BINS, np.int64), np.zeros(BINS)
        for part in _parts(values):
            numbers = self._numbers(part)
            places = bins.of(numbers)
            counts += np.bincount(places, minlength=BINS)
            sums += np.bincount(places, numbers, minlength=BINS)
        dark, dark_sums = below + np.cumsum(counts), sum_below + np.cumsum(sums)
        # the first bin and the last one hold a value each
        variances = _variances(dark[:-1], dark_sums[:-1], self._count, self._sum)
        best = int(np.flatnonzero(variances >= variances.max() * (1 - TIE))[0])
        self._offer(variances[best], dark[best], lambda: self._between(values, bins, best))
        before, sums_before = dark - counts, dark_sums - sums
        bounds = self._bounds(bins, counts, sums, before, sums_before)
        promising = (counts > 1) & (bounds >= self.best.variance * (1 - TIE))
        many = promising & (counts > SORTED)
        few = promising & ~many
        if few.any():
            self._sort(self._chosen(values, bins, few), bins, before, sums_before)
        for place in np.flatnonzero(many):
            alone = np.zeros(BINS, np.bool_)
            alone[place] = True
            chosen = self._chosen(values, bins, alone)
            self.look_within(chosen, int(before[place]), float(sums_before[place]))

    def _sort(self, values: Array, bins: _Bins, before: Array, sums_before: Numbers) -> None:
        """Look at every split within bins, given the values that lie in these."""
        numbers = np.sort(self._numbers(values))
        places = bins.of(numbers)
        within = (places[1:] == places[:-1]) & (numbers[1:] > numbers[:-1])
        if not within.any():
            return
        first = np.searchsorted(places, places)
        sums = np.concatenate(([0.0], np.cumsum(numbers)))
        dark = before[places] + np.arange(1, numbers.size + 1) - first
        dark_sums = sums_before[places] + sums[1:] - sums[first]
        variances = _variances(dark[:-1], dark_sums[:-1], self._count, self._sum)
        variances[~within] = -1
        best = int(np.flatnonzero(variances >= variances.max() * (1 - TIE))[0])
        self._offer(
            variances[best],
            dark[best],
            lambda: float(self._origin + (numbers[best] + numbers[best + 1]) / 2),
        )

    def _bounds(
        self, bins: _Bins, counts: Array, sums: Numbers, before: Array, sums_before: Numbers
    ) -> Numbers:
        """Return a bound on the variances of splits within each bin.

        A split is a point (number, sum) of what is dark, over which the variance is convex. Within
        a bin it lies in a triangle, two corners of which are the splits at the ends of the bin. The
        third one is that of values that all stand at an end of the bin.
        """
        lowest, highest = bins.ends()
        at_lowest = np.clip((counts * highest - sums) / (highest - lowest), 0, counts)
        dark, dark_sums = before + at_lowest, sums_before + at_lowest * lowest
        inside = (dark > 0) & (dark < self._count)
        return np.where(
            inside,
            _variances(np.where(inside, dark, 1), dark_sums, self._count, self._sum),
            0.0,
        )

    def _offer(self, variance: Any, dark: Any, level: Callable[[], float]) -> None:
        self.best = self.best.or_better(_Split(float(variance), int(dark), level))

    def _between(self, values: Array, bins: _Bins, last: int) -> float:
        """Return the middle between what lies in bins up to the last dark one, and the others."""
        darkest, brightest = -math.inf, math.inf
        for part in _parts(values):
            numbers = self._numbers(part)
            is_dark = bins.of(numbers) <= last
            darkest = max(darkest, float(numbers.max(where=is_dark, initial=-math.inf)))
            brightest = min(brightest, float(numbers.min(where=~is_dark, initial=math.inf)))
        return self._origin + (darkest + brightest) / 2

    def _chosen(self, values: Array, bins: _Bins, wanted: NDArray[np.bool_]) -> Array:
        """Return the values that lie in the bins that are wanted."""
        return np.concatenate(
            [part[wanted[bins.of(self._numbers(part))]] for part in _parts(values)]
        )

    def _numbers(self, values: Any) -> Numbers:
        return np.asarray(np.float64(values) * self._factor - self._origin)


class _Bins(NamedTuple):
    """Bins of equal width, `low` being the first number of the first one."""

    low: float
    per_unit: float

    def of(self, numbers: Numbers) -> NDArray[np.intp]:
        """Return the bin of each number."""
        places = ((numbers - self.low) * self.per_unit).astype(np.intp)
        return np.minimum(places, BINS - 1, out=places)

    def ends(self) -> tuple[Numbers, Numbers]:
        """Return where each bin begins and ends, with some room for rounding."""
        width = 1 / self.per_unit
        starts: Numbers = self.low + np.arange(BINS, dtype=np.float64) * width
        room = 1e-9 * width + 1e-15
        return starts - room, starts + width + room


def _variances(dark: Any, dark_sums: Numbers, count: int, total: float) -> Numbers:
    """Return the variances between two classes, times the square of the number of all values."""
    dark = np.asarray(dark, np.float64)
    bright = count - dark
    return np.asarray(dark * bright * (dark_sums / dark - (total - dark_sums) / bright) ** 2)


def _parts(flat: Array) -> Iterator[Array]:
    for start in range(0, flat.size, AT_ONCE):
        yield flat[start : start + AT_ONCE]


class Levels:
    """Otsu's levels, one for each channel, from counts of integers."""

    def __init__(self, lowest: int, counts: Array) -> None:
        self._lowest, self._counts = lowest, counts

    @classmethod
    def of(cls, values: Array) -> Self:
        """Count values (N, C) of each channel."""
        if values.dtype.kind == "f":
            raise NotInPartsError(
                "a level is found in all values of the picture at once, which are floats here:"
                " give threshold"
            )
        lowest, highest = limits_of(values.dtype)
        counted = [
            np.bincount(plane.astype(np.intp) - lowest, minlength=highest - lowest + 1)
            for plane in np.moveaxis(values, -1, 0)
        ]
        return cls(lowest, np.array(counted))

    def merged(self, other: Self) -> Self:
        """Return the counts of both."""
        return type(self)(self._lowest, self._counts + other._counts)

    def concluded(self) -> list[float]:
        """Return the levels."""
        return [_level_of_counts(self._lowest, counts) for counts in self._counts]
