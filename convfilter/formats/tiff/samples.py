"""Samples of TIFF pages, decoded here: 16-bit colour and floats, and what is stored plainly.

Pillow reduces 16-bit colour to 8 bits, does not know all floats, and gives grey of 8 bits whose
alpha stands apart in the wrong places. Bytes that are deflated or not compressed it reads well, but
ISA-L and threads are several times faster. Other compressions are left to its libtiff: whatever the
samples are, a compressed strip is bytes, and so is a small grey picture of 8 bits.
"""

from __future__ import annotations

import io
import struct
import threading
from typing import Any, NamedTuple

import numpy as np
from isal import isal_zlib
from numpy.typing import NDArray

from convfilter.errors import ImageError
from convfilter.formats.exif.ifd import Directory, Source
from convfilter.runtime import memory
from convfilter.runtime.threads import default_workers, run_bands

__all__ = ["Storage"]

_BITS, _COMPRESSION, _PHOTOMETRIC, _FILL_ORDER, _SAMPLES = 258, 259, 262, 266, 277
_ROWS, _PLANES, _PREDICTOR, _EXTRA, _KIND_OF_SAMPLES = 278, 284, 317, 338, 339
_TILE_WIDTH, _TILE_HEIGHT = 322, 323
_STRIPS, _TILES = (273, 279), (324, 325)
"""Tags of the offsets of strips or tiles, and of their lengths."""

_DTYPES = {
    **{(kind, bits): f"uint{bits}" for kind in (1, 4) for bits in (8, 16)},
    **{(3, bits): f"float{bits}" for bits in (32, 64)},
}
"""By the kind of samples and their bits; samples of no kind are whole numbers."""

_NONE, _DEFLATE, _OLD_DEFLATE = 1, 8, 32946
_LZW, _PACKBITS, _LZMA, _ZSTANDARD = 5, 32773, 34925, 50000
_PLAIN = (_NONE, _DEFLATE, _OLD_DEFLATE)
_WITH_DIFFERENCES = (_LZW, _DEFLATE, _OLD_DEFLATE, _LZMA, _ZSTANDARD)
_OTHER_COMPRESSIONS = {2: "CCITT", 3: "fax", 4: "fax", 6: "old JPEG", 7: "JPEG", 34712: "JPEG 2000",
                       34887: "LERC", 50001: "WebP", 50002: "JPEG XL"}  # fmt: skip
_NO_DIFFERENCES, _DIFFERENCES, _FLOAT_DIFFERENCES = 1, 2, 3
_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB = 0, 1, 2
_COLOURS = {_WHITE_IS_ZERO: 1, _BLACK_IS_ZERO: 1, _RGB: 3}
_OTHER_COLOURS = {3: "palette", 4: "mask", 5: "CMYK", 6: "YCbCr", 8: "CIELAB", 9: "ICCLAB",
                  10: "ITULAB", 32803: "colour filter array", 34892: "linear raw"}  # fmt: skip
_ASSOCIATED, _UNASSOCIATED = 1, 2
_APART = 2

_LARGEST_TILE = 1 << 24
"""Pixels of a tile that may be larger than the picture."""

_NANOSECONDS = 2.0
"""About what a byte takes to be inflated and added up."""


