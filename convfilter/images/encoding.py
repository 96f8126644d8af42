"""Turn fitted pixels into the bytes of a file."""

from __future__ import annotations

import io
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from convfilter.errors import ConvfilterError, ImageError
from convfilter.images.formats import FORMATS, check_avif
from convfilter.images.image import Metadata
from convfilter.images.quiet import pillow_warnings_silenced

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage

__all__ = ["Effort", "encode"]

_AVIF_QUALITY = 80
_XMP_TAG = 700
# JPEG holds EXIF in one segment, which is at most this long with its prefix.
_JPEG_EXIF_LIMIT = 65533
_JPEG_XMP_LIMIT = 65504


@dataclass(frozen=True)
class Effort:
    """How to compress: the quality of lossy formats, the way of PNG, and the threads."""

    quality: int | None = None
    compress: str = "fast"
    workers: int | None = None


def encode(
    pixels: NDArray[Any],
    format_name: str,
    metadata: Metadata,
    name: str,
    effort: Effort,
) -> tuple[list[bytes], list[str]]:
    """Return the file in pieces to be written in turn, and a note for whatever was left out.

    `pixels` are those of `fitting.fit`; `name` is that of the target, for messages.
    """
    if format_name == "AVIF":
        check_avif(name)
    kept, notes = _storable(pixels, format_name, metadata, name)
    try:
        if format_name == "PNG":
            from convfilter.images import png

            return png.encode(pixels, kept, effort.compress, effort.workers), notes
        if format_name == "NPY":
            from convfilter.images import arrays

            return arrays.encode(pixels), notes
        if format_name == "JPEG":
            from convfilter.images import jpeg

            settings = jpeg.settings_for(effort.quality, metadata.jpeg)
            with pillow_warnings_silenced():
                return jpeg.encode(pixels, settings, _described(kept), effort.workers), notes
        if format_name == "TIFF" and pixels.ndim == 3 and pixels.dtype != np.uint8:
            from convfilter.images import tiff

            return [tiff.encode(pixels, kept)], notes
        if format_name in ("PPM", "PNM") and pixels.ndim == 3 and pixels.dtype == np.uint16:
            from convfilter.images import pnm

            return pnm.encode(pixels), notes
        data, lost = _encode_with_pillow(pixels, format_name, kept, effort.quality, name)
    except MemoryError as error:
        raise ImageError(f"{name}: not enough memory to write {format_name}") from error
    except ConvfilterError:
        raise
    except Exception as error:  # Pillow's encoders raise almost anything
        detail = " ".join(str(error).split())[:120] or type(error).__name__
        raise ImageError(
            f"{name}: cannot be written as {format_name} ({detail}): try another format"
        ) from error
    return [data], notes + lost


def _encode_with_pillow(
    pixels: NDArray[Any], format_name: str, metadata: Metadata, quality: int | None, name: str
) -> tuple[bytes, list[str]]:
    from PIL import Image as PillowImages

    entry = FORMATS[format_name]
    options = _described(metadata) | _compression(format_name, quality)
    if format_name == "TIFF" and "xmp" in options:
        options["tiffinfo"] = {_XMP_TAG: options.pop("xmp")}
    notes: list[str] = []
    with pillow_warnings_silenced(), io.BytesIO() as file:
        import_module(f"PIL.{entry.plugin}")
        contiguous = np.ascontiguousarray(pixels)
        if format_name == "GIF":
            picture, extra, notes = _indexed(contiguous, name)
            options |= extra
        else:
            picture = PillowImages.fromarray(contiguous)
            if format_name == "PBM":
                picture = picture.convert("1", dither=PillowImages.Dither.NONE)
        picture.save(file, format=entry.encoder, **options)
        return file.getvalue(), notes


def _compression(format_name: str, quality: int | None) -> dict[str, Any]:
    if format_name == "TIFF":
        return {"compression": "tiff_adobe_deflate"}
    if format_name == "WEBP":
        if quality is None:  # `quality` is the effort here
            return {"lossless": True, "exact": True, "quality": 20, "method": 0}
        return {"quality": quality, "method": 4}
    if format_name == "AVIF":
        return {"quality": _AVIF_QUALITY if quality is None else quality}
    return {}


