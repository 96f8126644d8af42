"""Rows shared out over threads.

The loops let go of the interpreter lock, so that ordinary threads run them side by side. A band is
a run of output rows; which band a row falls into never changes a bit of it.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from convfilter.engine.arguments import check_integer
from convfilter.errors import ArgumentError

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

SMALLEST_BAND = 1 << 16
"""Fewer elements than this are not worth another thread."""

MOST_WORKERS = 1024

_pool: ThreadPoolExecutor | None = None


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
    pool = _shared_pool()
    others = [pool.submit(work, edges[b], edges[b + 1]) for b in range(1, bands)]
    try:
        work(edges[0], edges[1])
    finally:
        failures = [other.exception() for other in others]
    for failure in failures:
        if failure is not None:
            raise failure


def _shared_pool() -> ThreadPoolExecutor:
    global _pool
    if _pool is None:
        from concurrent.futures import ThreadPoolExecutor

        _pool = ThreadPoolExecutor(
            max_workers=max(4, 2 * default_workers()), thread_name_prefix="convfilter"
        )
    return _pool


def _forget_pool() -> None:
    """Threads do not live on in a forked child, which therefore starts a pool of its own."""
    global _pool
    _pool = None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=functools.partial(_forget_pool))
