"""Pictures that lie on their side: upright after the command, the tag reset, other tags kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, ImageOps
from PIL import Image as PillowImages

from tests.cli.conftest import Runner

SAVED = {"png": {}, "jpg": {"quality": 95, "subsampling": 0}, "webp": {"lossless": True}, "tif": {}}
ORIENTATION, MAKER, EXIF, TAKEN = 0x0112, 0x010F, ExifTags.IFD.Exif, 0x9003


@pytest.mark.parametrize("suffix", SAVED)
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_ends_upright(
    convfilter: Runner, folder: Path, suffix: str, orientation: int
) -> None:
    rows, columns = np.mgrid[0:16, 0:24]
    pixels = np.dstack([rows * 15, columns * 10, rows + columns]).astype(np.uint8)
    picture = PillowImages.fromarray(pixels)
    exif = picture.getexif()
    exif[ORIENTATION], exif[MAKER] = orientation, "Maker"
    exif.get_ifd(EXIF)[TAKEN] = "2026:01:02 03:04:05"
    picture.save(f"in.{suffix}", exif=exif.tobytes(), **SAVED[suffix])
    ended = convfilter("identity", f"in.{suffix}", f"out.{suffix}")
    assert (ended.code, ended.err) == (0, "")
    upright = np.asarray(ImageOps.exif_transpose(picture)).astype(int)
    with PillowImages.open(f"out.{suffix}") as found:
        tags = found.getexif()
        assert (tags[ORIENTATION], tags[MAKER]) == (1, "Maker")
        assert tags.get_ifd(EXIF)[TAKEN] == "2026:01:02 03:04:05"
        result = np.asarray(found.convert("RGB"))
    assert result.shape == upright.shape
    assert np.abs(result - upright).max() <= (8 if suffix == "jpg" else 0)
