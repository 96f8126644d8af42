"""Work shared out over threads, in parts that do not depend on how many threads there are."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from convfilter.runtime.threads import check_workers, run_bands

MOST_IN_A_PART = 16
"""Pictures."""

PART_BYTES = 1 << 18
"""Of the patches of a part: they stay in the cache that a core has to itself."""

NANOSECONDS_PER_PRODUCT = 0.02


class Crew:
    """The threads that a network is trained by.

    A batch is cut into the same parts whatever the number of threads, each part is worked on by one
    thread, and what comes of the parts is added up in their order: so no bit depends on it.
    """

    def __init__(self, workers: int | None = None) -> None:
        self.workers = check_workers(workers)

    def each(self, count: int, products: float, work: Callable[[int], None]) -> None:
        """Call `work` for each part; all of them together take about so many products."""

        def band(start: int, stop: int) -> None:
            for part in range(start, stop):
                work(part)

        if count:
            run_bands(count, products * NANOSECONDS_PER_PRODUCT / count, self.workers, band)


class Parts:
    """The pictures of a batch in parts, and the parts in groups.

    Parameters
    ----------
    pictures : in the batch
    picture_bytes : that a thread works in for a picture
    """

    MOST_GROUPS = 8
    """Each gathers a gradient of its own, which takes memory."""

    def __init__(self, pictures: int, picture_bytes: int) -> None:
        size = max(1, min(MOST_IN_A_PART, PART_BYTES // max(picture_bytes, 1)))
        self._pictures, self._size = pictures, size
        self.count = -(-pictures // size)
        self.groups = min(self.count, self.MOST_GROUPS)

    def pictures(self, part: int) -> tuple[int, int]:
        """Return the first picture of a part, and how many there are."""
        first = part * self._size
        return first, min(self._size, self._pictures - first)

    def group(self, number: int) -> Iterator[tuple[int, int]]:
        """Yield what `pictures` returns for the parts of a group."""
        edges = [self.count * group // self.groups for group in (number, number + 1)]
        for part in range(*edges):
            yield self.pictures(part)
