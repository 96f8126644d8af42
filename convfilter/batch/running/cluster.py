"""Jobs under way on the workers of a Dask scheduler."""

from __future__ import annotations

import itertools
import math
import os
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from convfilter import __version__
from convfilter.batch.job import Job
from convfilter.batch.running.connecting import LOOK_SECONDS, Connection, connect
from convfilter.batch.running.jobs import Outcome
from convfilter.batch.running.tasks import Batch, do, end, sent, worded_as_here
from convfilter.errors import ImageError, SchedulerError, UsageError
from convfilter.runtime.streams import is_address, is_stream

if TYPE_CHECKING:
    from convfilter.batch.journal.keeping import Journal
    from convfilter.batch.running.isolated.processes import Limits
    from convfilter.batch.settings import Settings
    from convfilter.batch.work import Done
    from convfilter.pipeline import Pipeline

__all__ = ["Cluster", "over_cluster"]

T = TypeVar("T")

WANTED_SECONDS = 0.25
"""What a batch of jobs should take: far longer than a scheduler needs for a task."""

WANTED_APART = 5.0
"""The same where a batch starts a process of its own."""

MOST_JOBS = 500
"""Jobs of a batch."""

AHEAD = 2
"""Batches for each thread of a worker, so that none waits for the way to the scheduler and back."""


class Cluster(Generic[T]):
    """Jobs that the workers of a Dask scheduler do, in batches of which few are under way.

    Workers get paths and recipes. A batch whose worker is lost is done again by another one, and
    may be done twice: files are put in place whole, and an output that holds the very bytes counts
    as done. A batch that ends one worker after the other is done once more alone, then file by
    file, alone as well: so the file that is to blame is known, and nothing else is blamed for it.

    Parameters
    ----------
    jobs : what is to be done
    work : does a job; it is sent to workers
    address : of the scheduler, or ``local``
    count : processes of a local one
    begin : yields the jobs, and hears so of each that is about to be sent
    limits : what each job may take, in a process of its own; None for one of the worker's threads
    begin : yields the same jobs, as they are asked for

    Raises
    ------
    SchedulerError
        At once: the scheduler cannot be used. Later: it is gone, or has lost all workers.
    UsageError
        A job reads or writes what only this process has.
    """

    def __init__(
        self,
        jobs: Sequence[Job],
        work: Callable[[Job], T],
        address: str,
        count: int = 1,
        begin: Callable[[Sequence[Job]], Iterator[Job]] = iter,
        limits: Limits | None = None,
    ) -> None:
        _check(jobs)
        self._waiting = begin(jobs)
        self._work = work
        self._limits = limits
        self._wanted = WANTED_SECONDS if limits is None else WANTED_APART
        self._connection: Connection | None = connect(address, count)
        self._begun: dict[Any, tuple[Job, ...]] = {}
        self._ended: SimpleQueue[Any] = SimpleQueue()
        self._ready: deque[Outcome[T]] = deque()
        self._suspects: deque[tuple[Job, ...]] = deque()
        self._seconds_each: float | None = None
        self._looked = self._seen = 0.0
        self._run = f"convfilter-{os.urandom(6).hex()}"
        self._names = (f"{self._run}-{number}" for number in itertools.count())

    def __iter__(self) -> Iterator[Outcome[T]]:
        return self

    def __next__(self) -> Outcome[T]:
        while not self._ready:
            self._begin()
            if not self._begun:
                self.stop()
                raise StopIteration
            future = self._next_ended()
            if future is not None:
                self._take(future)
        return self._ready.popleft()

    def stop(self, seconds: float | None = None) -> list[Outcome[T]]:
        """Drop what no worker has begun, wait for what is under way, and return what came of it.

        After so many seconds no more is waited for.
        """
        self._waiting = iter(())
        self._suspects.clear()
        connection, self._connection = self._connection, None
        try:
            if connection is not None and self._begun:
                self._finish(connection, seconds)
        finally:
            if connection is not None:
                connection.close()
        ready, self._ready = [*self._ready], deque()
        return ready

    def _finish(self, connection: Connection, seconds: float | None) -> None:
        """Have workers begin no more jobs, and wait for those that they have begun."""
        begun = [*self._begun]
        until = math.inf if seconds is None else time.monotonic() + seconds
        connection.client.run(end, self._run)  # tasks that wait tell then that they did nothing
        while time.monotonic() < until and any(each.status == "pending" for each in begun):
            time.sleep(0.01)
        for future in begun:
            if future.status == "finished":
                outcomes = future.result().outcomes
                self._ready.extend(map(worded_as_here, outcomes, self._begun[future]))
        connection.client.cancel(begun)
        self._begun.clear()

    def _begin(self) -> None:
        """Send as many batches as may be under way; a suspect is under way alone."""
        if self._connection is None:
            return
        if self._suspects:
            if not self._begun:
                self._send(self._suspects.popleft())
            return
        self._count_threads(self._connection)
        while len(self._begun) < AHEAD * max(1, self._connection.threads):
            size = 1
            if self._seconds_each is not None:
                size = int(self._wanted / max(self._seconds_each, 1e-6))
            jobs = tuple(itertools.islice(self._waiting, max(1, min(size, MOST_JOBS))))
            if not jobs:
                return
            self._send(jobs)

    def _send(self, jobs: tuple[Job, ...]) -> None:
        assert self._connection is not None
        future = self._connection.client.submit(
            do,
            __version__,
            self._run,
            self._work,
            [sent(job) for job in jobs],
            self._limits,
            key=next(self._names),
            pure=False,
        )
        self._begun[future] = jobs
        future.add_done_callback(self._ended.put)

    def _next_ended(self) -> Any:
        """Return a batch that has ended; None after a while, in which the scheduler was asked."""
        try:
            return self._ended.get(timeout=LOOK_SECONDS)
        except Empty:
            assert self._connection is not None
            self._count_threads(self._connection)
            return None

    def _count_threads(self, connection: Connection) -> None:
        now = time.monotonic()
        if not self._looked or now - self._looked >= LOOK_SECONDS:
            self._looked = now
            self._seen = connection.check_workers(self._seen or now)

    def _take(self, future: Any) -> None:
        """Make outcomes of a batch that has ended; until then an interrupt leaves it under way."""
        outcomes = self._outcomes(future, self._begun[future])
        self._ready.extend(outcomes)
        del self._begun[future]

    def _outcomes(self, future: Any, jobs: tuple[Job, ...]) -> Sequence[Outcome[T]]:
        from distributed import CancelledError, KilledWorker

        assert self._connection is not None
        try:
            batch: Batch = future.result()
        except KilledWorker as error:
            return self._suspect(jobs, error)
        except CancelledError as error:
            raise self._connection.gone() from error
        except ModuleNotFoundError as error:
            raise SchedulerError(f"a worker has no {error.name}: install it there") from error
        except SchedulerError:
            raise
        except Exception as error:  # noqa: BLE001 - what Dask itself could not do
            words = " ".join(f"{type(error).__name__}: {error}".split())[:160]
            return [
                Outcome(job, error=ImageError(f"{job.name}: the workers could not do it: {words}"))
                for job in jobs
            ]
        each = batch.seconds / len(jobs)
        before = self._seconds_each
        self._seconds_each = each if before is None else 0.7 * before + 0.3 * each
        return [*map(worded_as_here, batch.outcomes, jobs)]

    def _suspect(self, jobs: tuple[Job, ...], error: Any) -> Sequence[Outcome[T]]:
        """Have jobs done alone that ended workers, or blame the one that ended its worker alone."""
        if len(self._begun) > 1:
            self._suspects.append(jobs)
            return ()
        if len(jobs) > 1:
            self._suspects.extendleft((job,) for job in reversed(jobs))
            return ()
        (job,) = jobs
        failed = ImageError(
            f"{job.name}: ended the worker that filtered it, {error.allowed_failures + 1} times: it"
            " may take too much memory, or crash its decoder"
        )
        failed.cause = "crash"
        return [Outcome(job, error=failed)]


