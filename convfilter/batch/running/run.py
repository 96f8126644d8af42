"""Do the jobs, several at a time, so that one bad file never stops the others."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from queue import SimpleQueue
from typing import TYPE_CHECKING, Generic, NamedTuple, Protocol, TypeVar

from convfilter.batch.job import Job
from convfilter.batch.settings import Settings
from convfilter.batch.work import Done, Work
from convfilter.errors import ImageError

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

    from convfilter.pipeline import Pipeline

__all__ = ["Outcome", "Running", "Threads", "begin", "shared_out"]


T = TypeVar("T")
"""What a job gives: what was done to a file, or what a network said of it."""


class Outcome(NamedTuple, Generic[T]):
    """What came of one job: what was done, or the error that ended it."""

    job: Job
    done: T | None = None
    error: Exception | None = None


class Running(Protocol[T]):
    """Jobs under way: an iterator over what came of each, as soon as it is known.

    An exception of a job becomes its outcome. Only a reader of standard output that went away, and
    what is no `Exception` (an interrupt), is raised. Threads do the jobs today; processes, or
    computers elsewhere, would be another class with these methods.
    """

    def __iter__(self) -> Iterator[Outcome[T]]: ...

    def __next__(self) -> Outcome[T]: ...

    def stop(self) -> list[Outcome[T]]:
        """Begin no more jobs, wait for those under way, and return what came of these.

        A job cannot be stopped halfway. It may be called at any time, and more than once.
        """


class Threads(Generic[T]):
    """Jobs under way in threads; a single thread is the caller's own, at the moment it asks.

    Otherwise as many jobs again are begun ahead, so that no thread waits for whoever takes the
    outcomes. No more are: a caller that stops asking does not find all files written later.
    """

    def __init__(self, jobs: Sequence[Job], work: Callable[[Job], T], count: int = 1) -> None:
        self._waiting = iter(jobs)
        self._work = work
        self._count = min(count, len(jobs))
        self._pool: ThreadPoolExecutor | None = None
        self._begun: set[Future[Outcome[T]]] = set()
        self._ended: SimpleQueue[Future[Outcome[T]]] = SimpleQueue()

    def __iter__(self) -> Iterator[Outcome[T]]:
        return self

    def __next__(self) -> Outcome[T]:
        if self._count <= 1:
            return _outcome(next(self._waiting), self._work)
        if self._pool is None:
            from concurrent.futures import ThreadPoolExecutor

            self._pool = ThreadPoolExecutor(self._count, thread_name_prefix="convfilter-job")
        for job in itertools.islice(self._waiting, 2 * self._count - len(self._begun)):
            future = self._pool.submit(_outcome, job, self._work)
            self._begun.add(future)
            future.add_done_callback(self._ended.put)
        if not self._begun:
            self.stop()
            raise StopIteration
        future = self._ended.get()
        self._begun.remove(future)
        return future.result()

    def stop(self) -> list[Outcome[T]]:
        """Begin no more jobs, wait for those under way, and return what came of these."""
        self._waiting = iter(())
        if self._pool is None:
            return []
        self._pool.shutdown(wait=True, cancel_futures=True)
        begun, self._begun = self._begun, set()
        return [
            future.result()
            for future in begun
            if not future.cancelled() and future.exception() is None
        ]


def begin(jobs: Sequence[Job], pipeline: Pipeline, settings: Settings) -> Running[Done]:
    """Return the jobs under way, as many at once as the settings and the CPUs allow."""
    threads, workers = shared_out(len(jobs), settings["jobs"], settings["workers"])
    return Threads(jobs, Work(pipeline, settings, workers), threads)


def shared_out(jobs: int, threads: int | None, workers: int | None) -> tuple[int, int | None]:
    """Return how many files to filter at once, and the threads of the engine for each.

    Together they keep every CPU busy and no CPU with two tasks, as far as `threads` (files at
    once) and `workers` (threads for each) are not given.
    """
    from convfilter.runtime.threads import default_workers

    cpus = default_workers()
    threads = min(threads or cpus, max(1, jobs))
    if workers is None and threads > 1:
        workers = max(1, cpus // threads)
    return threads, workers


def _outcome(job: Job, work: Callable[[Job], T]) -> Outcome[T]:
    try:
        return Outcome(job, work(job))
    except BrokenPipeError:
        raise
    except MemoryError:
        error = ImageError(f"{job.name}: not enough memory: take a smaller picture or fewer --jobs")
        return Outcome(job, error=error)
    except Exception as error:  # noqa: BLE001 - even a bug with one file leaves the others be
        _let_pictures_go(error)
        return Outcome(job, error=error)


def _let_pictures_go(error: BaseException) -> None:
    """Empty the frames that an error came through: they hold pictures as long as it is kept."""
    import traceback

    link: BaseException | None = error
    while link is not None:
        traceback.clear_frames(link.__traceback__)
        link = link.__cause__ or link.__context__
