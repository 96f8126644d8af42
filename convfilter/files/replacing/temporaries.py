"""The names of files that are being written, which tell whose they are, and what the dead left.

A process that is killed leaves the file that it was writing. Its name says on which computer that
was, since when that computer runs, and which process it was: so whoever comes later knows whether
it still may be at work.
"""

from __future__ import annotations

import functools
import os
import re
import sys
import time
import zlib
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

__all__ = ["clear_dead", "temporary_name"]

_NAME = r"\.convfilter-([0-9a-f]{8})-([0-9a-f]{8})-([0-9a-f]{1,8})-[0-9a-f]{12}\.tmp"

_LONG = 86400.0
"""Seconds without a byte more, after which a file of another computer is held for dead."""


def temporary_name() -> str:
    """Return a name that no other file has."""
    computer, start = _here()
    return f".convfilter-{computer}-{start}-{os.getpid():x}-{os.urandom(6).hex()}.tmp"


def clear_dead(folders: Iterable[str | os.PathLike[str]]) -> None:
    """Remove from folders the files, and stores, that processes were writing which are no more.

    What may still be written stays: files of processes that run, and of other computers, and of
    other containers, unless they have not been touched for a day.
    """
    for folder in folders:
        with suppress(OSError), os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.startswith(".convfilter-") and _is_dead(entry):
                    with suppress(OSError):
                        _remove(entry)


def _remove(entry: os.DirEntry[str]) -> None:
    if not entry.is_dir(follow_symlinks=False):
        os.unlink(entry.path)  # noqa: PTH108
        return
    import shutil

    shutil.rmtree(entry.path)


def _is_dead(entry: os.DirEntry[str]) -> bool:
    match = re.fullmatch(_NAME, entry.name)
    is_folder = entry.is_dir(follow_symlinks=False)
    if match is None or not (is_folder or entry.is_file(follow_symlinks=False)):
        return False
    computer, start = _here()
    if match[1] == computer and sys.platform != "win32":
        return match[2] != start or not _runs(int(match[3], 16))
    # the time of a folder says nothing of what is written deep in it
    return not is_folder and time.time() - entry.stat(follow_symlinks=False).st_mtime > _LONG


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True  # of somebody else
    try:
        # one that has ended is there until its parent asks how, which some never do
        state = Path(f"/proc/{process}/stat").read_bytes().rpartition(b")")[2].split()[0]
    except (OSError, IndexError):
        return True
    return state not in (b"Z", b"X")


@functools.cache
def _here() -> tuple[str, str]:
    """Return what this computer is known by, and its present start, in eight digits each.

    A container whose processes are numbered for themselves is a computer of its own.
    """
    try:
        host = os.uname().nodename
    except AttributeError:  # Windows
        host = os.environ.get("COMPUTERNAME", "")
    start = b""
    with suppress(OSError):
        host += os.readlink("/proc/self/ns/pid")  # noqa: PTH115
    with suppress(OSError):
        start = Path("/proc/sys/kernel/random/boot_id").read_bytes()
    return f"{zlib.crc32(host.encode('utf-8', 'replace')):08x}", f"{zlib.crc32(start):08x}"
