"""Folders with pictures of kinds that cannot be read here: listed by kind and number."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from convfilter import filter_files, formats
from convfilter.formats import unsupported
from tests.cli.conftest import Runner, picture


@pytest.fixture
def _without_libraries(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Take the libraries of two extras away."""
    for library, module in (("pi_heif", "heic"), ("rawpy", "raw")):
        monkeypatch.setitem(sys.modules, library, None)
        monkeypatch.delitem(sys.modules, f"convfilter.formats.extras.{module}", raising=False)
        monkeypatch.delattr(f"convfilter.formats.extras.{module}", raising=False)
    formats._unsupported.cache_clear()
    yield
    formats._unsupported.cache_clear()


@pytest.fixture
def photos(folder: Path) -> Path:
    """A folder of a photographer."""
    place = folder / "photos"
    (place / "more").mkdir(parents=True)
    picture(place / "a.png")
    for name in ("b.heic", "c.HEIC", "d.nef", "e.psd", "f.txt", "more/g.mov", ".h.heic"):
        (place / name).write_bytes(b"never looked at")
    return place


@pytest.mark.usefixtures("_without_libraries")
def test_they_are_listed_by_kind_and_number(convfilter: Runner, photos: Path) -> None:
    ended = convfilter("invert", photos, "out/", "-r")
    assert ended.code == 0
    assert ended.lines == [
        "convfilter invert: 1 file written to out, 2 HEIC: install convfilter[heic],"
        " 1 NEF: install convfilter[raw], 1 PSD: not supported, 1 MOV: not supported,"
        " 2 other files passed over"
    ]


@pytest.mark.usefixtures("_without_libraries")
def test_they_are_failures_where_that_is_asked_for(convfilter: Runner, photos: Path) -> None:
    ended = convfilter("invert", photos, "out/", "-r", "--strict")
    assert ended.code == 3
    assert len(ended.lines) == 6
    assert "b.heic: HEIC needs pi_heif, which is not installed: pip install" in ended.err
    assert "e.psd: is a Photoshop document, which is not supported" in ended.err
    assert ended.lines[-1] == (
        "convfilter invert: 1 file written to out, 5 failed, 2 other files passed over"
    )


@pytest.mark.usefixtures("_without_libraries")
def test_a_folder_of_nothing_else(convfilter: Runner, photos: Path) -> None:
    (photos / "a.png").unlink()
    ended = convfilter("invert", photos, "out/")
    assert ended.code == 1
    assert "no images found (2 HEIC: install convfilter[heic]; 1 NEF:" in ended.err
    assert convfilter("invert", photos, "out/", "--strict").code == 1


@pytest.mark.usefixtures("_without_libraries")
def test_from_python(photos: Path) -> None:
    assert [r.input.name for r in filter_files(photos, photos / "out", "invert")] == ["a.png"]
    strict = filter_files(photos, photos / "out2", "invert", strict=True)
    assert sorted(r.input.name for r in strict if not r.ok) == [
        "b.heic",
        "c.HEIC",
        "d.nef",
        "e.psd",
    ]


def test_where_the_library_is_there_they_are_read() -> None:
    assert unsupported("a.heic") is None
    assert unsupported("a.txt") is None
    assert unsupported("a.png") is None
    assert unsupported("a.psd") is not None
