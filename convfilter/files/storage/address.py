"""Addresses of files in shared storage, as text: what they are called, and what of it is secret."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import NamedTuple, Self
from urllib.parse import unquote, urlsplit, urlunsplit

from convfilter.errors import ImageError, UsageError, shown

__all__ = ["WEB", "Address", "Entry", "Status", "address_of", "without_secrets"]

WEB = ("http", "https")
"""Protocols that are only read, and whose addresses may say more behind a question mark."""

_SHORTEST_SECRET = 4
"""Values of fewer characters are no tokens."""


class Status(NamedTuple):
    """What storage says of a file, in the words of `os.stat_result`."""

    st_mode: int
    st_size: int
    st_mtime_ns: int


class Entry(NamedTuple):
    """What stands in a folder, with the methods of `os.DirEntry`."""

    name: str
    status: Status

    def is_dir(self) -> bool:
        """Whether it is a folder."""
        return stat.S_ISDIR(self.status.st_mode)

    def is_file(self) -> bool:
        """Whether it is a file."""
        return not self.is_dir()

    def is_symlink(self) -> bool:
        """Whether it is a link: storage tells of none."""
        return False

    def stat(self) -> Status:
        """Return what the listing says of it."""
        return self.status


class Address(os.PathLike[str]):
    """The address of a file or a folder, such as ``s3://bucket/photos/a.png``.

    As text, and as a path for the system (`os.fspath`), which has no file of that name, it is what
    may be shown: without passwords, tokens, and whatever stands behind a question mark. So no
    message, report or journal that names it gives them away.

    Attributes
    ----------
    address : the whole of it, for fsspec alone
    """

    __slots__ = ("address",)

    def __init__(self, address: str) -> None:
        self.address = address

    def __reduce__(self) -> tuple[type[Self], tuple[str]]:
        return type(self), (self.address,)

    def __fspath__(self) -> str:
        parts = urlsplit(self.address)
        user, at, host = parts.netloc.rpartition("@")
        if at and parts.scheme in WEB:
            user = at = ""  # where a user's name may be a token
        place = f"{user.partition(':')[0]}{at}{host}"
        path = parts.path if self._has_query else self._behind_place
        return f"{parts.scheme}://{place}{path}"

    def __str__(self) -> str:
        return os.fspath(self)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({os.fspath(self)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Address) and other.address == self.address

    def __hash__(self) -> int:
        return hash(self.address)

    @property
    def protocol(self) -> str:
        """What stands before the colon."""
        return self.address.partition("://")[0].lower()

    def check_may_be_written(self) -> None:
        """Raise ImageError for a protocol that is only read."""
        if self.protocol in WEB:
            raise ImageError(
                f"{self}: {self.protocol} is only read: name another place for the result"
            )

    @property
    def _has_query(self) -> bool:
        return self.protocol in WEB or bool(re.search(r"\?[^/?]+=", self.address))

    @property
    def _behind_place(self) -> str:
        """The path, in which question marks and number signs are characters like others."""
        return self.address.partition("://")[2].removeprefix(urlsplit(self.address).netloc)

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must not be shown: pieces of the address, as written and as decoded."""
        parts = urlsplit(self.address)
        user, at, _ = parts.netloc.rpartition("@")
        name, _, password = user.partition(":")
        pieces = [password, name if at and parts.scheme in WEB else ""]
        if self._has_query:
            pieces += [parts.query, parts.fragment]
            values = (pair.partition("=")[2] for pair in parts.query.split("&"))
            pieces += [value for value in values if len(value) >= _SHORTEST_SECRET]
        return tuple(form for piece in pieces if piece for form in {piece, unquote(piece)})

    def _split(self) -> tuple[str, str, str]:
        """Return what stands before the path, the path, and what stands behind it."""
        behind = ""
        if self._has_query:
            parts = urlsplit(self.address)
            behind = urlunsplit(("", "", "", parts.query, parts.fragment))
        rest = self.address.removesuffix(behind) if behind else self.address
        protocol, _, rest = rest.partition("://")
        place, slash, path = rest.partition("/")
        if self.protocol == "memory":  # which has no host
            return f"{protocol}://", rest, ""
        return f"{protocol}://{place}{slash}", path, behind

    @property
    def name(self) -> str:
        """What stands behind the last slash of the path."""
        return self._split()[1].rstrip("/").rpartition("/")[2]

    @property
    def suffix(self) -> str:
        """The end of the name from its last full stop on."""
        return Path(self.name).suffix

    @property
    def stem(self) -> str:
        """The name without its suffix."""
        return Path(self.name).stem

    @property
    def parent(self) -> Self:
        """The folder that it lies in; the top of the storage is its own."""
        before, path, _ = self._split()
        above = path.rstrip("/").rpartition("/")[0]
        return type(self)(before + above if above or before.endswith("://") else before.rstrip("/"))

    def with_name(self, name: str) -> Self:
        """Return the address of a file beside it."""
        return self.parent / name

    def __truediv__(self, below: str | os.PathLike[str]) -> Self:
        """Return the address of what lies below it; what follows a question mark is left out."""
        before, path, _ = self._split()
        inner = Path(below).as_posix()
        if inner == ".":
            return self
        joined = f"{path.rstrip('/')}/{inner}" if path.strip("/") or path == "/" else inner
        between = "" if before.endswith("/") else "/"
        return type(self)(f"{before}{between}{joined}")


def address_of(given: str | os.PathLike[str]) -> Address:
    """Return the address that text means; raises UsageError where it cannot be understood."""
    if isinstance(given, Address):
        return given
    text = os.fspath(given)
    protocol, _, rest = text.partition("://")
    if "::" in text:
        raise UsageError("an address within another one (::) is not supported: give the file's own")
    if protocol.lower() == "memory":  # which has no host
        text = f"{protocol}://{rest.lstrip('/')}"
    try:
        urlsplit(text)
    except ValueError as error:
        raise UsageError(f"{protocol}://: the address cannot be understood: {error}") from None
    return Address(text)


def without_secrets(given: str | os.PathLike[str]) -> str:
    """Return an address as it may be shown, on one line."""
    return shown(address_of(given))
