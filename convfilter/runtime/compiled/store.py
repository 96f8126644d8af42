"""Compiled loops on disk: a directory that is the user's alone, written whole or not at all.

Whatever is wrong with the directory or a file in it, the answer is "nothing there": the loop is
compiled again, and a directory that cannot be trusted is neither read nor written.
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from importlib.util import source_hash
from pathlib import Path
from typing import Any

import numpy as np

from convfilter.runtime.compiled.code.executable import PAGE

_MAGIC = b"convfilter loop 3\n"
_LARGEST = 1 << 24
"""Bytes of a file that are read at most."""

_READING = os.O_RDONLY | sum(
    getattr(os, name, 0)
    for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY")  # a pipe would be waited for
)
"""How files are opened."""


class Compiled:
    """A compiled loop: its machine code, and what a caller has to know of it.

    Attributes
    ----------
    arguments : the dtype of each argument, and how many axes an array has (0 for a number)
    returned : the name of the result's dtype, empty where there is none
    code : an image, which begins to run at `start`, or an object file, which has to be linked
    symbol : the name of the function in an object file; empty for an image
    file, offset : the file that holds the code, if there is one, and from where on
    """

    __slots__ = ("arguments", "code", "file", "offset", "returned", "start", "symbol")

    def __init__(
        self,
        arguments: list[tuple[np.dtype[Any], int]],
        returned: str,
        code: bytes,
        *,
        start: int = 0,
        symbol: str = "",
    ) -> None:
        self.arguments = arguments
        self.returned = returned
        self.code = code
        self.start = start
        self.symbol = symbol
        self.file: Path | None = None
        self.offset = 0

    def to_bytes(self) -> bytes:
        """Return the content of a file: a digest of what follows, a line, and the code.

        The digest is there against damage. Code begins at a whole page, so that it can be mapped.
        """
        known = (self.returned, self.symbol, self.start, len(self.code))
        arguments = (f"{_written(dtype)}/{axes}" for dtype, axes in self.arguments)
        head = " ".join([*map(str, known), *arguments]).encode() + b"\n"
        before = len(_MAGIC) + 2 * len(source_hash(b"")) + 1 + len(head)
        body = head + bytes(-before % PAGE) + self.code
        return _MAGIC + source_hash(body).hex().encode() + b"\n" + body

    @classmethod
    def from_bytes(cls, data: bytes) -> Compiled | None:
        """Return what `to_bytes` wrote, or None for anything else."""
        if not data.startswith(_MAGIC):
            return None
        digest, _, body = data[len(_MAGIC) :].partition(b"\n")
        if source_hash(body).hex().encode() != digest:
            return None
        head = body[: body.index(b"\n")].decode()
        returned, symbol, start, length, *written = head.split(" ")
        offset = len(data) - int(length)
        arguments = [_read_argument(each) for each in written]
        made = cls(arguments, returned, data[offset:], start=int(start), symbol=symbol)
        made.offset = offset
        return made


def _written(dtype: np.dtype[Any]) -> str:
    if dtype.names is None:
        return dtype.name
    return ",".join(f"{name}:{dtype[name].str}" for name in dtype.names)


def _read_argument(written: str) -> tuple[np.dtype[Any], int]:
    kind, _, axes = written.rpartition("/")
    if ":" in kind:
        fields = [field.partition(":") for field in kind.split(",")]
        return np.dtype([(name, form) for name, _, form in fields]), int(axes)
    return np.dtype(kind), int(axes)


def directory() -> Path | None:
    """Return where compiled loops are kept, or None where no place is known.

    ``CONVFILTER_CACHE_DIR``, else the cache directory of the platform.
    """
    given = os.environ.get("CONVFILTER_CACHE_DIR")
    if given:
        return Path(given)
    try:
        if sys.platform == "win32":
            base = os.environ.get("LOCALAPPDATA")
            return Path(base) / "convfilter" / "Cache" if base else None
        if sys.platform == "darwin":
            return Path.home() / "Library" / "Caches" / "convfilter"
        base = os.environ.get("XDG_CACHE_HOME")
        root = Path(base) if base and Path(base).is_absolute() else Path.home() / ".cache"
    except RuntimeError:  # no home
        return None
    return root / "convfilter"


def read(name: str) -> Compiled | None:
    """Return the compiled loop of this name, or None where there is none that can be trusted."""
    place = directory()
    if place is None or not is_ours(place):
        return None
    try:
        with os.fdopen(os.open(place / name, _READING), "rb", buffering=0) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode) or not is_private(status):
                return None
            made = Compiled.from_bytes(file.read(min(status.st_size, _LARGEST)))
    except (OSError, ValueError, TypeError):
        return None
    if made is not None:
        made.file = place / name
    return made


def write(name: str, made: Compiled) -> None:
    """Keep a compiled loop, if the directory can be used; silently not, if it cannot."""
    place = directory()
    if place is None:
        return
    temporary = place / f".{name}-{os.urandom(8).hex()}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not is_ours(place):
            return
        data = made.to_bytes()
        try:
            with os.fdopen(os.open(temporary, flags, 0o600), "wb", buffering=0) as file:
                file.write(data)
            temporary.replace(place / name)
        except BaseException:  # an interrupt, too
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise
    except OSError:
        return
    made.file, made.offset = place / name, len(data) - len(made.code)


def remove(name: str) -> None:
    """Remove a compiled loop that is of no use, if that is allowed."""
    place = directory()
    if place is not None and is_ours(place):
        with contextlib.suppress(OSError):
            (place / name).unlink()


def open_to_all() -> None:
    """Let other users read what root keeps, in a directory that was named for it.

    Nobody but root can write there, and what is there is no secret. A directory in root's own
    home stays closed.
    """
    place = directory()
    if place is None or not os.environ.get("CONVFILTER_CACHE_DIR") or not is_ours(place):
        return
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return
    with contextlib.suppress(OSError):
        place.chmod(0o755)
        for path in place.iterdir():
            if path.is_file() and not path.is_symlink():
                path.chmod(0o644)


def is_ours(place: Path) -> bool:
    """Whether it is a directory, no link, that only this user or root may write to."""
    try:
        status = place.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(status.st_mode) and is_private(status)


def is_private(status: os.stat_result) -> bool:
    """Whether only this user or root may write; Windows guards the user's folders by itself.

    Root can do anything to this process anyhow.
    """
    if sys.platform == "win32":
        return True
    return status.st_uid in (os.geteuid(), 0) and not status.st_mode & 0o022
