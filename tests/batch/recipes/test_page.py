"""Every command and example of docs/recipes.md is run."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path

import pytest

import convfilter
from convfilter.cli.main import run
from tests.pages import PAGES, ROOT, blocks

PAGE = PAGES["docs/recipes.md"]


def test_the_page_does_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sample_images").mkdir()
    for path in (ROOT / "sample_images").glob("scene*.png"):
        shutil.copy(path, tmp_path / "sample_images")
    monkeypatch.chdir(tmp_path)
    for block in blocks(PAGE, "sh"):
        for line in block.splitlines():
            name, *words = shlex.split(line)
            assert name == "convfilter"
            assert run(words) == 0, line
    assert Path("soft-stamped.jpg").read_bytes() == Path("soft-again.jpg").read_bytes()
    (example,) = blocks(PAGE, "python")
    exec(compile(example, "recipes.md", "exec"), {})
    assert len(list(Path("edges-of-recipe").glob("*.png"))) == 3
    (file,) = blocks(PAGE, "toml")
    recipe = convfilter.Recipe.parse(file)
    assert len(recipe.pipeline.steps) == 2
    assert convfilter.Recipe.parse(str(recipe)) == recipe
