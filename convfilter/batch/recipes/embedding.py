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
_DECLARED = re.compile(rb"\sxmlns:([\w.-]+)\s*=\s*[\"']" + _SPACE + rb"[\"']")
_ELEMENT = re.compile(rb"<([\w.-]+):Stamp\b[^<>]*>([^<]*)</\1:Stamp\s*>")
_ATTRIBUTE = re.compile(rb"\s([\w.-]+):Stamp\s*=\s*(\"[^\"<]*\"|'[^'<]*')")
_ALONE = re.compile(
    rb"<([\w.-]+):Description\b([^<>]*)>\s*"
    rb"<([\w.-]+):Stamp\b[^<>]*>[^<]*</\3:Stamp\s*>\s*</\1:Description\s*>"
)
_SAYS_NOTHING = re.compile(
    rb"(?:\s+(?:xmlns:[\w.-]+|[\w.-]+:about)\s*=\s*(?:\"[^\"]*\"|'[^']*'))*\s*"
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
    packet = None if said.xmp is None else _without_property(said.xmp)
    if packet is not None and _EMPTY.search(packet):
        packet = None
    return replace(image, metadata=replace(said, text=text, xmp=packet)), True


def text_of(metadata: Metadata) -> str | None:
    """Return the stamp as it stands among metadata."""
    for keyword, words in metadata.text:
        if keyword == KEYWORD:
            return words
    packet = metadata.xmp or b""
    prefixes = _prefixes(packet)
    for pattern, ends in ((_ELEMENT, 0), (_ATTRIBUTE, 1)):
        for each in pattern.finditer(packet) if prefixes else ():
            if each[1] in prefixes:
                escaped = each[2][ends : len(each[2]) - ends]
                return html.unescape(escaped.decode("utf-8", "replace"))
    return None


def _prefixes(packet: bytes) -> frozenset[bytes]:
    """Return what stands for the namespace of the stamp: programs that edit XMP may rename it."""
    return frozenset(_DECLARED.findall(packet))


def _without_property(packet: bytes) -> bytes:
    """Return an XMP packet without the stamp, as an element or an attribute, wherever it stands."""
    prefixes = _prefixes(packet)

    def alone(found: re.Match[bytes]) -> bytes:
        is_own = found[3] in prefixes and _SAYS_NOTHING.fullmatch(found[2])
        return b"" if is_own else found[0]

    def own(found: re.Match[bytes]) -> bytes:
        return b"" if found[1] in prefixes else found[0]

    return _ATTRIBUTE.sub(own, _ELEMENT.sub(own, _ALONE.sub(alone, packet)))


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
