"""Standard output: written whole or not at all, whatever the system makes of it."""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO, Any

from convfilter.errors import ImageError, UsageError
from convfilter.runtime.streams import write_whole

__all__ = [
    "IS_THE_SCREEN",
    "OutputError",
    "check_standard_output",
    "guard_descriptors",
    "whole_output",
]

IS_THE_SCREEN = "is the screen: name a file, or send it to a file or a program"


class OutputError(OSError):
    """Standard output takes no more, or is closed."""


class _Whole(io.BufferedIOBase):
    """A binary stream that gives another one all of what is written to it, or raises an error.

    Nothing is held back: what was written has been handed on. After an error nothing follows.
    """

    name = "<stdout>"

    def __init__(self, stream: IO[bytes] | None) -> None:
        self._stream = stream
        self._is_used = False
        self.is_broken = False

    def write(self, data: Any, /) -> int:
        """Write all bytes and return their number."""
        if not self.is_broken:
            self._is_used = self.is_broken = True
            if self._stream is None:
                raise OutputError(errno.EBADF, "is closed: send it to a file or a program")
            try:
                write_whole(self._stream, [data])
            except (BrokenPipeError, OutputError):
                raise
            except (OSError, ValueError) as error:
                words = getattr(error, "strerror", None) or str(error)
                raise OutputError(getattr(error, "errno", None) or errno.EIO, words) from error
            self.is_broken = False
        return len(data)

    def finish(self) -> None:
        """Ask whether all of it has arrived: over a network some errors are told at the end."""
        if self._is_used and not self.is_broken:
            with suppress(io.UnsupportedOperation):  # memory has nothing to tell
                number = self.fileno()
                try:
                    os.close(os.dup(number))  # a copy: the open file itself stays
                except OSError as error:
                    raise OutputError(error.errno, error.strerror) from error

    def writable(self) -> bool:
        """Tell that it can be written to."""
        return True

    def isatty(self) -> bool:
        """Tell whether a person reads it."""
        return self._stream is not None and self._stream.isatty()

    def fileno(self) -> int:
        """Return the number of the open file below."""
        if self._stream is None:
            raise io.UnsupportedOperation("fileno")
        return self._stream.fileno()


@contextmanager
def whole_output() -> Iterator[None]:
    """Let everything that is printed be written whole, or raise an error, until the end of this.

    Python itself would lose the rest of what an unbuffered standard output takes a part of
    (``PYTHONUNBUFFERED``, usual in containers), and all of what is printed to a closed one.
    """
    given = sys.stdout
    stream = None if given is None else getattr(given, "buffer", None)
    if given is not None and stream is None:  # text in memory
        yield
        return
    if given is None:
        whole = _Whole(None)
        sys.stdout = io.TextIOWrapper(whole, encoding="utf-8")
    else:
        given.flush()
        whole = _Whole(stream)
        sys.stdout = io.TextIOWrapper(whole, encoding=given.encoding, errors=given.errors)
    try:
        try:
            yield
        except Exception:
            sys.stdout.flush()
            whole.finish()
            raise
        sys.stdout.flush()
        whole.finish()
    finally:
        whole.is_broken = True  # after an interrupt, the rest would wait for the same reader
        sys.stdout = given


def check_standard_output() -> None:
    """Refuse a standard output that is closed, or at whose end a person sits.

    Raises
    ------
    ImageError, UsageError
        No picture can be sent there.
    """
    stream = getattr(sys.stdout, "buffer", None)
    if sys.stdout is None or (isinstance(stream, _Whole) and stream._stream is None):
        raise ImageError("standard output is closed: send it to a file or a program")
    if sys.stdout.isatty():
        raise UsageError(f"standard output (-) {IS_THE_SCREEN}")


def guard_descriptors() -> None:
    """Take the numbers of standard streams that are closed, so that no other file gets them.

    What a library prints would go into that file.
    """
    for number, mode in ((0, os.O_WRONLY), (1, os.O_RDONLY), (2, os.O_RDONLY)):
        try:
            os.fstat(number)
        except OSError:
            try:
                os.open(os.devnull, mode)  # gets the lowest number that is free, this one
            except OSError:
                return
