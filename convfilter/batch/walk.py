"""The images in a folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from convfilter.batch.names import shown
from convfilter.errors import ImageError
from convfilter.images import is_image_path

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
    yield from _walk(folder, Path(), recursive, found, excluded)


def _walk(
    root: Path, below: Path, recursive: bool, found: Found, excluded: tuple[int, int] | None
) -> Iterator[Path]:
    try:
        with os.scandir(root / below) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
    except OSError as error:
        name = shown(root / below)
        reason = error.strerror or error
        problem = ImageError(f"{name}: the folder cannot be read: {reason}")
        found.failures.append((root / below, problem))
        return
    folders = []
    for entry in entries:
        hidden = entry.name.startswith(".")
        if _is_folder(entry):
            if not hidden and not entry.is_symlink():
                folders.append(below / entry.name)
        elif hidden or not is_image_path(entry.name) or _is_special(entry):
            found.passed_over += 1
        else:
            yield below / entry.name
    for inner in folders:
        if excluded is not None and _identity(root / inner) == excluded:
            continue
        if recursive:
            yield from _walk(root, inner, recursive, found, excluded)
        else:
            found.not_entered += 1


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
