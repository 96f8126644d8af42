"""JPEG XL, as libjxl reads and writes it through imagecodecs.

The boxes that a file may consist of (ISO/IEC 18181-2) are read and written here.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from convfilter.errors import ImageError
from convfilter.formats.boxes import boxes, unknown_boxes
from convfilter.formats.declaring import BEST_QUALITY, Effort, Format, Frame, Holds, Written
from convfilter.formats.declaring.limits import Limits
from convfilter.formats.exif.block import upright_metadata
from convfilter.formats.extras import jxl_header
from convfilter.formats.extras.depths import spread
from convfilter.formats.extras.jxl_header import CODESTREAM, Header
from convfilter.picture.image import CICP, Image, Metadata

__all__ = ["FORMAT", "read", "write"]

_SIGNATURE = b"\0\0\0\x0cJXL \r\n\x87\n"
_KIND = b"ftyp", b"jxl \0\0\0\0jxl "
_LEVEL = b"jxll", b"\x0a"
"""That a decoder has to be of level 10, as one of values beyond 8 bits has to."""

_BOXES = (b"JXL ", b"ftyp", b"jxlc", b"jxlp", b"jxll", b"jxli", b"jbrd", b"Exif", b"xml ", b"brob",
          b"jhgm", b"free", b"skip")  # fmt: skip
"""Those that are read, or lay out the file; what is lost of them has words of its own."""

_LONGEST_BOX = 1 << 24
"""Bytes of metadata that are unpacked."""

_ALPHA = (0,)
_SRGB = 1, 13
_EFFORTS = {"fast": 3, "small": 7}


def read(file: BinaryIO, limits: Limits) -> Image:
    """Read the first picture of a file; libjxl turns it upright."""
    data = file.read()
    parts = dict(_parts(data))
    header = Header.of(parts[CODESTREAM])
    limits.check_size(header.size)
    limits.chosen()
    if header.extra not in ((), _ALPHA) or header.premultiplied:
        raise ImageError(
            "JPEG XL with channels besides colours and one of alpha, or with colours that are"
            " multiplied by alpha, is not supported: convert it to TIFF or PNG first"
        )
    if header.bits > 16 and not header.is_float:
        raise ImageError(f"JPEG XL of {header.bits} bits is not supported: convert it to 16 bits")
    # one picture of an animation; without a number imagecodecs decodes all of them
    decoded = imagecodecs.jpegxl_decode(data, index=0 if header.animated else None)
    channels = header.channels + len(header.extra)
    pixels = _scaled(decoded.reshape(*decoded.shape[:2], channels), header)
    left_out = list(_left_out(parts, header))
    if not data.startswith(CODESTREAM):
        left_out += unknown_boxes(data, _BOXES)
    colours = header.colours if header.colours and header.colours != _SRGB else None
    said = ((CICP, bytes((*colours, 0, 1))),) if colours else ()
    metadata, _ = upright_metadata(
        Metadata(png_colour=said), parts.get(b"Exif", b"")[4:] or None, parts.get(b"xml ")
    )
    return Image(
        pixels[..., 0] if channels == 1 else pixels,
        bool(header.extra),
        FORMAT.name,
        metadata,
        left_out=tuple(left_out),
    )


def _scaled(values: NDArray[Any], header: Header) -> NDArray[Any]:
    if header.is_float:
        return values.astype(np.float32)
    return spread(values, header.bits)


def _left_out(parts: dict[bytes, bytes], header: Header) -> Iterator[str]:
    if header.animated:
        yield "the frames of the animation behind the first: left out"
    if header.has_profile and not header.is_lossy:  # else the decoder makes sRGB of it
        yield "the colour profile, which is not read from JPEG XL: left out"
    elif header.colours is None and not header.has_profile:
        yield "the description of colours, which has no numbers: left out"
    if b"brob" in parts:
        yield "compressed metadata that are damaged, or unknown: left out"
    if b"jhgm" in parts:
        yield "a gain map beside the picture: left out"


def _parts(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the codestream, put together, and what stands beside it, by its kind."""
    if data.startswith(CODESTREAM):
        yield CODESTREAM, data
        return
    pieces: list[bytes] = []
    for kind, content in boxes(memoryview(data)):
        inside = bytes(content)
        if kind == b"brob":
            kind, inside = _unpacked(inside)
        if kind == b"jxlc":
            pieces.append(inside)
        elif kind == b"jxlp":
            pieces.append(inside[4:])
        else:
            yield kind, inside
    yield CODESTREAM, b"".join(pieces)


