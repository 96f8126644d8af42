"""XMP packets that come in two parts, as in JPEG (Adobe's XMP specification, part 3, 1.1.3.1)."""

from __future__ import annotations

import re

__all__ = ["joined"]

_RDF = re.compile(rb"<([\w.-]+:)?RDF\b([^<>]*)>(.*)</(?:[\w.-]+:)?RDF\s*>", re.DOTALL)
_SPACE = re.compile(rb"\s(xmlns:[\w.-]+)\s*=\s*(\"[^\"<]*\"|'[^'<]*')")
_NOTHING_BUT_A_NOTE = re.compile(
    rb"\s*<[\w.-]+:Description(?:\s+[\w.-]+:about\s*=\s*[\"']{2}"
    rb"|\s+xmlns:[\w.-]+\s*=\s*(?:\"[^\"<]*\"|'[^'<]*')"
    rb"|\s+[\w.-]+:HasExtendedXMP\s*=\s*(?:\"\w*\"|'\w*'))*\s*(?:/>|>\s*</[\w.-]+:Description>)\s*"
)


def joined(first: bytes | str, second: bytes) -> bytes | None:
    """Return one packet of the two parts of it; None if they cannot be understood.

    Where the first one says nothing but that there is a second, it is the second one to the byte.
    """
    packet = first.encode() if isinstance(first, str) else first
    own, other = _RDF.search(packet), _RDF.search(second)
    if own is None:
        return None
    if _NOTHING_BUT_A_NOTE.fullmatch(own[3]):
        return second
    if other is None or own[1] != other[1]:
        return None
    known = dict(_SPACE.findall(packet[: own.start(3)]))
    new = []
    for name, space in _SPACE.findall(second[: other.start(3)]):
        if known.setdefault(name, space)[1:-1] != space[1:-1]:
            return None
        if name + b"=" not in packet[own.start() : own.start(3)]:
            new.append(b" " + name + b"=" + space)
    at, stop = own.end(2), own.end(3)
    return b"".join([packet[:at], *new, packet[at:stop], other[3], packet[stop:]])
