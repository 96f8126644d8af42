"""The file of the journal: lines are only ever added, and whatever ends a process tears the last.

SQLite would do as well on a disk of one's own. But it asks for locks that network file systems
often lack, and a file of lines is read by people, too. Lines that are added in one call of the
system do not mix where several runs write at once, and where a file system mixes them, they tell.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from convfilter.batch.journal.records import HEADER, Known
from convfilter.errors import ImageError, reason_of, shown
from convfilter.files.replace import replace_file

__all__ = ["Lines", "read"]

_CAREFUL = (
    getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NOFOLLOW", 0)  # a link would lead to a file of somebody else
    | getattr(os, "O_NONBLOCK", 0)  # and a pipe would never open
    | getattr(os, "O_BINARY", 0)
)

_SPARE = 1000
"""So many lines that say nothing new are left where they are, and as many as say something."""


def read(path: Path) -> Known:
    """Return what a journal says; of one that is not there, nothing.

    Raises
    ------
    ImageError
        It cannot be read, or is no journal of this version.
    """
    known = Known()
    try:
        with _opened(path, os.O_RDONLY) as descriptor:
            _take_in(descriptor, known, path)
    except FileNotFoundError:
        return known
    except OSError as error:
        why = "is a link" if error.errno == errno.ELOOP else reason_of(error)
        raise ImageError(f"{shown(path)}: cannot be read: {why}") from error
    return known


@contextmanager
def _opened(path: Path, flags: int) -> Iterator[int]:
    descriptor = os.open(path, flags | _CAREFUL)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _take_in(descriptor: int, known: Known, path: Path) -> None:
    """Add to what is known what an open journal says; raises ImageError if it is none."""
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        raise ImageError(f"{shown(path)}: is no file: move it away")
    with os.fdopen(os.dup(descriptor), "rb") as file:
        file.seek(0)
        first = file.readline(len(HEADER))
        if first != HEADER:
            if HEADER.startswith(first):
                return  # nothing yet, or its first line is torn
            if first.startswith(HEADER.rpartition(b" ")[0]):
                raise ImageError(f"{shown(path)}: was written by another version of convfilter")
            raise ImageError(f"{shown(path)}: is no journal of convfilter: move it away")
        known.read(file)


class Lines:
    """A journal that lines are added to.

    Several runs may add to one journal. Where the system has locks, each of them holds a shared
    one, and the file is written anew, without what is outdated, by a run that is alone.

    Attributes
    ----------
    known : what was said up to now

    Raises
    ------
    ImageError
        It is none, or cannot be opened for writing.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.known = Known()
        self._descriptor = -1
        try:
            self._open()
            if self._is_mostly_outdated() and _locked(self._descriptor, exclusively=True):
                replace_file(self.path, [HEADER, *self.known.whole()], overwrite=True)
                self.close()
                self._open()
        except OSError as error:
            self.close()
            why = "is a link" if error.errno == errno.ELOOP else reason_of(error)
            raise ImageError(f"{shown(path)}: cannot be written: {why}") from error
        except BaseException:
            self.close()
            raise

    def add(self, *lines: bytes) -> None:
        """Add lines, all in one call of the system.

        Raises
        ------
        OSError
            They are not there, or in part, which whoever reads them finds out.
        """
        data = b"".join(lines)
        while data:  # of a disk that is full the first call takes a part, and the next one raises
            data = data[os.write(self._descriptor, data) :]

    def force(self) -> None:
        """Have the system write to the disk what was added."""
        with suppress(OSError):  # some file systems do not know how
            os.fsync(self._descriptor)

    def drop(self) -> None:
        """Close the file and remove it, unless another run has it open."""
        is_alone = self._has_the_name() and _locked(self._descriptor, exclusively=True)
        if is_alone:
            with suppress(OSError):
                self.path.unlink()
        self.close()

    def close(self) -> None:
        """Close the file, and give the lock back."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def _open(self) -> None:
        """Open the file that has the name now, with a shared lock if the system has any."""
        while True:
            try:
                self._descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND | _CAREFUL)
            except FileNotFoundError:
                with suppress(FileExistsError):  # another run may have begun it
                    replace_file(self.path, [HEADER], overwrite=False)
                continue
            _locked(self._descriptor, exclusively=False)
            if self._has_the_name():
                break
            self.close()  # it was written anew at this moment
        self.known = Known()
        _take_in(self._descriptor, self.known, self.path)
        size = os.lseek(self._descriptor, 0, os.SEEK_END)
        if size < len(HEADER):
            self.close()
            replace_file(self.path, [HEADER], overwrite=True)
            self._open()
            return
        os.lseek(self._descriptor, -1, os.SEEK_END)
        if os.read(self._descriptor, 1) != b"\n":
            self.add(b"\n")  # the last line is torn

    def _has_the_name(self) -> bool:
        try:
            return os.path.samestat(os.fstat(self._descriptor), self.path.lstat())
        except FileNotFoundError:
            return False

    def _is_mostly_outdated(self) -> bool:
        useful = len(self.known.records) + 1
        return self.known.lines - useful > useful + _SPARE


def _locked(descriptor: int, *, exclusively: bool) -> bool:
    """Lock a file, or change its lock, without waiting; tell whether it has been done.

    Where the change cannot be made the shared lock is kept.
    """
    try:
        import fcntl
    except ImportError:  # Windows
        return False
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_EX if exclusively else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except OSError:
        if exclusively:  # the system may have taken the shared one away for that
            _locked(descriptor, exclusively=False)
        return False  # somebody else has it, or there are no locks
    return True
