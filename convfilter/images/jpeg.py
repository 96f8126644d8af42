"""JPEG: pixels decoded straight into an array, files encoded in bands by several threads.

Marker segments are those of ITU-T T.81, annex B. All bands together are one scan, which restart
markers cut between them: at each the encoder forgets what came before, so that a band encoded as a
file of its own is what stands between two markers.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from convfilter.images.image import JpegSettings
from convfilter.runtime import memory

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage
    from PIL.ImageFile import ImageFile

__all__ = ["decode", "encode", "settings_for"]

_SMALLEST = 1 << 20
"""Pictures of fewer pixels are encoded in one piece."""

_BAND_PIXELS = 1 << 18
"""Pixels of a band; not a matter of the number of threads, so that the file is not either."""

_NANOSECONDS = 10
"""Of a pixel, to encode it."""

_BLOCK = 8
"""Rows and columns encoded at a time where colours have full resolution."""

_SHARED = ((1, 1), (2, 1), (2, 2))
"""Columns and rows that share a number of colour, for each kind of subsampling."""

_QUALITY = 92

_FRAME_HEADERS = (0xC0, 0xC1)
_RESTART, _START_OF_SCAN = 0xD0, 0xDA
_END_OF_IMAGE = b"\xff\xd9"


def decode(picture: ImageFile) -> NDArray[np.uint8] | None:
    """Return the pixels of a picture of which Pillow has read the header, or None.

    None leaves the pixels to Pillow: those of inks, and those of every file that gives cause for a
    warning, since Pillow knows which damage can be lived with. The other threads go on meanwhile.

    Returns
    -------
    ndarray or None
        uint8 ``(H, W)`` or ``(H, W, 3)``, writable; the same bits as from Pillow.
    """
    if picture.mode not in ("L", "RGB") or picture.fp is None or 0 in picture.size:
        return None
    from simplejpeg import decode_jpeg

    picture.fp.seek(0)
    data = picture.fp.read()
    grey = picture.mode == "L"
    width, height = picture.size
    # given a buffer, it never allocates for a size that Pillow has not seen
    out = memory.empty((height, width, 1 if grey else 3), np.uint8)
    try:
        found = decode_jpeg(data, "GRAY" if grey else "RGB", buffer=out, strict=True)
    except (ValueError, KeyError, RuntimeError):
        return None
    if found.shape != out.shape:
        return None
    return out[..., 0] if grey else out


def settings_for(quality: int | None, source: JpegSettings | None) -> dict[str, Any]:
    """Return Pillow's options: for the quality asked for, or else as in the source, if it was JPEG.

    Otherwise colours have full resolution: filters make sharp edges, around which less would show.
    """
    if quality is None and source is not None:
        return {
            "qtables": [list(table) for table in source.tables],
            "subsampling": source.subsampling,
        }
    return {"quality": _QUALITY if quality is None else quality, "subsampling": 0}


def encode(
    pixels: NDArray[np.uint8],
    settings: dict[str, Any],
    described: dict[str, Any],
    workers: int | None = None,
) -> list[bytes]:
    """Return the file in pieces, to be written one after the other.

    Parameters
    ----------
    pixels : ndarray
        uint8 ``(H, W)`` or ``(H, W, 3)`` with at least one pixel; any strides.
    settings : dict
        Pillow's options for quality and subsampling, from `settings_for`.
    described : dict
        Pillow's options for profile, EXIF block and resolution.
    workers : int, optional
        Number of threads; by default all CPUs. The file is the same for every number.
    """
    from PIL import Image

    from convfilter.runtime.threads import check_workers, run_bands

    height, width = pixels.shape[:2]
    workers = check_workers(workers)
    if height * width < _SMALLEST:
        with _memory_file() as file:
            whole = Image.fromarray(np.ascontiguousarray(pixels))
            return [_encoded(whole, settings | described, file)]
    # a block holds all that share a number of colour
    across, down = (1, 1) if pixels.ndim == 2 else _SHARED[settings["subsampling"]]
    high, wide = _BLOCK * down, _BLOCK * across
    rows = max(1, _BAND_PIXELS // width // high) * high
    count = -(-height // rows)
    blocks = rows // high * -(-width // wide)
    files = [b""] * count

    def work(start: int, stop: int) -> None:
        with _memory_file() as file:
            for number in range(start, stop):
                first = described | {"restart_marker_blocks": blocks} if number == 0 else {}
                band = pixels[number * rows : (number + 1) * rows]
                files[number] = _encoded(_band(band), settings | first, file)

    run_bands(count, rows * width * _NANOSECONDS, workers, work)
    return _joined(files, height)


def _encoded(picture: PillowImage, options: dict[str, Any], file: BinaryIO) -> bytes:
    file.seek(0)
    file.truncate()
    picture.save(file, format="JPEG", **options)
    file.seek(0)
    return file.read()


def _band(pixels: NDArray[np.uint8]) -> PillowImage:
    """Return pixels as a picture that Pillow writes as JPEG: of RGB mostly as RGBX.

    RGBX is RGB with a byte that means nothing, in memory that Pillow takes as it is.
    """
    from PIL import Image

    pixels = np.ascontiguousarray(pixels)
    height, width = pixels.shape[:2]
    # the loop moves pairs of pixels; only the last band can have an odd number of them
    if pixels.ndim == 2 or height * width % 2 or sys.byteorder != "little":
        return Image.fromarray(pixels)
    from convfilter.runtime.compiled import link

    padded = np.empty((height, width, 4), np.uint8)
    link.loop("engine.loops.pixels.insert_fourth")(
        pixels.reshape(-1).view(np.uint16), padded.reshape(-1).view(np.uint16)
    )
    return Image.frombuffer("RGBX", (width, height), padded, "raw", "RGBX", 0, 1)


def _memory_file() -> BinaryIO:
    """Return an empty file in memory.

    Into a file with a descriptor Pillow writes JPEG without the interpreter lock, so that several
    bands and pictures can be encoded side by side.
    """
    if sys.platform == "linux":
        with suppress(OSError):  # not every kernel, nor every sandbox, allows it
            # a buffer would not see what Pillow writes past it
            return os.fdopen(os.memfd_create("convfilter"), "w+b", buffering=0)
    return io.BytesIO()


def _joined(files: Sequence[bytes], height: int) -> list[bytes]:
    """Return the bands as one file, with the header of the first and the height of all."""
    frame, scan = _frame_and_scan(files[0])
    stated = frame + 5  # behind the marker (2 bytes), the length (2) and the precision (1)
    pieces = [files[0][:stated], height.to_bytes(2, "big"), files[0][stated + 2 : scan]]
    for number, file in enumerate(files):
        if number > 0:
            pieces.append(bytes([0xFF, _RESTART + (number - 1) % 8]))
            _, scan = _frame_and_scan(file)
        pieces.append(file[scan : -len(_END_OF_IMAGE)])
    return [*pieces, _END_OF_IMAGE]


def _frame_and_scan(file: bytes) -> tuple[int, int]:
    """Return where the frame header begins, and where the coded pixels do."""
    frame, start, marker = 0, 2, 0
    while marker != _START_OF_SCAN:
        marker = file[start + 1]
        if marker in _FRAME_HEADERS:
            frame = start
        start += 2 + int.from_bytes(file[start + 2 : start + 4], "big")
    return frame, start
