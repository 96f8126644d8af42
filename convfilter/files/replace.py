"""Replace a file, or make a new one, so that nobody ever finds half of it, whatever happens.

It is written beside the target under a name of its own, forced to the disk, and moved onto the
target in one step. After a crash or a loss of power, the old file stands there in full or the new
one does. (Pillai et al., "All File Systems Are Not Created Equal", OSDI 2014, on why the data has
to be on the disk before the name is.)
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

__all__ = ["replace_file"]

_UNKNOWN = (errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS)
"""Errors of systems that do not have such a call."""

_NOT_SUPPORTED = (*_UNKNOWN, errno.EPERM, errno.EACCES)
"""The same, and errors of files and folders that do not support it."""


def replace_file(path: Path, pieces: Iterable[bytes], *, overwrite: bool) -> None:
    """Write a file whole; without `overwrite` a file that exists, even if only just now, stays.

    Devices and pipes are written as they are. A link stays a link, and a file that is replaced
    keeps its permission bits.

    Raises
    ------
    FileExistsError
        The file is there and may not be replaced.
    OSError
        The system refused a step. What was there is untouched, except where the last step, to force
        the new name to the disk, is the one that failed: then the new file is there in full.
    """
    target = Path(os.path.realpath(path))
    mode: int | None = None
    with suppress(FileNotFoundError):
        status = target.stat()
        if not stat.S_ISREG(status.st_mode):
            with target.open("wb") as file:
                file.writelines(pieces)
            return
        mode = stat.S_IMODE(status.st_mode)
    temporary = target.with_name(f".convfilter-{os.urandom(8).hex()}.tmp")
    try:
        # a new file is created with 0o666, so that the umask of the process counts; what takes the
        # place of a private one is private from the beginning
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        with os.fdopen(os.open(temporary, flags, mode or 0o666), "wb") as file:
            file.writelines(pieces)
            file.flush()
            _force(file.fileno())
        if mode is not None:
            temporary.chmod(mode)
        if overwrite:
            temporary.replace(target)
        else:
            _move_to_free_name(temporary, target)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
    _force_folder(target.parent)


def _move_to_free_name(source: Path, target: Path) -> None:
    """Move a file to a name that no other file has."""
    try:
        os.link(source, target)  # unlike a rename, this never replaces anything
    except FileExistsError:
        raise
    except OSError as error:
        if error.errno not in (*_NOT_SUPPORTED, errno.EMLINK):
            raise
        # no links on this file system
        if os.path.lexists(target):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST)) from error
        source.replace(target)
        return
    source.unlink()


def _force(descriptor: int) -> None:
    """Have the system write what it has buffered of a file or folder to the disk."""
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _UNKNOWN:
            raise


def _force_folder(folder: Path) -> None:
    """Have the system write the names in a folder to the disk, where it opens folders at all."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
    except OSError as error:
        if error.errno in (*_NOT_SUPPORTED, errno.EISDIR):
            return  # Windows opens no folder, and this one may be for writing only
        raise
    try:
        _force(descriptor)
    finally:
        os.close(descriptor)
