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
from contextlib import nullcontext, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImages
from PIL.JpegImagePlugin import JpegImageFile, get_sampling

from convfilter.formats.declaring import Effort, Format, Frame, Holds, Written
from convfilter.formats.declaring.limits import Limits
from convfilter.formats.jpeg.beside import options_for, said_by, with_density
from convfilter.formats.pillow.reading import decoded, image_of, opened
from convfilter.formats.quiet import printed, warnings_silenced
from convfilter.formats.segments import left_out
from convfilter.picture.image import Image, JpegSettings
from convfilter.runtime import memory
from convfilter.runtime.threads import check_workers, run_bands

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

__all__ = ["FORMAT", "read", "write"]

_SMALLEST = 1 << 20
"""Pictures of fewer pixels are encoded in one piece."""

_BAND_PIXELS = 1 << 18
"""Pixels of a band. They do not depend on the number of threads, so that the file does not."""

_NANOSECONDS = 10
"""About what a pixel takes to be encoded."""

_BLOCK = 8
"""Rows and columns encoded at a time where colours have full resolution."""

_SHARED = ((1, 1), (2, 1), (2, 2))
"""Columns and rows of pixels that share a sample of colour, for each kind of subsampling."""

_QUALITY = 92

_FRAME_HEADERS = (0xC0, 0xC1)
_CAUTION = rb"Caution: quantization tables"
"""What libjpeg prints where numbers of the tables are larger than this one."""

_LARGEST_OF_BASELINE = 255

_RESTART, _START_OF_SCAN = 0xD0, 0xDA
_MARKERS = 8
"""Restart markers have numbers, which begin anew after so many."""

_END_OF_IMAGE = b"\xff\xd9"


def read(file: BinaryIO, limits: Limits) -> Image:
    """Read a file: grey or RGB, inks as RGB."""
    with opened(file, JpegImageFile, FORMAT) as picture:
        limits.check_size(picture.size)
        limits.chosen()
        file.seek(0)
        data = file.read()
        pixels, alpha = _decoded(picture, data), False
        if pixels is None:
            pixels, alpha = decoded(picture, FORMAT, getattr(picture, "bits", None))
        image = image_of(picture, FORMAT, pixels, alpha, jpeg=_settings_of(picture))
        metadata, lost = said_by(picture, data, image.metadata)
        return replace(image, metadata=metadata, left_out=(*image.left_out, *lost, *left_out(data)))


def _settings_of(picture: ImageFile) -> JpegSettings | None:
    """Return how a file was compressed; of inks that says nothing about RGB."""
    tables: dict[int, list[int]] = getattr(picture, "quantization", None) or {}
    if picture.mode not in ("L", "RGB") or not tables:
        return None
    in_order = tuple(tuple(map(int, tables[number])) for number in sorted(tables))
    return JpegSettings(in_order, max(0, get_sampling(picture)))


def _decoded(picture: ImageFile, data: bytes) -> NDArray[np.uint8] | None:
    """Return the pixels of a picture of which Pillow has read the header, or None.

    None leaves the pixels to Pillow: those of CMYK, and of files that libjpeg-turbo warns about,
    since Pillow knows which damage can be tolerated. The interpreter lock is free meanwhile.

    Returns
    -------
    ndarray or None
        uint8 ``(H, W)`` or ``(H, W, 3)``, writable; the same bits as from Pillow.
    """
    if picture.mode not in ("L", "RGB") or 0 in picture.size:
        return None
    from simplejpeg import decode_jpeg

    grey = picture.mode == "L"
    width, height = picture.size
    # given a buffer, it never allocates for a size that Pillow has not seen
    out = memory.empty((height, width, 1 if grey else 3), np.uint8)
    try:
        pixels = decode_jpeg(data, "GRAY" if grey else "RGB", buffer=out, strict=True)
    except (ValueError, KeyError, RuntimeError):
        return None
    if pixels.shape != out.shape:
        return None
    return out[..., 0] if grey else out


def write(frames: Sequence[Frame], plays: int, effort: Effort) -> Written:
    """Return a file of a picture, grey or RGB."""
    (frame,) = frames
    beside, notes = options_for(frame.metadata)
    settings = settings_for(effort.quality, frame.metadata.jpeg)
    is_coarse = any(max(table) > _LARGEST_OF_BASELINE for table in settings.get("qtables", ()))
    with warnings_silenced(), printed(_CAUTION) if is_coarse else nullcontext():
        pieces = encode(frame.pixels, settings, beside, effort.workers)
    return with_density(pieces, frame.metadata), notes


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
    beside: dict[str, Any],
    workers: int | None = None,
) -> list[bytes]:
    """Return the file in pieces, to be written one after the other.

    Parameters
    ----------
    pixels : ndarray
        uint8 ``(H, W)`` or ``(H, W, 3)`` with at least one pixel; any strides.
    settings : dict
        Pillow's options for quality and subsampling, from `settings_for`.
    beside : dict
        Pillow's options for profile, EXIF block and resolution.
    workers : int, optional
        Number of threads; by default all CPUs. The file is the same for every number.
    """
    height, width = pixels.shape[:2]
    workers = check_workers(workers)
    if height * width < _SMALLEST:
        with _memory_file() as file:
            return [_encoded(pixels, settings | beside, file)]
    # a block holds whole groups of pixels that share a sample of colour
    across, down = (1, 1) if pixels.ndim == 2 else _SHARED[settings["subsampling"]]
    high, wide = _BLOCK * down, _BLOCK * across
    rows = max(1, _BAND_PIXELS // width // high) * high
    blocks = rows // high * -(-width // wide)
    marked = settings | {"restart_marker_blocks": blocks}
    # one thread has bands encoded together, as many as leave the numbers of the markers as they are
    together = _MARKERS if workers == 1 else 1
    rows *= together
    count = -(-height // rows)
    files = [b""] * count

    def work(start: int, stop: int) -> None:
        with _memory_file() as file:
            for number in range(start, stop):
                options = marked if number > 0 else marked | beside
                files[number] = _encoded(pixels[number * rows : (number + 1) * rows], options, file)

    run_bands(count, rows * width * _NANOSECONDS, workers, work)
    return _joined(files, height, together)


def _encoded(pixels: NDArray[np.uint8], options: dict[str, Any], file: BinaryIO) -> bytes:
    file.seek(0)
    file.truncate()
    picture = PillowImages.fromarray(np.ascontiguousarray(pixels))
    picture.save(file, format="JPEG", **options)
    file.seek(0)
    return file.read()


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


def _joined(files: Sequence[bytes], height: int, bands: int) -> list[bytes]:
    """Return files of some bands each as one, with the header of the first, the height of all."""
    frame, scan = _frame_and_scan(files[0])
    stated = frame + 5  # behind the marker (2 bytes), the length (2) and the precision (1)
    pieces = [files[0][:stated], height.to_bytes(2, "big"), files[0][stated + 2 : scan]]
    for number, file in enumerate(files):
        if number > 0:
            pieces.append(bytes([0xFF, _RESTART + (number * bands - 1) % _MARKERS]))
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


FORMAT = Format(
    "JPEG",
    suffixes=(".jpg", ".jpeg", ".jpe", ".jfif"),
    signature=rb"\xff\xd8\xff",
    holds=Holds(depth=8, longest_side=65500, lossy=True),
    keeps=frozenset(
        {"profile", "EXIF", "XMP", "photoshop", "resolution", "density", "comment", "compression"}
    ),
    quality="as in the input if that is JPEG, else 92",
    read=read,
    write=write,
)
