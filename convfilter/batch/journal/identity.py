"""What decides about a result, and what files are known by, as the journal keeps it."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from convfilter import __version__
from convfilter.batch.settings import OF_RECIPES, OPTIONS
from convfilter.errors import ConvfilterError, shown
from convfilter.filters.declaring.parameters import FileName

if TYPE_CHECKING:
    from convfilter.batch.settings import Settings
    from convfilter.files.storage.url import Url
    from convfilter.pipeline import Pipeline

__all__ = ["NUMBERS", "Names", "recipe_hash"]

NUMBERS = 1
"""The version of the numbers: raised by whoever changes a bit of any result.

What was made by another version is made again by `resume`. A test knows what some small pictures
come to, and asks for this to be raised when they come to something else.
"""


def recipe_hash(pipeline: Pipeline, settings: Settings) -> str:
    """Return a hash of all that decides about a result besides the input, in 16 digits.

    The files that settings name count by what they hold, wherever they lie. The version of
    convfilter counts only where results bear it.
    """
    try:
        parts = [pipeline.to_toml()]
    except ConvfilterError:  # of what no text can name
        parts = [repr(pipeline.steps)]
    for name in OF_RECIPES:
        value = settings[name]  # type: ignore[literal-required]
        if value != OPTIONS[name].default:
            parts.append(f"{name} = {_content(value) if _is_file(name) else repr(value)}")
    if settings["stamp"]:
        parts.append(__version__)
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _is_file(name: str) -> bool:
    return isinstance(OPTIONS[name], FileName)


def _content(path: str) -> str:
    try:
        with Path(path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return repr(path)  # the work itself will say what is wrong with it


class Names:
    """Names of files from a folder on, through no links, each folder looked up once."""

    def __init__(self, folder: Path) -> None:
        self._base = os.path.realpath(folder)
        self._known: dict[str, str] = {}

    def __call__(self, place: str | Url) -> str:
        """Return the path from the folder, with slashes; else, as on another drive, the whole."""
        if not isinstance(place, str):
            return shown(place)  # without credentials
        folder, name = os.path.split(place)
        start = self._known.get(folder)
        if start is None:
            start = self._known[folder] = self._start(folder)
        return start + name

    def _start(self, folder: str) -> str:
        place = os.path.realpath(folder)
        with suppress(ValueError):  # of another drive
            place = os.path.relpath(place, self._base)
        place = place.replace(os.sep, "/")
        return "" if place == "." else f"{place}/"
