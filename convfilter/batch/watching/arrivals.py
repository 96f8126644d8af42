"""Whether a file that arrived is wholly written."""

from __future__ import annotations

import errno
import functools
import os
import re
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from convfilter.batch.job import FileState, Job, state_of

__all__ = ["Arrivals"]

SETTLED = 2.0
"""Seconds after which a file that has not changed is taken to be whole."""


LEASING = {"ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "tmpfs", "ramfs", "overlay"}
"""File systems of Linux."""


class _Look(NamedTuple):
    job: Job
    state: FileState
    at: float


class Arrivals:
    """Jobs whose inputs may still be written.

    A file is whole when two looks at its size and time, `SETTLED` seconds apart, are equal, or when
    its time is that long ago, as of one that is moved into its place. Empty files are not, nor
    those that a process of this computer has open for writing, where the system tells.

    Parameters
    ----------
    trusts_times : whether the clock of the file system is that of this computer
    """

    def __init__(self, *, trusts_times: bool) -> None:
        self._trusts_times = trusts_times
        self._looks: dict[str, _Look] = {}

    @property
    def names(self) -> list[str]:
        """What is not whole yet."""
        return [look.job.name for look in self._looks.values()]

    @property
    def patience(self) -> float | None:
        """Seconds until a file may be whole, or None where none is waited for."""
        if not self._looks:
            return None
        first = min(look.at for look in self._looks.values())
        return max(0.05, first + SETTLED - time.monotonic())

    def take(self, jobs: Iterable[Job]) -> None:
        """Look at the inputs of jobs, which are all that there are now."""
        before, self._looks = self._looks, {}
        for job in jobs:
            state = None if job.source is None else state_of(job.source)
            if state is not None:
                look = before.get(job.name)
                at = time.monotonic() if look is None or look.state != state else look.at
                self._looks[job.name] = _Look(job, state, at)

    def whole(self) -> list[tuple[Job, FileState]]:
        """Return the jobs whose inputs are whole by now, once, and what these are known by."""
        found = []
        for name, look in list(self._looks.items()):
            job, state, at = look
            now = None if job.source is None else state_of(job.source)
            if now is None:
                del self._looks[name]
            elif now != state:
                self._looks[name] = _Look(job, now, time.monotonic())
            elif self._has_settled(state, at):
                if state.size and not _is_being_written(job.source):
                    del self._looks[name]
                    found.append((job, state))
                else:
                    self._looks[name] = look._replace(at=time.monotonic())
        return found

    def _has_settled(self, state: FileState, at: float) -> bool:
        if time.monotonic() - at >= SETTLED:
            return True
        return self._trusts_times and time.time() - state.changed / 1e9 > SETTLED


def _is_being_written(source: object) -> bool:
    """Whether a process has the file open for writing, as far as the system tells.

    Linux gives a lease for reading on files of one's own which nobody has open for writing.
    """
    try:
        import fcntl

        take_lease, signal_of_lease = fcntl.F_SETLEASE, fcntl.F_SETSIG
    except (ImportError, AttributeError):  # another system
        return False
    if not isinstance(source, str) or not _gives_leases(os.path.dirname(source)):  # noqa: PTH120
        return False
    from signal import SIGURG

    try:
        descriptor = os.open(source, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False  # reading it will say what is wrong
    try:
        # whoever opens it at this moment has this signal sent, and the usual one would end us
        fcntl.fcntl(descriptor, signal_of_lease, SIGURG)
        fcntl.fcntl(descriptor, take_lease, fcntl.F_RDLCK)
    except OSError as error:
        return error.errno == errno.EAGAIN
    else:
        with suppress(OSError):
            fcntl.fcntl(descriptor, take_lease, fcntl.F_UNLCK)
        return False
    finally:
        os.close(descriptor)


@functools.lru_cache(maxsize=256)
def _gives_leases(folder: str) -> bool:
    """Whether the file system of a folder is known to refuse leases for that reason alone.

    Those of networks refuse them for reasons of their own.
    """
    try:
        mounts = Path("/proc/self/mountinfo").read_text("utf-8", "surrogateescape").splitlines()
    except OSError:
        return False
    place = os.path.realpath(folder)
    best, kind = "", ""
    for line in mounts:
        before, _, after = line.partition(" - ")
        point = re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), before.split()[4])
        is_around = point == "/" or f"{place}/".startswith(f"{point}/")
        if is_around and len(point) >= len(best):  # of two in one place, the later lies on top
            best, kind = point, after.split()[0]
    return kind in LEASING
