"""Turn fitted pixels into the bytes of a file."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convfilter.errors import ConvfilterError, ImageError
from convfilter.images.formats import FORMATS, check_avif
from convfilter.images.frames import changes
from convfilter.images.image import COMMENT, Metadata, Timing
from convfilter.images.quiet import pillow_warnings_silenced
from convfilter.images.storable import storable

__all__ = ["Effort", "Frame", "encode"]

_AVIF_QUALITY = 80

_DURATIONS = {"WEBP": (0, 2**24 - 1), "AVIF": (1, 2**32 - 1)}
"""Milliseconds that a frame is shown, at least and at most."""


@dataclass(frozen=True)
class Frame:
    """Pixels that a format holds, how long they are shown, and what stands beside them."""

    pixels: NDArray[Any]
    timing: Timing
    metadata: Metadata


@dataclass(frozen=True)
class Effort:
    """How to compress: the quality of lossy formats, the way of PNG, and the threads."""

    quality: int | None = None
    compress: str = "fast"
    workers: int | None = None


def encode(
    frames: Sequence[Frame], format_name: str, plays: int, name: str, effort: Effort
) -> tuple[list[bytes], list[str]]:
    """Return the file in pieces to be written in turn, and a note for whatever was left out.

    Pixels are those of `fitting.fit`; `name` is that of the target, for messages. Several frames
    are for formats that hold them: those of an animation are of one size, and the metadata of the
    first counts; pages are what they are. `plays` is how often an animation plays, 0 for ever.
    """
    if format_name == "AVIF":
        check_avif(name)
    form = FORMATS[format_name]
    kept: list[Frame] = []
    notes: list[str] = []
    for frame in frames:
        metadata, omissions = storable(frame.pixels, form, frame.metadata, name)
        kept.append(replace(frame, metadata=metadata))
        notes += omissions
    try:
        pieces, losses = _encoded(kept, format_name, plays, name, effort)
    except MemoryError as error:
        raise ImageError(f"{name}: not enough memory to write {format_name}") from error
    except ConvfilterError:
        raise
    except Exception as error:  # Pillow's encoders raise almost anything
        detail = " ".join(str(error).split())[:120] or type(error).__name__
        raise ImageError(
            f"{name}: cannot be written as {format_name} ({detail}): try another format"
        ) from error
    return pieces, notes + losses


def _encoded(
    frames: Sequence[Frame], format_name: str, plays: int, name: str, effort: Effort
) -> tuple[list[bytes], list[str]]:
    first, workers = frames[0], effort.workers
    pixels, metadata = first.pixels, first.metadata
    timed = [(frame.pixels, frame.timing) for frame in frames]
    match format_name:
        case "PNG" if len(frames) > 1:
            from convfilter.images import apng

            return apng.encode(timed, plays, metadata, effort.compress, workers), []
        case "PNG":
            from convfilter.images import png

            return png.encode(pixels, metadata, effort.compress, workers), []
        case "NPY":
            from convfilter.images import arrays

            return arrays.encode(pixels), []
        case "JPEG":
            from convfilter.images import jpeg

            settings = jpeg.settings_for(effort.quality, metadata.jpeg)
            with pillow_warnings_silenced():
                return jpeg.encode(pixels, settings, _described(metadata), workers), []
        case "GIF":
            from convfilter.images import gif

            with pillow_warnings_silenced():
                return gif.encode(timed, plays, metadata, name)
        case "WEBP" if len(frames) > 1:
            timed, notes = _in_milliseconds(timed, format_name, name)
            return _animated_webp(timed, plays, metadata, effort.quality), notes
        case "AVIF" if len(frames) > 1:
            timed, notes = _in_milliseconds(timed, format_name, name)
            return [_encode_with_pillow(timed, format_name, metadata, effort.quality)], notes
        case "TIFF":
            from convfilter.images import tiff_writer

            pages = [(frame.pixels, frame.metadata) for frame in frames]
            return tiff_writer.encode(pages, name, workers)
        case "PPM" | "PNM" if pixels.ndim == 3 and pixels.dtype == np.uint16:
            from convfilter.images import pnm

            return pnm.encode(pixels), []
    return [_encode_with_pillow(timed, format_name, metadata, effort.quality)], []


def _in_milliseconds(
    frames: Sequence[tuple[NDArray[Any], Timing]], format_name: str, name: str
) -> tuple[list[tuple[NDArray[Any], Timing]], list[str]]:
    """Return frames that are shown for whole milliseconds, and a note if that is not as long."""
    shortest, longest = _DURATIONS[format_name]
    found, rounded = [], False
    for pixels, timing in frames:
        whole = min(max(round(timing.duration), shortest), longest)
        rounded = rounded or abs(whole - timing.duration) > 1e-6
        found.append((pixels, replace(timing, duration=float(whole))))
    return found, [f"{name}: {format_name} counts milliseconds: durations were rounded"] * rounded


def _animated_webp(
    frames: Sequence[tuple[NDArray[Any], Timing]],
    plays: int,
    metadata: Metadata,
    quality: int | None,
) -> list[bytes]:
    from convfilter.images import webp

    height, width = frames[0][0].shape[:2]
    drawn = []
    for (top, left, pixels), (_, timing) in zip(changes(frames, 2), frames, strict=True):
        file = _encode_with_pillow([(pixels, timing)], "WEBP", metadata, quality)
        size = pixels.shape[1], pixels.shape[0]
        drawn.append(webp.Part(file, left, top, size, timing))
        metadata = Metadata()
    return webp.animated(drawn, (width, height), plays)


def _encode_with_pillow(
    frames: Sequence[tuple[NDArray[Any], Timing]],
    format_name: str,
    metadata: Metadata,
    quality: int | None,
) -> bytes:
    from PIL import Image as PillowImages

    entry = FORMATS[format_name]
    options = _described(metadata) | _compression(format_name, quality)
    with pillow_warnings_silenced(), io.BytesIO() as file:
        import_module(f"PIL.{entry.plugin}")
        picture, *others = (
            PillowImages.fromarray(np.ascontiguousarray(pixels)) for pixels, _ in frames
        )
        if format_name == "PBM":
            picture = picture.convert("1", dither=PillowImages.Dither.NONE)
        if others:
            durations = [int(timing.duration) for _, timing in frames]
            options |= {"save_all": True, "append_images": others, "duration": durations}
        picture.save(file, format=entry.encoder, **options)
        return file.getvalue()


def _compression(format_name: str, quality: int | None) -> dict[str, Any]:
    if format_name == "WEBP":
        if quality is None:  # `quality` is the effort here
            return {"lossless": True, "exact": True, "quality": 20, "method": 0}
        return {"quality": quality, "method": 4}
    if format_name == "AVIF":
        return {"quality": _AVIF_QUALITY if quality is None else quality}
    return {}


def _described(metadata: Metadata) -> dict[str, Any]:
    """Return Pillow's options for the metadata."""
    named = {name: getattr(metadata, name) for name in ("dpi", "exif", "icc_profile", "xmp")}
    named["comment"] = next((text for word, text in metadata.text if word == COMMENT), None)
    return {name: value for name, value in named.items() if value is not None}
