"""PNG files of every kind, made the slow and obvious way from the PNG specification."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Sequence
from random import Random

import numpy as np

CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
KINDS = [(colour, depth) for colour, depths in DEPTHS.items() for depth in depths]
"""Every colour type with each of its depths."""

PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2))
PASSES = (*PASSES, (0, 1, 1, 2))

Chunk = tuple[bytes, bytes]


def chunk(kind: bytes, data: bytes) -> bytes:
    """Return a chunk as it stands in a file."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def file_of(parts: Iterable[Chunk]) -> bytes:
    """Return a file of these chunks."""
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


def encode(
    samples: np.ndarray,
    colour: int,
    depth: int,
    random: Random,
    *,
    interlaced: bool = False,
    before: Sequence[Chunk] = (),
    after: Sequence[Chunk] = (),
    filters: Sequence[int] = range(5),
    data_bytes: int = 1000,
) -> bytes:
    """Return a file of samples (H, W, C), each row with one of the filters, drawn by `random`."""
    height, width, channels = samples.shape
    step = max(1, channels * depth // 8)
    body = b""
    for x, y, across, down in PASSES if interlaced else ((0, 0, 1, 1),):
        part = samples[y::down, x::across]
        above = None
        for row in part if part.size else ():
            packed = pack(row.ravel(), depth)
            above = above or bytes(len(packed))
            body += filtered(packed, above, step, random.choice(list(filters)))
            above = packed
    stream = zlib.compress(body)
    data = [stream[i : i + data_bytes] for i in range(0, len(stream), data_bytes)]
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced)
    parts = [(b"IHDR", head), *before, *((b"IDAT", piece) for piece in data), *after]
    return file_of([*parts, (b"IEND", b"")])


def pack(samples: np.ndarray, depth: int) -> bytes:
    """Return samples of a row as bytes, the most significant bits first."""
    bits = "".join(f"{int(sample):0{depth}b}" for sample in samples)
    bits += "0" * (-len(bits) % 8)
    return bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits), 8))


def filtered(row: bytes, above: bytes, step: int, kind: int) -> bytes:
    """Return a row behind its filter type."""
    out = bytearray([kind])
    for x, value in enumerate(row):
        a = row[x - step] if x >= step else 0
        c = above[x - step] if x >= step else 0
        b = above[x]
        out.append((value - (0, a, b, (a + b) // 2, nearest(a, b, c))[kind]) % 256)
    return bytes(out)


def nearest(a: int, b: int, c: int) -> int:
    """Return that of left, above and corner which is nearest to their prediction."""
    guess = a + b - c
    return min((a, b, c), key=lambda value: abs(guess - value))
