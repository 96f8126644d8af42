"""How much memory jobs under way may take together, and which of them may begin."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from convfilter.batch.job import Job
from convfilter.formats.headers import bytes_of_pixels

__all__ = ["Window", "bytes_for"]

T = TypeVar("T")

COPIES = 4
"""What a job holds at its peak, in pictures: what is read, what is made, and what is between."""

EXPANSION = 40
"""Bytes of pixels for each byte of a file whose header tells nothing, as hard compression makes."""

UNKNOWN = 64 << 20
"""Of what is no file, such as a pipe or an address."""

AT_LEAST = 1 << 20
"""For all that does not depend on the picture."""


MOST_EXPANSION = 2000
"""No compression makes more bytes of one: zlib's limit is 1032, others reach it for plain areas."""

SMALL = 16
"""Where so many files fit into the limit whatever they expand to, no header is looked at."""


def bytes_for(job: Job, limit: int) -> int:
    """Return about how much memory a job takes, from the header of its input or its size."""
    if not isinstance(job.source, str):
        return UNKNOWN
    try:
        size = os.stat(job.source).st_size  # noqa: PTH116 - a Path takes longer than the system
        most = AT_LEAST + COPIES * MOST_EXPANSION * size
        if most * SMALL <= limit:
            return most
        with Path(job.source).open("rb") as file:
            pixels = bytes_of_pixels(file)
    except (OSError, ValueError):
        return AT_LEAST  # it will be a failure
    return AT_LEAST + size + COPIES * (EXPANSION * size if pixels is None else pixels)


class Window:
    """Lets jobs begin as long as all under way fit into a limit; one that does not runs alone.

    It may be asked from several threads; who waits longest begins first.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._taken = 0
        self._lock = threading.Lock()
        self._turn = threading.Lock()
        self._freed = threading.Condition(self._lock)

    def through(self, work: Callable[[Job], T]) -> Callable[[Job], T]:
        """Return the work, which waits until a job fits."""

        def admitted(job: Job) -> T:
            wanted = min(bytes_for(job, self.limit), self.limit)
            with self._turn, self._freed:
                self._freed.wait_for(lambda: self._taken + wanted <= self.limit)
                self._taken += wanted
            try:
                return work(job)
            finally:
                with self._freed:
                    self._taken -= wanted
                    self._freed.notify()

        return admitted
