"""Files in shared storage, with as much of a `Path` as plans and jobs need.

Nothing here touches the storage before it is asked to, and fsspec is imported by then alone.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from convfilter.files.storage.address import Address, Entry, Status, address_of
from convfilter.runtime.streams import is_address

__all__ = ["Entry", "Place", "Url", "place_of"]

_LOCAL = ("file", "local")


class Url(Address):
    """A file or a folder in storage, such as ``s3://bucket/photos/a.png``."""

    __slots__ = ()

    def stat(self) -> Status:
        """Return what the storage says of it; raises OSError, as of a path."""
        from convfilter.files.storage import remote

        return remote.status(self)

    def exists(self) -> bool:
        """Whether there is a file or a folder; raises ImageError where the storage refuses."""
        from convfilter.files.storage import remote

        return remote.found(self) is not None

    def is_dir(self) -> bool:
        """Whether it is a folder, or stands before names of files in storage without folders."""
        from convfilter.files.storage import remote

        status = remote.found(self)
        return status is not None and stat.S_ISDIR(status.st_mode)

    def is_file(self) -> bool:
        """Whether it is a file."""
        from convfilter.files.storage import remote

        status = remote.found(self)
        return status is not None and not stat.S_ISDIR(status.st_mode)

    def is_symlink(self) -> bool:
        """Whether it is a link: storage tells of none."""
        return False

    def entries(self) -> Iterator[Entry]:
        """Yield what a folder holds, asked for at once; raises OSError."""
        from convfilter.files.storage import remote

        return remote.entries(self)


Place = Path | Url
"""Where a file is."""


def place_of(given: str | os.PathLike[str]) -> Place:
    """Return the path, or the address, that a person wrote.

    Raises
    ------
    UsageError
        For an address that cannot be understood, or within another one.
    """
    if isinstance(given, Url):
        return given
    text = os.fspath(given)
    if not is_address(text):
        return Path(text)
    protocol, _, rest = text.partition("://")
    return Path(rest) if protocol.lower() in _LOCAL else Url(address_of(text).address)
