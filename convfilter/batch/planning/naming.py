"""What results are called."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import PurePath
from typing import TYPE_CHECKING

from convfilter.batch.settings.names import leads_elsewhere
from convfilter.errors import UsageError, shown
from convfilter.formats import SUFFIXES, is_image_path, suffix_of, written_as

if TYPE_CHECKING:
    from convfilter.batch.settings import Settings
    from convfilter.files.storage.url import Url

__all__ = ["Naming", "folder_name"]


class Naming:
    """Makes the name of a result from that of its input.

    Parameters
    ----------
    settings : of which `format`, `suffix`, `keep_ext` and `name` count here
    label : what templates know the filter by
    suffix : what is added to names where the settings say nothing
    """

    def __init__(self, settings: Settings, label: str, suffix: str = "") -> None:
        self._format = settings["format"]
        self._suffix = settings["suffix"] or suffix
        self._keep_ext = settings["keep_ext"]
        self._template = settings["name"]
        self._label = label
        self._count = 0
        self._ends: dict[str, tuple[bool, str]] = {}

    @property
    def keeps_names(self) -> bool:
        """Whether nothing but the format changes a name."""
        return not self._template and not self._suffix

    def __call__(self, name: str, parent: str = "") -> str:
        """Return the name of the next result: its input's, with the suffix of its format.

        Without a format the suffix stays, unless it means one that is only read.

        Raises
        ------
        UsageError
            The template makes of this input what is no name.
        """
        at = name.rfind(".")
        stem, end = (name[:at], name[at:]) if 0 < at < len(name) - 1 else (name, "")
        if end not in self._ends:
            self._ends[end] = self._end(end)
        stays, ext = self._ends[end]
        if stays:
            stem = name
        if self._template is None:
            return f"{stem}{self._suffix}{ext}"
        self._count += 1
        fields: Mapping[str, object] = {
            "stem": stem,
            "ext": ext,
            "filter": self._label,
            "parent": parent,
            "index": self._count,
        }
        made = self._template.format_map(fields)
        if leads_elsewhere(made):
            raise UsageError(
                f"{shown(name)} would become {shown(made)}, which is no name of a file: give"
                " another --name"
            )
        return made

    def _end(self, end: str) -> tuple[bool, str]:
        """Return, for the suffix of an input, if it belongs to the stem, and that of the result."""
        own = SUFFIXES.get(end.lower())
        wanted = self._format or (written_as(own) if own is not None else None)
        if wanted is None or own == wanted:
            return False, end
        if not is_image_path(f"x{end}"):
            return True, suffix_of(wanted)
        return False, (end if self._keep_ext else "") + suffix_of(wanted)


def folder_name(path: str | Url) -> str:
    """Return the name of the folder that a file is in, whatever way the path is written."""
    if not isinstance(path, str):
        return path.parent.name
    return PurePath(os.path.dirname(os.path.abspath(path))).name  # noqa: PTH100, PTH120
