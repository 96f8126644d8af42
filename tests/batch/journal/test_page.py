"""Every command and example of docs/resuming.md is run."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path

import pytest

from convfilter.batch.journal.judging import Why
from convfilter.cli.main import run
from tests.cli.conftest import outputs_in
from tests.pages import PAGES, ROOT, blocks

PAGE = PAGES["docs/resuming.md"]


def test_the_page_does_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "sample_images").mkdir()
    for path in (ROOT / "sample_images").glob("scene*.png"):
        shutil.copy(path, tmp_path / "sample_images")
    monkeypatch.chdir(tmp_path)
    for block in blocks(PAGE, "sh"):
        for line in block.splitlines():
            name, *words = shlex.split(line)
            if name == "cp":
                (shutil.copytree if "-r" in words else shutil.copy)(*words[-2:])
            else:
                assert (name, run(words)) == ("convfilter", 0), line
    said = capsys.readouterr().err
    assert "1 file written to edges, 3 left alone (unchanged)" in said
    assert "0 files written, 4 left alone (output exists)" in said
    assert len(outputs_in("edges")) == 4
    names: dict[str, object] = {}
    for example in blocks(PAGE, "python"):
        exec(compile(example, "resuming.md", "exec"), names)
    assert [line.split()[-1] for line in capsys.readouterr().out.splitlines()] == ["unchanged"] * 5


def test_the_page_has_every_reason() -> None:
    for why in set(Why) - {Why.EXISTS, Why.UNCHANGED, Why.STRANGE}:
        assert f"| `{why}` |" in PAGE
