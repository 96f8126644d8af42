"""Jobs under way in processes of their own, each of which takes one file with it if it ends."""

from __future__ import annotations

import contextlib
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, NamedTuple

from convfilter.batch.job import Job
from convfilter.batch.running.isolated import worker
from convfilter.batch.running.isolated.process import Event, Process
from convfilter.batch.running.jobs import Outcome
from convfilter.batch.running.window import bytes_for
from convfilter.errors import ImageError, UsageError, shown
from convfilter.runtime.compiled import announced
from convfilter.runtime.numbers import written_size
from convfilter.runtime.streams import is_stream

if TYPE_CHECKING:
    from convfilter.batch.job import Done

__all__ = ["Limits", "Processes"]

AHEAD_SECONDS = 0.05
"""So much work waits at each process, so that none waits for the next path."""

MOST_AHEAD = 8
"""Jobs that wait at each process at the most."""

EVERY = 0.05
"""Seconds between two looks at the memory of the processes."""

ATTEMPTS = 3
"""Processes that may end one after the other before they were ready; then none can be started."""


class Limits(NamedTuple):
    """What a job may take: seconds, None for any time, and bytes of memory, None for any."""

    seconds: float | None = None
    memory: int | None = None


class Processes:
    """Jobs under way in processes, to each of which some more are sent ahead.

    A process that crashes, takes too long or too much memory takes the job with it that it was
    doing, which becomes a failure; another process takes its place.

    Parameters
    ----------
    jobs, work : what is to be done; `work` is pickled
    count : of processes
    limits : what each job may take
    memory : bytes that all jobs under way may take together, about
    """

    def __init__(
        self,
        jobs: Iterable[Job],
        work: Callable[[Job], Done],
        count: int,
        limits: Limits = Limits(),  # noqa: B008 - a tuple
        memory: int | None = None,
    ) -> None:
        self._jobs = iter(jobs)
        self._returned: deque[Job] = deque()
        self._next_job: tuple[Job, int] | None = None
        self._work = work
        self._count = max(1, count)
        self._limits = limits
        self._memory = memory
        self._processes: list[Process] = []
        self._events: SimpleQueue[Event] = SimpleQueue()
        self._in_vain = 0
        self._is_stopping = False
        self._seconds = AHEAD_SECONDS
        self._announcing = contextlib.ExitStack()

    def __iter__(self) -> Iterator[Outcome[Done]]:
        return self

    def __next__(self) -> Outcome[Done]:
        while True:
            self._start_and_feed()
            if not any(process.jobs for process in self._processes):
                self.stop()
                raise StopIteration
            outcome = self._next_outcome()
            if outcome is not None:
                return outcome

    def stop(self, seconds: float | None = None) -> list[Outcome[Done]]:
        """Begin no more jobs, wait some seconds for those under way; return what came of them.

        Processes that take longer are ended, and nothing is left of their files.
        """
        self._jobs = iter(())
        self._returned.clear()
        self._next_job = None
        self._is_stopping = True
        outcomes: list[Outcome[Done]] = []
        try:
            for process in self._processes:
                process.drop_ahead()
            latest = None if seconds is None else time.monotonic() + seconds
            while any(process.jobs for process in self._processes):
                if latest is not None and time.monotonic() >= latest:
                    break
                outcome = self._next_outcome(latest)
                if outcome is not None:
                    outcomes.append(outcome)
        finally:
            processes, self._processes = self._processes, []
            for process in processes:
                process.kill()
            self._announcing.close()
        return outcomes

    def _start_and_feed(self) -> None:
        """Start the processes that are missing, and send jobs to those that can do with some."""
        while len(self._processes) < self._count and self._waiting() is not None:
            if self._in_vain >= ATTEMPTS:
                raise ImageError(
                    f"{sys.executable} ends at once where a process is to do the work: leave"
                    " --isolate and --timeout out"
                )
            self._processes.append(Process(self._work, self._events))
        ahead = max(1, min(MOST_AHEAD, int(AHEAD_SECONDS / max(self._seconds, 1e-6))))
        while (waiting := self._waiting()) is not None:
            job, size = waiting
            process = min(self._processes, key=lambda each: len(each.jobs))
            is_full = len(process.jobs) > (ahead if process.is_ready else 0)
            if is_full or not self._fits(process, size):
                break
            self._next_job = None
            process.take(job, size)

    def _waiting(self) -> tuple[Job, int] | None:
        """Return the job that is the next, and the memory that it takes; it stays the next."""
        if self._next_job is None:
            job = self._returned.popleft() if self._returned else next(self._jobs, None)
            if job is not None:
                _check_no_stream(job)
                self._next_job = job, 0 if self._memory is None else bytes_for(job, self._memory)
        return self._next_job

    def _fits(self, process: Process, size: int) -> bool:
        """Tell whether a job may be sent to a process: jobs that it has are not done meanwhile."""
        if self._memory is None:
            return True
        others = sum(each.size for each in self._processes if each is not process)
        together = others + max(process.size, size)
        return together <= self._memory or (not others and not process.jobs)

    def _next_outcome(self, latest: float | None = None) -> Outcome[Done] | None:
        """Wait until something happens, and return the outcome if it is one."""
        moments = [self._deadline(process) for process in self._processes]
        moments.append(latest)
        if self._limits.memory is not None:
            moments.append(time.monotonic() + EVERY)
        first = min((moment for moment in moments if moment is not None), default=None)
        try:
            patience = None if first is None else max(0.0, first - time.monotonic())
            event = self._events.get(timeout=patience)
        except Empty:
            return self._over_limit()
        if event.process not in self._processes:
            return None  # it was ended
        return self._heard(*event)

    def _heard(
        self, process: Process, moment: float, answer: worker.Answer | None
    ) -> Outcome[Done] | None:
        if answer is None:
            return self._gone(process)
        if answer.kind == "ready":
            process.is_ready = True
            self._in_vain = 0
            process.began = moment if process.jobs else None
            process.note_own_bytes()
        elif answer.kind == "compiling":
            process.compiling = moment
            self._tell_compiling()
        elif answer.kind == "compiled":
            if process.compiling is not None and process.began is not None:
                process.began += moment - process.compiling
            process.compiling = None
            self._tell_compiling()
        else:
            began = process.began
            outcome: Outcome[Done] = process.told(answer, moment)
            if began is not None:
                self._seconds += 0.5 * (moment - began - self._seconds)
            return outcome
        return None

    def _tell_compiling(self) -> None:
        """Let it be known here whether loops are compiled there."""
        self._announcing.close()
        if any(process.compiling is not None for process in self._processes):
            self._announcing.enter_context(announced())

    def _gone(self, process: Process) -> Outcome[Done] | None:
        """Return the failure of the job that a process did when it ended."""
        if not process.is_ready:
            self._in_vain += 1
            self._give_back(process, process.jobs)
            process.kill()
            self._processes.remove(process)
            return None
        why = process.end()
        if self._is_stopping and not why:  # it had not begun what it had been sent last
            process.jobs.clear()
        if process.jobs:
            return self._failed(process, why or "its process ended", "crash")
        self._processes.remove(process)
        return None

    def _deadline(self, process: Process) -> float | None:
        seconds = self._limits.seconds
        if seconds is None or process.began is None or process.compiling is not None:
            return None
        return process.began + seconds

    def _over_limit(self) -> Outcome[Done] | None:
        """Return the failure of a job that takes too long or too much memory, if there is one."""
        now = time.monotonic()
        for process in self._processes:
            deadline = self._deadline(process)
            if deadline is not None and deadline <= now and process.jobs:
                why = f"took longer than {self._limits.seconds:g} s"
                return self._failed(process, why, "time")
        return self._over_memory()

    def _over_memory(self) -> Outcome[Done] | None:
        limit = self._limits.memory
        if limit is None:
            return None
        busy = [process for process in self._processes if process.jobs and process.is_ready]
        taken = {process: process.bytes_taken() for process in busy}
        # what was let in although it is larger has the memory that it was known to need
        allowed = max([limit, *(2 * process.size for process in busy if process.size > limit)])
        if sum(taken.values()) <= allowed:
            return None
        largest = max(busy, key=lambda process: taken[process])
        why = f"needed more memory than {written_size(allowed)}: give more (--memory)"
        return self._failed(largest, why, "memory")

    def _failed(self, process: Process, why: str, cause: str) -> Outcome[Done]:
        """Return the failure of the job that a process did; what it did not do, others will."""
        process.kill()
        job, _ = process.jobs.popleft()
        self._give_back(process, process.jobs)
        self._processes.remove(process)
        error = ImageError(f"{job.name}: {why}")
        error.cause = cause
        return Outcome(job, error=error)

    def _give_back(self, process: Process, jobs: Iterable[tuple[Job, int]]) -> None:
        self._returned.extendleft(job for job, _ in reversed([*jobs]))
        process.jobs.clear()


def _check_no_stream(job: Job) -> None:
    """Refuse streams of this process, which others have not."""
    for place in (job.source, job.target):
        # a pipe elsewhere is open to other processes as well
        is_device = isinstance(place, str) and place.startswith(("/dev/", "/proc/"))
        if place is None or (is_device and is_stream(str(place))):
            name = "standard input or output" if place is None else shown(place)
            raise UsageError(
                f"{name} belongs to this process alone: name a file, or leave --isolate and"
                " --timeout out"
            )
