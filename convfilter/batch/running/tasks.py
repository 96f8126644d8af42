"""What workers of a cluster do: a few jobs at a time, of which paths and recipes arrive, no pixels.

This module is imported by workers, which need nothing of Dask for it.
"""

from __future__ import annotations

import itertools
import os
import pickle
import signal
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from convfilter import __version__
from convfilter.batch.job import Job
from convfilter.batch.running.jobs import Outcome, outcome_of
from convfilter.errors import ConvfilterError, SchedulerError, shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from convfilter.batch.running.isolated.processes import Limits
    from convfilter.files.storage.url import Url

__all__ = ["Batch", "dask_setup", "do", "end", "sent", "worded_as_here"]

T = TypeVar("T")


class Batch(NamedTuple):
    """What came of a few jobs, in their order, and how long they took."""

    outcomes: tuple[Outcome[Any], ...]
    seconds: float


_ended: set[str] = set()
"""Runs of which this worker begins no more jobs."""


def end(run: str) -> None:
    """Begin no more jobs of a run, in the process of a worker; those under way are finished."""
    _ended.add(run)


def do(
    version: str,
    run: str,
    work: Callable[[Job], Any],
    jobs: Sequence[Job],
    limits: Limits | None = None,
) -> Batch:
    """Do jobs one after the other, in the process of a worker, or with limits in one of their own.

    Of a run that has ended meanwhile the rest is left out.

    Raises
    ------
    SchedulerError
        The worker has another version of convfilter than whoever sends the jobs.
    """
    check_version(version, __version__)
    started = time.perf_counter()
    jobs = () if run in _ended else jobs
    outcomes: Iterable[Outcome[Any]] = (
        outcome_of(job, work) for job in itertools.takewhile(lambda _: run not in _ended, jobs)
    )
    if limits is not None:
        outcomes = _apart(work, jobs, limits)
    done = tuple(map(_sendable, outcomes))
    return Batch(done, time.perf_counter() - started)


def _apart(work: Callable[[Job], Any], jobs: Sequence[Job], limits: Limits) -> list[Outcome[Any]]:
    """Do jobs in a process that can be ended in the midst of one."""
    from convfilter.batch.running.isolated.processes import Processes

    running = Processes(jobs, work, 1, limits)
    try:
        outcomes = {outcome.job: outcome for outcome in running}
    finally:
        running.stop()
    return [outcomes[job] for job in jobs]


def _sendable(outcome: Outcome[T]) -> Outcome[T]:
    """Return an outcome whose error, if it cannot be sent as it is, is sent as its words."""
    if outcome.error is None or isinstance(outcome.error, ConvfilterError):
        return outcome
    try:
        pickle.loads(pickle.dumps(outcome.error))
    except Exception:  # noqa: BLE001 - of whatever a library made
        words = f"{type(outcome.error).__name__}: {outcome.error}"
        return outcome._replace(error=RuntimeError(words))
    return outcome


def check_version(here: str, there: str) -> None:
    """Refuse to mix versions, whose results may differ; raises SchedulerError."""
    if there != here:
        raise SchedulerError(
            f"a worker has convfilter {there}, and this is {here}: install the same version on all"
            " workers, since results may differ"
        )


def dask_setup(_worker: object) -> None:
    """Leave interrupts to the command, which ends its workers itself."""
    with suppress(ValueError):  # not in the main thread
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def sent(job: Job) -> Job:
    """Return the job with paths that mean the same in whichever folder a worker runs."""
    return job._replace(source=_whole(job.source), target=_whole(job.target))


def worded_as_here(outcome: Outcome[T], job: Job) -> Outcome[T]:
    """Return an outcome as if the job had been done here: with the names that files have here."""
    names = _names(job)
    done: Any = outcome.done
    error = outcome.error
    if names and getattr(done, "notes", None):
        done = done._replace(notes=tuple(_renamed(note, names) for note in done.notes))
    if names and error is not None and error.args and isinstance(error.args[0], str):
        error.args = (_renamed(error.args[0], names), *error.args[1:])
    return Outcome(job, done, error)


def _names(job: Job) -> list[tuple[str, str]]:
    """Return what places are called by a worker and here, the longest names first."""
    pairs = set()
    for place in (job.input, job.output):
        if isinstance(place, Path) and not place.is_absolute():
            whole = Path(os.path.abspath(place))  # noqa: PTH100 - resolve() would follow links
            pairs |= {(shown(whole), shown(place)), (shown(whole.parent), shown(place.parent))}
    return sorted(pairs, key=lambda pair: -len(pair[0]))


def _renamed(text: str, names: Sequence[tuple[str, str]]) -> str:
    for there, here in names:
        text = text.replace(there, here)
    return text


def _whole(place: str | Url | None) -> str | Url | None:
    # links are not followed
    return os.path.abspath(place) if isinstance(place, str) else place  # noqa: PTH100