def _unpacked(box: bytes) -> tuple[bytes, bytes]:
    """Return the kind and the content of a compressed box, itself if it cannot be unpacked."""
    kind = box[:4]
    if kind in (b"Exif", b"xml "):
        try:
            return kind, bytes(imagecodecs.brotli_decode(box[4:], out=_LONGEST_BOX))
        except Exception:  # noqa: BLE001 - whatever is wrong with it costs metadata alone
            return b"brob", b""
    return (kind if kind == b"jhgm" else b"brob"), b""


def write(frames: Sequence[Frame], plays: int, effort: Effort) -> Written:
    """Return a file: the pixels as they are, or of a quality as libjxl understands it."""
    (frame,) = frames
    numbers = dict(frame.metadata.png_colour).get(CICP)
    notes = []
    if effort.quality in (None, BEST_QUALITY):
        stream = _lossless(frame.pixels, effort)
        is_grey = Header.of(stream).channels == 1
        colours = jxl_header.colours_of(*(numbers[:2] if numbers else _SRGB), is_grey=is_grey)
        if colours is None:
            notes.append("the numbers of colours are none of JPEG XL's: left out")
        stream = jxl_header.with_header(stream, (), colours or _srgb(is_grey))
    else:
        stream = _lossy(frame.pixels, _distance(effort.quality), effort)
        if Header.of(stream).is_float and frame.pixels.dtype.kind != "f":
            notes.append("lossy JPEG XL of 16 bits with alpha is stored as floats")
        if numbers:
            notes.append("lossy JPEG XL is written as sRGB: the numbers of colours are left out")
    return _file(stream, frame), notes


def _srgb(is_grey: bool) -> list[tuple[int, int]]:
    return jxl_header.colours_of(*_SRGB, is_grey=is_grey) or []


def _lossless(pixels: NDArray[Any], effort: Effort) -> bytes:
    return _codestream(
        imagecodecs.jpegxl_encode(
            np.ascontiguousarray(pixels),
            lossless=True,
            effort=_EFFORTS[effort.compress],
            numthreads=effort.workers,
        )
    )


def _lossy(pixels: NDArray[Any], distance: float, effort: Effort) -> bytes:
    """Return a codestream; libjxl gets light of what has more than 8 bits, as imagecodecs says."""
    options: dict[str, Any] = {"distance": distance, "numthreads": effort.workers}
    if pixels.dtype == np.uint8:
        return _codestream(imagecodecs.jpegxl_encode(np.ascontiguousarray(pixels), **options))
    is_float = pixels.dtype.kind == "f"
    values = pixels.astype(np.float64) / (1 if is_float else 65535)
    colours = values[..., : 3 if values.ndim == 3 and values.shape[2] > 2 else 1]
    if values.ndim == 2:
        colours = values
    size = np.abs(colours)
    light = np.where(size <= 0.04045, size / 12.92, ((size + 0.055) / 1.055) ** 2.4)
    colours[...] = np.copysign(light, colours)
    stream = _codestream(imagecodecs.jpegxl_encode(values.astype(np.float32), **options))
    header = Header.of(stream)
    # alpha has been stored as floats, and values of two depths are more than decoders take
    depth = () if is_float or header.extra else jxl_header.BITS_16
    return jxl_header.with_header(stream, depth, _srgb(header.channels == 1))


def _distance(quality: int) -> float:
    """Return the distance that libjxl takes for a quality (JxlEncoderDistanceFromQuality)."""
    if quality >= 30:
        return 0.1 + (100 - quality) * 0.09
    return 53 / 3000 * quality**2 - 23 / 20 * quality + 25


def _codestream(data: bytes | bytearray) -> bytes:
    return dict(_parts(bytes(data)))[CODESTREAM]


def _file(stream: bytes, frame: Frame) -> list[bytes]:
    """Return a file: the stream alone where nothing stands beside it, else boxes."""
    metadata = frame.metadata
    beside = []
    if frame.pixels.dtype.itemsize > 1:
        beside.append(_LEVEL)
    if metadata.exif:
        beside.append((b"Exif", bytes(4) + metadata.exif))
    if metadata.xmp:
        beside.append((b"xml ", metadata.xmp))
    if not beside:
        return [stream]
    pieces = [_SIGNATURE]
    for kind, content in (_KIND, *beside, (b"jxlc", stream)):
        length = 8 + len(content)
        if length < 1 << 32:
            pieces += [struct.pack(">I4s", length, kind), content]
        else:
            pieces += [struct.pack(">I4sQ", 1, kind, length + 8), content]
    return pieces


FORMAT = Format(
    "JXL",
    suffixes=(".jxl",),
    signature=rb"\xff\x0a|\0\0\0\x0cJXL \r\n\x87\n",
    holds=Holds(depth=32, alpha=True, longest_side=1 << 30),
    keeps=frozenset({"EXIF", "XMP", "CICP"}),
    quality="lossless",
    compress=True,
    read=read,
    write=write,
    extra="formats",
)
