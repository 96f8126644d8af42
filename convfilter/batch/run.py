"""Do the jobs, several at a time, so that one bad file never stops the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from convfilter.batch.job import Job
from convfilter.errors import ImageError

__all__ = ["Outcome", "Work", "run"]

Work = Callable[[Job], list[str]]
"""Makes one file and returns notes for the person, or raises."""


@dataclass(frozen=True)
class Outcome:
    """What came of one job: notes, and the error that ended it."""

    job: Job
    notes: tuple[str, ...] = ()
    error: Exception | None = None


def run(
    jobs: Sequence[Job], work: Work, tell: Callable[[Outcome], None], *, threads: int = 1
) -> None:
    """Do all jobs and `tell` the outcome of each, in this thread, as soon as it is known.

    An exception of a job becomes its outcome. Only a reader of standard output that went away, and
    what is no `Exception` (an interrupt), ends the run: then jobs that wait are dropped, those
    under way, which cannot be stopped halfway, are finished and told, and it is raised again.
    """
    if threads <= 1 or len(jobs) <= 1:
        for job in jobs:
            tell(_outcome(job, work))
        return
    from concurrent.futures import ThreadPoolExecutor, as_completed

    pool = ThreadPoolExecutor(min(threads, len(jobs)), thread_name_prefix="convfilter-job")
    futures = [pool.submit(_outcome, job, work) for job in jobs]
    told = set()
    try:
        for future in as_completed(futures):
            told.add(future)
            tell(future.result())
    except BaseException:
        pool.shutdown(wait=True, cancel_futures=True)
        for future in futures:
            if future not in told and not future.cancelled() and future.exception() is None:
                tell(future.result())
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _outcome(job: Job, work: Work) -> Outcome:
    try:
        return Outcome(job, tuple(work(job)))
    except BrokenPipeError:
        raise
    except MemoryError:
        error = ImageError(f"{job.name}: not enough memory: take a smaller picture or fewer --jobs")
        return Outcome(job, error=error)
    except Exception as error:  # noqa: BLE001 - even a bug with one file leaves the others be
        return Outcome(job, error=error)
