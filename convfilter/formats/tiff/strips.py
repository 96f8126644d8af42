"""Strips and tiles of TIFF, unpacked and put where they belong: the samples of a page.

Bytes that are deflated are inflated by ISA-L, in several threads. Whatever the samples are, a strip
that is packed in another way is bytes again when libtiff has unpacked it.
"""

from __future__ import annotations

import math
import threading
from typing import Any

import numpy as np
from isal import isal_zlib
from numpy.typing import NDArray

from convfilter.formats.exif.ifd import Source
from convfilter.formats.tiff.storage import (
    DEFLATE,
    NOT_PACKED,
    PALETTE,
    PICTURES,
    Predictor,
    Storage,
)
from convfilter.runtime import memory
from convfilter.runtime.threads import default_workers, run_bands

__all__ = ["Parts", "bytes_of_parts", "bytes_of_row", "dtype_of", "samples_of"]

_LARGEST_TILE = 1 << 24
"""Pixels of a tile that may be larger than the picture."""

_LARGEST_SHARE = 200_000
"""More bytes than one of a packed part can stand for: nothing is allocated for more than these."""

_NANOSECONDS = 2.0
"""About what a byte takes to be inflated and added up."""

_ROWS_AT_ONCE = 1 << 22
"""Samples that are taken out of packed bits at once, whose memory is some times theirs."""

_REVERSED = np.packbits(np.unpackbits(np.arange(256, dtype=np.uint8), bitorder="little"))
"""Each byte with its bits the other way round."""


def samples_of(storage: Storage, source: Source) -> NDArray[Any]:
    """Return the samples (H, W, S) of a page.

    Whole numbers without a sign become uint8 up to 8 bits and uint16 up to 16, scaled to the whole
    range, except for indices of palettes, which stay as they are. int8 becomes int16, half floats
    become float32. Other numbers keep their kind.

    Raises
    ------
    EOFError, ValueError
        For damage.
    """
    parts = Parts(storage, source)
    return parts.samples(0, parts.down)


class Parts:
    """The strips or tiles of a page, as it states them.

    Attributes
    ----------
    storage : Storage
    down : int
        Rows of parts that stand below one another in a plane.
    planes, samples_of_plane : int
        How many planes are stored apart, and how many samples a pixel has in each.
    dtype : dtype
        Of the samples as they are returned.
    """

    def __init__(self, storage: Storage, source: Source) -> None:
        self.storage = storage
        self._source = source
        self._across, self.down = _parts_of(storage)
        self.planes, self.samples_of_plane = _planes_of(storage)
        parts = self.planes * self._across * self.down
        # where lengths are not stated, what is compressed knows its own end
        self._lengths = storage.lengths or [source.size] * parts
        if min(len(storage.offsets), len(self._lengths)) < parts:
            raise EOFError("strips are missing")
        least = _bytes_of(storage, 1 if not storage.is_tiled else storage.part_size[1], 1)
        if storage.compression != NOT_PACKED:
            rows = min(storage.part_size[1], storage.size[1])
            least = _bytes_of(storage, rows, self.samples_of_plane) // _LARGEST_SHARE
        if least > source.size:
            raise EOFError("the file is truncated")
        self.dtype = dtype_of(storage)
        self._shades = _shades(storage)
        self._reading = threading.Lock()

    @property
    def bytes_held(self) -> int:
        """Bytes that a row of parts takes, packed and as samples."""
        storage = self.storage
        packed = _bytes_of(storage, storage.part_size[1], self.samples_of_plane)
        values = storage.part_size[1] * storage.size[0] * storage.samples
        return packed * self.planes * self._across + values * self.dtype.itemsize

    def samples(self, first: int, last: int) -> NDArray[Any]:
        """Return the samples (rows, W, S) of rows of parts from `first` up to, not with, `last`."""
        storage, across = self.storage, self._across
        width, height = storage.size
        wide, high = storage.part_size
        above, samples = first * high, self.samples_of_plane
        rows_here = min(last * high, height) - above
        pixels = memory.empty((self.planes, rows_here, width, samples), self.dtype)
        count_here = (last - first) * across

        def work(start: int, stop: int) -> None:
            for number in range(start, stop):
                plane, place = divmod(number, count_here)
                top, left = place // across * high, place % across * wide
                target = pixels[plane, top : top + high, left : left + wide]
                rows = high if storage.is_tiled else len(target)
                part = (plane * self.down + first) * across + place
                self._put(part, rows, target)

        has_threads = storage.compression in (NOT_PACKED, *DEFLATE)
        cost = _bytes_of(storage, high, samples) * _NANOSECONDS
        workers = default_workers() if has_threads else 1
        run_bands(self.planes * count_here, cost, workers, work)
        return np.moveaxis(pixels[..., 0], 0, -1) if storage.apart else pixels[0]

    def _put(self, part: int, rows: int, target: NDArray[Any]) -> None:
        """Put the samples of a strip or tile of so many rows where they belong."""
        storage = self.storage
        shape = rows, storage.part_size[0], self.samples_of_plane
        count = _bytes_of(storage, rows, self.samples_of_plane)
        is_packed = storage.compression != NOT_PACKED  # else lengths tell nothing, if right
        start, stop = self.span(part)
        # parts may share bytes, not all of which are read for each; nothing is packed
        # to twice its size
        length = min(stop - start, 2 * count + 4096) if is_packed else count
        data = self.packed(start, length)
        if storage.compression in PICTURES:
            from convfilter.formats.tiff.pictures import samples_in

            data = samples_in(data, storage, shape)
        else:
            data = _unpacked(data, storage.compression, rows, count)
        if len(data) < count:
            raise EOFError("the file is truncated")
        _place(storage, data[:count], shape, target, self._shades)

    def span(self, part: int) -> tuple[int, int]:
        """Return where the bytes of a strip or tile begin and end."""
        start = self.storage.offsets[part]
        return start, start + (self._lengths[part] or self._source.size)

    def packed(self, place: int, length: int) -> bytes:
        """Return bytes of the file as they were packed; fewer where it ends."""
        with self._reading:
            data = self._source.part(place, length)
        if self.storage.fill_order == 2:
            return _REVERSED[np.frombuffer(data, np.uint8)].tobytes()
        return data

    def place(self, data: bytes, rows: int, target: NDArray[Any]) -> None:
        """Put the samples of so many rows of a strip, which has been unpacked, into an array."""
        shape = rows, self.storage.part_size[0], self.samples_of_plane
        _place(self.storage, data, shape, target, self._shades)