def _storable(
    pixels: NDArray[Any], format_name: str, metadata: Metadata, name: str
) -> tuple[Metadata, list[str]]:
    """Return what the format holds of the metadata, and a note for what it should but cannot."""
    notes: list[str] = []
    dpi, exif, profile = None, None, None
    xmp: bytes | None = None
    text: tuple[tuple[str, str], ...] = ()
    if metadata.dpi is not None and format_name in ("PNG", "JPEG", "TIFF", "BMP"):
        if all(0 < value < 1e6 for value in metadata.dpi):
            dpi = metadata.dpi
        else:
            notes.append(f"{name}: a resolution of {metadata.dpi} dpi cannot be and was left out")
    if metadata.exif and format_name in ("PNG", "JPEG", "WEBP", "AVIF"):
        exif = b"Exif\0\0" + metadata.exif if format_name == "JPEG" else metadata.exif
        if format_name == "JPEG" and len(exif) > _JPEG_EXIF_LIMIT:
            notes.append(f"{name}: the EXIF block is too long for JPEG and was left out")
            exif = None
    if metadata.xmp and format_name in ("PNG", "JPEG", "TIFF", "WEBP", "AVIF"):
        xmp = metadata.xmp
        if format_name == "JPEG" and len(xmp) > _JPEG_XMP_LIMIT:
            notes.append(f"{name}: the XMP packet is too long for JPEG and was left out")
            xmp = None
    if metadata.icc_profile and format_name in ("PNG", "JPEG", "TIFF", "WEBP", "AVIF"):
        # bytes 16 to 19 name the colour space of the profile (ICC.1:2022, 7.2)
        grey = pixels.ndim == 2 or pixels.shape[2] == 2
        if metadata.icc_profile[16:20] == (b"GRAY" if grey else b"RGB "):
            profile = metadata.icc_profile
        else:
            notes.append(
                f"{name}: the colour profile does not fit {'grey' if grey else 'RGB'} pixels "
                "and was left out"
            )
    if metadata.text and format_name == "PNG":
        from convfilter.images.png import holds_text

        text = tuple(pair for pair in metadata.text if holds_text(*pair))
        notes += [
            f"{name}: the text {keyword!r} cannot be stored in PNG and was left out"
            for keyword, words in metadata.text
            if not holds_text(keyword, words)
        ]
    return Metadata(profile, exif, dpi, text, xmp=xmp), notes


def _described(metadata: Metadata) -> dict[str, Any]:
    """Return Pillow's options for the metadata."""
    named = {name: getattr(metadata, name) for name in ("dpi", "exif", "icc_profile", "xmp")}
    return {name: value for name, value in named.items() if value is not None}


def _indexed(pixels: NDArray[np.uint8], name: str) -> tuple[PillowImage, dict[str, Any], list[str]]:
    """Return a palette picture: exact where the colours fit, else 256 chosen by median cut."""
    from PIL import Image as PillowImages

    notes: list[str] = []
    alpha: NDArray[np.uint8] | None = None
    if pixels.ndim == 3 and pixels.shape[2] in (2, 4):
        pixels, alpha = pixels[..., :-1], pixels[..., -1]
        if bool(((alpha != 0) & (alpha != 255)).any()):
            notes.append(f"{name}: GIF knows no half transparency: opaque from 50 % on")
        if pixels.shape[2] == 1:
            pixels = pixels[..., 0]
    hidden = None if alpha is None else alpha < 128
    if hidden is None and pixels.ndim == 2:
        return PillowImages.fromarray(pixels), {}, notes
    colours = np.repeat(pixels[..., np.newaxis], 3, axis=2) if pixels.ndim == 2 else pixels
    wide = colours.astype(np.uint32)
    packed = wide[..., 0] << 16 | wide[..., 1] << 8 | wide[..., 2]
    room = 256 if hidden is None else 255
    shown = np.unique(packed if hidden is None else packed[~hidden])
    if shown.size <= room:
        index = np.searchsorted(shown, packed).clip(0, max(shown.size - 1, 0)).astype(np.uint8)
        palette = np.stack([shown >> 16, shown >> 8 & 255, shown & 255], axis=1).astype(np.uint8)
    else:
        notes.append(f"{name}: GIF holds 256 colours: {shown.size} were reduced to {room}")
        reduced = PillowImages.fromarray(np.ascontiguousarray(colours)).quantize(room)
        index = np.array(reduced)
        palette = np.array(reduced.getpalette("RGB"), dtype=np.uint8).reshape(-1, 3)[:room]
    if hidden is not None:
        index[hidden] = len(palette)
        palette = np.concatenate([palette, np.zeros((1, 3), np.uint8)])
    picture = PillowImages.fromarray(index)
    picture.putpalette(palette.tobytes())
    extra = {} if hidden is None else {"transparency": len(palette) - 1}
    return picture, {**extra, "optimize": False}, notes
