"""How fast things are done, of late, and how long the rest will take."""

from __future__ import annotations

import time
from collections import deque
from typing import NamedTuple

from convfilter.cli.wording import duration

__all__ = ["Pace"]

LATELY = 30.0
"""Seconds that count: what was done before them tells little of what is to come."""

OFTEN = 0.5
"""Seconds between the moments that are kept of those."""


class _Moment(NamedTuple):
    time: float
    share: float
    pixels: float


class Pace:
    """Counts what is finished.

    Attributes
    ----------
    count, finished, failed : things to be done, done, and done in vain
    """

    def __init__(self, count: int, total: float) -> None:
        self.count = count
        self.finished = self.failed = 0
        self._total = total
        self._now = _Moment(time.monotonic(), 0.0, 0.0)
        self._kept = deque([self._now])

    def add(self, share: float, pixels: int, *, failed: bool) -> None:
        """Count one thing more: its share of all work, and the pixels that it had."""
        self.finished += 1
        self.failed += failed
        now = self._now = _Moment(
            time.monotonic(), self._now.share + share, self._now.pixels + pixels
        )
        if now.time - self._kept[-1].time >= OFTEN:
            self._kept.append(now)
        while len(self._kept) > 1 and now.time - self._kept[0].time > LATELY:
            self._kept.popleft()

    @property
    def share(self) -> float:
        """How much of all work is done, from 0 to 1."""
        return min(1.0, self._now.share / self._total) if self._total else 1.0

    def megapixels(self) -> float:
        """Return how many millions of pixels a second are done of late; 0 for what has none."""
        seconds = time.monotonic() - self._kept[0].time
        return (self._now.pixels - self._kept[0].pixels) / seconds / 1e6 if seconds else 0.0

    def left(self) -> float | None:
        """Return how many seconds the rest takes if it goes on so, or None at first."""
        done = self._now.share - self._kept[0].share
        seconds = time.monotonic() - self._kept[0].time
        return seconds / done * (self._total - self._now.share) if done and seconds > 1 else None

    def words(self, unit: str | None = "megapixels/s") -> list[str]:
        """Return how fast it goes, unless `unit` is None, how long the rest takes, what failed."""
        words = []
        rate = self.megapixels()
        if rate and unit:
            words.append(f"{rate:.0f} {unit}" if rate >= 1000 else f"{rate:.3g} {unit}")
        left = self.left()
        if left is not None:
            words.append(f"{duration(left)} left")
        if self.failed:
            words.append(f"{self.failed} failed")
        return words
