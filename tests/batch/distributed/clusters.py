"""A scheduler and workers on loopback, each a process of its own, as their commands start them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

__all__ = ["Workers", "cluster"]

WAIT = 60.0
"""Seconds that processes may take to begin."""


class Workers:
    """Processes of a cluster."""

    def __init__(self, folder: Path, count: int, options: Sequence[str]) -> None:
        self._folder = folder
        self._file = folder / "scheduler.json"
        self._options = options
        self._file.unlink(missing_ok=True)
        self.scheduler = self._start(
            "scheduler", "--port", "0", "--no-dashboard", "--scheduler-file", str(self._file)
        )
        until = time.monotonic() + WAIT
        while not self._file.exists() or not self._file.read_text():
            assert time.monotonic() < until, "no scheduler"
            time.sleep(0.05)
        self.address: str = json.loads(self._file.read_text())["address"]
        self.processes = [self.add() for _ in range(count)]

    def add(self) -> subprocess.Popen[bytes]:
        """Start one more worker."""
        return self._start(
            *("worker", self.address, "--nthreads", "1", "--no-dashboard"),
            *("--local-directory", str(self._folder), *self._options),
        )

    def _start(self, *arguments: str) -> subprocess.Popen[bytes]:
        with (self._folder / "log.txt").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "dask", *arguments],
                stdout=log,
                stderr=log,
                cwd=self._folder,
                start_new_session=True,
            )

    def kill(self, number: int) -> None:
        """End a worker, with its nanny, as a machine that loses power."""
        os.killpg(self.processes[number].pid, signal.SIGKILL)

    def close(self) -> None:
        """End all processes that were started here."""
        for process in (*self.processes, self.scheduler):
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextmanager
def cluster(folder: Path, count: int = 2, options: Sequence[str] = ()) -> Iterator[Workers]:
    """Enter with a scheduler and so many workers."""
    folder.mkdir(exist_ok=True)
    workers = Workers(folder, count, options)
    try:
        yield workers
    finally:
        workers.close()
