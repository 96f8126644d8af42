"""What the file system says of the places of many files: each folder is asked once."""

from __future__ import annotations

import os
import unicodedata
from collections import Counter
from collections.abc import Sequence

from convfilter.batch.job import Job

__all__ = ["Places", "folded"]

FEW = 32
"""So many files of a folder are asked for one by one; for more of them it is listed."""


class Places:
    """The folders of many outputs.

    Parameters
    ----------
    jobs : those whose outputs are asked for
    """

    def __init__(self, jobs: Sequence[Job] = ()) -> None:
        self._wanted = Counter(os.path.dirname(job.target) for job in jobs if job.target)  # noqa: PTH120
        self._resolved: dict[str, str] = {}
        self._listed: dict[str, _Listing | None] = {}

    def resolved(self, path: str, *, is_link: bool | None = None) -> str:
        """Return the path of a file without links; say whether it is one itself if it is known."""
        folder, name = os.path.split(path)
        if is_link is None:
            listing = self._listing(folder)
            is_link = os.path.islink(path) if listing is None else name in listing.links  # noqa: PTH114
        if is_link:
            return os.path.realpath(path)
        if folder not in self._resolved:
            self._resolved[folder] = os.path.realpath(folder)
        return os.path.join(self._resolved[folder], name)  # noqa: PTH118

    def exists(self, path: str) -> bool:
        """Tell whether something has this name, a link that leads nowhere included."""
        folder, name = os.path.split(path)
        listing = self._listing(folder)
        if listing is None:
            return os.path.lexists(path)
        if name in listing.names:
            return True
        # another spelling of it may be the same file there
        return folded(name) in listing.folded and os.path.lexists(path)

    def _listing(self, folder: str) -> _Listing | None:
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


def _listing(folder: str) -> _Listing | None:
    """Return what is in a folder; None where it cannot be listed, though perhaps entered."""
    names, links = set(), set()
    try:
        with os.scandir(folder or os.curdir) as found:
            for entry in found:
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
