"""The cache of compiled loops as a whole: whether it can be used, what it holds, clearing it."""

from __future__ import annotations

import contextlib
import os
import re
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from convfilter.runtime.compiled import keys
from convfilter.runtime.compiled.store import directory, is_ours, is_private

STALE_DAYS = 90
"""Loops of other keys (of earlier versions, say) are dropped at this age."""

_UNFINISHED_DAYS = 1 / 24
"""A file of this age is not being written any more: its writer was killed."""

_LOOP = r"(?P<module>\w+(\.\w+)*)\.\w+(-\w+)*-(?P<key>[0-9a-f]{16,24})\.(loop|o)"
_NAME = re.compile(_LOOP)
"""The name of a file; earlier versions gave them other suffixes and longer keys."""
_TEMPORARY_NAME = re.compile(rf"\.{_LOOP}-[0-9a-f]{{16}}")


def distrust() -> str | None:
    """Return why the directory is neither read nor written, or None where nothing is against it."""
    place = directory()
    if place is None:
        return "no home directory is known: set CONVFILTER_CACHE_DIR"
    try:
        status = place.lstat()
    except FileNotFoundError:
        return None
    except OSError as error:
        return error.strerror or str(error)
    if stat.S_ISLNK(status.st_mode):
        return "it is a symbolic link: set CONVFILTER_CACHE_DIR to the directory itself"
    if not stat.S_ISDIR(status.st_mode):
        return "it is not a directory"
    if not is_private(status):
        return "others own it or may write to it: chmod go-w it, or set CONVFILTER_CACHE_DIR"
    return None


def problem() -> str | None:
    """Return why loops cannot be kept in the directory, or None where they can."""
    place = directory()
    if place is None or distrust() is not None:
        return distrust()
    standing = next((each for each in (place, *place.absolute().parents) if each.exists()), place)
    if os.access(standing, os.W_OK | os.X_OK):
        return None
    return f"{standing} is not writable: loops that it holds are used, none are added"


@dataclass(frozen=True)
class Kept:
    """What the cache holds: object files that serve here, others, and the bytes of all."""

    current: int
    stale: int
    size: int


def kept() -> Kept:
    """Count the object files in the cache, whether they can be trusted or not."""
    place = directory()
    current = stale = size = 0
    for match, status in _own_files(place) if place is not None else ():
        size += status.st_size
        if _is_current(match):
            current += 1
        else:
            stale += 1
    return Kept(current, stale, size)


def _is_current(match: re.Match[str]) -> bool:
    """Tell whether a file of this name is what this version makes for this processor."""
    if match.re is not _NAME:
        return False
    try:
        key = keys.module_key(f"{keys.PACKAGE}.{match['module']}")
    except ImportError:
        return False
    return match["key"] == key


def clear() -> int:
    """Remove every object file, and no other file; return how many.

    A directory that is not the user's alone is left as it is.
    """
    place = directory()
    removed = 0
    if place is not None and is_ours(place):
        for match, _ in list(_own_files(place)):
            with contextlib.suppress(OSError):
                (place / match.string).unlink()
                removed += 1
    return removed


def drop_stale() -> None:
    """Remove what earlier versions, and writers that were killed, left behind long ago."""
    place = directory()
    if place is None or not is_ours(place):
        return
    for match, status in list(_own_files(place)):
        days = STALE_DAYS if match.re is _NAME else _UNFINISHED_DAYS
        if time.time() - status.st_mtime > days * 86400 and not _is_current(match):
            with contextlib.suppress(OSError):
                (place / match.string).unlink()


def _own_files(place: Path) -> Iterator[tuple[re.Match[str], os.stat_result]]:
    """Yield the regular files whose names are given here, finished or not."""
    try:
        with os.scandir(place) as entries:
            for entry in entries:
                match = _NAME.fullmatch(entry.name) or _TEMPORARY_NAME.fullmatch(entry.name)
                with contextlib.suppress(FileNotFoundError):  # removed by another process
                    if match is not None and entry.is_file(follow_symlinks=False):
                        yield match, entry.stat(follow_symlinks=False)
    except OSError:
        return  # there is nothing, or nothing that may be seen
