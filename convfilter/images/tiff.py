"""TIFF of 16-bit colour and of floats, which Pillow reduces to 8 bits or does not know.

Grey of 8 bits whose alpha stands apart, which Pillow gives in the wrong places, is read here, too.

tifffile reads the tags; it unpacks only a few compressions by itself. The others are
left to Pillow's libtiff: whatever the samples are, a compressed strip is bytes, and so is a small
grey picture of 8 bits.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
import tifffile
from numpy.typing import NDArray

from convfilter.errors import ImageError
from convfilter.images.quiet import keep_logs_quiet, silence_libtiff

__all__ = ["Deep"]

_NONE, _DEFLATE, _OLD_DEFLATE = 1, 8, 32946
_LZW, _PACKBITS, _LZMA, _ZSTANDARD = 5, 32773, 34925, 50000
_DIFFERENCES, _FLOAT_DIFFERENCES = 2, 3
_WITH_DIFFERENCES = (_LZW, _DEFLATE, _OLD_DEFLATE, _LZMA, _ZSTANDARD)
_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB = 0, 1, 2
_ASSOCIATED, _UNASSOCIATED = 1, 2
_APART = 2
_LARGEST_TILE = 1 << 24
"""Pixels of a tile that may be larger than the picture."""

_DTYPES = ("uint16", "float32", "float64")


@dataclass(frozen=True)
class Deep:
    """The first page, of `size` (columns, rows), of a TIFF file that only this module keeps."""

    page: Any
    file: Any
    size: tuple[int, int]

    @classmethod
    def of(cls, file: BinaryIO) -> Deep | None:
        """Look at the tags of a file; None for one that is left to Pillow."""
        keep_logs_quiet("tifffile")
        try:
            opened = tifffile.TiffFile(file)
            page: Any = opened.pages[0]
            dtype, samples = page.dtype, int(page.samplesperpixel)
            apart = samples == 2 and int(page.planarconfig) == _APART
            known = (*_DTYPES, "uint8") if apart else _DTYPES
            if dtype is None or dtype.name not in known or min(page.shape) < 1:
                return None
            if samples == 1 and dtype.name == "uint16":
                return None  # grey, which Pillow reads; floats it may give in the wrong byte order
            size = int(page.imagewidth), int(page.imagelength)
            return cls(page, opened, size)
        except Exception:  # noqa: BLE001 - Pillow has the words for files that are damaged
            return None

    def check(self, name: str) -> None:
        """Raise `ImageError` for what is not served."""
        page = self.page
        photometric, samples = int(page.photometric), int(page.samplesperpixel)
        colours = {_WHITE_IS_ZERO: 1, _BLACK_IS_ZERO: 1, _RGB: 3}.get(photometric)
        if colours is None:
            word = getattr(page.photometric, "name", photometric)
            raise ImageError(f"{name}: {word} colours are not served: convert to RGB first")
        extra = tuple(int(kind) for kind in page.extrasamples)
        if samples != colours and not (
            samples == colours + 1 and extra in ((_ASSOCIATED,), (_UNASSOCIATED,))
        ):
            raise ImageError(
                f"{name}: {samples} channels of TIFF that are not grey or RGB, each with or without"
                " alpha, are not served: save those that you need"
            )
        if int(page.compression) not in (_NONE, _PACKBITS, *_WITH_DIFFERENCES):
            word = getattr(page.compression, "name", page.compression)
            raise ImageError(
                f"{name}: {word} compression of deep TIFF is not served: save it with LZW, deflate"
                " or none"
            )
        if int(page.predictor) not in (1, _DIFFERENCES, _FLOAT_DIFFERENCES) or page.fillorder != 1:
            raise ImageError(f"{name}: this kind of TIFF is not served: save it anew")

    def pixels(self) -> tuple[NDArray[Any], bool]:
        """Return the pixels (H, W) or (H, W, C), and whether the last channel is alpha."""
        page = self.page
        samples, (width, height) = page.samplesperpixel, self.size
        apart = samples > 1 and int(page.planarconfig) == _APART
        planes = samples if apart else 1
        pixels = np.zeros((planes, height, width, samples // planes), page.dtype)
        for plane, top, left, part in self._parts(planes, samples // planes):
            kept = part[: height - top, : width - left]
            pixels[plane, top : top + len(kept), left : left + kept.shape[1]] = kept
        picture = np.moveaxis(pixels[..., 0], 0, -1) if apart else pixels[0]
        if page.photometric == _WHITE_IS_ZERO:
            colours = picture[..., :1]
            colours[...] = _white(picture.dtype) - colours
        alpha = samples in (2, 4)
        if alpha and int(page.extrasamples[0]) == _ASSOCIATED:
            picture = _divided(picture)
        picture = np.ascontiguousarray(picture)
        return (picture[..., 0] if samples == 1 else picture), alpha

    def _parts(self, planes: int, samples: int) -> Iterator[tuple[int, int, int, NDArray[Any]]]:
        """Yield strips or tiles: the plane, the first row and column, and the values."""
        page, (width, height) = self.page, self.size
        high = page.tilelength if page.is_tiled else min(page.rowsperstrip, height)
        wide = page.tilewidth if page.is_tiled else width
        if high * wide > max(height * width, _LARGEST_TILE):
            raise ValueError("the tiles are larger than the picture")
        across, down = -(-width // wide), -(-height // high)
        if len(page.dataoffsets) < planes * across * down:
            raise EOFError("strips are missing")
        for index in range(planes * across * down):
            plane, place = divmod(index, across * down)
            top, left = place // across * high, place % across * wide
            rows = high if page.is_tiled else min(high, height - top)
            count = rows * wide * samples * page.dtype.itemsize
            handle = self.file.filehandle
            handle.seek(page.dataoffsets[index])
            # strips may share bytes, which are not all read for each; nothing is packed to twice
            data = handle.read(min(page.databytecounts[index], handle.size, 2 * count + 4096))
            data = _unpacked(data, int(page.compression), rows, count)
            if len(data) < count:
                raise EOFError("the file is truncated")
            yield plane, top, left, self._values(data[:count], (rows, wide, samples))

    def _values(self, data: bytes, shape: tuple[int, int, int]) -> NDArray[Any]:
        """Return samples of these bytes, which may be differences."""
        dtype, predictor = self.page.dtype, int(self.page.predictor)
        if int(self.page.compression) not in _WITH_DIFFERENCES:
            predictor = 1  # a word without a meaning, as libtiff has it
        rows, _, samples = shape
        if predictor == _FLOAT_DIFFERENCES:
            # the bytes of a row, all first ones first (Adobe Photoshop TIFF Technical Note 3)
            steps = np.frombuffer(data, np.uint8).reshape(rows, -1, samples)
            whole = np.cumsum(steps, axis=1, dtype=np.uint8).reshape(rows, dtype.itemsize, -1)
            data, kind = whole.transpose(0, 2, 1).tobytes(), dtype.newbyteorder(">")
            return np.frombuffer(data, kind).reshape(shape).astype(dtype)
        kind = dtype.newbyteorder(self.file.byteorder)
        values: NDArray[Any] = np.frombuffer(data, kind).reshape(shape).astype(dtype)
        if predictor == _DIFFERENCES:
            bits = values.view(f"u{dtype.itemsize}")
            np.cumsum(bits, axis=1, dtype=bits.dtype, out=bits)
        return values


def _unpacked(data: bytes, compression: int, rows: int, count: int) -> bytes:
    """Return the bytes of a strip or tile, `count` at most; those of each row are as many."""
    if compression == _NONE:
        return data
    if compression in (_DEFLATE, _OLD_DEFLATE):
        return zlib.decompressobj().decompress(data, count)
    from PIL.TiffImagePlugin import TiffImageFile

    silence_libtiff()
    tags = [(256, count // rows), (257, rows), (258, 8), (259, compression), (262, 1)]
    tags += [(273, 8 + 2 + 12 * 9 + 4), (277, 1), (278, rows), (279, len(data))]
    directory = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    file = struct.pack("<2sHIH", b"II", 42, 8, len(tags)) + directory + bytes(4) + data
    with TiffImageFile(io.BytesIO(file)) as picture:
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
