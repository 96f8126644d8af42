"""HEIC and HEIF, as libheif reads them through pi_heif, which brings no encoder.

pi_heif copies metadata, small pictures and depths of every picture of a file as soon as it is
opened, and ends the process where the name of an item is no text. So it is given a file of the
main picture alone, put together here, and metadata are taken from their items here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np
import pi_heif
from numpy.typing import NDArray

from convfilter.errors import ImageError, shown
from convfilter.formats.boxes import OF_PICTURES, Items, boxes, named, unknown_boxes
from convfilter.formats.declaring import Format, Holds
from convfilter.formats.declaring.limits import Limits, too_large, words_of
from convfilter.formats.exif.block import upright_metadata
from convfilter.formats.extras.depths import spread
from convfilter.formats.extras.items_file import HEIC, Item, file_of
from convfilter.picture.image import Image, Metadata

__all__ = ["FORMAT", "read"]

_PREMULTIPLIED = "a"
"""What modes end in where colours are multiplied by alpha."""

_CHANNELS = {"I": "L"}
"""Modes of deep grey, and of as many channels."""

_PICTURES = (b"hvc1", b"grid", b"iden", b"iovl")
"""Kinds of items that are decoded: HEVC, and what is put together of others."""

_MOST_PARTS = 1000
"""Items that libheif takes from a file."""

_DEEPEST, _MOST_DECODED = 4, 1 << 14
"""How far parts may lie within parts, and how many are decoded, however often each."""

_XMP = b"application/rdf+xml"
_LONGEST_ROW_OF_BYTES = 64
"""Columns up to which rows are padded to the same length, whether a value has one byte or two."""


def read(file: BinaryIO, limits: Limits) -> Image:
    """Read the main picture of a file: grey or RGB, with or without alpha.

    libheif turns it as the file's boxes say. The orientation of EXIF says nothing here
    (ISO/IEC 23008-12, A.2.1), and is reset.
    """
    data = file.read()
    items = Items.of(data)
    try:
        # rows keep their padding: pi_heif takes it away from as many bytes as the header claims
        picture = pi_heif.open_heif(
            _alone(items, data),
            convert_hdr_to_8bit=False,
            hdr_to_16bit=False,
            remove_stride=False,
        )
        limits.check_size(picture.size)
        limits.chosen()
        pixels, alpha = _pixels(picture)
    except SyntaxError as error:  # what libheif does not know
        raise _of_a_kind(words_of(error)) from error
    except MemoryError as error:
        raise too_large() from error
    profile = picture.info.get("icc_profile")
    found: dict[bytes, bytes] = {}
    left_out = [f"{what} beside the picture: left out" for what in items.further()]
    left_out += _metadata(items, data, found)
    left_out += unknown_boxes(data, OF_PICTURES)
    metadata, _ = upright_metadata(
        Metadata(profile or None, png_colour=() if profile else items.colours(data)),
        found.get(b"Exif") or None,
        found.get(b"mime") or None,
    )
    return Image(pixels, alpha, FORMAT.name, metadata, left_out=tuple(left_out))


def _of_a_kind(words: str) -> ImageError:
    return ImageError(
        f"this {FORMAT.name} file is of a kind that is not supported ({words}):"
        " convert it to PNG first"
    )


def _alone(items: Items, data: bytes) -> bytes:
    """Return a file of the main picture alone.

    Raises
    ------
    ValueError
        There is none, or not all of it.
    ImageError
        It is of a kind that is not decoded here.
    """
    if items.primary not in items.kinds:
        if any(box.kind == b"moov" for box in boxes(memoryview(data))):
            raise _of_a_kind("a sequence without a picture of its own")
        raise ValueError("no picture")
    alpha = items.alpha
    wholes = [items.primary] if alpha is None else [items.primary, alpha]
    _check_depth(items, wholes)
    parts = items.with_parts(wholes)
    numbers = {part: number for number, part in enumerate(parts, 1)}
    made: dict[int, Item] = {}
    left = len(data)
    for part, number in numbers.items():
        kind = items.kinds.get(part)
        if kind is None:
            raise ValueError("a part that is not there")
        if kind not in _PICTURES:
            raise _of_a_kind(f"pictures of kind {shown(kind.decode('latin-1'))}")
        content = b"" if kind == b"iden" else items.content(part, data)
        left -= len(content)
        if left < 0:
            raise ValueError("parts that overlap")
        made[number] = Item(kind, content, items.properties.get(part, ()))
    references = [
        (b"dimg", numbers[part], tuple(numbers[each] for each in items.made_of[part]))
        for part in parts
        if part in items.made_of
    ]
    primary = numbers[items.primary]
    if alpha is not None:
        references.append((b"auxl", numbers[alpha], (primary,)))
        if any((kind, source) == (b"prem", items.primary) for kind, source, _ in items.references):
            references.append((b"prem", primary, (numbers[alpha],)))
    return file_of(HEIC, primary, made, references)


def _check_depth(items: Items, wholes: list[int]) -> None:
    """Refuse what libheif would wait for without end, or decode again and again.

    Raises
    ------
    ValueError
        Parts lie within each other, too deeply, or are too many.
    """
    decoded = len(wholes)
    inside = Counter(wholes)  # how often each is decoded for what it is a part of
    for _ in range(_DEEPEST):
        times, inside = inside, Counter()
        for number, count in times.items():
            for part in items.made_of.get(number, ()):
                inside[part] += count
        decoded += inside.total()
        if len(inside) > _MOST_PARTS or decoded > _MOST_DECODED:
            raise ValueError("too many parts")
        if not inside or items.primary in inside:
            break
    if inside:
        raise ValueError("parts that lie within each other")


def _metadata(items: Items, data: bytes, found: dict[bytes, bytes]) -> Iterator[str]:
    """Put EXIF and XMP of the picture into `found`, and yield what is left out, in words."""
    of_it: set[int] = set()
    of_others: set[int] = set()
    for kind, source, targets in items.references:
        if kind == b"cdsc":
            (of_it if items.primary in targets else of_others).add(source)
    others = []
    of_others -= of_it
    for number, kind in items.kinds.items():
        is_xmp = kind == b"mime" and items.content_types.get(number) == _XMP
        if kind not in (b"Exif", b"mime", b"uri ") or number in of_others:
            continue
        if not (kind == b"Exif" or is_xmp) or number in items.encoded or kind in found:
            others.append(items.content_types.get(number) or kind)
            continue
        try:
            content = items.content(number, data)
        except ValueError:
            yield f"{'XMP' if is_xmp else 'EXIF'} that is damaged: left out"
            found[kind] = b""
            continue
        found[kind] = content if is_xmp else _block(content)
    if others:
        yield f"metadata of kind {named(others)}: left out"


def _block(content: bytes) -> bytes:
    """Return the EXIF block of an item, which says first how many bytes stand before it."""
    before = 4 + int.from_bytes(content[:4], "big")
    return content[before if before < len(content) else 4 :]


def _pixels(picture: pi_heif.HeifFile) -> tuple[NDArray[Any], bool]:
    """Return the decoded pixels and whether the last channel is alpha; deep ones are uint16.

    Raises
    ------
    ValueError
        What was decoded has not as many pixels or bits as the file says of it.
    """
    kind = picture.mode.partition(";")[0]
    if kind.endswith(_PREMULTIPLIED):
        raise ImageError(
            "its colours are multiplied by alpha, which is not supported: convert it to PNG first"
        )
    data = np.frombuffer(picture.data, np.uint8)  # decoded now, which may change the size
    columns, rows = picture.size
    bits = int(picture.info["bit_depth"])
    channels, dtype = len(_CHANNELS.get(kind, kind)), np.dtype("<u2" if bits > 8 else "u1")
    wide = columns * channels * dtype.itemsize
    if picture.stride < wide or data.size < rows * picture.stride:
        raise ValueError(f"{columns}x{rows} pixels that are not there")
    if channels == 1 and bits == 8 and picture.stride >= 2 * max(columns, _LONGEST_ROW_OF_BYTES):
        raise ValueError("pixels of more bits than it says")
    lines = data[: rows * picture.stride].reshape(rows, picture.stride)[:, :wide]
    shape = (rows, columns) if channels == 1 else (rows, columns, channels)
    values = np.array(lines).view(dtype).reshape(shape)  # memory of its own
    return (values if bits == 8 else spread(values, bits)), kind.endswith("A")


FORMAT = Format(
    "HEIC",
    suffixes=(".heic", ".heif", ".hif"),
    signature=rb"....ftyp(hei[cxms]|hev[cxms]|(mif1|msf1|miaf)....(?!(....){0,12}?avi[fs]))",
    holds=Holds(depth=16, alpha=True),
    keeps=frozenset({"profile", "EXIF", "XMP", "CICP"}),
    read=read,
    extra="heic",
)
