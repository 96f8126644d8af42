"""Compute what is lazy in threads of this process, of which none works on when it has ended."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from convfilter.dask.stores import needed

__all__ = ["compute_in_threads"]


def compute_in_threads(lazy: Sequence[Any], count: int) -> None:
    """Compute several lazy things, `count` tasks at a time.

    However it ends, no task is under way any more, so that what they write can be removed.
    """
    with needed():
        import dask
    library: Any = dask  # which has no types for this
    pool = ThreadPoolExecutor(count, thread_name_prefix="convfilter-chunk")
    try:
        library.compute(*lazy, scheduler="threads", pool=pool, num_workers=count)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