def bytes_of_row(storage: Storage) -> int:
    """Return how many bytes a row of a strip or tile has when it is unpacked."""
    return max(_bytes_of(storage, 1, _planes_of(storage)[1]), 1)


def bytes_of_parts(storage: Storage) -> list[int]:
    """Return how many bytes the strips or tiles of a page have when they are unpacked.

    Raises
    ------
    ValueError
        For damage.
    """
    across, down = _parts_of(storage)
    planes, samples = _planes_of(storage)
    high = storage.part_size[1]
    rows = [high] * down
    if not storage.is_tiled:
        rows[-1] = storage.size[1] - high * (down - 1)
    return [
        _bytes_of(storage, n, samples) for _ in range(planes) for n in rows for _ in range(across)
    ]


def _planes_of(storage: Storage) -> tuple[int, int]:
    """Return how many planes are stored apart, and how many samples a pixel has in each."""
    return (storage.samples, 1) if storage.apart else (1, storage.samples)


def _parts_of(storage: Storage) -> tuple[int, int]:
    """Return how many strips or tiles stand side by side, and below one another."""
    width, height = storage.size
    wide, high = storage.part_size
    if min(wide, high) < 1 or high * wide > max(height * width, _LARGEST_TILE):
        raise ValueError("the tiles are larger than the picture")
    return -(-width // wide), -(-height // high)


def dtype_of(storage: Storage) -> np.dtype[Any]:
    """Return the dtype that samples are put into."""
    least = {"u": 8, "i": 16, "f": 32}[storage.kind]
    bits = max(least, 1 << (storage.depth - 1).bit_length())
    return np.dtype(f"{storage.kind}{bits // 8}")


def _shades(storage: Storage) -> NDArray[Any] | None:
    """Return what each value of few bits becomes; None for those that stay as they are."""
    if storage.depth in (8, 16) or storage.depth > 16 or storage.photometric == PALETTE:
        return None
    dtype, values = dtype_of(storage), np.arange(1 << storage.depth)
    # exact: the quotient of integers this small is never near to a half that it is not
    shades: NDArray[Any] = np.rint(values * int(np.iinfo(dtype).max) / values[-1]).astype(dtype)
    return shades


def _bytes_of(storage: Storage, rows: int, samples: int) -> int:
    """Return the bytes of so many rows of a strip or tile."""
    wide = storage.part_size[0]
    if storage.is_subsampled:
        across, down = storage.subsampling
        return -(-rows // down) * -(-wide // across) * (across * down + 2)
    return rows * -(-wide * samples * storage.depth // 8)


def _place(
    storage: Storage,
    data: bytes,
    shape: tuple[int, int, int],
    target: NDArray[Any],
    shades: NDArray[Any] | None,
) -> None:
    """Put the samples of a strip or tile, which may be differences, where they belong."""
    rows, columns = target.shape[:2]
    if storage.is_subsampled:
        target[...] = _spread(storage, data, shape)[:rows, :columns]
        return
    if storage.depth % 8:
        step = max(_ROWS_AT_ONCE // (shape[1] * shape[2]), 1)
        stride = len(data) // shape[0]
        for top in range(0, rows, step):
            stop = min(top + step, rows)
            part = np.frombuffer(data[top * stride : stop * stride], np.uint8)
            values = _out_of_bits(part.reshape(stop - top, stride), storage.depth, shape[1:])
            values = values[:, :columns]
            target[top:stop] = values if shades is None else shades[values]
        return
    if storage.predictor == Predictor.FLOAT_DIFFERENCES:
        # the bytes of a row, all first ones first (Adobe Photoshop TIFF Technical Note 3)
        size = storage.dtype.itemsize
        steps = np.frombuffer(data, np.uint8).reshape(shape[0], -1, shape[2])
        spread = np.cumsum(steps, axis=1, dtype=np.uint8).reshape(shape[0], size, -1)
        joined = np.ascontiguousarray(spread.transpose(0, 2, 1)).view(f">f{size}")
        target[...] = joined.reshape(shape)[:rows, :columns]
        return
    values = np.frombuffer(data, storage.dtype).reshape(shape)[:rows, :columns]
    if storage.predictor == Predictor.DIFFERENCES:
        bits = np.dtype(f"u{storage.dtype.itemsize}")
        stored = values.view(bits.newbyteorder(storage.dtype.byteorder))
        if target.dtype.itemsize == bits.itemsize:
            np.cumsum(stored, axis=1, dtype=bits, out=target.view(bits))
        else:
            summed = np.cumsum(stored, axis=1, dtype=bits)
            target[...] = summed.view(storage.dtype.newbyteorder("="))
    else:
        target[...] = values


def _out_of_bits(data: NDArray[np.uint8], bits: int, shape: tuple[int, ...]) -> NDArray[Any]:
    """Return whole numbers (rows, *shape) that stand side by side, the first bit first.

    After so many bytes that they end where a number does everything begins anew.
    """
    if bits == 1:
        return np.unpackbits(data, axis=1)[:, : math.prod(shape)].reshape(-1, *shape)
    width = math.lcm(bits, 8) // 8
    padded = np.pad(data, ((0, 0), (0, -data.shape[1] % width)))
    groups = padded.reshape(len(data), -1, width)
    values = np.empty((*groups.shape[:2], 8 * width // bits), np.uint16)
    for number in range(values.shape[2]):
        start = number * bits
        stop = start + bits
        value = np.zeros(groups.shape[:2], np.uint32)
        for byte in range(start // 8, -(-stop // 8)):
            value = value << 8 | groups[..., byte]
        values[..., number] = value >> (-stop % 8) & ((1 << bits) - 1)
    return values.reshape(len(data), -1)[:, : math.prod(shape)].reshape(-1, *shape)


def _spread(storage: Storage, data: bytes, shape: tuple[int, int, int]) -> NDArray[np.uint8]:
    """Return YCbCr of which some pixels share their colours (TIFF 6.0, 21), for each pixel."""
    across, down = storage.subsampling
    rows, wide, _ = shape
    blocks = np.frombuffer(data, np.uint8).reshape(-(-rows // down), -(-wide // across), -1)
    high, broad = len(blocks) * down, blocks.shape[1] * across
    out = np.empty((high, broad, 3), np.uint8)
    luma = blocks[..., :-2].reshape(len(blocks), -1, down, across)
    out[..., 0] = luma.transpose(0, 2, 1, 3).reshape(high, broad)
    out[..., 1:] = blocks[..., -2:].repeat(down, axis=0).repeat(across, axis=1)
    return out[:rows, :wide]


def _unpacked(data: bytes, compression: int, rows: int, count: int) -> bytes:
    """Return the bytes of so many rows of a strip or tile, `count` at most."""
    if compression == NOT_PACKED:
        return data
    if compression in DEFLATE:
        unpacked: bytes = isal_zlib.decompressobj().decompress(data, count)
        return unpacked
    from convfilter.formats.tiff.libtiff import unpacked as unpacked_by_libtiff

    return unpacked_by_libtiff(data, compression, rows, count)
