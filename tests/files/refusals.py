"""A system that refuses one of the calls by which a file is put in its place."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from typing import Any

import pytest

ERRORS = (errno.ENOSPC, errno.EIO, errno.EACCES, errno.EROFS, errno.EMFILE, errno.EDQUOT)
_GIVING = ("fchown", "fchmod", "listxattr", "getxattr", "setxattr")
CALLS = ("open", "fdopen", "write", *_GIVING, "fsync", "replace", "link", "unlink", "close")
"""Everything that the writing path asks of the system; a test holds this list."""

ASKING_ONLY = ("open", "link", "fsync", *_GIVING)
"""Calls without which a file can be placed, where the system does not support or allow them."""


class Refusing:
    """Counts the calls of the system while a file is placed, and refuses one of them."""

    def __init__(self, patch: pytest.MonkeyPatch, call: int | None, number: int) -> None:
        self.made: list[str] = []
        self._refused, self._errno = call, number
        for name in CALLS:
            if hasattr(os, name) and name not in ("fdopen", "write"):
                patch.setattr(os, name, self._wrapped(name, getattr(os, name)))
        fdopen = os.fdopen

        def opened(*given: Any, **named: Any) -> Any:
            try:
                self._count("fdopen")
            except OSError:
                os.close(given[0])  # as the real one does
                raise
            return File(fdopen(*given, **named), self._count)

        patch.setattr(os, "fdopen", opened)

    def _wrapped(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            self._count(name)
            return real(*given, **named)

        return call

    def _count(self, name: str) -> None:
        self.made.append(name)
        if len(self.made) - 1 == self._refused:
            raise OSError(self._errno, os.strerror(self._errno))


class File:
    """A file that takes half of what it is given, and of which half is written when it refuses."""

    def __init__(self, file: Any, count: Callable[[str], None]) -> None:
        self._file, self._count = file, count

    def close(self) -> None:
        """Close it."""
        self._file.close()

    def __enter__(self) -> File:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def fileno(self) -> int:
        """Return the number of the file."""
        number: int = self._file.fileno()
        return number

    def write(self, data: Any) -> int:
        """Write half of it, or half of that half and fail."""
        half = (len(data) + 1) // 2
        self._file.write(data[: half // 2])
        self._count("write")
        self._file.write(data[half // 2 : half])
        return half
