"""What a person at a terminal sees of a wait."""

from __future__ import annotations

import pytest

from convfilter.cli import progress


def test_a_terminal_gets_a_spinner(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(progress, "_is_watched", lambda: True)
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
