"""What libraries print from C is caught, and what others print meanwhile is not lost."""

from __future__ import annotations

import os
import sys
import threading

import pytest

from convfilter.formats.quiet import printed, printed_by_python


def test_lines_that_match_are_caught_and_others_appear(capfd: pytest.CaptureFixture[str]) -> None:
    with printed(rb"\s*$|unknown file: ") as caught:
        os.write(2, b"\nunknown file: data corrupted at 12\nsomething else\n\n")
        assert capfd.readouterr().err == ""
    assert caught.lines == ["unknown file: data corrupted at 12"]
    assert capfd.readouterr().err == "something else\n"
    os.write(2, b"afterwards")
    assert capfd.readouterr().err == "afterwards"


def test_an_error_brings_standard_error_back(capfd: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        os.write(2, b"before\n")
        raise ValueError("odd")

    with pytest.raises(ValueError, match="odd"), printed(b"x"):
        fail()
    os.write(2, b"afterwards")
    assert capfd.readouterr().err == "before\nafterwards"


def test_a_closed_standard_error_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(number: int) -> int:
        raise OSError(9, "closed")

    monkeypatch.setattr(os, "dup", refuse)
    with printed(b"x") as caught:
        pass
    assert caught.lines == []


def test_what_this_thread_prints_is_caught_and_others_print(
    capfd: pytest.CaptureFixture[str],
) -> None:
    before = sys.stdout
    with printed_by_python() as caught:
        print("of a library")
        other = threading.Thread(target=print, args=("of somebody else",))
        other.start()
        other.join()
        assert sys.stdout.encoding == before.encoding
        assert sys.stdout.buffer is before.buffer
    assert sys.stdout is before
    assert caught.lines == ["of a library"]
    assert capfd.readouterr().out == "of somebody else\n"
