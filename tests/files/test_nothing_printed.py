"""No library prints words of its own, whatever is read and written."""

from __future__ import annotations

import io
from contextlib import suppress

import numpy as np
import pytest
from PIL import Image as PillowImages

from convfilter.errors import ConvfilterError
from convfilter.formats.quiet import printed
from convfilter.images import FORMATS, read, write
from tests.files.damage import whole_files

WRITTEN = [name for name, form in FORMATS.items() if form.write is not None]
OF_EACH = 16
"""Into one format of so many each file is written, in turn; thorough tests take all."""


def coarse_jpeg(side: int) -> bytes:
    """Return a file whose tables have numbers of 16 bits."""
    pixels = np.random.default_rng(side).integers(0, 256, (side, side, 3), np.uint8)
    file = io.BytesIO()
    with printed(b"Caution"):
        PillowImages.fromarray(pixels).save(file, "JPEG", qtables=[[605] * 64, [17] * 64])
    return file.getvalue()


FILES = {
    **whole_files(),
    "JPEG, coarse": coarse_jpeg(30),
    "JPEG, coarse and large": coarse_jpeg(1100),  # which is encoded in bands
}


def assert_quiet(capfd: pytest.CaptureFixture[str], name: str, target: str) -> None:
    """Read a file and write it, or find that the format does not hold it."""
    image = read(io.BytesIO(FILES[name]))
    with suppress(ConvfilterError):
        write(image, io.BytesIO(), format=target)
    assert capfd.readouterr() == ("", ""), (name, target)


@pytest.mark.parametrize("name", ["JPEG, coarse", "JPEG, coarse and large"])
def test_coarse_tables_are_kept_without_words(capfd: pytest.CaptureFixture[str], name: str) -> None:
    file = io.BytesIO()
    image = read(io.BytesIO(FILES[name]))
    write(image, file, format="JPEG")
    assert capfd.readouterr() == ("", "")
    settings = read(io.BytesIO(file.getvalue())).metadata.jpeg
    assert settings is not None
    assert settings == image.metadata.jpeg
    assert max(settings.tables[0]) == 605


def test_nothing_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    for number, name in enumerate(FILES):
        for target in WRITTEN[number % OF_EACH :: OF_EACH]:
            assert_quiet(capfd, name, target)


@pytest.mark.thorough
@pytest.mark.parametrize("target", WRITTEN)
def test_nothing_is_printed_for_any(capfd: pytest.CaptureFixture[str], target: str) -> None:
    for name in FILES:
        assert_quiet(capfd, name, target)
