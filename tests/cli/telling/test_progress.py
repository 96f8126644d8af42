"""What a person at a terminal sees of a wait."""

from __future__ import annotations

import pytest

from convfilter.cli.telling import progress


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
