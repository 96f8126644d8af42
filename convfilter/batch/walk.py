"""The images in a folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from convfilter.batch.names import shown
from convfilter.errors import ImageError
from convfilter.formats import is_image_path

__all__ = ["Found", "walk"]


@dataclass
class Found:
    """What else was met on the way."""

    passed_over: int = 0
    not_entered: int = 0
    failures: list[tuple[Path, ImageError]] = field(default_factory=list)


def walk(
    folder: Path, *, recursive: bool, found: Found, leave_out: Path | None = None
) -> Iterator[Path]:
    """Yield the paths, relative to `folder`, of the files whose suffix is that of an image.

    Sorted by name, a folder's files before the folders in it. Hidden files and folders (`.name`)
    are passed over, and so are links to folders, which could lead round in a circle. The folder
    `leave_out`, where results of an earlier run may lie, is not entered.
    """
    excluded = _identity(leave_out) if leave_out is not None else None
    ahead = [Path()]
    while ahead:
        below = ahead.pop()
        folders = []
        for entry in _entries(folder / below, found):
            hidden = entry.name.startswith(".")
            if _is_folder(entry):
                if not hidden and not entry.is_symlink():
                    folders.append(below / entry.name)
            elif hidden or not is_image_path(entry.name) or _is_special(entry):
                found.passed_over += 1
            else:
                yield below / entry.name
        if excluded is not None:
            folders = [inner for inner in folders if _identity(folder / inner) != excluded]
        if recursive:
            ahead += reversed(folders)
        else:
            found.not_entered += len(folders)


def _entries(folder: Path, found: Found) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as listing:
            return sorted(listing, key=lambda entry: entry.name)
    except OSError as error:
        reason = error.strerror or error
        problem = ImageError(f"{shown(folder)}: the folder cannot be read: {reason}")
        found.failures.append((folder, problem))
        return []


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _is_special(entry: os.DirEntry[str]) -> bool:
    """Whether it is a pipe, a socket or a device, which nobody means by a folder of pictures."""
    try:
        return not entry.is_file() and not entry.is_symlink()
    except OSError:
        return False  # reading it will say what is wrong


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
