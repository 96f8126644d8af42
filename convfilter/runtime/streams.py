"""Streams written and read to the end, however small the parts are that the system takes.

A call of the system may take a part of what it is given: of a disk that is nearly full, a process
that was stopped and continued, a pipe that does not wait, more than 2 GiB. Buffered streams of
Python take up the rest, unbuffered ones (``buffering=0``, and standard output with
``PYTHONUNBUFFERED``) return how much they took, and a stream that does not wait says so.
"""

from __future__ import annotations

import errno
import io
import os
import re
import stat
from collections.abc import Iterable, Iterator
from typing import IO, Any

__all__ = ["descriptor_of", "is_address", "is_stream", "read_whole", "write_whole"]

_FEW_BYTES = 1 << 18
"""Shorter pieces are written together."""

_LINKS = 40
"""So many links are followed, as by Linux."""

# compiled when the first path asks for them, which most starts never do
_DESCRIPTOR = r"/dev/fd/(\d+)|/proc/(?:self|thread-self|(?P<process>\d+))/fd/(\d+)"
_ADDRESS = r"[A-Za-z][A-Za-z0-9+.-]+(::[A-Za-z0-9+.-]+)*://"
_STANDARD = {"/dev/stdin": 0, "/dev/stdout": 1, "/dev/stderr": 2}


def write_whole(stream: IO[bytes], pieces: Iterable[bytes]) -> None:
    """Write all pieces and flush; wait where the stream does not.

    Parameters
    ----------
    stream : binary stream
        Anything with a `write` that returns how many bytes it took. None means all of them, or of
        an unbuffered stream (`io.RawIOBase`) that it would have to wait.
    pieces : several bytes objects

    Raises
    ------
    BrokenPipeError
        The reader went away.
    OSError, ValueError
        The stream takes no more, is closed, or does not say how much it took.
    """
    try:
        for piece in _gathered(pieces):
            _write(stream, piece)
        _flush(stream)
    except ConnectionResetError as error:  # what a socket may say
        raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE)) from error


def _gathered(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield long pieces as they are, and short ones joined: each takes a call of the system."""
    short: list[bytes] = []
    count = 0
    for piece in pieces:
        if count + len(piece) > _FEW_BYTES and short:
            yield b"".join(short)
            short, count = [], 0
        if len(piece) > _FEW_BYTES:
            yield piece
        else:
            short.append(piece)
            count += len(piece)
    if short:
        yield short[0] if len(short) == 1 else b"".join(short)


def _write(stream: Any, piece: bytes) -> None:
    done = 0
    while done < len(piece):
        # a view only where it is needed: not every stream takes one
        rest = memoryview(piece)[done:] if done else piece
        try:
            taken = stream.write(rest)
        except BlockingIOError as error:  # of a buffer that is full
            done += getattr(error, "characters_written", 0)
            _wait(stream, "POLLOUT")
            continue
        if taken is None:
            if not isinstance(stream, io.RawIOBase):
                return
            _wait(stream, "POLLOUT")
            continue
        if isinstance(taken, bool) or not isinstance(taken, int) or not 0 < taken <= len(rest):
            raise OSError(errno.EIO, f"of {len(rest)} bytes it says to have taken {taken!r}")
        done += taken


def _flush(stream: Any) -> None:
    flush = getattr(stream, "flush", None)
    while flush is not None:
        try:
            flush()
        except BlockingIOError:
            _wait(stream, "POLLOUT")
        else:
            return


def read_whole(stream: IO[bytes]) -> Any:
    """Return all bytes up to the end of a stream; wait where the stream does not.

    What is no bytes is returned as the stream gives it.
    """
    data: Any = stream.read()
    if (isinstance(data, bytes) or data is None) and not _waits(stream):
        # what is there now is not all
        parts = [data or b""]
        while data != b"":
            if data is None:
                _wait(stream, "POLLIN")
            data = stream.read()
            parts.append(data or b"")
        return b"".join(parts)
    return data


def _waits(stream: Any) -> bool:
    try:
        return os.get_blocking(stream.fileno())
    except (AttributeError, OSError, ValueError):
        return True  # there is nothing to wait for


def _wait(stream: Any, event: str) -> None:
    """Wait until the system takes, or has, more."""
    try:
        descriptor = stream.fileno()
    except (AttributeError, OSError, ValueError) as error:
        words = "it does not wait, and cannot be waited for: give a stream that does"
        raise OSError(errno.EAGAIN, words) from error
    import select

    if not hasattr(select, "poll"):  # Windows
        import time

        time.sleep(0.01)
        return
    poll = select.poll()
    poll.register(descriptor, getattr(select, event))
    poll.poll()


def is_address(path: object) -> bool:
    """Tell whether it is an address in storage, such as ``s3://bucket/a.png``, and no path."""
    if not isinstance(path, (str, os.PathLike)):
        return False
    text = os.fspath(path)
    return isinstance(text, str) and "://" in text and re.match(_ADDRESS, text) is not None


def is_stream(path: str | os.PathLike[str]) -> bool:
    """Tell whether what is written to a path goes on to somebody, and no file is replaced by it.

    So it is of a pipe, a socket, a device such as ``/dev/null``, and of a file that is open.
    """
    if descriptor_of(path) is not None:
        return True
    try:
        mode = os.stat(path).st_mode  # noqa: PTH116 - paths cost their time at each start
    except (OSError, ValueError):
        return False
    return stat.S_ISCHR(mode) or stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)


def descriptor_of(path: str | os.PathLike[str]) -> int | None:
    """Return the number of the open file that a path names, or None where it names none so.

    ``/dev/stdout``, ``/dev/fd/3``, links to them, and what a shell makes of ``>(program)``. Of a
    pipe or a socket the system opens no second one by such a path, and a file it would begin anew.
    """
    if os.name != "posix":
        return None
    text = os.path.abspath(path)  # noqa: PTH100 - resolve() would follow links
    for _ in range(_LINKS):
        if text in _STANDARD:
            return _STANDARD[text]
        if "/fd/" in text and (match := re.fullmatch(_DESCRIPTOR, text)):
            process = match["process"]
            if process is not None and int(process) != os.getpid():
                return None
            return int(match[1] or match[3])
        try:
            link = os.readlink(text)  # noqa: PTH115 - paths cost their time at each start
        except (OSError, ValueError):
            return None
        text = os.path.normpath(os.path.join(os.path.dirname(text), link))  # noqa: PTH118, PTH120
    return None
