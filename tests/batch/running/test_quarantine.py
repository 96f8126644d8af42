"""What failed is copied beside its reason, and a run may stop at the first failure."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import convfilter
from convfilter.errors import ConvfilterError, UsageError
from convfilter.images import write


@pytest.fixture(autouse=True)
def _in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("in/a.png", "in/b/c.png"):
        Path(name).parent.mkdir(exist_ok=True)
        write(np.zeros((5, 7), np.uint8), name)
    for name in ("in/bad.png", "in/b/bad.png"):
        Path(name).write_bytes(b"\x89PNG\r\n\x1a\n and no more")


def files(folder: str) -> list[str]:
    """Return the files in a folder and below."""
    return sorted(
        str(path.relative_to(folder)) for path in Path(folder).rglob("*") if path.is_file()
    )


def test_inputs_that_failed_are_copied_beside_their_reason() -> None:
    results = list(convfilter.filter_files("in", "out", "invert", recursive=True, quarantine="bad"))
    assert sum(not result.ok for result in results) == 2
    assert files("bad") == [
        "b/bad.png",
        "b/bad.png.reason.json",
        "bad.png",
        "bad.png.reason.json",
    ]
    assert Path("bad/b/bad.png").read_bytes() == Path("in/b/bad.png").read_bytes()
    said = json.loads(Path("bad/bad.png.reason.json").read_text())
    assert (said["input"], said["cause"]) == ("in/bad.png", "input")
    assert said["reason"].startswith("in/bad.png: ")


def test_nothing_in_quarantine_is_replaced() -> None:
    Path("bad").mkdir()
    Path("bad/bad.png").write_bytes(b"of somebody")
    for _ in range(2):
        list(convfilter.filter_files("in", "out", "invert", overwrite=True, quarantine="bad"))
    assert Path("bad/bad.png").read_bytes() == b"of somebody"
    assert {"bad-2.png", "bad-2.png.reason.json", "bad-3.png", "bad-3.png.reason.json"} <= set(
        files("bad")
    )
    assert "bad.png.reason.json" not in files("bad")


def test_the_quarantine_inside_the_input_is_left_out() -> None:
    for _ in range(2):
        results = list(
            convfilter.filter_files(
                "in", "out", "invert", recursive=True, overwrite=True, quarantine="in/q"
            )
        )
        assert sorted(str(result.input) for result in results if not result.ok) == [
            "in/b/bad.png",
            "in/bad.png",
        ]


def test_results_and_failures_do_not_share_a_folder() -> None:
    with pytest.raises(UsageError, match="gets the results"):
        convfilter.filter_files("in", "out", "invert", quarantine="out")


@pytest.mark.parametrize("folder", ["in", "in/../in", "in/b/.."])
def test_copies_do_not_stand_among_inputs(folder: str) -> None:
    with pytest.raises(UsageError, match="in holds inputs"):
        convfilter.filter_files("in", "out", "invert", recursive=True, quarantine=folder)
    assert len(files("in")) == 4


@pytest.mark.parametrize(
    ("option", "place", "words"),
    [
        ("quarantine", "", "quarantine is empty"),
        ("report", "", "report is empty"),
        ("quarantine", "memory://bad", "quarantine is an address in storage"),
        ("report", "s3://user:secret@bucket/r.json", "report is an address in storage"),
        ("quarantine", "in/a.png", "in/a.png is not a folder"),
        ("report", "none/r.json", "the folder none does not exist"),
    ],
)
def test_places_that_nothing_can_be_written_to(option: str, place: str, words: str) -> None:
    with pytest.raises(ConvfilterError, match=words) as caught:
        convfilter.filter_files("in", "out", "invert", **{option: place})
    assert "secret" not in str(caught.value)
    assert sorted(path.name for path in Path().iterdir()) == ["in"]


@pytest.mark.parametrize("jobs", [1, 2])
def test_no_file_is_begun_after_the_first_failure(jobs: int) -> None:
    for number in range(30):
        write(np.zeros((5, 7), np.uint8), f"in/z{number}.png")
    results = list(convfilter.filter_files("in", "out", "invert", fail_fast=True, jobs=jobs))
    assert sum(not result.ok for result in results) == 1
    assert 1 <= len(results) <= 2 + 2 * jobs
