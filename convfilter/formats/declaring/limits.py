"""How much of a file is read, at most: so many pixels, and the frames that are wanted.

Also what is said of files that are damaged or do not fit into memory. No message names the file:
whoever opened it does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import BinaryIO, NamedTuple

from convfilter.errors import ArgumentError, ImageError

__all__ = [
    "ALL",
    "DEFAULT_DPI",
    "DEVELOPED",
    "DPI_RANGE",
    "SMALLEST_FRAME",
    "Limits",
    "Selection",
    "TooManyPixelsError",
    "damaged",
    "is_cut_off",
    "place_in",
    "too_large",
    "words_of",
]

DEVELOPED = ("8", "16", "linear")
"""What camera raw becomes: sRGB of 8 or of 16 bits, or light of 16 bits."""

DEFAULT_DPI, DPI_RANGE = 150.0, (1.0, 2400.0)

SMALLEST_FRAME = 4096
"""Pixels that a frame counts as, if it has fewer and others are with it."""

_CUT_OFF = (
    *("truncated", "not enough image data", "unexpected end", "reached eof", "broken data"),
    *("eof:", "need_more_input", "is too short for"),
)

_OF_PYTHON = (
    *(AssertionError, LookupError, ArithmeticError, AttributeError, TypeError, UnicodeError),
    *(RecursionError, NameError),
)
"""Errors whose words are about a program, whatever they are."""

_BY_KIND = {
    AssertionError: "a part of it contradicts another",
    LookupError: "it refers to something that is not there",
    ArithmeticError: "a number in it cannot be",
    UnicodeError: "a text in it is in an unknown encoding",
    RecursionError: "its parts lie within each other too deeply",
}

_OF_PROGRAMMERS = (
    (r"invalid literal|could not convert|not in range|out of range", "a number in it cannot be"),
    (r"\bunpack|buffer (is|size)|requires a buffer|bytes-like", "a part of it is too short"),
    (
        r"array header|parse header|correct keys|multi-line|malformed node|fortran_order|descr\b"
        r"|tokenize|invalid syntax|literal_eval|shape is not",
        "its header cannot be understood",
    ),
    (
        r"decoder error|\breturned [A-Z_]+|by this driver|codec config|unrecognized data stream"
        r"|cannot load this|decoder object|no codestream|\(?error code",
        "its compressed data cannot be understood",
    ),
    (r"next frame|frame count", "a frame of it cannot be decoded"),
    (
        r"object at 0x|<class |NoneType|has no attribute|unexpected keyword",
        "a part of it is missing",
    ),
)
"""What libraries say to programmers, and what it means."""


class TooManyPixelsError(ImageError):
    """A picture has more pixels than are to be read; `pixels` says how many, of all frames."""

    def __init__(self, message: str, pixels: int) -> None:
        super().__init__(message)
        self.pixels = pixels


class Selection(NamedTuple):
    """A choice of frames, counted from 0; `parts` are first and last numbers, None for the end."""

    parts: tuple[tuple[int, int | None], ...]

    @classmethod
    def of(cls, given: Selection | str | int | Iterable[int] | None) -> Selection:
        """Take a choice: words such as ``0``, ``0-3``, ``0,4-6`` or ``5-``, a number or several.

        Raises
        ------
        ArgumentError
            For what is no choice of frames.
        """
        if given is None or isinstance(given, Selection):
            return ALL if given is None else given
        if isinstance(given, int):
            given = (given,)
        if not isinstance(given, str):
            given = ",".join(str(number) for number in given)
        parts: list[tuple[int, int | None]] = []
        for word in given.split(","):
            match = re.fullmatch(r"(\d{1,9})(?:(-)(\d{1,9})?)?", word.strip())
            first, dash, last = match.groups() if match else ("", None, None)
            if match is None or (last is not None and int(last) < int(first)):
                raise ArgumentError(
                    f"frames {given!r}: {word.strip()!r} is no choice of frames: "
                    "give numbers from 0 such as 0, 0-3, 5- or 0,4-6"
                )
            parts.append((int(first), None if dash and last is None else int(last or first)))
        return cls(tuple(parts))

    def numbers(self, count: int) -> list[int]:
        """Return the numbers of the chosen frames of a file that has `count`, in its order.

        Raises
        ------
        ImageError
            For frames that the file does not have.
        """
        chosen: set[int] = set()
        for first, last in self.parts:
            beyond = first if first >= count else last
            if beyond is not None and beyond >= count:
                has = f"{count} frames, 0 to {count - 1}" if count > 1 else "one frame, 0"
                raise ImageError(f"has {has}, and none of number {beyond}: see --frames")
            chosen.update(range(first, count if last is None else last + 1))
        return sorted(chosen)


ALL = Selection(((0, None),))
"""Every frame."""


class Limits(NamedTuple):
    """What is read of a file.

    Attributes
    ----------
    max_pixels : int
        The largest width times height, of all frames that are read together.
    frames : Selection
        Which frames.
    axes : str or None
        What the axes of an array are, where the caller says so.
    develop : str
        What camera raw becomes, one of `DEVELOPED`.
    dpi : float
        At how many pixels per inch pages are drawn that are no pixels.
    """

    max_pixels: int
    frames: Selection = ALL
    axes: str | None = None
    develop: str = "8"
    dpi: float = DEFAULT_DPI

    def check_size(self, size: tuple[int, int], frames: int = 1) -> None:
        """Refuse pictures of more pixels than the limit, all frames together.

        `size` is (columns, rows). Frames count as 4,096 pixels at least, since even the smallest
        one takes time and memory.

        Raises
        ------
        ImageError
        """
        width, height = size
        if frames > 1:
            total = frames * max(width * height, SMALLEST_FRAME)
            what = f"{frames:,} frames of {width}x{height} count as"
        else:
            total, what = width * height, f"{width}x{height} is"
        self._check_total(total, what, frames)

    def check_sizes(self, sizes: Sequence[tuple[int, int] | None]) -> None:
        """Refuse pages, each of its own size, as `check_size` does frames of one size.

        Raises
        ------
        ImageError
            They have too many pixels.
        ValueError
            A page states no size.
        """
        total = 0
        for size in sizes:
            if size is None:
                raise ValueError("a page without a size")
            total += max(size[0] * size[1], SMALLEST_FRAME)
        self._check_total(total, f"{len(sizes):,} pages count as", len(sizes))

    def _check_total(self, total: int, what: str, frames: int) -> None:
        if total > self.max_pixels:
            raise TooManyPixelsError(
                f"{what} {total:,} pixels, more than the limit of "
                f"{self.max_pixels:,}: raise it with --max-pixels if you trust the file"
                + (", or take fewer with --frames" if frames > 1 else ""),
                total,
            )

    def chosen(self, count: int = 1) -> list[int]:
        """Return the numbers of the frames to be read of a file that has `count`.

        Raises
        ------
        ImageError
            For frames that the file does not have.
        """
        return self.frames.numbers(count)


def damaged(error: Exception, format_name: str, place: str = "") -> ImageError:
    """Return the error of a file that a reader could not make sense of; `place` as `place_in`."""
    if is_cut_off(error):
        return ImageError(f"the {format_name} file is truncated: copy or create it again")
    return ImageError(
        f"the {format_name} file is damaged ({words_of(error, place)}): create it again"
    )


def too_large(size: tuple[int, int] | None = None) -> ImageError:
    """Return the error of a picture, of `size` (columns, rows), that does not fit into memory."""
    what = "does not" if size is None else f"{size[0]}x{size[1]} pixels do not"
    return ImageError(f"{what} fit into memory: use a smaller picture")


def is_cut_off(error: Exception) -> bool:
    """Tell whether a reader met the end of a file too early."""
    message = str(error).lower()
    return isinstance(error, EOFError) or any(words in message for words in _CUT_OFF)


def words_of(error: Exception, place: str = "") -> str:
    """Return why a file cannot be read, on one line that says something to a person.

    What Python and libraries say to programmers, such as "320" or "b''", is put into words by its
    kind; such words say little, so the place follows them.
    """
    text = " ".join(str(error).split()).removeprefix("None")  # as SyntaxError says without words
    for pattern, words in _OF_PROGRAMMERS:
        if re.search(pattern, text, re.IGNORECASE):
            return words + place
    if not isinstance(error, _OF_PYTHON) and re.search(r"[^\W\d_]{2}", text):
        return text[:120]
    kinds = (words for kind, words in _BY_KIND.items() if isinstance(error, kind))
    return next(kinds, "its data cannot be understood") + place


def place_in(file: BinaryIO) -> str:
    """Return about where in a file its reader stopped, to be said behind a reason."""
    try:
        at = file.tell()
        end = file.seek(0, 2)
        file.seek(at)
    except (OSError, ValueError):
        return ""
    return f", at byte {at:,} of {end:,}" if 0 < at < end else ""
