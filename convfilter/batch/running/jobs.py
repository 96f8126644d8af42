"""Jobs under way in threads of this process, and what comes of them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from convfilter.batch.job import Job
from convfilter.errors import ConvfilterError, ImageError

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor
    from queue import SimpleQueue


__all__ = ["Outcome", "Threads", "outcome_of"]


T = TypeVar("T")
"""What a job gives: what was done to a file, or what a network said of it."""


class Outcome(NamedTuple, Generic[T]):
    """What came of one job: what was done, or the error that ended it."""

    job: Job
    done: T | None = None
    error: Exception | None = None

    @property
    def cause(self) -> str:
        """What kind of thing the error is, a word of `errors.CAUSES`; "" where there is none."""
        if self.error is None:
            return ""
        return self.error.cause if isinstance(self.error, ConvfilterError) else "fault"


def outcome_of(job: Job, work: Callable[[Job], T]) -> Outcome[T]:
    """Do a job, and return what came of it whatever it raises, but for what ends the run."""
    try:
        return Outcome(job, work(job))
    except BrokenPipeError:
        raise
    except MemoryError:
        error = ImageError(f"{job.name}: not enough memory: take a smaller picture or fewer --jobs")
        error.cause = "memory"
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


class Threads(Generic[T]):
    """Jobs under way in threads; a single thread is the caller's own, at the moment it asks.

    Otherwise as many jobs again are begun ahead, so that no thread waits for whoever takes the
    outcomes. No more are: a caller that stops asking does not find all files written later.
    """

    def __init__(self, jobs: Iterable[Job], work: Callable[[Job], T], count: int = 1) -> None:
        self._waiting = iter(jobs)
        self._work = work
        self._count = count
        self._pool: ThreadPoolExecutor | None = None
        self._begun: set[Future[Outcome[T]]] = set()
        self._ended: SimpleQueue[Future[Outcome[T]]]

    def __iter__(self) -> Iterator[Outcome[T]]:
        return self

    def __next__(self) -> Outcome[T]:
        if self._count <= 1:
            return outcome_of(next(self._waiting), self._work)
        if self._pool is None:
            from concurrent.futures import ThreadPoolExecutor
            from queue import SimpleQueue

            self._ended = SimpleQueue()
            self._pool = ThreadPoolExecutor(self._count, thread_name_prefix="convfilter-job")
        for job in itertools.islice(self._waiting, 2 * self._count - len(self._begun)):
            future = self._pool.submit(outcome_of, job, self._work)
            self._begun.add(future)
            future.add_done_callback(self._ended.put)
        if not self._begun:
            self.stop()
            raise StopIteration
        future = self._ended.get()
        self._begun.remove(future)
        return future.result()

    def stop(self, seconds: float | None = None) -> list[Outcome[T]]:
        """Begin no more jobs, wait for those under way, and return what came of these.

        After so many seconds no more is waited for.
        """
        self._waiting = iter(())
        if self._pool is None:
            return []
        from concurrent.futures import wait

        self._pool.shutdown(wait=False, cancel_futures=True)
        begun, self._begun = self._begun, set()
        # of what is cancelled nobody who waits is told
        under_way = [future for future in begun if not future.cancelled()]
        ended, _ = wait(under_way, seconds)
        return [future.result() for future in ended if future.exception() is None]
