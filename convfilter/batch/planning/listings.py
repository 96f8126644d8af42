"""What the file system says of the outputs of many files: each folder is asked once."""

from __future__ import annotations

import os
import unicodedata
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from convfilter.batch.job import Job
from convfilter.batch.planning.places import is_there, listing

if TYPE_CHECKING:
    from convfilter.files.storage.url import Place, Url

__all__ = ["Listings", "folded"]

FEW = 32
"""So many files of a folder are asked for one by one; for more of them it is listed."""


class Listings:
    """The folders of many outputs.

    Parameters
    ----------
    jobs : those whose outputs are asked for
    """

    def __init__(self, jobs: Sequence[Job] = ()) -> None:
        self._wanted = Counter(_split(job.target)[0] for job in jobs if job.target is not None)
        self._resolved: dict[str, str] = {}
        self._listed: dict[str | Url, _Listing | None] = {}

    def resolved(self, path: str | Url, *, is_link: bool | None = None) -> str:
        """Return the path of a file without links; say whether it is one itself if it is known.

        An address has none.
        """
        if not isinstance(path, str):
            return path.address
        folder, name = os.path.split(path)
        if is_link is None:
            listing = self._listing(folder)
            is_link = os.path.islink(path) if listing is None else name in listing.links  # noqa: PTH114
        if is_link:
            return os.path.realpath(path)
        if folder not in self._resolved:
            self._resolved[folder] = os.path.realpath(folder)
        return os.path.join(self._resolved[folder], name)  # noqa: PTH118

    def exists(self, path: str | Url) -> bool:
        """Tell whether something has this name, a link that leads nowhere included."""
        folder, name = _split(path)
        listing = self._listing(folder)
        if listing is None:
            return is_there(_place(path))
        if name in listing.names:
            return True
        # another spelling of it may be the same file there
        return folded(name) in listing.folded and is_there(_place(path))

    def _listing(self, folder: str | Url) -> _Listing | None:
        if self._wanted[folder] <= FEW:
            return None
        if folder not in self._listed:
            self._listed[folder] = _listing(folder)
        return self._listed[folder]


class _Listing:
    """The names in a folder, the links among them, and what all share with other spellings."""

    def __init__(self, names: set[str], links: set[str]) -> None:
        self.names = names
        self.links = links
        self.folded = {folded(name) for name in names}


def _split(path: str | Url) -> tuple[str | Url, str]:
    """Return the folder and the name of a file."""
    return os.path.split(path) if isinstance(path, str) else (path.parent, path.name)


def _place(path: str | Url) -> Place:
    return Path(path) if isinstance(path, str) else path


def _listing(folder: str | Url) -> _Listing | None:
    """Return what is in a folder; None where it cannot be listed, though perhaps entered."""
    names, links = set(), set()
    try:
        for entry in listing(_place(folder)):
            names.add(entry.name)
            if entry.is_symlink():
                links.add(entry.name)
    except (FileNotFoundError, NotADirectoryError):
        pass
    except OSError:
        return None
    return _Listing(names, links)


def folded(path: str) -> str:
    """Return what two paths share that some file systems take for one.

    Those of macOS and Windows, and Linux where it is asked to, take upper and lower case for one,
    some of them also the two ways to write an accented letter.
    """
    return path.lower() if path.isascii() else unicodedata.normalize("NFC", path).casefold()
