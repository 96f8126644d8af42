"""Write a picture through Pillow."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImages

from convfilter.formats.quiet import warnings_silenced
from convfilter.picture.image import Metadata

__all__ = ["described", "encoded"]


def encoded(encoder: str, pictures: Sequence[NDArray[Any]], **options: Any) -> bytes:
    """Return a file of a picture, or of several.

    Parameters
    ----------
    encoder : str
        Pillow's name of the format, whose module has been imported.
    pictures : sequence of ndarray
        uint8 (H, W), (H, W, 3) or (H, W, 4), or what else the encoder takes.
    **options
        The encoder's.
    """
    with warnings_silenced(), io.BytesIO() as file:
        picture, *others = (
            PillowImages.fromarray(np.ascontiguousarray(pixels)) for pixels in pictures
        )
        if others:
            options |= {"save_all": True, "append_images": others}
        picture.save(file, format=encoder, **options)
        return file.getvalue()


def described(metadata: Metadata) -> dict[str, Any]:
    """Return the options by which Pillow's encoders take metadata."""
    named = {name: getattr(metadata, name) for name in ("dpi", "exif", "icc_profile", "xmp")}
    return {name: value for name, value in named.items() if value is not None}
