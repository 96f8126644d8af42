"""A process that does jobs, as the process sees it that sends them."""

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
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, NamedTuple

from convfilter.batch.job import Job
from convfilter.batch.running.isolated import worker
from convfilter.batch.running.jobs import Outcome
from convfilter.errors import ImageError
from convfilter.files.replacing.temporaries import clear_dead
from convfilter.runtime.machine.interpreter import command_for

if TYPE_CHECKING:
    from convfilter.batch.job import Done
    from convfilter.engine import Plan

__all__ = ["Event", "Process"]

ENDING_SECONDS = 1.0
"""A process that closed its output ends before long; otherwise it is ended."""


class Event(NamedTuple):
    """What a process has said, and when; None when it has ended."""

    process: Process
    moment: float
    answer: worker.Answer | None


class Process:
    """A process, the jobs that it has been sent, and when it began the first of them."""

    def __init__(self, work: Callable[[Job], Done], events: SimpleQueue[Event]) -> None:
        command = command_for(worker.__name__, worker.serve.__name__)
        if command is None:
            raise ImageError("no processes can be started here: leave --isolate and --timeout out")
        self.jobs: deque[tuple[Job, int]] = deque()
        self.is_ready = False
        self.began: float | None = None
        self.compiling: float | None = None
        self.own_bytes = 0
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
        self._send(worker.Start(work, os.getpid(), dies_with))
        name = "convfilter-listening"
        threading.Thread(target=self._listen, args=(events,), name=name, daemon=True).start()

    def _send(self, message: object) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(OSError, ValueError):  # it has ended, which the listener tells
            pickle.dump(message, self._process.stdin, pickle.HIGHEST_PROTOCOL)
            self._process.stdin.flush()

    def _listen(self, events: SimpleQueue[Event]) -> None:
        stream = self._process.stdout
        assert stream is not None
        # what is torn, or makes no sense, is as good as an end
        with contextlib.suppress(Exception):
            while True:
                answer = pickle.load(stream)
                events.put(Event(self, time.monotonic(), answer))
        events.put(Event(self, time.monotonic(), None))

    def take(self, job: Job, size: int) -> None:
        """Send a job, which takes about so much memory."""
        if self.is_ready and not self.jobs:
            self.began = time.monotonic()
        self.jobs.append((job, size))
        self._send(job)

    def drop_ahead(self) -> None:
        """Have none done of the jobs that wait, and end after the one under way.

        Which one that is, its answers tell: some may be on their way.
        """
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
        return max(0, _resident(self._process.pid) - self.own_bytes)

    def note_own_bytes(self) -> None:
        """Note what it takes without any job."""
        self.own_bytes = _resident(self._process.pid)

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
        clear_dead({_folder_of(job) for job, _ in self.jobs if isinstance(job.target, str)})
        if code >= 0:
            return f"its process ended (exit code {code})" if code else ""
        try:
            name = signal.Signals(-code).name
        except ValueError:
            name = f"signal {-code}"
        return f"its process crashed ({name})"


def _folder_of(job: Job) -> Path:
    """Return the folder that a job writes into."""
    return Path(os.path.realpath(str(job.target))).parent


def _resident(process: int) -> int:
    """Return the bytes of memory that a process takes; 0 where the system does not tell."""
    if sys.platform != "linux":
        return 0
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")
