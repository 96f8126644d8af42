"""The picture formats: their names and suffixes, and which one a file is of.

Imports neither Pillow nor NumPy: what is known here stands in the generated `index`. The
declaration of a format, with everything else, is imported when it is asked for.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import PurePath
from typing import TYPE_CHECKING, NamedTuple

from convfilter.errors import ImageError, UnknownNameError, UsageError, listed, suggestion
from convfilter.formats.declaring.index import SUMMARIES

if TYPE_CHECKING:
    from convfilter.formats.declaring import Format, Holds
    from convfilter.formats.declaring.refused import Refused

__all__ = [
    "FORMATS",
    "SUFFIXES",
    "Unsupported",
    "alternatives",
    "check_format",
    "check_written",
    "format_of",
    "identify",
    "is_image_path",
    "suffix_of",
    "unsupported",
    "written_as",
    "written_format_of",
]

SUFFIXES: dict[str, str] = {
    suffix: name for name, summary in SUMMARIES.items() for suffix in summary.suffixes
}
"""The format that each suffix (lower case, with its dot) stands for."""


class _Formats(Mapping[str, "Format"]):
    """The declarations by their names, each imported when it is asked for."""

    def __getitem__(self, name: str) -> Format:
        summary = SUMMARIES[name]
        if summary.extra is None:
            return summary.load()
        from convfilter.formats.declaring.needed import needed

        with needed(summary.extra, name):
            return summary.load()

    def __iter__(self) -> Iterator[str]:
        return iter(SUMMARIES)

    def __len__(self) -> int:
        return len(SUMMARIES)


FORMATS: Mapping[str, Format] = _Formats()
"""Every format by its name, those first that keep most of what stands beside the pixels."""


def suffix_of(name: str) -> str:
    """Return the usual suffix of a format, with its dot: ``"JPEG"`` gives ``".jpg"``."""
    return SUMMARIES[check_format(name)].suffixes[0]


def check_format(name: str) -> str:
    """Return the canonical name of a format; case and a leading dot do not matter.

    Raises
    ------
    UnknownNameError
        No format has this name; the message suggests the nearest.
    UsageError
        It is a kind of file that is refused by name, such as HEIC.
    """
    asked = name.strip().lstrip(".")
    if asked.upper() in SUMMARIES:
        return asked.upper()
    suffix = f".{asked.lower()}"
    if suffix in SUFFIXES:
        return SUFFIXES[suffix]
    refused = _refused_suffix(suffix)
    if refused is not None:
        raise UsageError(f"format {name!r} is that of {refused.what}, {refused.way_out}")
    raise UnknownNameError("image format", name, [known.lower() for known in SUMMARIES])


def check_written(name: str) -> str:
    """Return the name of a format if pictures can be written in it.

    Raises
    ------
    ImageError
        It is only read; the message lists others.
    """
    if SUMMARIES[name].is_written:
        return name
    raise ImageError(f"{name} files are only read: write {alternatives()}")


def format_of(path: str | os.PathLike[str]) -> str:
    """Return the name of the format that the suffix of `path` stands for.

    Raises
    ------
    ImageError
        The suffix is missing or unknown; the message lists the known ones.
    """
    pure = PurePath(path)
    suffix = pure.suffix.lower()
    if suffix in SUFFIXES:
        return SUFFIXES[suffix]
    refused = _refused_suffix(suffix)
    if refused is not None:
        raise ImageError(f"{pure}: {suffix} is the suffix of {refused.what}, {refused.way_out}")
    known = ", ".join(SUFFIXES)
    if not suffix:
        raise ImageError(
            f"{pure}: the name has no suffix that tells the format: "
            f"use one of {known}, or give the format (--format)"
        )
    near = suggestion(suffix, SUFFIXES)
    raise ImageError(f"{pure}: no format has the suffix {suffix!r}{near} (known: {known})")


def written_format_of(path: str | os.PathLike[str]) -> str:
    """Return the name of the format that a picture of this name is written in.

    Raises
    ------
    ImageError
        As `format_of` does, and for a format that is only read.
    """
    name = format_of(path)
    try:
        return check_written(name)
    except ImageError as error:
        raise ImageError(f"{PurePath(path)}: {error}") from None


def written_as(name: str) -> str:
    """Return the format of results of a format where none is asked for: itself, if it can be."""
    return SUMMARIES[name].written_as


def is_image_path(path: str | os.PathLike[str]) -> bool:
    """Tell whether the suffix of `path` is that of a format that is read."""
    return PurePath(path).suffix.lower() in SUFFIXES


class Unsupported(NamedTuple):
    """A kind of picture that cannot be read here.

    Attributes
    ----------
    kind : str
        Its suffix in capitals, ``"HEIC"`` for example.
    way_out : str
        What to do about it.
    reason : str
        All of it in one line, without the name of a file.
    """

    kind: str
    way_out: str
    reason: str


def unsupported(path: str | os.PathLike[str]) -> Unsupported | None:
    """Return why files with the suffix of `path` cannot be read here.

    None for those that can, and for suffixes that mean no picture.
    """
    return _unsupported(PurePath(path).suffix.lower())


@cache
def _unsupported(suffix: str) -> Unsupported | None:
    name, kind = SUFFIXES.get(suffix), suffix[1:].upper()
    if name is not None:
        extra = SUMMARIES[name].extra
        if extra is not None:
            try:
                _ = FORMATS[name]
            except ImageError as error:
                return Unsupported(kind, f"install convfilter[{extra}]", str(error))
        return None
    refused = _refused_suffix(suffix)
    if refused is None:
        return None
    reason = f"is {refused.what}, {refused.way_out}"
    return Unsupported(kind, "not supported", reason)


def identify(head: bytes) -> str:
    """Return the name of the format of a file that begins with `head`, 64 bytes of it or all.

    Raises
    ------
    ImageError
        The file is empty or of no known format; the message, which does not name the file, says
        what it is if that is known.
    """
    if not head:
        raise ImageError("the file is empty: copy or create it again")
    for name, summary in SUMMARIES.items():
        if _begins(head, summary.signature):
            return name
    from convfilter.formats.declaring.refused import REFUSED

    for refused in REFUSED:
        if _begins(head, refused.signature):
            raise ImageError(f"is {refused.what}, {refused.way_out}")
    known = [name for name, summary in SUMMARIES.items() if summary.signature is not None]
    raise ImageError(f"is not a picture of a known format: give {listed(known, 'or')}")


def alternatives(suits: Callable[[Holds], bool] = lambda _: True) -> str:
    """Return the names of up to three formats that may be written instead: "PNG, TIFF or BMP".

    They hold what `suits` asks for, store all pixels exactly, and need no extra.
    """
    names = []
    for name, summary in SUMMARIES.items():
        if summary.is_written and summary.extra is None:
            form = FORMATS[name]
            holds = form.holds
            is_plain = not (holds.lossy or holds.colours or holds.arrays or form.deep_extra)
            if is_plain and suits(holds):
                names.append(name)
    return listed(names[:3], "or")


def _begins(head: bytes, signature: bytes | None) -> bool:
    return signature is not None and re.match(signature, head, re.DOTALL) is not None


def _refused_suffix(suffix: str) -> Refused | None:
    from convfilter.formats.declaring.refused import REFUSED

    return next((refused for refused in REFUSED if suffix in refused.suffixes), None)
