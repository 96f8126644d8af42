"""Small files by other programs in `made/`, and what these programs decode of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["made", "seen"]

_FOLDER = Path(__file__).parent / "made"


def made(name: str) -> bytes:
    """Return a file."""
    return (_FOLDER / name).read_bytes()


def seen(name: str) -> NDArray[Any]:
    """Return the pixels of a file as the witness decodes them: RGB, RGBA or grey."""
    data = np.frombuffer(made(f"{name}.png"), np.uint8)
    pixels = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
    assert pixels is not None
    if pixels.ndim == 2:
        return pixels
    return pixels[..., [2, 1, 0, 3][: pixels.shape[2]]]
