"""Pillow's own limit of pixels decides about nothing: only `max_pixels` does."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image as PillowImages

from convfilter.errors import ImageError
from convfilter.files.reading import DEFAULT_MAX_PIXELS
from convfilter.images import Timing, read, write
from tests.files.damage import whole_files
from tests.formats.animation.test_animations import FORMATS as ANIMATIONS
from tests.formats.animation.test_animations import animation
from tests.formats.declared import written
from tests.formats.tiff.test_pages import by_tifffile, picture

FILES = whole_files()


@pytest.fixture
def low_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Pillow refuse whatever has more than 100 pixels."""
    monkeypatch.setattr(PillowImages, "MAX_IMAGE_PIXELS", 50)


@pytest.mark.usefixtures("low_limit")
@pytest.mark.parametrize("name", written(lambda holds: not holds.arrays))
def test_of_every_format(name: str) -> None:
    pixels = np.zeros((40, 50), np.uint8)
    file = io.BytesIO()
    write(pixels, file, format=name)
    assert read(io.BytesIO(file.getvalue())).shape[:2] == (40, 50)
    with pytest.raises(ImageError, match=r"50x40 is 2,000 pixels.*--max-pixels"):
        read(io.BytesIO(file.getvalue()), max_pixels=1999)


@pytest.mark.usefixtures("low_limit")
@pytest.mark.parametrize("name", ANIMATIONS)
def test_of_animations(name: str) -> None:
    frames = [np.full((40, 50, 3), value, np.uint8) for value in (0, 90, 200)]
    file = io.BytesIO()
    write(animation(frames, [Timing()] * 3), file, format=name)
    assert len(read(io.BytesIO(file.getvalue())).frames) == 3


@pytest.mark.usefixtures("low_limit")
@pytest.mark.parametrize("what", FILES)
def test_of_files_of_every_kind(what: str) -> None:
    assert read(io.BytesIO(FILES[what])).height > 0


@pytest.mark.usefixtures("low_limit")
@pytest.mark.parametrize("compression", ["jpeg", "lzw", "packbits", "zstd", "lzma", "zlib", None])
def test_of_every_compression_of_tiff(compression: str | None) -> None:
    pixels = picture("uint8", (3,), 40, 50)
    data = by_tifffile((pixels, {"compression": compression, "rowsperstrip": 40}))
    assert read(io.BytesIO(data)).shape == (40, 50, 3)


@pytest.mark.usefixtures("low_limit")
def test_of_pages_that_lie_on_their_side() -> None:
    page = (picture("uint8", (3,), 40, 50), {"compression": "jpeg"})
    page[1]["extratags"] = [(274, 3, 1, 6, True)]
    assert read(io.BytesIO(by_tifffile(page))).shape == (50, 40, 3)


def claiming(width: int, height: int) -> dict[str, bytes]:
    """Return short files that claim to be large, and hold nothing of it."""
    size = (width - 1) | (height - 1) << 14
    lossless = (
        b"VP8L" + (14).to_bytes(4, "little") + b"\x2f" + size.to_bytes(4, "little") + bytes(9)
    )
    lossy = b"VP8 " + (14).to_bytes(4, "little") + b"\x10\x00\x00\x9d\x01\x2a"
    lossy += width.to_bytes(2, "little") + height.to_bytes(2, "little") + bytes(4)
    canvas = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    extended = b"VP8X" + (10).to_bytes(4, "little") + bytes(4) + canvas
    return {
        name: b"RIFF" + (4 + len(chunk)).to_bytes(4, "little") + b"WEBP" + chunk
        for name, chunk in (("VP8L", lossless), ("VP8", lossy), ("VP8X", extended))
    }


@pytest.mark.parametrize("kind", ["VP8L", "VP8", "VP8X"])
def test_short_webp_files_that_claim_to_be_large(kind: str) -> None:
    data = claiming(16383, 16383)[kind]
    with pytest.raises(ImageError, match="268,402,689 pixels, more than the limit of 200,000,000"):
        read(io.BytesIO(data), max_pixels=200_000_000)


def test_the_largest_webp_is_below_the_limit() -> None:
    assert DEFAULT_MAX_PIXELS > 16383**2
