"""What stands beside the pixels of a PNG file: profile, EXIF, XMP, resolution, texts.

Nothing here spoils the pixels: what is damaged, too long or unknown is left out and named. Chunks
are those of the PNG specification, third edition, section 11.3, and Adobe's XMP specification, part
3; "Raw profile type" is how ImageMagick keeps EXIF, XMP and IPTC in texts.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable, Iterable
from typing import BinaryIO

from convfilter.errors import listed, shown
from convfilter.formats.behind import behind_in
from convfilter.formats.png.chunks import (
    BACKGROUND,
    COLOUR_LENGTHS,
    LARGEST_CONTENT,
    ChecksumError,
    Chunk,
    PngError,
)
from convfilter.picture.image import Metadata

__all__ = ["Ancillary", "described", "is_reserved"]

_XMP_KEYWORD = "XML:com.adobe.xmp"
_RAW_KEYWORD = "Raw profile type "
_METRES_PER_INCH = 0.0254
_RECORD_OF_IPTC = b"\x1c"
_PREFIX = b"Exif\0\0"

_READ = frozenset((b"iCCP", b"pHYs", b"eXIf", b"tEXt", b"zTXt", b"iTXt"))
_CARRIED = {b"tIME": 7, b"oFFs": 9, b"sTER": 1, b"pCAL": None, b"sCAL": None}
"""Chunks that hold for a filtered picture, though not all are safe to be copied unread, and their
lengths. When a picture was changed last is told as EXIF does: of the file that was given."""

_NEEDS_NO_WORD = frozenset(
    (
        *(b"hIST", b"sBIT", b"tRNS", b"acTL", b"fcTL", b"fdAT", b"iDOT"),
        *(BACKGROUND, *COLOUR_LENGTHS),  # they are read before the pixels are
    )
)
"""Chunks that say how these pixels are stored, or what is true of no others."""


class Ancillary:
    """The ancillary chunks of a file, taken one by one; `kept` are those that say something.

    Attributes
    ----------
    kept : list of (bytes, bytes)
        Kinds and contents.
    transparent : bytes
        The content of tRNS.
    """

    def __init__(self) -> None:
        self.kept: list[tuple[bytes, bytes]] = []
        self.transparent = b""
        self._damaged: list[str] = []
        self._too_long: list[str] = []
        self._unknown: list[str] = []
        self._rest: list[str] = []

    def take(self, chunk: Chunk) -> None:
        """Read a chunk; raises PngError if the file ends in it."""
        name = shown(chunk.kind.decode("latin-1"))
        if chunk.length > LARGEST_CONTENT:
            self._too_long.append(name)
            return
        try:
            data = chunk.content(LARGEST_CONTENT)
        except ChecksumError:
            self._damaged.append(name)
            return
        if chunk.kind in _READ or self._is_carried(chunk.kind, data):
            self.kept.append((chunk.kind, data))
        elif chunk.kind == b"tRNS":
            self.transparent = data
        elif chunk.kind not in _NEEDS_NO_WORD:
            self._unknown.append(name)

    @staticmethod
    def _is_carried(kind: bytes, data: bytes) -> bool:
        """Tell whether a chunk may go into the result as it is.

        A small last letter says that it holds whatever becomes of the pixels (section 14.2).
        """
        if kind in _NEEDS_NO_WORD:
            return False
        if kind in _CARRIED:
            return _CARRIED[kind] in (None, len(data))
        return kind[2:3].isupper() and kind[3:].islower()

    def take_rest(self, file: BinaryIO) -> None:
        """Look at what stands behind the last chunk, where the file stands."""
        self._rest = behind_in(file)

    @property
    def left_out(self) -> list[str]:
        """A line for each reason why chunks were left out, and for what stands behind them."""
        reasons = (
            ("damaged", self._damaged),
            (f"longer than {LARGEST_CONTENT >> 20} MiB", self._too_long),
            ("not known here", self._unknown),
        )
        lines = [
            f"chunks that are {reason} were left out: {listed(dict.fromkeys(names))}"
            for reason, names in reasons
            if names
        ]
        return lines + self._rest


def is_reserved(keyword: str) -> bool:
    """Tell whether what stands under this keyword is read as something else than a text."""
    return keyword == _XMP_KEYWORD or keyword.startswith(_RAW_KEYWORD)


def described(kept: Iterable[tuple[bytes, bytes]]) -> tuple[Metadata, int, list[str]]:
    """Return what these chunks say, how the pixels have to be turned, and lines for what is lost.

    The metadata is that of pixels that are turned upright.
    """
    found = _Found()
    for kind, data in kept:
        try:
            reader = _READERS.get(kind)
            if reader is None:
                found.chunks.append((kind, data))
            else:
                reader(found, data)
        except (PngError, ValueError, zlib.error, struct.error):
            found.notes.append(f"a chunk {kind.decode()} cannot be read and was left out")
    metadata = Metadata(
        icc_profile=found.profile,
        dpi=found.dpi,
        text=tuple(found.texts),
        photoshop=found.photoshop,
        density=found.density,
        png_chunks=tuple(found.chunks),
    )
    if not (found.exif or found.xmp):  # nearly always
        return metadata, 1, found.notes
    from convfilter.formats.exif.block import upright_metadata

    upright, orientation = upright_metadata(metadata, found.exif, found.xmp)
    return upright, orientation, found.notes


class _Found:
    def __init__(self) -> None:
        self.profile: bytes | None = None
        self.exif: bytes | None = None
        self.xmp: bytes | None = None
        self.dpi: tuple[float, float] | None = None
        self.density: tuple[float, float] | None = None
        self.photoshop: bytes | None = None
        self.chunks: list[tuple[bytes, bytes]] = []
        self.texts: list[tuple[str, str]] = []
        self.notes: list[str] = []
        self._room = LARGEST_CONTENT

    def take_resolution(self, data: bytes) -> None:
        across, down, unit = struct.unpack(">IIB", data)
        if unit == 1:
            from convfilter.picture.metadata import resolution_of

            self.dpi = resolution_of((across * _METRES_PER_INCH, down * _METRES_PER_INCH))
        elif across != down and across and down:
            self.density = float(across), float(down)

    def take_profile(self, data: bytes) -> None:
        _, rest = _parted(data)
        profile = _inflated(rest, LARGEST_CONTENT)
        if profile is None:
            self.notes.append(
                f"a colour profile of more than {LARGEST_CONTENT >> 20} MiB was left out"
            )
        else:
            self.profile = self._first("colour profile", self.profile, profile)

    def take_exif(self, data: bytes) -> None:
        self.exif = self._first("EXIF block", self.exif, data)

    def _first(self, name: str, known: bytes | None, more: bytes) -> bytes | None:
        """Return what was known already, else what is new: the first counts, as libpng has it."""
        if known and more and more.removeprefix(_PREFIX) != known.removeprefix(_PREFIX):
            self.notes.append(f"a second {name} was left out")
        return known or more or None

    def take_plain(self, data: bytes) -> None:
        keyword, text = _parted(data)
        self._take(keyword, text, "latin-1")

    def take_compressed(self, data: bytes) -> None:
        keyword, rest = _parted(data)
        self._take(keyword, _inflated(rest, self._room), "latin-1")

    def take_international(self, data: bytes) -> None:
        keyword, rest = _parted(data)
        if len(rest) < 2:
            raise PngError("cut off")
        is_compressed, text = rest[0], rest[2:].split(b"\0", 2)
        if len(text) != 3:  # the language, the keyword in it, the text
            raise PngError("cut off")
        if text[0] or text[1]:
            self.notes.append(f"the language of the text {keyword!r}: left out")
        # the byte that names the method comes before the language
        words = _inflated(rest[1:2] + text[2], self._room) if is_compressed else text[2]
        self._take(keyword, words, "utf-8")

    def _take(self, keyword: str, data: bytes | None, encoding: str) -> None:
        """Keep a text, None where it is too long: as XMP, as EXIF, or as what it is."""
        if data is None or len(data) > self._room:
            self.notes.append(
                f"the text {keyword!r} was left out: texts of more than"
                f" {LARGEST_CONTENT >> 20} MiB together are not read"
            )
            return
        self._room -= len(data)
        if keyword == _XMP_KEYWORD:
            self.xmp = self._first("XMP packet", self.xmp, data)
        elif keyword.startswith(_RAW_KEYWORD):
            self._take_raw(keyword.removeprefix(_RAW_KEYWORD).strip(), data)
        else:
            text = data.decode(encoding)
            if _is_picture(text):
                self.notes.append(f"the text {keyword!r} holds a picture and was left out")
            else:
                self.texts.append((keyword, text))

    def _take_raw(self, kind: str, data: bytes) -> None:
        """Take a profile in hexadecimal, behind its name and length on lines of their own.

        The name is one word to ImageMagick, two ("IPTC profile") to ExifTool.
        """
        match = re.match(rb"\s*\S+(?:[^\S\n]+\S+)?\s+(\d{1,10})\s", data)
        content = bytes.fromhex(data[match.end() :].decode("ascii")) if match else b""
        content = content[: int(match[1])] if match else b""
        xmp_mark = b"http://ns.adobe.com/xap/1.0/\0"
        if kind in ("exif", "APP1", "app1") and content.startswith(_PREFIX):
            self.exif = self._first("EXIF block", self.exif, content)
        elif kind == "xmp" or content.startswith(xmp_mark):
            self.xmp = self._first("XMP packet", self.xmp, content.removeprefix(xmp_mark))
        elif kind == "icc":
            self.profile = self._first("colour profile", self.profile, content)
        elif kind in ("iptc", "8bim") and content.startswith((b"8BIM", _RECORD_OF_IPTC)):
            from convfilter.formats.exif.resources import of_iptc, without_pictures

            has_record = content.startswith(_RECORD_OF_IPTC)
            resources = without_pictures(of_iptc(content) if has_record else content)
            self.photoshop = self._first("set of IPTC", self.photoshop, resources)
        else:
            self.notes.append(f"the text {_RAW_KEYWORD + kind!r} was left out")


def _is_picture(text: str) -> bool:
    if len(text) < 64:  # nearly always, and XML need not be loaded
        return False
    from convfilter.picture.xmp import is_picture

    return is_picture(text)


def _parted(data: bytes) -> tuple[str, bytes]:
    """Return the keyword or name that a chunk begins with, and what follows it."""
    keyword, zero, rest = data.partition(b"\0")
    if not zero:
        raise PngError("no end of the keyword")
    return keyword.decode("latin-1"), rest


def _inflated(data: bytes, longest: int) -> bytes | None:
    """Return what is compressed behind the byte that names the method; None if it is longer."""
    if data[:1] != b"\0":
        raise PngError("an unknown method of compression")
    inflate = zlib.decompressobj()
    content = inflate.decompress(data[1:], longest + 1)
    if len(content) > longest:
        return None
    if not inflate.eof:
        raise PngError("cut off")
    return content


_READERS: dict[bytes, Callable[[_Found, bytes], None]] = {
    b"iCCP": _Found.take_profile,
    b"pHYs": _Found.take_resolution,
    b"eXIf": _Found.take_exif,
    b"tEXt": _Found.take_plain,
    b"zTXt": _Found.take_compressed,
    b"iTXt": _Found.take_international,
}
