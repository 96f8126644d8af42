"""Blank pictures, made of a file's header alone, are of the size and kind that is read then."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from convfilter.files.reading import blank
from convfilter.formats import FORMATS
from convfilter.images import Image, read, write

TELLING = [name for name in FORMATS if FORMATS[name].blank is not None]


@pytest.mark.parametrize("name", TELLING)
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
@pytest.mark.parametrize("channels", [0, 2, 3, 4])
def test_a_blank_picture_is_like_the_one_in_the_file(
    tmp_path: Path, name: str, dtype: str, channels: int
) -> None:
    path = tmp_path / f"a{FORMATS[name].suffixes[0]}"
    shape = (50, 70, channels) if channels else (50, 70)
    write(Image(np.ones(shape, dtype), alpha=channels in (2, 4)), path)
    found, image = blank(path), read(path)
    assert found is not None
    assert found.shape == image.shape
    assert (found.dtype, found.alpha, found.format) == (image.dtype, image.alpha, image.format)


def test_a_blank_picture_takes_no_memory(tmp_path: Path) -> None:
    write(np.zeros((50, 70, 3), np.uint8), tmp_path / "a.png")
    found = blank(tmp_path / "a.png")
    assert found is not None
    assert found.pixels.strides == (0, 0, 0)


def test_formats_whose_reading_takes_no_loops_make_none(tmp_path: Path) -> None:
    write(np.zeros((5, 7), np.uint8), tmp_path / "a.bmp")
    assert blank(tmp_path / "a.bmp") is None
