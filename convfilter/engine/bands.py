"""Rows shared out over threads.

The loops let go of the interpreter lock, so that ordinary threads run them side by side. A band is
a run of output rows; which band a row falls into never changes a bit of it.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any

from convfilter.engine.arguments import check_integer
from convfilter.errors import ArgumentError

SMALLEST_BAND = 1 << 16
"""Fewer elements than this are not worth another thread."""

MOST_WORKERS = 1024


def default_workers() -> int:
    """Return how many CPUs this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def check_workers(workers: Any) -> int:
    """Return the number of threads for a call: all CPUs when None, else a number from 1 to 1024."""
    if workers is None:
        return default_workers()
    number = check_integer(workers, "workers", 1)
    if number > MOST_WORKERS:
        raise ArgumentError(f"workers is {number}: give at most {MOST_WORKERS}, or None")
    return number


def run_bands(
    rows: int, elements_per_row: int, workers: int, work: Callable[[int, int], None]
) -> None:
    """Call `work(start, stop)` for bands that together cover `rows`, side by side.

    The calling thread takes the first band itself. An error in a band is raised when all are done.
    """
    useful = max(1, rows * elements_per_row // SMALLEST_BAND)
    bands = min(workers, useful, rows)
    if bands <= 1:
        work(0, rows)
        return
    edges = [rows * band // bands for band in range(bands + 1)]
    failures: list[BaseException | None] = [None] * bands

    def run_one(band: int) -> None:
        try:
            work(edges[band], edges[band + 1])
        except BaseException as error:  # noqa: BLE001 - raised in the calling thread
            failures[band] = error

    # plain threads: a pool would take 3 ms to import and gain nothing on bands that are this long
    others = [
        threading.Thread(target=run_one, args=(band,), name="convfilter", daemon=True)
        for band in range(1, bands)
    ]
    started = []
    try:
        for other in others:
            other.start()
            started.append(other)
        work(edges[0], edges[1])
    finally:
        for other in started:
            other.join()
    for failure in failures:
        if failure is not None:
            raise failure
