"""Compiled loops on disk: a directory that is the user's alone, written whole or not at all.

Whatever is wrong with the directory or a file in it, the answer is "nothing there": the loop is
compiled again, and a directory that cannot be trusted is neither read nor written.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import stat
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

_MAGIC = b"convfilter loop 1\n"
_LARGEST = 1 << 24
KEY_DIGITS = 24


@dataclass(frozen=True)
class Argument:
    """The type of an argument: a dtype, and how many axes an array has (0 for a scalar)."""

    dtype: str
    axes: int
    const: bool


@dataclass(frozen=True)
class Entry:
    """What a caller has to know of a compiled loop: its symbol and its types ("" for no result)."""

    symbol: str
    arguments: tuple[Argument, ...]
    returned: str


@dataclass(frozen=True)
class ObjectFile:
    """A compiled loop: its entry, and the object file's bytes."""

    entry: Entry
    code: bytes

    def to_bytes(self) -> bytes:
        """Return the content of a file, with a digest against damage."""
        body = json.dumps(asdict(self.entry)).encode() + b"\n" + self.code
        return _MAGIC + hashlib.sha256(body).hexdigest().encode() + b"\n" + body

    @classmethod
    def from_bytes(cls, data: bytes) -> ObjectFile | None:
        """Return what `to_bytes` wrote, or None for anything else."""
        if not data.startswith(_MAGIC):
            return None
        digest, _, body = data[len(_MAGIC) :].partition(b"\n")
        if hashlib.sha256(body).hexdigest().encode() != digest:
            return None
        head, _, code = body.partition(b"\n")
        values = json.loads(head)
        arguments = tuple(Argument(**argument) for argument in values["arguments"])
        return cls(Entry(values["symbol"], arguments, values["returned"]), code)


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


def read(name: str) -> ObjectFile | None:
    """Return the object file of this name, or None where there is none that can be trusted."""
    place = directory()
    if place is None or not is_ours(place):
        return None
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    try:
        with os.fdopen(os.open(place / name, flags), "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode) or not is_private(status):
                return None
            return ObjectFile.from_bytes(file.read(_LARGEST))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write(name: str, made: ObjectFile) -> None:
    """Keep an object file, if the directory can be used; silently not, if it cannot."""
    place = directory()
    if place is None:
        return
    temporary = place / f".{name}-{os.urandom(8).hex()}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not is_ours(place):
            return
        with os.fdopen(os.open(temporary, flags, 0o600), "wb") as file:
            file.write(made.to_bytes())
        temporary.replace(place / name)
    except OSError:
        with contextlib.suppress(OSError):
            temporary.unlink()


def file_name(loop: str, dtypes: tuple[tuple[str, str], ...], key: str) -> str:
    """Return the name of a loop's object file under a key."""
    return "-".join([loop, *(dtype for _, dtype in dtypes), key[:KEY_DIGITS]]) + ".o"


def source_digest() -> str:
    """Return a digest of the loops' sources, of what compiles them, and of Numba's version."""
    digest = hashlib.sha256()
    here = Path(__file__).parent
    package = here.parent.parent
    loops = [*package.glob("engine/loops/*.py"), *package.glob("formats/*/loops.py")]
    for path in [*sorted(loops), here / "build.py", here / "link.py"]:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    digest.update(_numba_version().encode())
    return digest.hexdigest()


def _numba_version() -> str:
    """Return Numba's version without the quarter of a second that importing it takes."""
    from importlib.util import find_spec

    spec = find_spec("numba")
    if spec is None or spec.origin is None:
        return "none"
    try:
        text = Path(spec.origin).with_name("_version.py").read_text(encoding="utf-8")
    except OSError:
        return str(Path(spec.origin).stat().st_mtime_ns)
    match = re.search(r'"version":\s*"([^"]+)"', text)
    return match[1] if match else text


def is_ours(place: Path) -> bool:
    """Whether it is a directory, no link, that only this user may write to."""
    try:
        status = place.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(status.st_mode) and is_private(status)


def is_private(status: os.stat_result) -> bool:
    """Whether only this user may write; Windows guards the user's folders by itself."""
    if sys.platform == "win32":
        return True
    return status.st_uid == os.geteuid() and not status.st_mode & 0o022
