"""Where a stamp stands in a picture: a text where the format has a place for them, else in XMP."""

from __future__ import annotations

import html
import re
from dataclasses import replace

from convfilter.errors import ImageError
from convfilter.formats.declaring import Format
from convfilter.picture.image import Image, Metadata
from convfilter.toml import Document

__all__ = ["KEYWORD", "document_of", "text_of", "with_stamp", "without_stamp"]

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


def with_stamp(image: Image, text: str, form: Format) -> tuple[Image, list[str]]:
    """Return a picture that says how it was made, if its format can; else a note.

    Of several frames or pages the first one says it.
    """
    image, _ = without_stamp(image)
    said = image.metadata
    if "texts" in form.keeps:
        said = replace(said, text=(*said.text, (KEYWORD, text)))
    elif "XMP" in form.keeps:
        packet = _with_property(said.xmp or _PACKET, text)
        if packet is None:
            return image, ["the XMP packet cannot be understood, so the stamp was left out"]
        said = replace(said, xmp=packet)
    else:
        return image, [f"{form.name} has no place for the stamp: left out"]
    return replace(image, metadata=said), []


def without_stamp(image: Image) -> tuple[Image, bool]:
    """Return a picture without the stamp that it had before it was filtered, and whether it had."""
    said = image.metadata
    if text_of(said) is None:
        return image, False
    text = tuple(each for each in said.text if each[0] != KEYWORD)
    packet = None if said.xmp is None else _OWN.sub(b"", said.xmp)
    if packet is not None and _EMPTY.search(packet):
        packet = None
    return replace(image, metadata=replace(said, text=text, xmp=packet)), True


def text_of(metadata: Metadata) -> str | None:
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


def document_of(metadata: Metadata, name: str) -> Document:
    """Return the stamp of the picture `name`.

    Raises
    ------
    ImageError
        It has none.
    PipelineError
        It is no TOML.
    """
    text = text_of(metadata)
    if text is None:
        raise ImageError(f"{name}: does not say how it was made: it was made without --stamp")
    return Document(text, f"the stamp of {name}", names_files=False)
