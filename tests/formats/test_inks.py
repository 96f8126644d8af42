"""CMYK becomes RGB with a line, whatever the format."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image as PillowImages

from convfilter.images import read, write


@pytest.mark.parametrize("name", ["JPEG", "TIFF", "TIFF jpeg", "JPEG2000"])
def test_inks_are_named(name: str) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (16, 16, 4), dtype=np.uint8)
    format_name, _, compression = name.partition(" ")
    options = {"compression": compression} if compression else {}
    file = io.BytesIO()
    PillowImages.fromarray(pixels, "CMYK").save(file, format_name, **options)
    image = read(io.BytesIO(file.getvalue()))
    assert image.shape == (16, 16, 3)
    assert image.left_out == ("its colours of ink (CMYK), which became sRGB",)
    notes = write(image, io.BytesIO(), format="PNG")
    assert notes == ["the stream: of the input: its colours of ink (CMYK), which became sRGB"]
