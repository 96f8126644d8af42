"""Jobs under way in processes of their own, each of which takes one file with it if it ends."""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, NamedTuple

from convfilter.batch.job import Job
from convfilter.batch.running import worker
from convfilter.batch.running.outcome import Outcome
from convfilter.batch.running.watching import resident
from convfilter.batch.running.window import bytes_for
from convfilter.errors import ImageError
from convfilter.files.replace import remove_marked
from convfilter.runtime.compiled import announced
from convfilter.runtime.interpreter import command_for

if TYPE_CHECKING:
    from convfilter.batch.done import Done
    from convfilter.engine import Plan

__all__ = ["Limits", "Processes"]

AHEAD_SECONDS = 0.05
"""So much work waits at each process, so that none waits for the next path."""

MOST_AHEAD = 8
"""Jobs that wait at each process at the most."""

EVERY = 0.05
"""Seconds between two looks at the memory of the processes."""

ATTEMPTS = 3
"""Processes that may end one after the other before they were ready; then none can be started."""

ENDING_SECONDS = 1.0
"""A process that closed its output ends before long; otherwise it is ended."""

GRACE = 1.5
"""Seconds that are waited for what is under way when the run is ended early."""


class Limits(NamedTuple):
    """What a job may take: seconds, None for any time, and bytes of memory, None for any."""

    seconds: float | None = None
    memory: int | None = None


class _Event(NamedTuple):
    """What a process has said, and when; None when it has ended."""

    process: _Process
    moment: float
    answer: worker.Answer | None


