"""A format that is only read: without another word it is filtered into PNG."""

from __future__ import annotations

from pathlib import Path

import pytest

from convfilter.formats.declaring.index import SUMMARIES
from convfilter.images import read
from tests.cli.conftest import Runner, outputs_in, picture

WORDS = "BMP files are only read: write PNG, TIFF or"


@pytest.fixture(autouse=True)
def _only_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    picture(folder / "in.bmp")
    monkeypatch.setitem(
        SUMMARIES, "BMP", SUMMARIES["BMP"]._replace(is_written=False, written_as="PNG")
    )


def test_into_a_format_that_is_written(convfilter: Runner, folder: Path) -> None:
    assert convfilter("invert", folder / "in.bmp", folder / "out.png").code == 0
    assert (folder / "out.png").exists()


def test_an_output_of_it_is_wrong_usage(convfilter: Runner, folder: Path) -> None:
    ended = convfilter("invert", folder / "in.bmp", folder / "out.bmp")
    assert ended.code == 2
    assert WORDS in ended.err


def test_a_sibling_is_of_another_format(convfilter: Runner, folder: Path) -> None:
    ended = convfilter("invert", folder / "in.bmp")
    assert ended.code == 0
    assert "in-invert.png" in ended.err
    assert read(folder / "in-invert.png").format == "PNG"


def test_in_a_folder_its_results_are_of_another_format(convfilter: Runner, folder: Path) -> None:
    picture(folder / "other.png")
    assert convfilter("invert", folder, folder / "out/").code == 0
    assert sorted(path.name for path in outputs_in(folder / "out")) == ["in.png", "other.png"]
    assert read(folder / "out" / "in.png").format == "PNG"
    ended = convfilter("invert", folder, folder / "gif/", "--format", "gif")
    assert ended.code == 0
    assert sorted(path.name for path in outputs_in(folder / "gif")) == ["in.gif", "other.gif"]


def test_names_that_meet_fail_by_name(convfilter: Runner, folder: Path) -> None:
    picture(folder / "in.png")
    picture(folder / "other.png")
    ended = convfilter("invert", folder, folder / "out/")
    assert ended.code == 3
    assert "in.bmp" in ended.err
    assert "other.png" in [path.name for path in outputs_in(folder / "out")]


def test_standard_output_gets_the_other_format(convfilter: Runner, folder: Path) -> None:
    ended = convfilter("invert", "-", "-", stdin=(folder / "in.bmp").read_bytes())
    assert ended.code == 0
    assert ended.out.startswith(b"\x89PNG")


def test_it_is_refused_in_place_and_by_name(convfilter: Runner, folder: Path) -> None:
    before = (folder / "in.bmp").read_bytes()
    for arguments in (("--in-place",), (folder / "out.dat", "--format", "bmp")):
        ended = convfilter("invert", folder / "in.bmp", *arguments)
        assert ended.code
        assert WORDS in ended.err
    assert (folder / "in.bmp").read_bytes() == before
