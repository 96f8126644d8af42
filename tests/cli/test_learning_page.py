"""The page on learned kernels: its commands run and say what it shows, and so does its program."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import Runner
from tests.pages import PAGES, ROOT, blocks

PAGE = PAGES["docs/learning.md"]
COMMANDS = blocks(PAGE, "sh")
(PROGRAM,) = blocks(PAGE, "python")
LEARNED, PRINTED, WARNED = blocks(PAGE, "text")
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e-?\d+)?")


def assert_alike(found: str, shown: str, unit: float = 1e-5) -> None:
    """Assert that texts are the same but for the last digits, which differ between processors."""
    assert NUMBER.sub("#", found) == NUMBER.sub("#", shown)
    numbers = [[float(each) for each in NUMBER.findall(text)] for text in (found, shown)]
    assert numbers[0] == pytest.approx(numbers[1], rel=0.05, abs=unit)


def test_commands_say_what_is_shown(
    tmp_path: Path, convfilter: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(ROOT / "sample_images", tmp_path / "sample_images")
    monkeypatch.chdir(tmp_path)
    found = []
    for block in COMMANDS:
        for line in block.splitlines():
            program, *arguments = shlex.split(line)
            assert program == "convfilter"
            ended = convfilter(*arguments)
            assert ended.code == 0, ended.err
            assert Path(arguments[-1] if arguments[0] != "learn" else arguments[3]).stat().st_size
            # of a command that has something to say besides its results, that is shown
            found.append(ended.err or ended.text)
    learned, warned = [text for text in found if text]
    assert_alike(learned, LEARNED)
    assert_alike(warned, WARNED)


def test_the_program_prints_what_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    exec(PROGRAM, {})
    assert_alike(capsys.readouterr().out, PRINTED, unit=1e-3)
