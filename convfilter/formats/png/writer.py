"""Write PNG: rows filtered by a compiled loop, compressed in bands by several threads.

The format is that of the PNG specification, third edition. All bands together are one zlib stream:
each is compressed by itself and ends on a byte, without references to the bands before it, as
RFC 1950 and RFC 1951 allow.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from isal import isal_zlib
from numpy.typing import NDArray

from convfilter.formats.deflate import WITHOUT_HEADER, deflated
from convfilter.formats.png.beside import is_reserved
from convfilter.formats.png.chunks import (
    BACKGROUND,
    LARGEST_CONTENT,
    SIGNATURE,
    chunk,
    header_chunk,
)
from convfilter.picture.image import Metadata
from convfilter.runtime.compiled import loop
from convfilter.runtime.threads import check_workers, run_bands

__all__ = ["Compressing", "compressed", "encode", "head", "storable"]

_COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}
_METRES_PER_INCH = 0.0254
_ADLER_MODULUS = 65521
_FAST, _SMALL = b"\x78\x01", b"\x78\xda"
"""Headers of a zlib stream with a window of 32 KiB: compressed fast, and as small as can be."""

_BAND_BYTES = {"fast": 1 << 20, "small": 1 << 22}
"""Bytes of a band before it is compressed. They do not depend on the number of threads, so that the
file does not either."""

_NANOSECONDS = 3
"""About what a byte takes to be filtered and compressed fast."""

_KEYWORD = r"[!-~\xa1-\xff]+(?: [!-~\xa1-\xff]+)*"
_LATIN_TEXT = r"[\n -~\xa1-\xff]*"


class _Band(NamedTuple):
    """A part of the zlib stream, the last one if it `ends`.

    `length` and `adler` are those of the uncompressed bytes.
    """

    pieces: Sequence[bytes]
    length: int
    adler: int
    ends: bool


def encode(
    pixels: NDArray[Any], metadata: Metadata, compress: str = "fast", workers: int | None = None
) -> list[bytes]:
    """Return the file in pieces, to be written one after the other.

    The bytes depend on the processor only in how ISA-L compresses on it, never on `workers`.

    Parameters
    ----------
    pixels : ndarray
        ``(H, W)`` or ``(H, W, C)`` with 1 to 4 channels (grey, grey with alpha, RGB, RGBA) of uint8
        or uint16, with at least one pixel; any strides and byte order.
    metadata : Metadata
        What `storable` leaves of it.
    compress : str
        ``"fast"``: ISA-L. ``"small"``: zlib's best effort on each band twice, with filtered rows
        and with plain ones, of which the smaller stays.
    workers : int, optional
        Number of threads; by default all CPUs.
    """
    pieces = head(pixels, metadata)
    for data in compressed(pixels, compress, workers):
        pieces += chunk(b"IDAT", *data)
    return [*pieces, *chunk(b"IEND")]


def head(pixels: NDArray[Any], metadata: Metadata) -> list[bytes]:
    """Return what stands before the pixels: the signature and the first chunks."""
    height, width = pixels.shape[:2]
    bits, colour_type = 8 * pixels.dtype.itemsize, _COLOUR_TYPES[_channels(pixels)]
    return [SIGNATURE, *header_chunk(width, height, bits, colour_type), *_described(metadata)]


def compressed(
    pixels: NDArray[Any], compress: str = "fast", workers: int | None = None
) -> list[list[bytes]]:
    """Return the pixels as one zlib stream, cut into the contents of chunks, each in pieces."""
    compressing = Compressing(pixels, compress, check_workers(workers))
    high = compressing.rows
    return compressing.take([pixels[top : top + high] for top in range(0, len(pixels), high)])


class Compressing:
    """Makes one zlib stream of rows that come from the first one on, cut into contents of chunks.

    Of `pixels` shape and dtype count alone. Rows come in groups of `rows`, the last one of fewer.
    """

    def __init__(self, pixels: NDArray[Any], compress: str, workers: int) -> None:
        height, width = pixels.shape[:2]
        self._step = _channels(pixels) * pixels.dtype.itemsize
        self._row_bytes = self._step * width
        self._compress, self._workers = compress, workers
        self.rows = min(height, max(1, _BAND_BYTES[compress] // (self._row_bytes + 1)))
        self._above = np.zeros(self._row_bytes, np.uint8)
        self._left = height
        self._adler = 1
        self._header = _FAST if compress == "fast" else _SMALL
        self._loop = loop("formats.png.loops.filter_rows")

    def take(self, groups: Sequence[NDArray[Any]]) -> list[list[bytes]]:
        """Take further groups of rows; return the contents of chunks for them, in pieces."""
        bands: list[_Band | None] = [None] * len(groups)
        lefts = [self._left]
        for group in groups:
            lefts.append(lefts[-1] - len(group))

        def work(start: int, stop: int) -> None:
            scratch = np.empty((5, self._row_bytes + self._step), np.uint8)
            out = np.empty((self.rows, self._row_bytes + 1), np.uint8)
            for number in range(start, stop):
                above = _row_bytes(groups[number - 1][-1:])[0] if number else self._above
                ends = lefts[number + 1] == 0
                bands[number] = self._band(groups[number], above, scratch, out, ends)

        run_bands(len(groups), self.rows * self._row_bytes * _NANOSECONDS, self._workers, work)
        self._left = lefts[-1]
        if groups:
            self._above = _row_bytes(groups[-1][-1:])[0].copy()
        return [self._content(band) for band in bands if band is not None]

    def _band(
        self,
        rows: NDArray[Any],
        above: NDArray[np.uint8],
        scratch: NDArray[np.uint8],
        out: NDArray[np.uint8],
        ends: bool,
    ) -> _Band:
        plain = _row_bytes(rows)
        filtered = out[: len(plain)]
        self._loop(above, plain, self._step, scratch, filtered)
        if self._compress == "fast":
            pieces = deflated(filtered.reshape(-1), WITHOUT_HEADER, _flush(ends))
            return _band(pieces, filtered, ends)
        return _smallest(filtered, plain, ends)

    def _content(self, band: _Band) -> list[bytes]:
        """Return a band as the next part of the stream."""
        pieces = [self._header, *band.pieces] if self._header else list(band.pieces)
        self._header = b""
        self._adler = _combined_adler(self._adler, band.adler, band.length)
        if band.ends:
            pieces.append(struct.pack(">I", self._adler))
        return pieces


def _channels(pixels: NDArray[Any]) -> int:
    return 1 if pixels.ndim == 2 else pixels.shape[2]


def storable(metadata: Metadata, pixels: NDArray[Any]) -> tuple[Metadata, list[str]]:
    """Return what of the metadata can be stored and will be read again; a note for what cannot."""
    notes: list[str] = []
    if metadata.png_chunks:
        metadata = replace(metadata, png_chunks=_fitting(metadata.png_chunks, pixels, notes))
    if b"\0" in (metadata.xmp or b""):  # readers would take it for the end
        notes.append("an XMP packet with zeros cannot be stored in PNG: left out")
        metadata = replace(metadata, xmp=None)
    too_long = f"has more than {LARGEST_CONTENT >> 20} MiB and was left out"
    if len(metadata.icc_profile or b"") > LARGEST_CONTENT:
        notes.append(f"the colour profile {too_long}")
        metadata = replace(metadata, icc_profile=None)
    if len(metadata.exif or b"") > LARGEST_CONTENT:
        notes.append(f"the EXIF block {too_long}")
        metadata = replace(metadata, exif=None)
    room = LARGEST_CONTENT - len(metadata.xmp or b"")
    if room < 0:
        notes.append(f"the XMP packet {too_long}")
        metadata = replace(metadata, xmp=None)
        room = LARGEST_CONTENT
    text = []
    for keyword, words in metadata.text:
        stored = _stored(words) if _holds_text(keyword, words) else None
        if stored is None:
            notes.append(f"the text {keyword!r} cannot be stored in PNG and was left out")
        elif len(stored[1]) > room:
            notes.append(f"the text {keyword!r}, with others, {too_long}")
        else:
            room -= len(stored[1])
            text.append((keyword, words))
    return replace(metadata, text=tuple(text)) if metadata.text else metadata, notes


def _holds_text(keyword: str, text: str) -> bool:
    """Tell whether a text can be stored under its keyword of 1 to 79 Latin-1 characters."""
    if len(keyword) > 79 or not re.fullmatch(_KEYWORD, keyword) or "\0" in text:
        return False
    return not (re.search("[\ud800-\udfff]", text) or is_reserved(keyword))


def _stored(text: str) -> tuple[bool, bytes]:
    """Return whether a text is plain, in Latin-1, or else in UTF-8, and its bytes."""
    is_plain = re.fullmatch(_LATIN_TEXT, text) is not None
    return is_plain, text.encode("latin-1" if is_plain else "utf-8")


def _row_bytes(part: NDArray[Any]) -> NDArray[np.uint8]:
    """Return rows in the byte order of the file, (rows, bytes), without a copy if possible."""
    ordered = np.ascontiguousarray(part, part.dtype.newbyteorder(">"))
    return ordered.reshape(len(part), -1).view(np.uint8)


def _flush(ends: bool) -> int:
    return zlib.Z_FINISH if ends else zlib.Z_FULL_FLUSH


def _band(pieces: Sequence[bytes], filtered: NDArray[np.uint8], ends: bool) -> _Band:
    return _Band(pieces, filtered.size, isal_zlib.adler32(filtered), ends)


def _smallest(filtered: NDArray[np.uint8], plain: NDArray[np.uint8], ends: bool) -> _Band:
    unfiltered = np.zeros_like(filtered)
    unfiltered[:, 1:] = plain
    bands = []
    for rows, strategy in ((filtered, zlib.Z_FILTERED), (unfiltered, zlib.Z_DEFAULT_STRATEGY)):
        stream = zlib.compressobj(9, zlib.DEFLATED, -15, 9, strategy)
        bands.append(_band([stream.compress(rows.data), stream.flush(_flush(ends))], rows, ends))
    return min(bands, key=lambda band: sum(map(len, band.pieces)))


def _combined_adler(first: int, second: int, length: int) -> int:
    """Return the Adler-32 of two strings in a row; `length` is that of the second (RFC 1950)."""
    low = (first & 0xFFFF) + (second & 0xFFFF) - 1
    high = (first >> 16) + (second >> 16) + length * ((first & 0xFFFF) - 1)
    return (high % _ADLER_MODULUS) << 16 | low % _ADLER_MODULUS


def _described(metadata: Metadata) -> list[bytes]:
    """Return the chunks that stand before the pixels."""
    chunks: list[bytes] = []
    for kind, data in metadata.png_colour:
        chunks += chunk(kind, data)
    if metadata.icc_profile:
        profile = zlib.compress(metadata.icc_profile, 9)
        chunks += chunk(b"iCCP", b"ICC Profile\0\0", profile)
    if metadata.dpi is not None:
        across, down = (max(1, round(value / _METRES_PER_INCH)) for value in metadata.dpi)
        chunks += chunk(b"pHYs", struct.pack(">IIB", across, down, 1))
    elif metadata.density is not None and metadata.density[0] != metadata.density[1]:
        across, down = _ratio(metadata.density)
        chunks += chunk(b"pHYs", struct.pack(">IIB", across, down, 0))
    if metadata.exif:
        chunks += chunk(b"eXIf", metadata.exif)
    if metadata.photoshop:
        chunks += chunk(b"zTXt", _raw_profile(metadata.photoshop))
    for kind, data in metadata.png_chunks:
        chunks += chunk(kind, data)
    if metadata.xmp:
        # as Adobe's XMP specification, part 3, has it
        chunks += chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0", metadata.xmp)
    for keyword, text in metadata.text:
        name = keyword.encode("latin-1")
        is_plain, data = _stored(text)
        if is_plain:
            chunks += chunk(b"tEXt", name + b"\0", data)
        else:
            # neither compressed, nor in a stated language, nor with a translated keyword
            chunks += chunk(b"iTXt", name + b"\0\0\0\0\0", data)
    return chunks


def _ratio(density: tuple[float, float]) -> tuple[int, int]:
    """Return two numbers of pixels per the same length, in whole numbers of 32 bits."""
    most = 2**32 - 1
    if all(value.is_integer() and value <= most for value in density):
        return int(density[0]), int(density[1])
    from fractions import Fraction

    ratio = Fraction(density[0] / density[1]).limit_denominator(1 << 16)
    return min(max(ratio.numerator, 1), most), ratio.denominator


def _raw_profile(resources: bytes) -> bytes:
    """Return the content of a chunk that holds Photoshop's resources, as ImageMagick does."""
    digits = resources.hex()
    lines = "\n".join(digits[at : at + 72] for at in range(0, len(digits), 72))
    text = f"\n8bim\n{len(resources):8}\n{lines}\n".encode()
    return b"Raw profile type 8bim\0\0" + zlib.compress(text)


def _fitting(
    given: Sequence[tuple[bytes, bytes]], pixels: NDArray[Any], notes: list[str]
) -> tuple[tuple[bytes, bytes], ...]:
    """Return chunks of which the background is that of these pixels."""
    from convfilter.formats.png.background import fitting

    fit = []
    for kind, data in given:
        if kind == BACKGROUND:
            own = fitting(data, 8 * pixels.dtype.itemsize, _channels(pixels) > 2)
            if own is None:
                notes.append("a coloured background has no place in a grey picture: left out")
                continue
            data = own
        fit.append((kind, data))
    return tuple(fit)