def over_cluster(
    jobs: Sequence[Job],
    pipeline: Pipeline,
    settings: Settings,
    count: int,
    journal: Journal | None = None,
) -> Cluster[Done]:
    """Return the jobs under way on the workers of the scheduler that the settings name.

    A thread of a worker filters with one thread of the engine, unless more are asked for: a cluster
    has as many threads as it has CPUs to give.
    """
    from convfilter.batch.settings import OPTIONS
    from convfilter.batch.work import Work
    from convfilter.filters.declaring.parameters import FileName

    named = {name for name, option in OPTIONS.items() if isinstance(option, FileName)}
    whole: Any = dict(settings)
    for name in named:
        if whole[name] is not None and not is_address(whole[name]):
            whole[name] = os.path.abspath(whole[name])  # noqa: PTH100 - resolve() would follow links
    work = Work(
        pipeline, whole, settings["workers"] or 1, repeated=True, hashes=journal is not None
    )
    limits = None
    if settings["isolate"] or settings["timeout"] is not None:
        from convfilter.batch.running.isolated.processes import Limits

        limits = Limits(settings["timeout"], settings["memory"])
    address = settings["scheduler"]
    assert address is not None
    begin = iter if journal is None else journal.begin
    return Cluster(jobs, work, address, count, begin, limits)


def _check(jobs: Sequence[Job]) -> None:
    """Refuse what workers cannot reach."""
    alone = jobs[0] if len(jobs) == 1 else None
    for job in jobs:
        for place in (job.source, job.target):
            if place is None or (job is alone and is_stream(place)):
                raise UsageError(
                    "--scheduler takes files: standard streams are this process's alone"
                )
            if os.fspath(place).startswith("memory://"):
                raise UsageError(
                    f"--scheduler: workers do not see {place}: it is in this process alone"
                )
