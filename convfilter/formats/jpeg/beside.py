"""What stands beside the pixels of a JPEG file, in segments: read here, and put into a new file.

Segments of XMP are those of Adobe's XMP specification, part 3 (1.1.3), those of Photoshop are of
its file formats (Adobe 2019); comments and the density without a unit are of JFIF (ITU-T T.871).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from convfilter.formats.pillow.writing import described
from convfilter.formats.segments import COMMENT as COMMENT_SEGMENT
from convfilter.formats.segments import PHOTOSHOP, Segment, comments, extended_xmp, segments
from convfilter.picture.image import COMMENT, Metadata
from convfilter.picture.metadata import comments_of, upright_xmp

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

__all__ = ["options_for", "said_by", "with_density"]

_NAME = "JPEG"
_EXIF_LIMIT, _XMP_LIMIT, _COMMENT_LIMIT = 65533, 65504, 65533
"""Bytes of a segment, of which each of them takes one at most."""

_PROFILE_LIMIT = 255 * 65519
"""Bytes of a colour profile, which may take 255 segments (ICC.1:2022, B.4)."""

_EXTENDED = b"http://ns.adobe.com/xmp/extension/\0"
_EXTENDED_PART = 65000
"""Bytes of a segment of the packet's second part."""

_EXTENDED_LIMIT = 1 << 26
_RESOURCES_PART = 65000

_APP1, _APP13 = 0xE1, 0xED
_JFIF_UNIT = 13
"""Where in a file that Pillow writes the unit of its density stands, 0 for none."""

_LARGEST_DENSITY = 65535


def said_by(picture: ImageFile, data: bytes, metadata: Metadata) -> tuple[Metadata, list[str]]:
    """Return what a file says, beyond what Pillow has found, and lines for what is lost.

    `metadata` is of a picture that has been turned upright; so is that which is returned.
    """
    lost = []
    found = [each for each in segments(data) if each.marker in (_APP1, _APP13, COMMENT_SEGMENT)]
    text = comments_of(comments(found))
    resources = _resources(found)
    if resources is None:
        lost.append("Photoshop's resources, which are damaged: left out")
    xmp = metadata.xmp
    more = extended_xmp(found)
    if more is not None:
        from convfilter.picture.xmp_parts import joined

        whole = joined(picture.info.get("xmp") or b"", more) if more else None
        if whole is None:
            lost.append("the part of the XMP packet beyond 64 KiB, which is damaged: left out")
        else:
            xmp = upright_xmp(whole)
    across, down = picture.info.get("jfif_density") or (0, 0)
    oblong = None
    if picture.info.get("jfif_unit") == 0 and across and down and across != down:
        oblong = float(across), float(down)
    # for EXIF without a resolution Pillow says 72 pixels per inch
    is_stated = picture.info.get("jfif_unit") in (1, 2) or _has_resolution(metadata.exif)
    dpi = metadata.dpi if is_stated and oblong is None else None
    said = replace(metadata, text=text, photoshop=resources or None, xmp=xmp)
    return replace(said, density=oblong, dpi=dpi), lost


def _has_resolution(exif: bytes | None) -> bool:
    if not exif:
        return False
    from convfilter.formats.exif.block import has_resolution

    return has_resolution(exif)


def _resources(found: Sequence[Segment]) -> bytes | None:
    """Return Photoshop's resources without pictures, None for damaged ones."""
    parts = (each.content for each in found if each.marker == _APP13)
    data = b"".join(part[len(PHOTOSHOP) :] for part in parts if part.startswith(PHOTOSHOP))
    if not data:
        return b""
    from convfilter.formats.exif.resources import MARK, without_pictures

    known = without_pictures(data)
    return known if not known or known.startswith(MARK) else None


def options_for(metadata: Metadata) -> tuple[dict[str, Any], list[str]]:
    """Return Pillow's options for metadata that fits segments, and a note for what does not."""
    notes = []
    exif = metadata.exif or None
    if exif:
        from convfilter.formats.exif.block import PREFIX

        exif = PREFIX + exif  # which Pillow wants from the caller
    if exif is not None and len(exif) > _EXIF_LIMIT:
        notes.append(f"the EXIF block is too long for {_NAME} and was left out")
        exif = None
    xmp, more = metadata.xmp, b""
    if xmp is not None and len(xmp) > _XMP_LIMIT:
        xmp, more = _in_two(xmp, notes)
    profile = metadata.icc_profile
    if profile is not None and len(profile) > _PROFILE_LIMIT:
        notes.append(f"the colour profile is too long for {_NAME} and was left out")
        profile = None
    pieces = [more]
    resources = metadata.photoshop or b""
    pieces += [
        _segment(_APP13, PHOTOSHOP, resources[at : at + _RESOURCES_PART])
        for at in range(0, len(resources), _RESOURCES_PART)
    ]
    for keyword, words in metadata.text:
        if keyword == COMMENT and len(words.encode()) > _COMMENT_LIMIT:
            notes.append(f"the comment is too long for {_NAME} and was left out")
        elif keyword == COMMENT:
            pieces.append(_segment(COMMENT_SEGMENT, words.encode()))
    options = described(replace(metadata, exif=exif, xmp=xmp, icc_profile=profile))
    density = _whole(metadata.density) if metadata.dpi is None else None
    if density is not None:
        options["dpi"] = density
    return {**options, "extra": b"".join(pieces)}, notes


def with_density(pieces: list[bytes], metadata: Metadata) -> list[bytes]:
    """Return a file whose density has no unit, if it is that of pixels of no known size."""
    if metadata.dpi is not None or _whole(metadata.density) is None:
        return pieces
    head = bytearray(pieces[0])
    head[_JFIF_UNIT] = 0
    return [bytes(head), *pieces[1:]]


def _whole(density: tuple[float, float] | None) -> tuple[int, int] | None:
    """Return a density in whole numbers of 16 bits, None where pixels are square."""
    if density is None or density[0] == density[1]:
        return None
    if all(value.is_integer() and value <= _LARGEST_DENSITY for value in density):
        return int(density[0]), int(density[1])
    ratio = Fraction(density[0] / density[1]).limit_denominator(_LARGEST_DENSITY)
    if not 0 < ratio.numerator <= _LARGEST_DENSITY:
        return None
    return ratio.numerator, ratio.denominator


def _in_two(packet: bytes, notes: list[str]) -> tuple[bytes | None, bytes]:
    """Return a packet that announces another one, and the segments of that, which is the given."""
    if len(packet) > _EXTENDED_LIMIT or b"\0" in packet:
        notes.append(f"the XMP packet is too long for {_NAME} and was left out")
        return None, b""
    import hashlib

    name = hashlib.md5(packet, usedforsecurity=False).hexdigest().upper().encode()
    first = (
        b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        b'<rdf:Description rdf:about="" xmlns:xmpNote="http://ns.adobe.com/xmp/note/"'
        b' xmpNote:HasExtendedXMP="' + name + b'"/></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
    )
    parts = [
        _segment(
            _APP1,
            _EXTENDED + name + struct.pack(">II", len(packet), at),
            packet[at : at + _EXTENDED_PART],
        )
        for at in range(0, len(packet), _EXTENDED_PART)
    ]
    return first, b"".join(parts)


def _segment(marker: int, *contents: bytes) -> bytes:
    content = b"".join(contents)
    return struct.pack(">BBH", 0xFF, marker, 2 + len(content)) + content
