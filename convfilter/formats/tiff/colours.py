"""Pictures made of the samples of TIFF pages: palettes, inks, alpha, and white where 0 is white."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from convfilter.errors import ImageError
from convfilter.formats.tiff.storage import (
    ASSOCIATED,
    CMYK,
    PALETTE,
    WHITE_IS_ZERO,
    YCBCR,
    Storage,
)

__all__ = ["fit_nodata", "picture_of"]


def picture_of(storage: Storage, samples: NDArray[Any], profile: bytes | None) -> NDArray[Any]:
    """Return the pixels (H, W) or (H, W, C), contiguous, that samples (H, W, S) stand for.

    `profile` is that of inks. Samples may be written to.

    Raises
    ------
    ImageError
        Whole numbers do not fit 16 bits.
    ValueError
        For damage.
    """
    if storage.photometric == PALETTE:
        return _of_palette(storage, samples)
    if storage.photometric in (CMYK, YCBCR):
        mode = "CMYK" if storage.photometric == CMYK else "YCbCr"
        return _by_pillow(np.ascontiguousarray(samples), mode, profile)
    if storage.photometric == WHITE_IS_ZERO:
        colour = samples[..., :1]
        colour[...] = _white(samples.dtype) - colour
    samples = _narrowed(storage, samples)
    if storage.alpha == ASSOCIATED:
        samples = _divided(samples, samples.shape[2] - len(storage.extra))
    samples = np.ascontiguousarray(samples)
    return samples[..., 0] if storage.samples == 1 else samples


def _white(dtype: np.dtype[Any]) -> Any:
    return np.iinfo(dtype).max if dtype.kind == "u" else dtype.type(1)


def _narrowed(storage: Storage, samples: NDArray[Any]) -> NDArray[Any]:
    """Return whole numbers in the first dtype that holds them: with a sign int16, else uint16."""
    if storage.kind == "f" or samples.dtype.itemsize <= 2:
        return samples
    low, high = int(samples.min()), int(samples.max())
    for dtype in (np.int16, np.uint16) if storage.kind == "i" else (np.uint16,):
        if np.iinfo(dtype).min <= low and high <= np.iinfo(dtype).max:
            return samples.astype(dtype, copy=False)
    numbers = f"{storage.depth}-bit whole numbers"
    if storage.photometric == WHITE_IS_ZERO:  # they have been turned
        raise ImageError(
            f"{numbers} of which 0 is white do not fit 16 bits: save them as 0 is black"
        )
    raise ImageError(
        f"{numbers} from {low} to {high} do not fit 16 bits: "
        "scale them to 0 to 65535, or save them as 32-bit float"
    )


def fit_nodata(storage: Storage, samples: NDArray[Any], nodata: float | None) -> float | None:
    """Put a number of 16 bits in the place of one for no data that alone needs more of them.

    Returns that number, which stands for nothing else among the samples; None where all is left as
    it is.
    """
    if nodata is None or samples.dtype.itemsize <= 2 or storage.kind == "f":
        return None
    limits = np.iinfo(samples.dtype)
    if not (storage.keeps_numbers and nodata.is_integer() and limits.min <= nodata <= limits.max):
        return None
    gaps = samples == int(nodata)
    there = samples[~gaps]
    if there.size == samples.size:
        return None
    low, high = (int(there.min()), int(there.max())) if there.size else (0, 0)
    for dtype in (np.int16, np.uint16) if storage.kind == "i" else (np.uint16,):
        least, most = np.iinfo(dtype).min, np.iinfo(dtype).max
        if not (least <= low and high <= most):
            continue
        if least <= nodata <= most:
            return None
        for free in (least, most) if least < 0 else (most, least):
            if not (there == free).any():
                samples[gaps] = free
                return float(free)
    return None


def _divided(pixels: NDArray[Any], colours: int) -> NDArray[Any]:
    """Divide the first channels by the alpha in the last one, which they were multiplied with."""
    alpha = pixels[..., -1:].astype(np.float64)
    white = float(_white(pixels.dtype))
    shares = np.divide(white, alpha, out=np.zeros_like(alpha), where=alpha > 0)
    divided = pixels[..., :colours] * shares
    if pixels.dtype.kind == "u":
        divided = np.rint(divided).clip(0, white)
    return np.concatenate([divided.astype(pixels.dtype), pixels[..., colours:]], axis=2)


def _of_palette(storage: Storage, samples: NDArray[Any]) -> NDArray[Any]:
    """Return grey or colours for indices, and alpha beside them.

    They are uint8 if no shade of the palette needs more. A palette that stays below 256 was stored
    in 8 bits.
    """
    count = 1 << storage.depth
    if len(storage.colour_map) != 3 * count:
        raise ValueError(f"a palette of {len(storage.colour_map)} values instead of {3 * count}")
    shades = np.array(storage.colour_map, np.uint16).reshape(3, count)
    if shades.max() < 256:
        shades = shades.astype(np.uint8)
    elif ((shades % 257 == 0) | (shades % 256 == 0)).all():
        shades = (shades >> 8).astype(np.uint8)
    if (shades == shades[0]).all():
        shades = shades[:1]
    colours = shades.T[samples[..., 0]]
    if storage.alpha is not None:
        deeper = int(np.iinfo(shades.dtype).max) // 255
        alpha = samples[..., 1:] * shades.dtype.type(deeper)
        return np.concatenate([colours, alpha], axis=2)
    return np.ascontiguousarray(colours[..., 0] if len(shades) == 1 else colours)


def _by_pillow(samples: NDArray[np.uint8], mode: str, profile: bytes | None) -> NDArray[Any]:
    from PIL import Image as PillowImages

    from convfilter.formats.pillow.modes import pixels_of

    height, width = samples.shape[:2]
    picture = PillowImages.frombuffer(mode, (width, height), samples, "raw", mode, 0, 1)
    if profile:
        picture.info["icc_profile"] = profile
    return pixels_of(picture)[0]
