"""The images in a folder."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from convfilter.batch.planning.places import known_by, listing
from convfilter.errors import ImageError, reason_of, shown
from convfilter.formats import Unsupported, is_image_path, unsupported

if TYPE_CHECKING:
    from convfilter.files.storage.url import Entry, Place

__all__ = ["Contents", "Kinds", "entries", "is_folder", "walk"]

OWN = ".convfilter-"
"""What names begin with of journals, and of files that are being written: nobody's own files."""

SPECIAL = {
    stat.S_IFIFO: "pipe",
    stat.S_IFSOCK: "socket",
    stat.S_IFCHR: "device",
    stat.S_IFBLK: "device",
}


class Contents(NamedTuple):
    """What a folder holds.

    Attributes
    ----------
    images : folders within the folder, each with its images: names sorted, and whether each is a
        link; a folder's files stand before the folders in it
    passed_over : how many files there are that are hidden, or no images by their suffix
    not_entered : how many folders there are that were not asked for
    not_followed : how many links to folders there are that were not followed
    unreadable : folders that could not be read, relative to the folder, and why
    unsupported : files that are pictures of a kind that cannot be read here, and why
    special : what is no file and no folder: where it is, and "pipe", "socket" or "device"
    """

    images: Sequence[tuple[str, Sequence[tuple[str, bool]]]]
    passed_over: int
    not_entered: int
    not_followed: int
    unreadable: Sequence[tuple[Path, ImageError]]
    unsupported: Sequence[tuple[Path, Unsupported]]
    special: Sequence[tuple[Path, str]]

    def paths(self) -> Iterator[str]:
        """Yield the images, relative to the folder."""
        for inner, files in self.images:
            for name, _ in files:
                yield os.path.join(inner, name)  # noqa: PTH118 - a hundred thousand paths


def walk(
    folder: Place, *, recursive: bool, follow_links: bool = False, leave_out: Sequence[Place] = ()
) -> Contents:
    """Return the files of a folder whose suffix is that of an image, and what else is there.

    Hidden files and folders (`.name`) are passed over. The folders `leave_out`, where results of an
    earlier run may lie, are not entered. Links to folders could lead round in a circle: with
    `follow_links` each folder is entered once, by its own name rather than by a link's.
    """
    known = Kinds()
    entered = {known_by(each) for each in leave_out}
    if follow_links:
        entered.add(known_by(folder))
    entered.discard(None)
    images: list[tuple[str, list[tuple[str, bool]]]] = []
    unreadable: list[tuple[Path, ImageError]] = []
    beyond: list[tuple[Path, Unsupported]] = []
    special: list[tuple[Path, str]] = []
    passed_over = not_entered = not_followed = 0
    ahead = [""]
    links: list[str] = []
    while ahead or links:
        below = ahead.pop() if ahead else links.pop(0)
        try:
            found = entries(folder / below)
        except ImageError as error:
            unreadable.append((Path(below), error))
            continue
        here: list[tuple[str, bool]] = []
        inner: list[str] = []
        for entry in found:
            name = entry.name
            hidden = name.startswith(".")
            if hidden and name.startswith(OWN):
                continue
            if is_folder(entry):
                if hidden:
                    continue
                is_link = entry.is_symlink()
                if is_link and not follow_links:
                    not_followed += 1
                    continue
                path = os.path.join(below, name)  # noqa: PTH118 - a hundred thousand paths
                if not entered or (who := known_by(folder / path)) not in entered:
                    if not recursive:
                        not_entered += 1
                    elif is_link:
                        links.append(path)
                    else:
                        inner.append(path)
                        if follow_links:
                            entered.add(who)
            elif (what := _special_kind(entry)) is not None:
                special.append((Path(below, name), what))
            elif hidden or (kind := known.of(name)) is None:
                passed_over += 1
            elif isinstance(kind, Unsupported):
                beyond.append((Path(below, name), kind))
            else:
                here.append((name, entry.is_symlink()))
        if here:
            images.append((below, here))
        ahead += reversed(inner)
        if not ahead and links:
            # what was found by its own name since is not entered by a link as well
            links = [link for link in links if known_by(folder / link) not in entered]
            if links:
                entered.add(known_by(folder / links[0]))
    return Contents(images, passed_over, not_entered, not_followed, unreadable, beyond, special)


class Kinds:
    """What files are by their suffix, each suffix asked for once."""

    def __init__(self) -> None:
        self._known: dict[str, bool | Unsupported | None] = {}

    def of(self, name: str) -> bool | Unsupported | None:
        """Return True for an image, why one cannot be read here, or None for any other file."""
        at = name.rfind(".")
        suffix = name[at:] if at > 0 else ""
        if suffix not in self._known:
            self._known[suffix] = unsupported(f"x{suffix}") or is_image_path(f"x{suffix}") or None
        return self._known[suffix]


def entries(folder: Place) -> Sequence[os.DirEntry[str] | Entry]:
    """Return what is in a folder, sorted by name; raises ImageError where it cannot be read."""
    try:
        return listing(folder)
    except OSError as error:
        why = reason_of(error)
        raise ImageError(f"{shown(folder)}: the folder cannot be read: {why}") from error


def is_folder(entry: os.DirEntry[str] | Entry) -> bool:
    """Whether it is a folder, or a link to one."""
    try:
        return entry.is_dir()
    except OSError:
        return False


def _special_kind(entry: os.DirEntry[str] | Entry) -> str | None:
    """Return what is no file of a folder of pictures: a pipe, a socket or a device."""
    try:
        if entry.is_file() or entry.is_symlink():
            return None
        return SPECIAL.get(stat.S_IFMT(entry.stat().st_mode))
    except OSError:
        return None  # reading it will say what is wrong
