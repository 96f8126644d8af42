"""How much memory the pixels of a file take is told by its header as reading it tells."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest

from convfilter.batch.job import Job
from convfilter.batch.running.window import AT_LEAST, COPIES, bytes_for
from convfilter.formats.headers import bytes_of_pixels
from convfilter.images import Image, read, write


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".bmp"])
@pytest.mark.parametrize("channels", [0, 3, 4])
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_headers_tell_what_is_read(suffix: str, channels: int, dtype: str, tmp_path: Path) -> None:
    if dtype == "uint16" and suffix in (".jpg", ".bmp"):
        suffix = ".tiff"  # those hold 8 bits
    path = tmp_path / f"a{suffix}"
    shape = (50, 70, channels) if channels else (50, 70)
    write(Image(np.ones(shape, dtype), alpha=channels == 4), path)
    with path.open("rb") as file:
        told = bytes_of_pixels(file)
    pixels = read(path).pixels
    if suffix == ".bmp":  # which may hold a palette
        assert told == 50 * 70 * 3
    else:
        assert told == pixels.nbytes


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff",
        b"\xff\xd8\xff\xe0\0\x10" + bytes(14),
        b"II*\0\x08\0\0\0\xff\xff",
        b"II*\0\xff\xff\xff\xff",
        b"MM\0+\0\x08\0\0" + b"\xff" * 24,
        b"GIF89a",
        b"BM",
        b"something else, which is long enough",
    ],
)
def test_what_tells_nothing_is_no_error(data: bytes) -> None:
    assert bytes_of_pixels(io.BytesIO(data)) is None


def test_a_job_takes_as_much_as_its_header_says_where_it_matters(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    write(np.zeros((500, 700), np.uint8), path)
    size = path.stat().st_size
    assert bytes_for(Job(path, None), 1000) == AT_LEAST + size + COPIES * 350_000
    assert bytes_for(Job(path, None), 10**12) > COPIES * 350_000
    assert bytes_for(Job(tmp_path / "none.png", None), 1000) == AT_LEAST
