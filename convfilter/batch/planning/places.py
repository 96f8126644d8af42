"""What is asked of places: of paths the file system, of addresses the storage that they lie in.

Addresses have the methods of paths that plans need; what differs is here.
"""

from __future__ import annotations

import os
from collections.abc import Hashable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from convfilter.runtime.streams import is_address

if TYPE_CHECKING:
    from convfilter.files.storage.url import Entry, Place

STORES = ("zarr.json", ".zgroup", ".zarray")
"""Files by which a zarr store is known, of version 3 and of version 2."""

__all__ = [
    "full_name",
    "is_folder",
    "is_store",
    "is_there",
    "known_by",
    "listing",
    "output_place",
    "place_of",
    "resolved",
]


def place_of(text: str) -> Place:
    """Return the path, or the address, that a person wrote; raises UsageError."""
    if not is_address(text):
        return Path(text)
    from convfilter.files.storage import url

    return url.place_of(text)


def output_place(text: str) -> Place:
    """Return where a person wants results; raises ImageError where nothing can be written."""
    place = place_of(text)
    if not isinstance(place, Path):
        place.check_may_be_written()
    return place


def is_there(place: Place) -> bool:
    """Whether there is anything of this name, a link that leads nowhere included."""
    return os.path.lexists(place) if isinstance(place, Path) else place.exists()


def is_folder(place: Place) -> bool:
    """Whether it is a folder of files; a zarr store, in which an array lies, is one thing."""
    return place.is_dir() and not _holds_store(place)


def is_store(place: Place) -> bool:
    """Whether it is a folder that a zarr array or group is kept in."""
    return place.is_dir() and _holds_store(place)


def _holds_store(folder: Place) -> bool:
    return any(is_there(folder / name) for name in STORES)


def full_name(place: Place) -> Place:
    """Return the path from the top on, so that even ``..`` has a name; links are not followed."""
    return Path(os.path.abspath(place)) if isinstance(place, Path) else place  # noqa: PTH100


def resolved(place: Place) -> str:
    """Return what a place is called without links."""
    return os.path.realpath(place) if isinstance(place, Path) else place.address


def known_by(place: Place) -> Hashable | None:
    """Return what a file or folder is known by, through links too; None where there is none."""
    if not isinstance(place, Path):
        return place.address.rstrip("/")
    try:
        status = place.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def listing(folder: Place) -> Sequence[os.DirEntry[str] | Entry]:
    """Return what is in a folder, sorted by name; raises OSError where it cannot be read."""
    if not isinstance(folder, Path):
        return sorted(folder.entries(), key=lambda entry: entry.name)
    with os.scandir(folder) as found:
        return sorted(found, key=lambda entry: entry.name)
