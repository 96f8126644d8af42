"""Between Pillow's modes and arrays."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from convfilter.errors import ImageError
from convfilter.images.memory import pixels_in

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage
    from PIL.ImageFile import ImageFile

__all__ = [
    "in_native_order",
    "pixels_of",
    "refuse_deep_avif",
    "refuse_lost_depth",
    "widen_transparent_shade",
]

_BITS_PER_SAMPLE = 258
_PHOTOMETRIC = 262
_WHITE_IS_ZERO = 0

_DEEP_AVIF = re.compile(rb"av1C\x81.[\x40-\x7f\xc0-\xff]", re.DOTALL)
"""A box that says how a picture is coded, with the bit of 10 bits or more (AV1-ISOBMFF, 2.3)."""

_WIDENED = {"L;2": 85, "L;4": 17}
"""By what Pillow multiplies grey of 2 and 4 bits, which it has no modes for."""

_DEEP_COLOUR = (
    "16-bit colour of this kind is not served: convert to 16-bit PNG or TIFF, or to 8 bits"
)


def refuse_lost_depth(picture: ImageFile, format_name: str, name: str) -> None:
    """Raise `ImageError` for pictures that Pillow would reduce to 8 bits without a word.

    Called before decoding. PNG has a reader of its own: what comes here is not what that takes.
    """
    if format_name == "PNG":
        if picture.mode[0] != "I" and any(str(tile[3]).endswith(";16B") for tile in picture.tile):
            raise ImageError(
                f"{name}: this PNG file of 16-bit colour breaks the rules of the format: "
                "save it anew"
            )
        lost = False
    elif format_name == "TIFF":
        bits = _tag(picture, _BITS_PER_SAMPLE, (1,))
        lost = len(bits) > 1 and max(bits) > 8
    elif format_name == "PPM":
        args = picture.tile[0][3] if picture.tile else None
        lost = isinstance(args, tuple) and isinstance(args[-1], int) and args[-1] > 255
    else:
        lost = False
    if lost:
        raise ImageError(f"{name}: {_DEEP_COLOUR}")


def refuse_deep_avif(file: BinaryIO, name: str) -> None:
    """Raise `ImageError` for an AVIF file of more bits than the 8 that Pillow would leave."""
    file.seek(0)
    if _DEEP_AVIF.search(file.read()):
        raise ImageError(f"{name}: AVIF of more than 8 bits is not served: convert to 16-bit PNG")


def widen_transparent_shade(picture: ImageFile) -> None:
    """Make 8 bits of the transparent shade of a PNG file, where Pillow does so of the pixels only.

    Called before decoding.
    """
    times = _WIDENED.get(str(picture.tile[0][3])) if picture.tile else None
    shade = picture.info.get("transparency")
    if times is not None and isinstance(shade, int):
        picture.info["transparency"] = times * shade


def in_native_order(picture: ImageFile) -> None:
    """Let Pillow take signed samples of TIFF in the order in which libtiff unpacks them.

    Called before decoding. Of others it knows this by itself.
    """
    for number, tile in enumerate(picture.tile):
        if tile.codec_name == "libtiff" and isinstance(tile.args, tuple):
            mode, *others = tile.args
            native = {"I;16BS": "I;16NS", "I;32BS": "I;32NS"}.get(mode, mode)
            picture.tile[number] = tile._replace(args=(native, *others))


def _tag(picture: ImageFile, number: int, default: tuple[int, ...]) -> tuple[int, ...]:
    value = getattr(picture, "tag_v2", {}).get(number, default)
    return value if isinstance(value, tuple) else (value,)


def pixels_of(picture: ImageFile, name: str) -> tuple[NDArray[Any], bool]:
    """Return the decoded pixels and whether their last channel is alpha."""
    mode = picture.mode
    if mode.startswith("I;16"):
        return _deep_grey(picture, name), False
    if mode == "I":
        return _narrowed(np.asarray(picture), name), False
    if mode == "F":
        return np.array(picture, dtype=np.float32), False
    if mode == "P":
        return _from_palette(picture)
    if mode == "PA":
        return pixels_in(picture.convert("RGBA")), True
    if mode == "CMYK":
        return pixels_in(_from_inks(picture)), False
    if mode in ("1", "L", "RGB"):
        if "transparency" in picture.info:
            return pixels_in(picture.convert("RGBA" if mode == "RGB" else "LA")), True
        return pixels_in(picture.convert("L") if mode == "1" else picture), False
    if mode in ("LA", "RGBA"):
        return pixels_in(picture), True
    if mode in ("La", "RGBa"):
        return pixels_in(picture.convert(mode.upper())), True
    if mode in ("YCbCr", "RGBX"):
        return pixels_in(picture.convert("RGB")), False
    raise ImageError(f"{name}: {mode} colours are not served: convert the picture to RGB first")


def _deep_grey(picture: ImageFile, name: str) -> NDArray[np.uint16]:
    if "transparency" in picture.info:
        raise ImageError(
            f"{name}: 16-bit grey with a transparent shade is not served yet: "
            "convert to 8 bits first, or remove the transparency"
        )
    pixels = np.asarray(picture).astype(np.uint16)  # native byte order
    if _tag(picture, _PHOTOMETRIC, (1,))[0] == _WHITE_IS_ZERO and picture.format == "TIFF":
        return np.invert(pixels)  # Pillow inverts 8-bit pictures of this kind, but not these
    return pixels


def _narrowed(pixels: NDArray[np.int32], name: str) -> NDArray[np.uint16]:
    """32-bit integers as uint16, if they fit: 16-bit files arrive in this mode too."""
    low, high = int(pixels.min()), int(pixels.max())
    if low < 0 or high > 65535:
        raise ImageError(
            f"{name}: 32-bit integer pixels from {low} to {high} do not fit 16 bits: "
            "scale them to 0 to 65535, or save them as 32-bit float"
        )
    return pixels.astype(np.uint16)


def _from_palette(picture: ImageFile) -> tuple[NDArray[np.uint8], bool]:
    colours = np.array(picture.getpalette("RGB") or [], dtype=np.uint8).reshape(-1, 3)
    grey = bool((colours == colours[:, :1]).all())
    if picture.has_transparency_data:
        pixels = pixels_in(picture.convert("RGBA"))
        return (np.ascontiguousarray(pixels[..., 2:]) if grey else pixels), True
    return pixels_in(picture.convert("L" if grey else "RGB")), False


def _from_inks(picture: PillowImage) -> PillowImage:
    """CMYK as sRGB: through the embedded profile, or by plain arithmetic where there is none."""
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
