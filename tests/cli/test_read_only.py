"""A format that is only read: what it is filtered into has to be named."""

from __future__ import annotations

from pathlib import Path

import pytest

from convfilter.formats.declaring.index import SUMMARIES
from tests.cli.conftest import Runner, picture

WORDS = "BMP files are only read: write PNG, TIFF or"


@pytest.fixture(autouse=True)
def _only_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    picture(folder / "in.bmp")
    monkeypatch.setitem(SUMMARIES, "BMP", SUMMARIES["BMP"]._replace(is_written=False))


def test_into_a_format_that_is_written(convfilter: Runner, folder: Path) -> None:
    assert convfilter("invert", folder / "in.bmp", folder / "out.png").code == 0
    assert (folder / "out.png").exists()


def test_an_output_of_it_is_wrong_usage(convfilter: Runner, folder: Path) -> None:
    for paths in ([folder / "in.bmp"], [folder / "in.bmp", folder / "out.bmp"]):
        ended = convfilter("invert", *paths)
        assert ended.code == 2
        assert WORDS in ended.err


def test_in_a_folder_it_is_one_failure_of_many(convfilter: Runner, folder: Path) -> None:
    picture(folder / "other.png")
    ended = convfilter("invert", folder, folder / "out/")
    assert ended.code == 3
    assert WORDS in ended.err
    assert "in.bmp" in ended.err
    assert [path.name for path in (folder / "out").iterdir()] == ["other.png"]
    ended = convfilter("invert", folder, folder / "out/", "--format", "png", "--overwrite")
    assert ended.code == 0


def test_it_is_refused_in_place_and_by_name(convfilter: Runner, folder: Path) -> None:
    before = (folder / "in.bmp").read_bytes()
    for arguments in (("--in-place",), (folder / "out.dat", "--format", "bmp")):
        ended = convfilter("invert", folder / "in.bmp", *arguments)
        assert ended.code
        assert WORDS in ended.err
    assert (folder / "in.bmp").read_bytes() == before
