"""Formats by extras on the command line."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from convfilter.images import read
from tests.cli.conftest import Runner, outputs_in
from tests.formats.extras.pdf_files import document
from tests.formats.extras.witnesses import made, seen

MADE = Path(__file__).parents[1] / "formats" / "extras" / "made"


def test_a_folder_of_a_photographer(convfilter: Runner, folder: Path) -> None:
    (folder / "photos").mkdir()
    for name in ("told.heic", "plain.dng", "lossless.jxl"):
        shutil.copy(MADE / name, folder / "photos" / name)
    ended = convfilter("invert", "photos", "out/", "--strict")
    assert ended.code == 0, ended.err
    results = {path.name: read(path) for path in outputs_in(folder / "out")}
    assert sorted(results) == ["lossless.jxl", "plain.png", "told.png"]
    np.testing.assert_array_equal(results["plain.png"].pixels, 255 - seen("plain.dng"))
    np.testing.assert_array_equal(results["lossless.jxl"].pixels, 255 - seen("lossless.jxl"))
    assert results["told.png"].metadata.exif is not None


@pytest.mark.parametrize(
    ("words", "dtype"),
    [
        ((), "uint8"),
        (("--depth", "8"), "uint8"),
        (("--develop", "16"), "uint16"),
        (("--depth", "16"), "uint16"),
        (("--develop", "linear"), "uint16"),
        (("--develop", "8", "--depth", "16"), "uint16"),
    ],
)
def test_camera_raw_is_developed_as_asked(
    convfilter: Runner, folder: Path, words: tuple[str, ...], dtype: str
) -> None:
    (folder / "a.dng").write_bytes(made("plain.dng"))
    assert convfilter("invert", "a.dng", "a.png", *words).code == 0
    image = read(folder / "a.png")
    assert image.dtype == dtype
    develop = words[1] if "--develop" in words else "16" if dtype == "uint16" else "8"
    expected = read(folder / "a.dng", develop=develop).pixels
    if expected.dtype != image.dtype:
        expected = expected.astype(np.uint16) * 257
    np.testing.assert_array_equal(image.pixels, np.iinfo(dtype).max - expected)


def test_light_is_not_decoded_twice(convfilter: Runner, folder: Path) -> None:
    (folder / "a.dng").write_bytes(made("plain.dng"))
    ended = convfilter("invert", "a.dng", "a.png", "--develop", "linear", "--linear")
    assert ended.code == 2
    assert "leave one out" in ended.err


def test_pages_at_a_resolution(convfilter: Runner, folder: Path) -> None:
    page = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    (folder / "a.pdf").write_bytes(document(page, page // 2))
    ended = convfilter("invert", "a.pdf", "--dpi", "72")
    assert ended.code == 0, ended.err
    image = read(folder / "a-invert.tif")
    assert len(image.frames) == 2
    np.testing.assert_array_equal(image.frames[1].pixels, 255 - page // 2)
    assert image.metadata.dpi == (72, 72)
    for words in (("--dpi", "0"), ("--dpi", "3000")):
        assert convfilter("invert", "a.pdf", "b.tif", *words).code == 2
