"""Patterns such as ``photos/*.jpg`` that no shell has expanded: as on Windows, or in quotes."""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from convfilter.batch.planning.places import known_by
from convfilter.batch.planning.walk import entries, is_folder
from convfilter.errors import ImageError
from convfilter.runtime.streams import is_address

if TYPE_CHECKING:
    from collections.abc import Hashable

    from convfilter.files.storage.url import Entry, Place

__all__ = ["Match", "is_pattern", "matches"]

_MAGIC = re.compile(r"[*?[]")
_ANY_DEPTH = "**"


class Match(NamedTuple):
    """What a pattern has found.

    Attributes
    ----------
    path : of a file or a folder
    below : the same, as seen from the last folder that the pattern names without a wildcard
    is_folder : a folder, or a link to one
    """

    path: str
    below: str
    is_folder: bool


def is_pattern(path: str) -> bool:
    """Tell whether a path has wildcards, and no file is called so; addresses have none."""
    return bool(_MAGIC.search(path)) and not os.path.lexists(path) and not is_address(path)


def matches(
    pattern: str, *, follow_links: bool = False, leave_out: Sequence[Place] = ()
) -> Iterator[Match]:
    """Yield what a pattern matches, sorted by name, each once.

    ``*``, ``?`` and ``[a-z]`` stand for what they stand for in a shell, ``**`` for folders at any
    depth, or none. Names that begin with a dot are matched by patterns that do. The folders
    `leave_out` are matched by no wildcard, and links to folders are not by ``**`` unless
    `follow_links` is set; then it enters each folder once.
    """
    parts = [part for part in re.split(r"[/\\]" if os.sep == "\\" else "/", pattern) if part]
    plain = next(number for number, part in enumerate(parts) if _MAGIC.search(part))
    base = os.path.join("", *parts[:plain])  # noqa: PTH118
    if pattern.startswith(("/", os.sep)):
        base = os.sep + base
    elif plain and parts[0].endswith(":"):  # a drive
        base = parts[0] + os.sep + os.path.join("", *parts[1:plain])  # noqa: PTH118
    excluded = {known_by(each) for each in leave_out} - {None}
    seen: set[str] = set()
    entered: set[tuple[int, Hashable]] = set()
    steps = [_step(part) for part in parts[plain:]]
    # (what is below the base, how many parts of the pattern it has met)
    ahead: list[tuple[str, int]] = [("", 0)]
    listed: str | None = None
    found: Sequence[os.DirEntry[str] | Entry] = []
    while ahead:
        below, met = ahead.pop()
        further: list[tuple[str, int]] = []
        if met == len(steps):
            path = os.path.join(base, below)  # noqa: PTH118
            if below and path not in seen:
                seen.add(path)
                match = Match(path, below, os.path.isdir(path))  # noqa: PTH112
                # what is in folders at any depth is matched itself
                if steps[-1] is not None or not match.is_folder:
                    yield match
            continue
        step = steps[met]
        if isinstance(step, str):
            path = os.path.join(below, step)  # noqa: PTH118
            if os.path.lexists(os.path.join(base, path)):  # noqa: PTH118
                ahead.append((path, met + 1))
            continue
        if step is None:
            if follow_links:
                here = (met, known_by(Path(base, below)))
                if here in entered:
                    continue
                entered.add(here)
            further.append((below, met + 1))
        if below != listed:  # after ** the same folder comes again, for the part that follows
            listed = below
            try:
                found = entries(Path(base, below))
            except ImageError:
                found = []  # a pattern matches nothing there
        last = met + 1 == len(steps)
        for entry in found:
            path = os.path.join(below, entry.name)  # noqa: PTH118
            inner = Path(base, path) if excluded and is_folder(entry) else None
            if inner is not None and known_by(inner) in excluded:
                continue
            if step is None:
                may_enter = follow_links or not entry.is_symlink()
                if not entry.name.startswith(".") and may_enter and is_folder(entry):
                    further.append((path, met))
                elif last and not entry.name.startswith("."):
                    further.append((path, met + 1))
            elif step(entry.name) and (last or is_folder(entry)):
                further.append((path, met + 1))
        ahead += reversed(further)


def _step(part: str) -> str | Callable[[str], bool] | None:
    """Return what a part of a pattern asks: a name, what tells if one matches, None: any depth."""
    if part == _ANY_DEPTH:
        return None
    if not _MAGIC.search(part):
        return part
    match = re.compile(fnmatch.translate(os.path.normcase(part))).match
    hidden = part.startswith(".")
    return lambda name: (hidden or not name.startswith(".")) and bool(match(os.path.normcase(name)))
