"""Stamps: what a result says of how it was made, so that it can be made again.

A stamp is a recipe in TOML with one table more, of the input's hash and size. It stands among the
texts of a picture where the format has a place for them, else in its XMP packet.
"""

from __future__ import annotations

import contextlib
import html
import io
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO, NamedTuple

from convfilter.batch.recipes.recipe import INPUT, Recipe
from convfilter.errors import ImageError, PipelineError, shown
from convfilter.formats.declaring import Format
from convfilter.picture.image import Image, Metadata
from convfilter.toml import Document, table

__all__ = ["Source", "Stamp", "hashed", "stamped", "without_stamp"]

KEYWORD = "convfilter"
"""The keyword of the text that is a stamp."""

_SPACE = b"urn:convfilter:recipe"
"""The namespace of the property that is a stamp in XMP."""

_RDF = b"http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_OWN = re.compile(
    rb"\s*<rdf:Description\b[^<>]*\bxmlns:convfilter=[\"']" + _SPACE + rb"[\"'][^<>]*>"
    rb"\s*<convfilter:Stamp>([^<]*)</convfilter:Stamp>\s*</rdf:Description>"
)
_END = re.compile(rb"</(?:[\w.-]+:)?RDF\s*>")
_ABOUT = re.compile(rb"\brdf:about\s*=\s*(\"[^\"<]*\"|'[^'<]*')")
_EMPTY = re.compile(rb"<(?:[\w.-]+:)?RDF\b[^<>]*>\s*</(?:[\w.-]+:)?RDF\s*>")
_PACKET = (
    b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="' + _RDF + b'">'
    b'</rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
)


class Source(NamedTuple):
    """What a file is known by: the SHA-256 of its bytes, and how many they are."""

    sha256: str
    size: int


class Stamp(NamedTuple):
    """How a result was made."""

    recipe: Recipe
    source: Source

    def __str__(self) -> str:
        said = table(f"[{INPUT}]", self.source._asdict())
        version, _, rest = str(self.recipe).partition("\n\n")
        return f"{version}\n\n{said}\n{rest}"

    @classmethod
    def load(cls, path: Path) -> Stamp:
        """Read the stamp of a result.

        Raises
        ------
        ImageError
            It cannot be read, or has no stamp.
        PipelineError
            The stamp cannot be understood.
        """
        from convfilter.files.reading import read

        return cls.of(read(path, frames=0).metadata, shown(path))

    @classmethod
    def of(cls, metadata: Metadata, name: str) -> Stamp:
        """Return the stamp among the metadata of the picture `name`; raises as `load`."""
        text = _text(metadata)
        if text is None:
            raise ImageError(f"{name}: does not say how it was made: it was made without --stamp")
        document = Document(text, f"the stamp of {name}", names_files=False)
        said = document.tables.get(INPUT)
        if not isinstance(said, dict):
            raise PipelineError(f"{document.name}: has no table [{INPUT}]")
        sha256, size = said.get("sha256"), said.get("size")
        if not isinstance(sha256, str) or not re.fullmatch(r"[0-9a-f]{64}", sha256):
            raise PipelineError(f"{document.place(INPUT, 'sha256')}: sha256 is no hash")
        if not isinstance(size, int) or size < 0:
            raise PipelineError(f"{document.place(INPUT, 'size')}: size is no number of bytes")
        return cls(Recipe.of_document(document), Source(sha256, size))

    def find_input(self, result: Path) -> Path | None:
        """Return the file that a result was made from, wherever it lies near; None if it does not.

        It is looked for in the folder of the result, in the folders beside that, and in the
        current one.
        """
        for path in _near(result):
            try:
                if path.stat().st_size == self.source.size and path.is_file():
                    with path.open("rb") as file:
                        if hashed(file) == self.source:
                            return path
            except OSError:
                continue
        return None


def hashed(file: IO[bytes]) -> Source:
    """Return what the bytes of a file are known by, from where it stands to its end."""
    import hashlib

    digest, size = hashlib.sha256(), 0
    while piece := file.read(1 << 20):
        digest.update(piece)
        size += len(piece)
    return Source(digest.hexdigest(), size)


def taken(source: Path | IO[bytes]) -> tuple[Path | IO[bytes], Source]:
    """Return an input that can be read, and what it is known by; pipes are taken into memory."""
    from convfilter.files.reading import display_name
    from convfilter.runtime.streams import read_whole

    if isinstance(source, Path) and source.is_file():
        with source.open("rb") as file:
            return source, hashed(file)
    name = display_name(source)
    if isinstance(source, Path):
        with source.open("rb") as file:
            data = read_whole(file)
    else:
        data = read_whole(source)
    kept = _Named(data)
    kept.name = name
    return kept, hashed(io.BytesIO(data))


class _Named(io.BytesIO):
    """Bytes that came from somewhere, under the name that messages give it."""

    name: str


def stamped(image: Image, stamp: Stamp, form: Format) -> tuple[Image, list[str]]:
    """Return a picture that says how it was made, if its format can; else a note.

    Of several frames or pages the first one says it.
    """
    image, _ = without_stamp(image)
    said = image.metadata
    if "texts" in form.keeps:
        said = replace(said, text=(*said.text, (KEYWORD, str(stamp))))
    elif "XMP" in form.keeps:
        packet = _with_property(said.xmp or _PACKET, str(stamp))
        if packet is None:
            return image, ["the XMP packet cannot be understood, so the stamp was left out"]
        said = replace(said, xmp=packet)
    else:
        return image, [f"{form.name} has no place for the stamp: left out"]
    return replace(image, metadata=said), []


def without_stamp(image: Image) -> tuple[Image, bool]:
    """Return a picture without the stamp that it had before it was filtered, and whether it had."""
    said = image.metadata
    if _text(said) is None:
        return image, False
    text = tuple(each for each in said.text if each[0] != KEYWORD)
    packet = None if said.xmp is None else _OWN.sub(b"", said.xmp)
    if packet is not None and _EMPTY.search(packet):
        packet = None
    return replace(image, metadata=replace(said, text=text, xmp=packet)), True


def _text(metadata: Metadata) -> str | None:
    """Return the stamp as it stands among metadata."""
    for keyword, words in metadata.text:
        if keyword == KEYWORD:
            return words
    own = _OWN.search(metadata.xmp or b"")
    return None if own is None else html.unescape(own[1].decode("utf-8", "replace"))


def _with_property(packet: bytes, text: str) -> bytes | None:
    """Return an XMP packet with the stamp as its last property; None if that has no place."""
    ends = [*_END.finditer(packet)]
    if not ends:
        return None
    about = _ABOUT.search(packet)
    own = (
        b'<rdf:Description xmlns:rdf="' + _RDF + b'" rdf:about=' + (about[1] if about else b'""')
        + b' xmlns:convfilter="' + _SPACE + b'"><convfilter:Stamp>'
        + html.escape(text, quote=False).encode()
        + b"</convfilter:Stamp></rdf:Description>"
    )  # fmt: skip
    at = ends[-1].start()
    return packet[:at] + own + packet[at:]


def _near(result: Path) -> Iterator[Path]:
    """Yield the files in folders where the input of a result may lie, each folder once."""
    home = result.absolute().parent
    folders = [home, Path.cwd()]
    with contextlib.suppress(OSError):
        folders += [Path(each.path) for each in os.scandir(home.parent) if each.is_dir()]
    for folder in dict.fromkeys(folders):
        try:
            with os.scandir(folder) as entries:
                yield from sorted(Path(entry.path) for entry in entries if entry.is_file())
        except OSError:
            continue
