"""What a person at a terminal sees of a wait."""

from __future__ import annotations

import pytest

from convfilter.cli import progress


def test_a_terminal_gets_a_spinner(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    lines: list[str] = []
    monkeypatch.setattr(progress, "_is_watched", lambda: True)
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    with progress.announcement("[one] moment", lines.append, spinning=True)():
        pass
    assert "[one] moment" in capsys.readouterr().err
    assert lines == []
    enter = progress.announcement("a moment", lines.append, spinning=False)
    for _ in range(2):
        with enter():
            pass
    assert lines == ["a moment"]