class _Process:
    """A process, the jobs that it has been sent, and when it began the first of them."""

    def __init__(self, work: Callable[[Job], Done], events: SimpleQueue[_Event]) -> None:
        command = command_for(worker.__name__, worker.serve.__name__)
        if command is None:
            raise ImageError("no processes can be started here: leave --isolate and --timeout out")
        self.jobs: deque[tuple[Job, int]] = deque()
        self.is_ready = False
        self.began: float | None = None
        self.compiling: float | None = None
        self.own_bytes = 0
        self.mark = f"{os.getpid()}-{os.urandom(4).hex()}-"
        self._plans: tuple[Plan, ...] = ()
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=None if os.environ.get("CONVFILTER_DEBUG") == "1" else subprocess.DEVNULL,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except OSError as error:
            raise ImageError(f"no process can be started: {error.strerror}") from error
        # the system would end it with the thread that started it, should that be another one
        dies_with = threading.current_thread() is threading.main_thread()
        self._send(worker.Start(work, os.getpid(), self.mark, dies_with))
        name = "convfilter-listening"
        threading.Thread(target=self._listen, args=(events,), name=name, daemon=True).start()

    def _send(self, message: object) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(OSError, ValueError):  # it has ended, which the listener tells
            pickle.dump(message, self._process.stdin, pickle.HIGHEST_PROTOCOL)
            self._process.stdin.flush()

    def _listen(self, events: SimpleQueue[_Event]) -> None:
        stream = self._process.stdout
        assert stream is not None
        # what is torn, or makes no sense, is as good as an end
        with contextlib.suppress(Exception):
            while True:
                answer = pickle.load(stream)
                events.put(_Event(self, time.monotonic(), answer))
        events.put(_Event(self, time.monotonic(), None))

    def take(self, job: Job, size: int) -> None:
        """Send a job, which takes about so much memory."""
        if self.is_ready and not self.jobs:
            self.began = time.monotonic()
        self.jobs.append((job, size))
        self._send(job)

    def drop_ahead(self) -> None:
        """Have none done of the jobs that wait, and end after the one under way."""
        while len(self.jobs) > 1:
            self.jobs.pop()
        self._send(None)

    @property
    def size(self) -> int:
        """The memory that the largest of its jobs takes, about."""
        return max((size for _, size in self.jobs), default=0)

    def told(self, answer: worker.Answer, moment: float) -> Outcome[Done]:
        """Return what came of the job under way; the next one has begun."""
        job, _ = self.jobs.popleft()
        self.began = moment if self.jobs else None
        done = answer.done
        if done is not None and answer.same_plans:
            done = done._replace(plans=self._plans)
        elif done is not None:
            self._plans = done.plans
        return Outcome(job, done, answer.error)

    def bytes_taken(self) -> int:
        """Return the memory that its jobs take, so far as the system tells."""
        return max(0, resident(self._process.pid) - self.own_bytes)

    def note_own_bytes(self) -> None:
        """Note what it takes without any job."""
        self.own_bytes = resident(self._process.pid)

    def end(self) -> str:
        """Clear up after a process that says no more, and tell what has ended it, "" if nothing."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(ENDING_SECONDS)
        return self.kill()

    def kill(self) -> str:
        """End it at once, whatever it does, and remove what it has not finished."""
        if self._process.poll() is None:
            self._process.kill()
        code = self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        for folder in {_folder_of(job) for job, _ in self.jobs}:
            if folder is not None:
                remove_marked(folder, self.mark)
        if code >= 0:
            return f"its process ended (exit code {code})" if code else ""
        try:
            name = signal.Signals(-code).name
        except ValueError:
            name = f"signal {-code}"
        return f"its process crashed ({name})"


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
        jobs: Sequence[Job],
        work: Callable[[Job], Done],
        count: int,
        limits: Limits = Limits(),  # noqa: B008 - a tuple
        memory: int | None = None,
    ) -> None:
        self._waiting = deque(jobs)
        self._work = work
        self._count = max(1, min(count, len(jobs)))
        self._limits = limits
        self._memory = memory
        self._processes: list[_Process] = []
        self._events: SimpleQueue[_Event] = SimpleQueue()
        self._in_vain = 0
        self._is_stopping = False
        self._seconds = AHEAD_SECONDS
        self._sized: tuple[Job, int] | None = None
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

    def stop(self, seconds: float | None = GRACE) -> list[Outcome[Done]]:
        """Begin no more jobs, wait some seconds for those under way; return what came of them.

        Processes that take longer are ended, and nothing is left of their files.
        """
        self._waiting.clear()
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
        while self._waiting and len(self._processes) < self._count:
            if self._in_vain >= ATTEMPTS:
                raise ImageError(
                    f"{sys.executable} ends at once where a process is to do the work: leave"
                    " --isolate and --timeout out"
                )
            self._processes.append(_Process(self._work, self._events))
        ahead = max(1, min(MOST_AHEAD, int(AHEAD_SECONDS / max(self._seconds, 1e-6))))
        is_fed = True
        while is_fed and self._waiting:
            is_fed = False
            for process in sorted(self._processes, key=lambda each: len(each.jobs)):
                if self._waiting and len(process.jobs) < 1 + (ahead if process.is_ready else 0):
                    job, size = self._next_sized()
                    if self._fits(process, size):
                        self._waiting.popleft()
                        process.take(job, size)
                        is_fed = True

    def _next_sized(self) -> tuple[Job, int]:
        job = self._waiting[0]
        if self._sized is None or self._sized[0] is not job:
            self._sized = job, 0 if self._memory is None else bytes_for(job)
        return self._sized

    def _fits(self, process: _Process, size: int) -> bool:
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
        self, process: _Process, moment: float, answer: worker.Answer | None
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

    def _gone(self, process: _Process) -> Outcome[Done] | None:
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

    def _deadline(self, process: _Process) -> float | None:
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
        why = f"needed more memory than {_written(allowed)}: give more (--memory)"
        return self._failed(largest, why, "memory")

    def _failed(self, process: _Process, why: str, cause: str) -> Outcome[Done]:
        """Return the failure of the job that a process did; what it did not do, others will."""
        process.kill()
        job, _ = process.jobs.popleft()
        self._give_back(process, process.jobs)
        self._processes.remove(process)
        error = ImageError(f"{job.name}: {why}")
        error.cause = cause
        return Outcome(job, error=error)

    def _give_back(self, process: _Process, jobs: Iterable[tuple[Job, int]]) -> None:
        self._waiting.extendleft(job for job, _ in reversed([*jobs]))
        process.jobs.clear()


def _folder_of(job: Job) -> Path | None:
    """Return the folder that a job writes into."""
    if not isinstance(job.target, str):
        return None
    return Path(os.path.realpath(job.target)).parent


def _written(size: int) -> str:
    return f"{size / 1e9:.3g}G" if size >= 1e9 else f"{size / 1e6:.3g}M"
