"""Between Pillow's modes and arrays."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from convfilter.errors import ImageError

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage

__all__ = ["bits_of", "pixels_of"]


def bits_of(mode: str) -> int:
    """Return how many bits a value has in a picture of this mode."""
    if mode in ("I", "F"):
        return 32
    return 16 if mode.startswith("I;16") else 8


def pixels_of(picture: PillowImage) -> tuple[NDArray[Any], bool]:
    """Return the decoded pixels, (H, W) or (H, W, C), and whether their last channel is alpha.

    Raises
    ------
    ImageError
        For colours such as Lab, for 16-bit grey with a transparent shade, and for whole numbers
        that do not fit 16 bits.
    """
    mode = picture.mode
    if mode.startswith("I;16"):
        return _deep_grey(picture), False
    if mode == "I":
        return _narrowed(np.asarray(picture)), False
    if mode == "F":
        return np.array(picture, dtype=np.float32), False
    if mode == "P":
        return _from_palette(picture)
    if mode == "PA":
        return np.array(picture.convert("RGBA")), True
    if mode == "CMYK":
        return np.array(_from_inks(picture)), False
    if mode in ("1", "L", "RGB"):
        if "transparency" in picture.info:
            return np.array(picture.convert("RGBA" if mode == "RGB" else "LA")), True
        return np.array(picture.convert("L") if mode == "1" else picture), False
    if mode in ("LA", "RGBA"):
        return np.array(picture), True
    if mode in ("La", "RGBa"):
        return np.array(picture.convert(mode.upper())), True
    if mode in ("YCbCr", "RGBX"):
        return np.array(picture.convert("RGB")), False
    raise ImageError(f"{mode} colours are not supported: convert the picture to RGB first")


def _deep_grey(picture: PillowImage) -> NDArray[np.uint16]:
    if "transparency" in picture.info:
        raise ImageError(
            "16-bit grey with a transparent shade is not supported: "
            "convert to 8 bits first, or remove the transparency"
        )
    return np.asarray(picture).astype(np.uint16)  # in the byte order of this machine


def _narrowed(pixels: NDArray[np.int32]) -> NDArray[np.uint16]:
    """Return 32-bit integers as uint16, if they fit: 16-bit files arrive in this mode too."""
    low, high = int(pixels.min()), int(pixels.max())
    if low < 0 or high > 65535:
        raise ImageError(
            f"32-bit integer pixels from {low} to {high} do not fit 16 bits: "
            "scale them to 0 to 65535, or save them as 32-bit float"
        )
    return pixels.astype(np.uint16)


def _from_palette(picture: PillowImage) -> tuple[NDArray[np.uint8], bool]:
    colours = np.array(picture.getpalette("RGB") or [], dtype=np.uint8).reshape(-1, 3)
    grey = bool((colours == colours[:, :1]).all())
    if picture.has_transparency_data:
        pixels = np.array(picture.convert("RGBA"))
        return (np.ascontiguousarray(pixels[..., 2:]) if grey else pixels), True
    return np.array(picture.convert("L" if grey else "RGB")), False


def _from_inks(picture: PillowImage) -> PillowImage:
    """Return CMYK as sRGB: through the embedded profile, or by plain arithmetic without one."""
    profile = picture.info.get("icc_profile")
    if profile:
        from PIL import ImageCms

        try:
            converted = ImageCms.profileToProfile(
                picture,
                ImageCms.ImageCmsProfile(io.BytesIO(profile)),
                ImageCms.createProfile("sRGB"),
                outputMode="RGB",
            )
        except (ImageCms.PyCMSError, OSError, ValueError):
            converted = None
        if converted is not None:
            return converted
    return picture.convert("RGB")
