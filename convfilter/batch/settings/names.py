"""What a person may say that results are called."""

from __future__ import annotations

import os
import re
import string
from pathlib import PurePath

from convfilter.errors import ArgumentError, listed
from convfilter.formats import SUFFIXES
from convfilter.formats.declaring.index import SUMMARIES

__all__ = [
    "FIELDS",
    "check_report",
    "check_suffix",
    "check_template",
    "leads_elsewhere",
    "tells_format",
]

FIELDS = {
    "stem": "stem",
    "ext": ".ext",
    "filter": "filter",
    "parent": "parent",
    "index": 1,
}
"""What may stand in braces in a template, each with a value for example."""


def check_report(text: str) -> str:
    """Return the name of a report; raises ArgumentError where it does not tell a kind of them."""
    if not text.lower().endswith((".json", ".csv")):
        raise ArgumentError(f"report is {text!r}: give a name that ends in .json or .csv")
    return text


def check_suffix(text: str) -> str:
    """Return what is added to names.

    Raises
    ------
    ArgumentError
        It is empty, or no part of a name.
    """
    if not text or "/" in text or leads_elsewhere(f"x{text}"):
        raise ArgumentError(f"suffix is {text!r}: give a part of a name, such as -edges")
    return text


def check_template(text: str) -> str:
    """Return a template of names.

    Raises
    ------
    ArgumentError
        It has a field that there is not, and the message lists those that there are; it cannot be
        understood; or it leads out of the folder of the results.
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
            known = listed((f"{{{each}}}" for each in FIELDS), "or")
            raise ArgumentError(f"name has {{{field}}}, which stands for nothing: give {known}")
        if conversion or (form and (field != "index" or not re.fullmatch(r"0?\d", form))):
            raise ArgumentError(
                f"name is {text!r}: only index has a width, as in {{index:04}}: {wanted}"
            )
    if not text or leads_elsewhere(text.format_map(FIELDS)):
        raise ArgumentError(
            f"name is {text!r}: it has to stay within the folder of the results: {wanted}"
        )
    return text


def tells_format(template: str) -> bool:
    """Whether every name that a template makes ends in a suffix which pictures are written by."""
    if template.endswith("{ext}"):
        return True
    name = SUFFIXES.get(PurePath(template).suffix.lower())
    return name is not None and SUMMARIES[name].is_written


def leads_elsewhere(name: str) -> bool:
    """Whether a name could stand for anything but a file below the folder that it is put into."""
    parts = re.split(r"[/\\]" if os.sep == "\\" else "/", name)
    return "\0" in name or any(part in ("", ".", "..") for part in parts) or _has_drive(name)


def _has_drive(name: str) -> bool:
    return bool(os.path.splitdrive(name)[0]) or (os.sep == "\\" and ":" in name)