class Storage(NamedTuple):
    """How the samples of a page are stored, as its tags state it.

    Attributes
    ----------
    size : (int, int)
        Columns and rows of the page.
    part_size : (int, int)
        Columns and rows of a strip or tile.
    is_tiled : bool
    dtype : dtype
        Of a sample, in the byte order of the file.
    samples : int
        Of a pixel.
    apart : bool
        Whether the first sample of all pixels comes before all second ones.
    photometric, compression, predictor, fill_order : int
        As the tags of these names have it.
    extra : tuple of int
        What samples beyond the colours mean.
    offsets, lengths : list of int
        Of the strips or tiles, in bytes.
    """

    size: tuple[int, int]
    part_size: tuple[int, int]
    is_tiled: bool
    dtype: np.dtype[Any]
    samples: int
    apart: bool
    photometric: int
    compression: int
    predictor: int
    fill_order: int
    extra: tuple[int, ...]
    offsets: list[int]
    lengths: list[int]

    @classmethod
    def of(cls, source: Source, page: Directory, size: tuple[int, int]) -> Storage | None:
        """Read the tags of a page; None for samples that are never decoded here."""

        def whole(tag: int, otherwise: int) -> int:
            value = source.whole(page.fields.get(tag))
            return otherwise if value is None else value

        samples = whole(_SAMPLES, 1)
        kinds = source.numbers(page.fields.get(_KIND_OF_SAMPLES))[:samples] or (1,)
        bits = source.numbers(page.fields.get(_BITS))[:samples] or (1,)
        name = _DTYPES.get((int(kinds[0]), int(bits[0])))
        if name is None or len(set(kinds)) > 1 or len(set(bits)) > 1:
            return None
        width, height = size
        is_tiled = _TILE_WIDTH in page.fields
        part_size = width, min(whole(_ROWS, height), height)
        if is_tiled:
            part_size = whole(_TILE_WIDTH, 0), whole(_TILE_HEIGHT, 0)
        offsets, lengths = (
            source.wholes(page.fields.get(tag)) for tag in (_TILES if is_tiled else _STRIPS)
        )
        return cls(
            size,
            part_size,
            is_tiled,
            np.dtype(name).newbyteorder(source.layout.order),
            samples,
            samples > 1 and whole(_PLANES, 1) == _APART,
            whole(_PHOTOMETRIC, _WHITE_IS_ZERO),  # which libtiff takes for granted
            whole(_COMPRESSION, _NONE),
            whole(_PREDICTOR, _NO_DIFFERENCES),
            whole(_FILL_ORDER, 1),
            tuple(map(int, source.numbers(page.fields.get(_EXTRA)))),
            offsets,
            lengths,
        )

    @property
    def needs_this_reader(self) -> bool:
        """Whether Pillow would lose something of the samples."""
        bits = 8 * self.dtype.itemsize
        if bits == 8:
            return self.samples == 2 and self.apart
        return self.dtype.kind == "f" or self.samples > 1

    @property
    def is_plain(self) -> bool:
        """Whether samples that Pillow reads as well are read here, to the same pixels."""
        colours = _COLOURS.get(self.photometric)
        is_known = self.samples == colours or (
            self.samples == (colours or 0) + 1 and self.extra == (_UNASSOCIATED,)
        )
        return (
            is_known
            and self.compression in _PLAIN
            and self.predictor in (_NO_DIFFERENCES, _DIFFERENCES)
            and self.fill_order == 1
        )

    def check(self) -> None:
        """Refuse what is not supported.

        Raises
        ------
        ImageError
        """
        colours = _COLOURS.get(self.photometric)
        if colours is None:
            name = _OTHER_COLOURS.get(self.photometric, self.photometric)
            raise ImageError(f"{name} colours are not supported: convert to RGB first")
        if self.samples != colours and not (
            self.samples == colours + 1 and self.extra in ((_ASSOCIATED,), (_UNASSOCIATED,))
        ):
            raise ImageError(
                f"{self.samples} channels of TIFF that are not grey or RGB, each with or without"
                " alpha, are not supported: save those that you need"
            )
        if self.compression not in (_NONE, _PACKBITS, *_WITH_DIFFERENCES):
            name = _OTHER_COMPRESSIONS.get(self.compression, self.compression)
            raise ImageError(
                f"{name} compression of deep TIFF is not supported: save it with LZW, deflate or"
                " none"
            )
        predictors = (_NO_DIFFERENCES, _DIFFERENCES, _FLOAT_DIFFERENCES)
        if self.predictor not in predictors or self.fill_order != 1:
            raise ImageError("this kind of TIFF is not supported: save it anew")

    def pixels(self, source: Source) -> tuple[NDArray[Any], bool]:
        """Return the pixels (H, W) or (H, W, C), and whether the last channel is alpha.

        Raises
        ------
        EOFError, ValueError
            For damage.
        """
        planes, samples = (self.samples, 1) if self.apart else (1, self.samples)
        width, height = self.size
        native = self.dtype.newbyteorder("=")
        pixels = memory.empty((planes, height, width, samples), native)
        self._fill(pixels, source)
        picture = np.moveaxis(pixels[..., 0], 0, -1) if self.apart else pixels[0]
        if self.photometric == _WHITE_IS_ZERO:
            colours = picture[..., :1]
            colours[...] = _white(native) - colours
        alpha = self.samples in (2, 4)
        if alpha and self.extra[0] == _ASSOCIATED:
            picture = _divided(picture)
        picture = np.ascontiguousarray(picture)
        return (picture[..., 0] if self.samples == 1 else picture), alpha

    def _fill(self, pixels: NDArray[Any], source: Source) -> None:
        """Decode all strips or tiles into the planes, (planes, H, W, samples)."""
        planes, height, width, samples = pixels.shape
        wide, high = self.part_size
        if min(wide, high) < 1 or high * wide > max(height * width, _LARGEST_TILE):
            raise ValueError("the tiles are larger than the picture")
        across, down = -(-width // wide), -(-height // high)
        parts = planes * across * down
        row_bytes = wide * samples * self.dtype.itemsize
        # where lengths are not stated, what is compressed knows its own end
        lengths = self.lengths or [source.size] * parts
        if min(len(self.offsets), len(lengths)) < parts:
            raise EOFError("strips are missing")
        reading = threading.Lock()

        def work(start: int, stop: int) -> None:
            for number in range(start, stop):
                plane, place = divmod(number, across * down)
                top, left = place // across * high, place % across * wide
                target = pixels[plane, top : top + high, left : left + wide]
                rows = high if self.is_tiled else len(target)
                count = rows * row_bytes
                with reading:
                    # parts may share bytes, not all of which are read for each; nothing is packed
                    # to twice its size
                    length = min(lengths[number], 2 * count + 4096)
                    data = source.part(self.offsets[number], length)
                data = _unpacked(data, self.compression, rows, count)
                if len(data) < count:
                    raise EOFError("the file is truncated")
                self._place(data[:count], (rows, wide, samples), target)

        workers = default_workers() if self.compression in _PLAIN else 1
        run_bands(parts, high * row_bytes * _NANOSECONDS, workers, work)

    def _place(
        self, data: bytes | memoryview, shape: tuple[int, int, int], target: NDArray[Any]
    ) -> None:
        """Put the samples of a strip or tile, which may be differences, where they belong."""
        rows, columns = target.shape[:2]
        # elsewhere the predictor is a word without a meaning, as libtiff has it
        predictor = self.predictor if self.compression in _WITH_DIFFERENCES else _NO_DIFFERENCES
        if predictor == _FLOAT_DIFFERENCES:
            # the bytes of a row, all first ones first (Adobe Photoshop TIFF Technical Note 3)
            size = self.dtype.itemsize
            steps = np.frombuffer(data, np.uint8).reshape(shape[0], -1, shape[2])
            spread = np.cumsum(steps, axis=1, dtype=np.uint8).reshape(shape[0], size, -1)
            joined = np.ascontiguousarray(spread.transpose(0, 2, 1)).view(f">f{size}")
            target[...] = joined.reshape(shape)[:rows, :columns]
            return
        values = np.frombuffer(data, self.dtype).reshape(shape)[:rows, :columns]
        if predictor == _DIFFERENCES:
            bits = np.dtype(f"u{self.dtype.itemsize}")
            stored = values.view(bits.newbyteorder(self.dtype.byteorder))
            np.cumsum(stored, axis=1, dtype=bits, out=target.view(bits))
        else:
            target[...] = values


def _unpacked(data: bytes, compression: int, rows: int, count: int) -> bytes:
    """Return the bytes of a strip or tile, `count` at most; those of each row are as many."""
    if compression == _NONE:
        return data
    if compression in (_DEFLATE, _OLD_DEFLATE):
        unpacked: bytes = isal_zlib.decompressobj().decompress(data, count)
        return unpacked
    from PIL.TiffImagePlugin import TiffImageFile

    from convfilter.formats.quiet import silence_libtiff, warnings_silenced

    silence_libtiff()
    tags = [(256, count // rows), (257, rows), (258, 8), (259, compression), (262, 1)]
    tags += [(273, 8 + 2 + 12 * 9 + 4), (277, 1), (278, rows), (279, len(data))]
    directory = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    file = struct.pack("<2sHIH", b"II", 42, 8, len(tags)) + directory + bytes(4) + data
    with warnings_silenced(), TiffImageFile(io.BytesIO(file)) as picture:
        return picture.tobytes()


def _white(dtype: np.dtype[Any]) -> int:
    return int(np.iinfo(dtype).max) if dtype.kind == "u" else 1


def _divided(pixels: NDArray[Any]) -> NDArray[Any]:
    """Divide colours by the alpha that they were multiplied with."""
    alpha = pixels[..., -1:].astype(np.float64)
    whole = _white(pixels.dtype)
    shares = np.divide(whole, alpha, out=np.zeros_like(alpha), where=alpha > 0)
    colours = pixels[..., :-1] * shares
    if pixels.dtype.kind == "u":
        colours = np.rint(colours).clip(0, whole)
    return np.concatenate([colours.astype(pixels.dtype), pixels[..., -1:]], axis=2)
