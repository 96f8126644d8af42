"""BMP, as Pillow reads and writes it; its profile, and alpha of 16 bits to a pixel, are read here.

The headers are those of Microsoft's documentation of BITMAPINFOHEADER, BITMAPV4HEADER and
BITMAPV5HEADER.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL.BmpImagePlugin import BmpImageFile

from convfilter.formats.behind import behind
from convfilter.formats.declaring import Effort, Format, Frame, Holds, Written
from convfilter.formats.declaring.limits import Limits
from convfilter.formats.pillow.reading import read_single
from convfilter.formats.pillow.writing import described, encoded
from convfilter.picture.image import Image, Metadata
from convfilter.picture.metadata import resolution_of

__all__ = ["FORMAT", "read", "write"]

_START = struct.Struct("<2sIHHI")
"""What stands before the header: the mark, the file's length, nothing, and where pixels begin."""

_PER_METRE_AT, _MASKS_AT, _PROFILE_AT = 24, 40, 112
"""Where in a header the pixels per metre stand, the masks of red, green, blue and alpha, and the
place of a profile."""

_METRES_PER_INCH = 0.0254

_V4, _V5 = 108, 124
_BY_MASKS, _WITH_ALPHA = 3, 6
_EMBEDDED, _LINKED = b"DEBM", b"KNIL"
_PERCEPTUAL = 4


class _Header(NamedTuple):
    """What the header of a file says, as far as Pillow does not tell it.

    `masks` are of red, green, blue and alpha.
    """

    size: tuple[int, int]
    is_downwards: bool
    bits: int
    packing: int
    pixels: int
    length: int
    masks: tuple[int, int, int, int]
    colours: bytes
    profile: tuple[int, int]
    per_metre: tuple[int, int]

    @classmethod
    def of(cls, data: bytes) -> _Header | None:
        """Return the header, None where there is an older one."""
        if len(data) < _START.size + _MASKS_AT:
            return None
        pixels = _START.unpack_from(data)[4]
        head = data[_START.size :]
        length, width, height, _, bits, packing = struct.unpack_from("<IiiHHI", head)
        if length < _MASKS_AT or len(head) < length:
            return None
        has_alpha = length >= _MASKS_AT + 16 or packing == _WITH_ALPHA
        masks = struct.unpack_from("<4I", head.ljust(_MASKS_AT + 16, b"\0"), _MASKS_AT)
        colours, profile = b"", (0, 0)
        if length >= _V4:
            colours = head[_MASKS_AT + 16 : _MASKS_AT + 20]
        if length >= _V5:
            profile = struct.unpack_from("<II", head, _PROFILE_AT)
        return cls(
            (width, abs(height)),
            height < 0,
            bits,
            packing,
            pixels,
            length,
            masks if has_alpha else (*masks[:3], 0),
            colours,
            profile,
            struct.unpack_from("<ii", head, _PER_METRE_AT),
        )

    @property
    def has_few_bits_of_alpha(self) -> bool:
        """Whether a pixel has 16 bits, of which some are alpha."""
        return self.bits == 16 and self.packing in (_BY_MASKS, _WITH_ALPHA) and self.masks[3] != 0


def read(file: BinaryIO, limits: Limits) -> Image:
    """Read a file; of values with more than 8 bits Pillow refuses the header."""
    data = file.read()
    header = _Header.of(data)
    file.seek(0)
    if header is not None and header.has_few_bits_of_alpha:
        limits.check_size(header.size)
        limits.chosen()
        dpi = resolution_of(_METRES_PER_INCH * value for value in header.per_metre)
        picture = Image(_unpacked(data, header), True, FORMAT.name, Metadata(dpi=dpi))
        return _beside(picture, data, header)
    image = read_single(file, BmpImageFile, FORMAT, limits, lambda _: 8)
    return image if header is None else _beside(image, data, header)


def _beside(image: Image, data: bytes, header: _Header) -> Image:
    """Return the picture with its profile, and with lines for what is left out."""
    lines = []
    profile = None
    start, length = header.profile
    start += _START.size
    if header.colours == _EMBEDDED:
        profile = data[start : start + length]
        if not length or len(profile) < length:
            profile = None
            lines.append("the colour profile, which is damaged: left out")
    elif header.colours == _LINKED:
        lines.append("the name of a file with a colour profile: left out")
    elif header.colours == bytes(4) and header.length >= _V4 and any(_calibration(data)):
        lines.append("the description of colours: left out")
    stated = _START.unpack_from(data)[1]
    if header.pixels <= stated < len(data):
        lines += behind(data[max(stated, start + length if profile else 0) :])
    metadata = replace(image.metadata, icc_profile=profile)
    return replace(image, metadata=metadata, left_out=(*image.left_out, *lines))


def _calibration(data: bytes) -> bytes:
    """Return the primaries and curves of a header of 108 bytes or more."""
    start = _START.size + _MASKS_AT + 20
    return data[start : start + 48]


def _unpacked(data: bytes, header: _Header) -> NDArray[np.uint8]:
    """Return pixels (H, W, 4) of which 16 bits hold red, green, blue and alpha."""
    width, height = header.size
    if min(width, height) <= 0:
        raise ValueError("a picture without pixels")
    stride = -(-2 * width // 4) * 4
    stop = header.pixels + stride * height
    if stop > len(data):
        raise EOFError("the file is truncated")
    rows = np.frombuffer(data[header.pixels : stop], "<u2").reshape(height, -1)[:, :width]
    rows = rows if header.is_downwards else rows[::-1]
    planes = [_of_mask(rows, mask) for mask in header.masks]
    return np.ascontiguousarray(np.stack(planes, axis=2))


def _of_mask(values: NDArray[Any], mask: int) -> NDArray[np.uint8]:
    if not 0 < mask < 1 << 16:
        raise ValueError("a mask without bits")
    low = (mask & -mask).bit_length() - 1
    largest = mask >> low
    if largest & (largest + 1):
        raise ValueError("a mask with holes")
    part = ((values & np.uint16(mask)) >> np.uint16(low)).astype(np.uint32)
    return ((2 * part * 255 + largest) // (2 * largest)).astype(np.uint8)


def write(frames: Sequence[Frame], plays: int, effort: Effort) -> Written:
    """Return a file of a picture, grey or RGB."""
    (frame,) = frames
    metadata = frame.metadata
    file = encoded("BMP", [frame.pixels], **described(replace(metadata, icc_profile=None)))
    if metadata.icc_profile is None:
        return [file], []
    return [_with_profile(file, metadata.icc_profile)], []


def _with_profile(file: bytes, profile: bytes) -> bytes:
    """Return a file with the longest header, and the profile behind the pixels."""
    mark, length, *_, pixels = _START.unpack_from(file)
    head = bytearray(file[_START.size : _START.size + _MASKS_AT].ljust(_V5, b"\0"))
    more = _V5 - _MASKS_AT
    struct.pack_into("<I", head, 0, _V5)
    head[_MASKS_AT + 16 : _MASKS_AT + 20] = _EMBEDDED
    place = length + more - _START.size
    struct.pack_into("<I", head, _PROFILE_AT - 4, _PERCEPTUAL)
    struct.pack_into("<II", head, _PROFILE_AT, place, len(profile))
    start = _START.pack(mark, length + more + len(profile), 0, 0, pixels + more)
    return start + bytes(head) + file[_START.size + _MASKS_AT :] + profile


FORMAT = Format(
    "BMP",
    suffixes=(".bmp",),
    signature=rb"BM",
    holds=Holds(depth=8),
    keeps=frozenset({"profile", "resolution"}),
    read=read,
    write=write,
)
