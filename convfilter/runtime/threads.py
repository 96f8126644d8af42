"""Rows shared out over threads.

The loops let go of the interpreter lock, so that ordinary threads run them side by side. A band is
a run of output rows; which band a row falls into never changes a bit of it.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import threading
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from convfilter.runtime.cpus import MOST, available
from convfilter.runtime.numbers import Range, check_integer

if TYPE_CHECKING:
    from queue import SimpleQueue  # what is small is done before it would be loaded

SMALLEST_BAND = 200_000
"""Nanoseconds of work that are worth another thread: to wake one takes about half of that."""

MOST_WORKERS = MOST

MOST_HELPERS = 64
"""Threads that are kept; where more are asked for, these do their work."""


def default_workers() -> int:
    """Return how many CPUs this process may keep busy; raises ArgumentError as `available`."""
    return available()


def check_workers(workers: Any) -> int:
    """Return the number of threads for a call: all CPUs when None, else a number from 1 to 1024."""
    if workers is None:
        return default_workers()
    return check_integer(workers, "workers", Range(1, MOST_WORKERS))


def run_bands(
    rows: int, nanoseconds_per_row: float, workers: int, work: Callable[[int, int], None]
) -> None:
    """Call `work(start, stop)` for bands that together cover `rows`, side by side.

    What a row takes need not be known well: it decides only whether threads are worth waking. The
    calling thread takes bands too. An error in a band is raised when all are done.
    """
    useful = int(rows * nanoseconds_per_row / SMALLEST_BAND)
    bands = min(workers, useful, rows)
    if bands <= 1:
        work(0, rows)
        return
    shared = _Shared([rows * band // bands for band in range(bands + 1)], work)
    _crew.ask(shared.help, min(bands - 1, MOST_HELPERS))
    try:
        shared.take()
    finally:
        shared.close()
    for failure in shared.failures:
        if failure is not None:
            raise failure


def ask_others(call: Callable[[], None], count: int) -> None:
    """Ask so many other threads to make a call, some time; where there are none, nobody does."""
    _crew.ask(call, min(count, MOST_HELPERS))


class _Shared:
    """Bands that several threads take one after the other, until none is left."""

    def __init__(self, edges: list[int], work: Callable[[int, int], None]) -> None:
        from queue import SimpleQueue

        self._edges, self._work = edges, work
        self._bands = len(edges) - 1
        self._next = itertools.count()  # counting is a single step to the interpreter
        self._lock = threading.Lock()
        self._helpers = 0
        self._closed = False
        self._done: SimpleQueue[None] = SimpleQueue()
        self.failures: list[BaseException | None] = [None] * self._bands

    def take(self) -> None:
        """Work on bands as long as there are some."""
        while (band := next(self._next)) < self._bands:
            try:
                self._work(self._edges[band], self._edges[band + 1])
            except BaseException as error:  # noqa: BLE001 - raised in the calling thread
                self.failures[band] = error

    def help(self) -> None:
        """Take bands in another thread, unless the calling one has closed."""
        with self._lock:
            if self._closed:
                return
            self._helpers += 1
        try:
            self.take()
        finally:
            self._leave()

    def _leave(self) -> None:
        with self._lock:
            self._helpers -= 1
            if self._closed and not self._helpers:
                self._done.put(None)

    def close(self) -> None:
        """Let nobody begin another band, and wait for those that helpers have begun.

        An interrupt may have come anywhere in this thread's own band; nothing here relies on it.
        """
        while next(self._next) < self._bands:
            pass
        with self._lock:
            self._closed = True
            waits = self._helpers > 0
        if waits:
            self._done.get()
        # a helper that comes late still holds this, but not the result that the work holds
        del self._work


class _Crew:
    """Threads that wait for something to do.

    To start a thread takes as long as a small picture. A pool of the standard library would take
    3 ms to import, and would wait for itself where bands are cut within bands; whoever asks this
    crew for help works on by itself, whether help comes or not.
    """

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Begin anew: in the child of a fork there are no threads."""
        self._members = 0
        self._lock = threading.Lock()
        self._calls: SimpleQueue[Callable[[], None]] | None = None

    def ask(self, call: Callable[[], None], count: int) -> None:
        """Ask so many threads to make a call, or fewer where the system gives no more."""
        if self._members < count:
            with self._lock, contextlib.suppress(RuntimeError):
                self._add(count)
        if self._calls is not None:
            for _ in range(min(count, self._members)):
                self._calls.put(call)

    def _add(self, count: int) -> None:
        """Start threads until there are so many; raises RuntimeError where there can be no more."""
        if self._calls is None:
            from queue import SimpleQueue

            self._calls = SimpleQueue()
        for _ in range(self._members, count):
            serve = partial(_serve, self._calls)
            threading.Thread(target=serve, name="convfilter", daemon=True).start()
            self._members += 1


def _serve(calls: SimpleQueue[Callable[[], None]]) -> None:
    """Make one call after the other."""
    while True:
        call = calls.get()
        call()
        del call  # what it holds may be large


_crew = _Crew()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_crew.forget)
