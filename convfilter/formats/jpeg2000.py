"""JPEG 2000, as OpenJPEG reads and writes it: through Pillow, or by an extra beyond 8 bits.

What surrounds the codestream in a JP2 file (ISO/IEC 15444-1, annex I) is read and written here.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Sequence
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from convfilter.errors import ImageError, listed, shown
from convfilter.formats.boxes import boxes
from convfilter.formats.declaring import Effort, Format, Frame, Holds, Written
from convfilter.formats.declaring.limits import Limits
from convfilter.formats.declaring.needed import needed
from convfilter.formats.exif.block import upright_metadata
from convfilter.formats.pillow.reading import decoded, opened
from convfilter.formats.pillow.writing import encoded
from convfilter.picture.image import Image, Metadata
from convfilter.picture.metadata import INKS
from convfilter.picture.orientation import upright

__all__ = ["FORMAT", "read", "write"]

_EXTRA = "formats"
_CODESTREAM = b"\xff\x4f\xff\x51"
_SIGNATURE = b"\0\0\0\x0cjP  \r\n\x87\n"
_KIND = b"\0\0\0\x14ftypjp2 \0\0\0\0jp2 "
_LAST = b"\0\0\0\0jp2c"
"""The beginning of a box that reaches to the end without saying where that is."""

_EXIF = bytes.fromhex("4a706754696666457869662d3e4a5032")
_XMP = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
"""Names of boxes that hold metadata."""

_LAYING_OUT = (b"jP  ", b"ftyp", b"rreq", b"free", b"skip")

_CMYK, _SRGB, _GREY, _YCC = 12, 16, 17, 18
_BY_NUMBER = 1
_SMALLEST_TILE = 14
"""Bytes that every tile takes in a file."""


class _Codestream(NamedTuple):
    """What the header of a codestream says (ISO/IEC 15444-1, A.5.1); `size` is (columns, rows)."""

    size: tuple[int, int]
    bits: tuple[int, ...]
    is_signed: bool
    is_sampled: bool

    @classmethod
    def of(cls, data: bytes) -> _Codestream:
        if not data.startswith(_CODESTREAM):
            raise ValueError("no codestream")
        right, bottom, left, top, tile_columns, tile_rows, tile_left, tile_top, count = (
            struct.unpack_from(">8IH", data, 8) if len(data) >= 42 else (0,) * 9
        )
        parts = data[42 : 42 + 3 * count]
        if count == 0 or len(parts) < 3 * count:
            raise EOFError("the file is truncated")
        size = right - left, bottom - top
        if min(size) <= 0 or 0 in (tile_columns, tile_rows) or tile_left > left or tile_top > top:
            raise ValueError("a picture without pixels")
        tiles = -(-(right - tile_left) // tile_columns) * -(-(bottom - tile_top) // tile_rows)
        if tiles * _SMALLEST_TILE > len(data):
            raise EOFError("the file is truncated")
        return cls(
            size,
            tuple((depth & 0x7F) + 1 for depth in parts[::3]),
            any(depth & 0x80 for depth in parts[::3]),
            set(parts[1::3]) | set(parts[2::3]) != {1},
        )


class _Told(NamedTuple):
    """What the boxes of a file say: the number of its colours, None for others."""

    colours: int | None = None
    profile: bytes | None = None
    header: bytes = b""
    alpha: int | None = None
    is_premultiplied: bool = False
    has_palette: bool = False
    exif: bytes | None = None
    xmp: bytes | None = None
    codestream: bytes = b""
    others: tuple[str, ...] = ()

    def alone(self) -> bytes:
        """Return a file of the picture alone: decoders stumble over large boxes beside it."""
        if not self.header:
            return self.codestream
        return b"".join([_SIGNATURE, _KIND, self.header, _LAST, self.codestream])


def read(file: BinaryIO, limits: Limits) -> Image:
    """Read a file, or a bare codestream."""
    data = file.read()
    told = _Told(codestream=data) if data.startswith(_CODESTREAM) else _told(data)
    header = _Codestream.of(told.codestream)
    limits.check_size(header.size)
    limits.chosen()
    _check(header, told)
    notes: tuple[str, ...] = ()
    if set(header.bits) == {8}:
        from PIL.Jpeg2KImagePlugin import Jpeg2KImageFile

        with opened(io.BytesIO(told.alone()), Jpeg2KImageFile, FORMAT) as picture:
            if picture.mode == "CMYK":
                notes = (INKS,)
            # Pillow takes the size from a box beside the codestream, and memory for it
            if picture.size != header.size:
                raise ValueError("another picture than it states")
            pixels, alpha = decoded(picture, FORMAT, 8)
    else:
        # the decoder applies a profile that it finds
        pixels, alpha = _deep(told.codestream, header), told.alpha is not None
    if pixels.shape[:2] != header.size[::-1]:
        raise ValueError("another picture than it states")
    if told.others:
        names = listed(list(dict.fromkeys(told.others)))
        notes += (f"boxes that are not known here were left out: {names}",)
    metadata, orientation = upright_metadata(Metadata(told.profile), told.exif, told.xmp)
    return Image(upright(pixels, orientation), alpha, FORMAT.name, metadata, left_out=notes)


def _deep(data: bytes, header: _Codestream) -> NDArray[Any]:
    (bits,) = set(header.bits)
    with needed(_EXTRA, f"{FORMAT.name} of {bits} bits"):
        from convfilter.formats.extras import deep_jpeg2000
    return deep_jpeg2000.decoded(data, bits)


def _check(header: _Codestream, told: _Told) -> None:
    """Raise ImageError for what is not read exactly."""
    channels = len(header.bits)
    is_deep = set(header.bits) != {8}
    if len(set(header.bits)) > 1 or header.is_signed or max(header.bits) > 16:
        what = "channels of different bits, signed values, or more than 16 bits"
    elif told.is_premultiplied:
        what = "colours that are multiplied by alpha"
    elif told.colours not in (None, _SRGB, _GREY) and (
        is_deep or told.colours not in (_CMYK, _YCC)
    ):
        what = "colours of this kind"
    elif is_deep and (told.has_palette or header.is_sampled):
        what = "a palette, or colours of less resolution, of other than 8 bits"
    elif told.alpha is not None and told.alpha != channels - 1:
        what = "alpha that is not the last channel"
    elif channels - (told.alpha is not None) not in ((3, 4) if told.colours == _CMYK else (1, 3)):
        what = "channels besides grey or RGB of which none is said to be alpha"
    else:
        return
    raise ImageError(f"{FORMAT.name} with {what} is not supported: convert it to TIFF or PNG first")


def _told(data: bytes) -> _Told:
    told = _Told()
    for kind, content in boxes(memoryview(data)):
        if kind == b"jp2h":
            told = told._replace(header=_box(kind, bytes(content)))
            for inner, box in boxes(content):
                told = _of_header(told, inner, bytes(box))
        elif kind == b"uuid" and bytes(content[:16]) in (_EXIF, _XMP):
            block = bytes(content[16:])
            is_exif = bytes(content[:16]) == _EXIF
            told = told._replace(exif=block) if is_exif else told._replace(xmp=block)
        elif kind == b"jp2c" and not told.codestream:
            told = told._replace(codestream=bytes(content))
        elif kind not in _LAYING_OUT:
            told = told._replace(others=(*told.others, shown(kind.decode("latin-1"))))
    if not told.codestream:
        raise EOFError("the file is truncated")
    return told


def _of_header(told: _Told, kind: bytes, box: bytes) -> _Told:
    if kind == b"pclr":
        return told._replace(has_palette=True)
    if kind == b"colr" and told.colours is None and told.profile is None:
        if box[:1] == bytes([_BY_NUMBER]):
            return told._replace(colours=int.from_bytes(box[3:7], "big"))
        return told._replace(profile=box[3:] or None)
    if kind == b"cdef":
        for channel, meaning, _ in struct.iter_unpack(">3H", box[2 : 2 + (len(box) - 2) // 6 * 6]):
            if meaning in (1, 2):
                told = told._replace(alpha=channel, is_premultiplied=meaning == 2)
    return told


def write(frames: Sequence[Frame], plays: int, effort: Effort) -> Written:
    """Return a file: without a loss, or with a PSNR of 20 dB and a fourth of the quality."""
    (frame,) = frames
    decibels = None if effort.quality is None else 20 + effort.quality / 4
    if frame.pixels.dtype == np.uint8:
        from PIL import Jpeg2KImagePlugin  # noqa: F401 - which tells Pillow of the encoder

        options: dict[str, Any] = {"no_jp2": True}
        if decibels is not None:
            options |= {"quality_mode": "dB", "quality_layers": [decibels], "irreversible": True}
        stream = encoded("JPEG2000", [frame.pixels], **options)
    else:
        with needed(_EXTRA, f"{FORMAT.name} of more than 8 bits"):
            from convfilter.formats.extras import deep_jpeg2000
        stream = deep_jpeg2000.encoded(frame.pixels, decibels, effort)
    return _file(frame, stream), []


def _file(frame: Frame, stream: bytes) -> list[bytes]:
    pixels, metadata = frame.pixels, frame.metadata
    channels = 1 if pixels.ndim == 2 else pixels.shape[2]
    depth = 8 * pixels.dtype.itemsize - 1
    header = _box(b"ihdr", struct.pack(">IIH4B", *pixels.shape[:2], channels, depth, 7, 0, 0))
    if metadata.icc_profile:
        header += _box(b"colr", bytes((2, 0, 0)), metadata.icc_profile)
    else:
        colours = _GREY if channels < 3 else _SRGB
        header += _box(b"colr", struct.pack(">3BI", _BY_NUMBER, 0, 0, colours))
    if channels in (2, 4):
        rows = [(number, 0, number + 1) for number in range(channels - 1)] + [(channels - 1, 1, 0)]
        header += _box(
            b"cdef", struct.pack(">H", channels), *(struct.pack(">3H", *r) for r in rows)
        )
    pieces = [_SIGNATURE, _KIND, _box(b"jp2h", header)]
    for name, block in ((_EXIF, metadata.exif), (_XMP, metadata.xmp)):
        if block:
            pieces.append(_box(b"uuid", name, block))
    return [*pieces, _LAST, stream]


def _box(kind: bytes, *contents: bytes) -> bytes:
    content = b"".join(contents)
    return struct.pack(">I4s", 8 + len(content), kind) + content


FORMAT = Format(
    "JP2",
    suffixes=(".jp2", ".j2k", ".jpx", ".jpf", ".j2c", ".jpc"),
    signature=rb"\0\0\0\x0cjP  \r\n\x87\n|\xff\x4f\xff\x51",
    holds=Holds(depth=16, alpha=True, longest_side=1 << 31),
    keeps=frozenset({"profile", "EXIF", "XMP"}),
    quality="lossless",
    deep_extra=_EXTRA,
    read=read,
    write=write,
)
