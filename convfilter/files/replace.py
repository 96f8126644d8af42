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
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, BinaryIO, cast

from convfilter.errors import ImageError, reason_of, shown
from convfilter.files.replacing.temporaries import temporary_name
from convfilter.runtime.streams import descriptor_of, is_stream, write_whole

__all__ = [
    "Replacement",
    "abandon",
    "check_target",
    "exists_already",
    "explained",
    "force",
    "new_folder",
    "replace_file",
]

_PRIVATE = 0o600
_WRITING = os.O_WRONLY | getattr(os, "O_BINARY", 0)

_unfinished: set[Path] = set()
_making = threading.RLock()


def replace_file(
    path: Path, pieces: Iterable[bytes], *, overwrite: bool, forced: bool = True
) -> list[str]:
    """Write a file whole; without `overwrite` a file that exists, even if only just now, stays.

    With `forced` off, a file of a new name is not on the disk yet, which is up to the caller
    (`force`). What takes the place of another file is on the disk before it does, in any case.

    Devices and pipes are written as they are, and so is what ``/dev/stdout`` and the like stand
    for. A link stays a link. A file that is replaced keeps owner, group, permission bits, access
    list and extended attributes, as far as this process may give them.

    Returns
    -------
    list of str
        A note for what was not kept.

    Raises
    ------
    FileExistsError
        The file is there and may not be replaced.
    BrokenPipeError
        It is a pipe whose reader went away.
    OSError
        The system refused a step. What was there is untouched, except where the last step, to force
        the new name to the disk, is the one that failed: then the new file is there in full.
    """
    file = Replacement(path, overwrite=overwrite, forced=forced)
    try:  # an interrupt may come anywhere, also where a context manager is entered
        file.begin()
        file.put_all(pieces)
        return file.finish()
    finally:
        file.close()


class Replacement:
    """A file that is written piece by piece, and is there only when it is finished.

    `begin` opens it; `close`, which must be called whatever happens, leaves nothing behind if it
    was not finished. `replace_file` has what becomes of devices, pipes and of what was there, and
    the errors.
    """

    def __init__(self, path: Path, *, overwrite: bool, forced: bool = True) -> None:
        self._path, self._overwrite, self._forced = path, overwrite, forced
        self._status: os.stat_result | None = None
        self._temporary: Path | None = None
        self._file: IO[bytes] | None = None

    def begin(self) -> None:
        """Open what is written to: a temporary file, or the device or pipe itself."""
        path = self._target = self._path
        descriptor = descriptor_of(path)  # which may be closed: then nothing is there
        if descriptor is not None:
            self._file = os.fdopen(os.dup(descriptor), "wb", buffering=0)
            return
        if _is_there(path):
            with suppress(FileNotFoundError):
                self._status = path.stat()
                if not stat.S_ISREG(self._status.st_mode):
                    # never O_CREAT, which some systems refuse for the pipe of somebody else
                    self._file = os.fdopen(os.open(path, _WRITING), "wb", buffering=0)
                    return
            self._target = Path(os.path.realpath(path))
        self._temporary = self._target.with_name(temporary_name())
        self._file = _create(self._temporary, self._status)

    def close(self) -> None:
        """Remove what was not finished."""
        file, self._file = self._file, None
        try:
            if file is not None:
                file.close()
        finally:
            temporary = self._temporary
            if temporary is not None:
                with suppress(OSError):
                    temporary.unlink()
                _unfinished.discard(temporary)  # not where another interrupt comes first

    @property
    def _open(self) -> IO[bytes]:
        assert self._file is not None
        return self._file

    def put_all(self, pieces: Iterable[bytes]) -> None:
        """Write further bytes."""
        write_whole(self._open, pieces)

    def put(self, *pieces: bytes) -> None:
        """Write further bytes."""
        write_whole(self._open, pieces)

    def patch(self, place: int, data: bytes) -> None:
        """Write over bytes that have been put already.

        Raises
        ------
        OSError
            Also for pipes, in which nothing can be changed any more.
        """
        file = self._open
        end = file.seek(0, os.SEEK_CUR)
        file.seek(place)
        write_whole(file, [data])
        file.seek(end)

    def aside(self) -> BinaryIO:
        """Return an empty file for what comes later, which is gone when it is closed."""
        import tempfile

        folder = None if self._temporary is None else self._temporary.parent
        return cast("BinaryIO", tempfile.TemporaryFile(prefix=".convfilter-", dir=folder))

    def finish(self) -> list[str]:
        """Put the file in its place, and return a note for what was not kept of the old one."""
        temporary, file = self._temporary, self._open
        if temporary is None:
            return []
        notes: list[str] = []
        if self._status is not None:
            from convfilter.files.replacing.attributes import keep_attributes

            notes = keep_attributes(self._target, self._status, temporary, file.fileno())
        if self._forced or self._status is not None:
            _force(file.fileno())
        else:
            _begin_to_force(file.fileno())
        file.close()
        self._file = None
        if self._overwrite:
            temporary.replace(self._target)
        else:
            _move_to_free_name(temporary, self._target)
        self._temporary = None
        _unfinished.discard(temporary)
        if self._forced:
            _force_folder(self._target.parent)
        return notes


