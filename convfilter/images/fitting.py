"""Fit pixels to what a file format can hold: dtype, channels, alpha. Says what it changed."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from convfilter.errors import ArgumentError, ImageError
from convfilter.images.formats import FORMATS, Format
from convfilter.images.image import Image

__all__ = ["background_colour", "fit"]

Colour = tuple[int, int, int]


def background_colour(text: str) -> Colour:
    """Return the RGB value of a colour name, ``#rrggbb``, ``rgb(r, g, b)`` or ``hsl(...)``."""
    if text == "white":  # the default, for which Pillow need not be there
        return 255, 255, 255
    from PIL import ImageColor

    try:
        red, green, blue = ImageColor.getrgb(text)[:3]
    except ValueError:
        raise ArgumentError(
            f"background {text!r} is not a colour: give a name such as white, or #rrggbb"
        ) from None
    return red, green, blue


def fit(
    image: Image, format_name: str, background: Colour, name: str
) -> tuple[NDArray[Any], list[str]]:
    """Return pixels that the format holds as they are, and a note for each loss on the way.

    The result is ``(H, W)``, ``(H, W, 2)``, ``(H, W, 3)`` or ``(H, W, 4)`` of uint8; PNG and TIFF
    hold uint16 in all these shapes, PPM ``(H, W, 3)``, PGM ``(H, W)``, and TIFF float32. `name` is
    that of the target, for messages.
    """
    form = FORMATS[format_name]
    if form.arrays:
        return image.pixels, []
    _check_shape(image, form, name)
    pixels = image.pixels[..., 0] if image.shape[2:] == (1,) else image.pixels
    notes: list[str] = []
    pixels = _fit_dtype(pixels, form, name, notes)
    if image.alpha and not form.alpha:
        pixels = _flatten(pixels, background)
        notes.append(f"{name}: {format_name} holds no transparency: laid on the background")
    return _fit_colour(pixels, form, name), notes


def _check_shape(image: Image, form: Format, name: str) -> None:
    height, width, channels = image.height, image.width, image.channels
    if height == 0 or width == 0 or channels == 0:
        raise ImageError(f"{name}: a picture of {width}x{height} pixels cannot be stored")
    if max(height, width) > form.longest_side:
        raise ImageError(
            f"{name}: {width}x{height} pixels are too many for {form.name}, whose sides reach "
            f"{form.longest_side}: write PNG or TIFF"
        )
    if channels not in ((2, 4) if image.alpha else (1, 3)):
        kind = "with alpha" if image.alpha else "without alpha"
        raise ImageError(
            f"{name}: {channels} channels {kind} cannot be stored: "
            "pictures are grey or RGB, each with or without alpha"
        )


def _fit_dtype(pixels: NDArray[Any], form: Format, name: str, notes: list[str]) -> NDArray[Any]:
    dtype = pixels.dtype
    if dtype == np.uint8:
        return pixels
    if dtype == np.bool_:
        return np.where(pixels, np.uint8(255), np.uint8(0))
    if dtype == np.uint16:
        if pixels.ndim == 3 and not form.uint16_colour:
            raise ImageError(
                f"{name}: {form.name} holds no 16-bit colour or alpha: write PNG, TIFF or PPM, "
                "or convert the picture to 8 bits or to grey first"
            )
        if not form.uint16_grey:
            raise ImageError(
                f"{name}: {form.name} holds no 16-bit grey: write PNG, TIFF or PGM, "
                "or convert the picture to 8 bits first"
            )
        return pixels
    if dtype.kind != "f":
        raise ImageError(
            f"{name}: signed {dtype} pixels cannot be stored: "
            "map them to 0 to 255 first (abs, offset, clamp or scale)"
        )
    if form.floats:
        if dtype != np.float32:
            notes.append(f"{name}: {dtype} pixels were rounded to 32-bit float")
        with np.errstate(over="ignore"):
            return pixels.astype(np.float32)
    return _to_bytes(pixels, form, name, notes)


def _to_bytes(pixels: NDArray[Any], form: Format, name: str, notes: list[str]) -> NDArray[np.uint8]:
    """Float pixels of 0 to 1 as 0 to 255: rounded to nearest, ties to even, and saturated."""
    if np.isnan(pixels).any():
        raise ImageError(
            f"{name}: NaN pixels cannot be stored in {form.name}: replace them first, or write TIFF"
        )
    low, high = float(pixels.min()), float(pixels.max())
    notes.append(f"{name}: float pixels were rounded to 8 bits")
    if low < 0.0 or high > 1.0:
        notes.append(
            f"{name}: float pixels from {low:.4g} to {high:.4g} were clipped to the range 0 to 1"
        )
    scaled = np.clip(pixels, 0.0, 1.0) * pixels.dtype.type(255)
    rounded: NDArray[np.uint8] = np.rint(scaled).astype(np.uint8)
    return rounded


def _flatten(pixels: NDArray[Any], background: Colour) -> NDArray[Any]:
    """Lay straight alpha on a colour; a grey picture stays grey on a grey background."""
    white = int(np.iinfo(pixels.dtype).max)
    wide = np.dtype("u2" if white == 255 else "u4")
    colours, alpha = pixels[..., :-1], pixels[..., -1:].astype(wide)
    if colours.shape[2] == 1 and len(set(background)) > 1:
        colours = np.repeat(colours, 3, axis=2)
    below = np.array(background[: colours.shape[2]], dtype=wide) * (white // 255)
    # at most white * white + white / 2, which the wider integers hold
    mixed = (colours * alpha + below * (white - alpha) + white // 2) // white
    flat: NDArray[Any] = mixed.astype(pixels.dtype)
    return flat[..., 0] if flat.shape[2] == 1 else flat


def _fit_colour(pixels: NDArray[Any], form: Format, name: str) -> NDArray[Any]:
    grey = pixels.ndim == 2 or pixels.shape[2] == 2
    if form.name == "PBM":
        return _fit_black_and_white(pixels, name)
    if not grey and not form.colour:
        raise ImageError(
            f"{name}: {form.name} holds grey only: write {_colour_sibling(form)}, "
            "or make the picture grey first"
        )
    if not grey or form.grey:
        return pixels
    if pixels.ndim == 2:
        return np.repeat(pixels[..., np.newaxis], 3, axis=2)
    return pixels[..., [0, 0, 0, 1]]


def _colour_sibling(form: Format) -> str:
    return ".ppm" if form.name in ("PGM", "PBM") else "PNG"


def _fit_black_and_white(pixels: NDArray[Any], name: str) -> NDArray[Any]:
    if pixels.ndim != 2 or not bool(((pixels == 0) | (pixels == 255)).all()):
        raise ImageError(
            f"{name}: PBM holds black and white only: make the picture grey and threshold it, "
            "or write .pgm or .ppm"
        )
    return pixels
