"""How a command line's options reach the work, and what is said while it goes on."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from convfilter.batch.job import Job
from convfilter.batch.planning.plan import FilePlan
from convfilter.cli.telling import progress
from convfilter.cli.telling.teller import Teller
from convfilter.images import read
from convfilter.pipeline import Pipeline
from convfilter.runtime.compiled import loading
from tests.cli.conftest import COMPILING, Runner, picture


def test_quality_reaches_the_file(convfilter: Runner, folder: Path) -> None:
    picture("a.png")
    for quality in ("10", "95"):
        ended = convfilter("identity", "a.png", f"{quality}.jpg", "--quality", quality)
        assert ended.code == 0, ended.err
        assert read(f"{quality}.jpg").shape == read("a.png").shape
    assert Path("10.jpg").stat().st_size < 0.7 * Path("95.jpg").stat().st_size


@pytest.mark.parametrize("watched", [True, False])
@pytest.mark.parametrize("jobs", [1, 3])
def test_compiling_is_said_once_or_shown_by_a_spinner_of_a_single_file(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    jobs: int,
    watched: bool,
) -> None:
    monkeypatch.setattr(progress, "is_watched", lambda: watched)
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    lines: list[str] = []
    plan = FilePlan((Job(Path("a.png"), Path("b.png")),) * jobs)
    context = SimpleNamespace(
        command_path="convfilter sobel", params={"quiet": False, "explain": False}
    )
    teller = Teller(plan, context, lines.append, None)  # type: ignore[arg-type]
    for _ in range(2):
        with teller.compiling():
            pass
    shown = watched and jobs == 1
    assert lines == ([] if shown else [f"convfilter sobel: {COMPILING}"])
    assert ("compiling its loops" in capsys.readouterr().err) == shown


@pytest.mark.parametrize("options", [[], ["--quiet"]])
def test_compiling_is_announced_while_files_are_filtered_unless_quiet(
    convfilter: Runner, folder: Path, monkeypatch: pytest.MonkeyPatch, options: list[str]
) -> None:
    at_first = loading._around
    during = []

    def note(*given: object, **named: object) -> object:
        during.append(loading._around)
        return call(*given, **named)

    picture("a.png")
    call = Pipeline.__call__
    monkeypatch.setattr(Pipeline, "__call__", note)
    assert convfilter("sobel", "a.png", "b.png", *options).code == 0
    assert (during[0] is at_first) == bool(options)
    assert loading._around is at_first