def force(paths: Sequence[Path]) -> None:
    """Have the system write files to the disk, and then their names, all together.

    To wait for each on its own takes several times as long: with each, a file system commits what
    has changed in it. The system has begun to write them when they were finished, so that there is
    little left to wait for. What is gone by now, or no file, is passed over.

    Raises
    ------
    OSError
        The system could not write them all.
    """
    for path in paths:
        with suppress(FileNotFoundError):
            descriptor = _opened(path)
            if descriptor is not None:
                try:
                    _force(descriptor)
                finally:
                    os.close(descriptor)
    for folder in dict.fromkeys(Path(os.path.realpath(path)).parent for path in paths):
        with suppress(FileNotFoundError):
            _force_folder(folder)


def _opened(path: Path) -> int | None:
    """Open a file to have it written to the disk; return None for what has no place there."""
    if descriptor_of(path) is not None or not path.is_file():
        return None
    try:
        # Windows writes to the disk what may be written to
        return os.open(path, os.O_RDONLY if os.name == "posix" else os.O_RDWR)
    except PermissionError:  # its maker may write, not read
        return os.open(path, _WRITING)


def _create(temporary: Path, status: os.stat_result | None) -> IO[bytes]:
    """Create a file that may be written to, with the rights of a new one or narrower ones.

    A new file gets 0o666, so that the umask of the process counts, and an access list of the
    folder. What will take the place of another file is its maker's alone until it has the rights of
    that one.
    """
    mode = 0o666 if status is None else stat.S_IMODE(status.st_mode) & _PRIVATE
    flags = _WRITING | os.O_CREAT | os.O_EXCL
    with _making:
        _unfinished.add(temporary)
        return os.fdopen(os.open(temporary, flags, mode), "wb", buffering=0)


@contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """Enter with a folder of its own beside a target; what is left of it at the end is removed.

    What it holds is not forced to the disk.
    """
    folder = target.with_name(temporary_name())
    with _making:
        _unfinished.add(folder)
        folder.mkdir()
    try:
        yield folder
    finally:
        import shutil

        shutil.rmtree(folder, ignore_errors=True)
        _unfinished.discard(folder)


def abandon() -> None:
    """Remove the files that are not finished, of a process that is about to end at once.

    No more are begun, since the lock is kept.
    """
    _making.acquire(timeout=1.0)  # not for ever: a file system may hang
    for temporary in tuple(_unfinished):
        with suppress(OSError):
            if temporary.is_dir():
                import shutil

                shutil.rmtree(temporary, ignore_errors=True)
            else:
                temporary.unlink()


def _move_to_free_name(source: Path, target: Path) -> None:
    """Move a file to a name that no other file has."""
    try:
        os.link(source, target)  # unlike a rename, this never replaces anything
    except FileExistsError:
        raise
    except OSError as error:
        from convfilter.files.replacing.attributes import NOT_SUPPORTED

        if error.errno not in (*NOT_SUPPORTED, errno.EMLINK):
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
        from convfilter.files.replacing.attributes import UNKNOWN

        if error.errno not in UNKNOWN:
            raise


def _begin_to_force(descriptor: int) -> None:
    """Have the system begin to write what it has buffered of a file, where it can be told to."""
    if hasattr(os, "posix_fadvise"):
        with suppress(OSError):
            # no advice at all: on Linux this begins to write, and pages stay until it has
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)


def _force_folder(folder: Path) -> None:
    """Have the system write the names in a folder to the disk, where it opens folders at all."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
    except OSError as error:
        from convfilter.files.replacing.attributes import NOT_SUPPORTED

        if error.errno in (*NOT_SUPPORTED, errno.EISDIR):
            return  # Windows opens no folder, and this one may be for writing only
        raise
    try:
        _force(descriptor)
    finally:
        os.close(descriptor)


def check_target(path: Path, name: str, overwrite: bool) -> None:
    """Refuse early what could only fail after the work of encoding."""
    try:
        if _is_there(path):
            if is_stream(path):
                return
            if path.is_dir():
                raise ImageError(f"{name}: is a folder: give the name of a file in it")
            if not overwrite:
                raise exists_already(name)
            if path.exists() and not os.access(path, os.W_OK):
                raise ImageError(f"{name}: is write-protected: change its permissions or its name")
        if not path.parent.is_dir():
            raise ImageError(
                f"{name}: the folder {shown(path.parent)} does not exist: create it first"
            )
    except (OSError, ValueError) as error:
        raise ImageError(explained(error, path, name)) from error


def _is_there(path: Path) -> bool:
    """Tell whether something has this name, be it a link to nothing; raises OSError, ValueError."""
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def exists_already(name: str) -> ImageError:
    """Return the error of a target that may not be replaced."""
    return ImageError(f"{name}: exists already: allow it to be replaced (--overwrite)")


def explained(error: OSError | ValueError, path: Path, name: str) -> str:
    """Return on one line why the system does not let a file be written."""
    if isinstance(error, PermissionError):
        if is_stream(path):
            return f"{name}: may not be written: check its permissions"
        folder = shown(path.parent)
        return f"{name}: may not be written: check the permissions of the folder {folder}"
    return f"{name}: cannot be written: {reason_of(error)}"
