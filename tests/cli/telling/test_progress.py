"""What a person at a terminal sees of a wait."""

from __future__ import annotations

import re

import pytest
from rich.cells import cell_len

from convfilter.cli.telling import progress
from convfilter.cli.telling.pace import Pace
from convfilter.cli.wording import duration


def test_a_terminal_gets_a_spinner(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(progress, "is_watched", lambda: True)
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    shown = progress.spinner("[one] moment")
    assert shown is not None
    with shown:
        pass
    assert "[one] moment" in capsys.readouterr().err


def test_where_nobody_watches_there_are_lines_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert progress.spinner("a moment") is None
    with progress.display(5, wanted=True) as shown:
        shown.line("a line")
        shown.advance()
    assert capsys.readouterr().err == "a line\n"


def test_where_nobody_watches_a_line_comes_every_few_seconds(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    with progress.display(9, "convfilter sobel", wanted=True) as shown:
        for number in range(9):
            now[0] += 2.0
            shown.advance(f"{number}.png", pixels=3_000_000, failed=number == 4)
    assert capsys.readouterr().err.splitlines() == [
        "convfilter sobel: 3 of 9 files done (2.png), 1.5 megapixels/s, 12 s left",
        "convfilter sobel: 6 of 9 files done (5.png), 1.5 megapixels/s, 6 s left, 1 failed",
    ]
    with progress.display(9, "convfilter sobel", wanted=False) as shown:
        now[0] += 60.0
        shown.advance("a.png")
    assert capsys.readouterr().err == ""


def test_a_bar_names_files_and_goes_by_their_sizes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from rich.progress import Progress

    known: list[Progress] = []
    monkeypatch.setattr(progress, "is_watched", lambda: True)
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    monkeypatch.setenv("COLUMNS", "120")
    stop = Progress.stop
    monkeypatch.setattr(Progress, "stop", lambda self: (known.append(self), stop(self))[1])
    with progress.display(3, wanted=True, total=100.0) as shown:
        shown.advance("small.png", 10.0)
        shown.advance("[large].png", 80.0)
    (task,) = known[0].tasks
    assert task.percentage == 90.0
    shown_text = capsys.readouterr().err
    assert "2/3" in shown_text
    assert "[large].png" in shown_text


@pytest.mark.parametrize("columns", [30, 40, 60, 80, 100, 200])
def test_a_bar_keeps_to_its_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], columns: int
) -> None:
    """It leaves room for the two characters that a terminal shows of an interrupt."""
    monkeypatch.setattr(progress, "is_watched", lambda: True)
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    monkeypatch.setenv("COLUMNS", str(columns))
    with progress.display(10_000, wanted=True) as shown:
        for _ in range(3):
            shown.advance(f"folder/{'n' * 50}\u4e2d\u6587{'m' * 99}.png", pixels=9, failed=True)
        shown.line("a line")
    text = capsys.readouterr().err
    lines = re.split(r"[\r\n]|\x1b\[[0-9;?]*[a-zA-Z]", text)
    wide = "".join(re.split(r"\x1b\[[0-9;?]*m", text)).replace("\r", "\n")
    drawn = [re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", line) for line in wide.split("\n")]
    assert any("3/10000" in line for line in drawn)
    assert "a line" in lines
    assert max(map(cell_len, drawn)) <= columns - 2


def test_the_pace_is_that_of_late(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    pace = Pace(200, 200.0)
    assert (pace.left(), pace.megapixels(), pace.words()) == (None, 0.0, [])
    for _ in range(100):  # slow at first
        now[0] += 10.0
        pace.add(1.0, 1_000_000, failed=False)
    for _ in range(60):
        now[0] += 1.0
        pace.add(1.0, 2_000_000, failed=False)
    assert pace.left() == pytest.approx(40.0)
    assert pace.megapixels() == pytest.approx(2.0)
    assert pace.words() == ["2 megapixels/s", "40 s left"]
    assert pace.words(None) == ["40 s left"]
    assert pace.share == 0.8
    now[0] += 30.0  # one takes long
    assert pace.megapixels() == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "0 s"), (59.4, "59 s"), (200, "3 min 20 s"), (3599.9, "1 h 0 min"), (7500, "2 h 5 min")],
)
def test_durations(seconds: float, words: str) -> None:
    assert duration(seconds) == words
