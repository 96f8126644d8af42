"""What results are called."""

from __future__ import annotations

import os
import re
import string
from collections.abc import Mapping
from pathlib import PurePath
from typing import TYPE_CHECKING

from convfilter.errors import ArgumentError, UnknownNameError, UsageError, shown
from convfilter.formats import SUFFIXES, is_image_path, suffix_of, written_as

if TYPE_CHECKING:
    from convfilter.batch.settings import Settings

__all__ = ["FIELDS", "Naming", "check_suffix", "check_template"]

FIELDS = {
    "stem": "photo",
    "ext": ".jpg",
    "filter": "sobel",
    "parent": "2024",
    "index": 1,
}
"""What may stand in braces in a template, each with a value for example."""

_ABSENT = object()


def check_suffix(text: str) -> str:
    """Return what is added to names.

    Raises
    ------
    ArgumentError
        It is empty, or no part of a name.
    """
    if not text or _leads_elsewhere(f"x{text}"):
        raise ArgumentError(f"suffix is {text!r}: give a part of a name, such as -edges")
    return text


def check_template(text: str) -> str:
    """Return a template of names.

    Raises
    ------
    UnknownNameError
        It has a field that there is not; the message lists those that there are.
    ArgumentError
        It cannot be understood, or leads out of the folder of the results.
    """
    wanted = "give a name such as {stem}-{filter}{ext}"
    try:
        parts = list(string.Formatter().parse(text))
    except ValueError as error:
        raise ArgumentError(f"name is {text!r}: {error}: {wanted}") from None
    for _, field, form, conversion in parts:
        if field is None:
            continue
        if field not in FIELDS:
            raise UnknownNameError("field of a name", field, FIELDS)
        if conversion or (form and (field != "index" or not re.fullmatch(r"0?\d", form))):
            raise ArgumentError(
                f"name is {text!r}: only index has a width, as in {{index:04}}: {wanted}"
            )
    if not text or _leads_elsewhere(text.format_map(FIELDS)):
        raise ArgumentError(
            f"name is {text!r}: it has to stay within the folder of the results: {wanted}"
        )
    return text


def _leads_elsewhere(name: str) -> bool:
    """Whether a name could stand for anything but a file below the folder that it is put into."""
    parts = re.split(r"[/\\]" if os.sep == "\\" else "/", name)
    return "\0" in name or any(part in ("", ".", "..") for part in parts) or _has_drive(name)


def _has_drive(name: str) -> bool:
    return bool(os.path.splitdrive(name)[0]) or (os.sep == "\\" and ":" in name)


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
        if _leads_elsewhere(made):
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


def folder_name(path: str) -> str:
    """Return the name of the folder that a file is in, whatever way the path is written."""
    return PurePath(os.path.dirname(os.path.abspath(path))).name  # noqa: PTH100, PTH120
