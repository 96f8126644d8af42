"""The images in a folder."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from convfilter.batch.planning.places import known_by, listing
from convfilter.errors import ImageError, reason_of, shown
from convfilter.formats import Unsupported, is_image_path, unsupported

if TYPE_CHECKING:
    from convfilter.files.storage.url import Entry, Place

__all__ = ["Contents", "walk"]


class Contents(NamedTuple):
    """What a folder holds.

    Attributes
    ----------
    images : relative to the folder, sorted by name, a folder's files before the folders in it
    passed_over : how many other files there are
    unsupported : those of them that are pictures of a kind that cannot be read here, and why
    not_entered : how many folders there are that were not asked for
    unreadable : folders that could not be read, relative to the folder, and why
    """

    images: Sequence[Path]
    passed_over: int
    not_entered: int
    unreadable: Sequence[tuple[Path, ImageError]]
    unsupported: Sequence[tuple[Path, Unsupported]] = ()


def walk(folder: Place, *, recursive: bool, leave_out: Place | None = None) -> Contents:
    """Return the files of a folder whose suffix is that of an image, and what else is there.

    Hidden files and folders (`.name`) are passed over, and so are links to folders, which could
    lead round in a circle. The folder `leave_out`, where results of an earlier run may lie, is not
    entered.
    """
    excluded = known_by(leave_out) if leave_out is not None else None
    images: list[Path] = []
    unreadable: list[tuple[Path, ImageError]] = []
    beyond: list[tuple[Path, Unsupported]] = []
    passed_over = not_entered = 0
    ahead = [Path()]
    while ahead:
        below = ahead.pop()
        try:
            entries = _entries(folder / below)
        except ImageError as error:
            unreadable.append((below, error))
            continue
        folders = []
        for entry in entries:
            hidden = entry.name.startswith(".")
            if _is_folder(entry):
                if not hidden and not entry.is_symlink():
                    folders.append(below / entry.name)
            elif hidden or _is_special(entry):
                passed_over += 1
            elif (why := unsupported(entry.name)) is not None:
                passed_over += 1
                beyond.append((below / entry.name, why))
            elif not is_image_path(entry.name):
                passed_over += 1
            else:
                images.append(below / entry.name)
        if excluded is not None:
            folders = [inner for inner in folders if known_by(folder / inner) != excluded]
        if recursive:
            ahead += reversed(folders)
        else:
            not_entered += len(folders)
    return Contents(images, passed_over, not_entered, unreadable, beyond)


def _entries(folder: Place) -> Sequence[os.DirEntry[str] | Entry]:
    """Return what is in a folder, sorted by name; raises ImageError where it cannot be read."""
    try:
        return listing(folder)
    except OSError as error:
        why = reason_of(error)
        raise ImageError(f"{shown(folder)}: the folder cannot be read: {why}") from error


def _is_folder(entry: os.DirEntry[str] | Entry) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _is_special(entry: os.DirEntry[str] | Entry) -> bool:
    """Whether it is a pipe, a socket or a device, which nobody means by a folder of pictures."""
    try:
        return not entry.is_file() and not entry.is_symlink()
    except OSError:
        return False  # reading it will say what is wrong
