"""Keep what libraries print about damaged files from the terminal: errors say it in our words."""

from __future__ import annotations

import ctypes
import os
import re
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import Any, TextIO, cast

__all__ = [
    "Printed",
    "keep_logs_quiet",
    "printed",
    "printed_by_python",
    "silence_libtiff",
    "warnings_silenced",
]

_STANDARD_ERROR = 2

_lock = threading.Lock()
_printing = threading.RLock()
_inside = 0
_saved: warnings.catch_warnings[None] | None = None


@contextmanager
def warnings_silenced() -> Iterator[None]:
    """Ignore warnings of Pillow, and of libraries that name the modules here as their cause.

    The filters of `warnings` belong to the whole process, and `warnings.catch_warnings` in several
    threads at once restores them in the wrong order. So the first thread in saves them and the
    last one out brings them back.
    """
    global _inside, _saved
    with _lock:
        if _inside == 0:
            _saved = warnings.catch_warnings()
            _saved.__enter__()
            warnings.filterwarnings("ignore", module=r"(PIL|convfilter)(\.|$)")
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if _inside == 0 and _saved is not None:
                _saved.__exit__(None, None, None)
                _saved = None


@cache
def keep_logs_quiet(library: str) -> None:
    """Keep what a library logs about damaged files from standard error.

    Python prints there what is logged if no handler is installed. Handlers get it as before.
    """
    import logging  # its import would be felt by commands that never log

    logging.getLogger(library).addHandler(logging.NullHandler())


@cache
def silence_libtiff() -> None:
    """Keep libtiff from printing lines of its own about damaged files.

    Pillow turns its failures into exceptions anyway, but leaves its printing on. The library is
    reached through the extension module that uses it; if that fails, libtiff prints.
    """
    from PIL import _imaging

    with suppress(OSError, AttributeError, TypeError):
        library = ctypes.CDLL(_imaging.__file__)
        for setter in (library.TIFFSetErrorHandler, library.TIFFSetWarningHandler):
            setter.restype = ctypes.c_void_p
            setter.argtypes = [ctypes.c_void_p]
            setter(None)


class Printed:
    """Lines that a library has printed, once the block has ended."""

    def __init__(self) -> None:
        self.lines: list[str] = []


@contextmanager
def printed(pattern: bytes) -> Iterator[Printed]:
    """Catch the lines that match `pattern` of what is printed to standard error in this block.

    Some libraries report damage by printing alone, from C, past `sys.stderr`. Everything else that
    other threads print meanwhile appears when the block has ended. One thread at a time is inside.
    """
    caught = Printed()
    with _printing:
        try:
            before = os.dup(_STANDARD_ERROR)
        except OSError:  # it is closed: nobody would see the lines
            yield caught
            return
        file = _file_without_a_name()
        os.dup2(file, _STANDARD_ERROR)
        try:
            yield caught
        finally:
            os.dup2(before, _STANDARD_ERROR)
            os.close(before)
            os.lseek(file, 0, os.SEEK_SET)
            text = b"".join(iter(lambda: os.read(file, 1 << 16), b""))
            os.close(file)
            _sort(text, pattern, caught)


@contextmanager
def printed_by_python() -> Iterator[Printed]:
    """Catch what this thread prints to `sys.stdout` in this block, which may carry a picture.

    Other threads find there what was there before.
    """
    caught = Printed()
    with _printing:
        before = sys.stdout
        sys.stdout = cast("TextIO", _Caught(before, caught))
        try:
            yield caught
        finally:
            sys.stdout = before


class _Caught:
    """Standard output, but for what one thread writes."""

    def __init__(self, before: TextIO, caught: Printed) -> None:
        self._before = before
        self._caught = caught
        self._thread = threading.get_ident()

    def write(self, text: str) -> int:
        """Keep a text, or write it."""
        if threading.get_ident() != self._thread:
            return self._before.write(text)
        self._caught.lines += [text.strip()] if text.strip() else []
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._before, name)


def _file_without_a_name() -> int:
    if hasattr(os, "memfd_create"):  # which needs no folder that may be written to
        return os.memfd_create("printed")
    import tempfile  # which loads much

    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())


def _sort(text: bytes, pattern: bytes, caught: Printed) -> None:
    """Keep the lines that match, and print the others."""
    others = []
    for line in text.splitlines(keepends=True):
        if re.match(pattern, line):
            caught.lines += [line.decode("utf-8", "replace").strip()] if line.strip() else []
        else:
            others.append(line)
    rest = b"".join(others)
    with suppress(OSError):
        while rest:
            rest = rest[os.write(_STANDARD_ERROR, rest) :]
