"""Every line of docs/folders.md is run, from top to bottom."""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path

import pytest

from convfilter.batch.settings.names import FIELDS
from convfilter.errors import CAUSES
from tests.pages import PAGES, ROOT, blocks
from tests.test_readme import shell

PAGE = PAGES["docs/folders.md"]


@pytest.mark.posix
@pytest.mark.thorough
def test_the_page_does_what_it_says(tmp_path: Path) -> None:
    samples = ROOT / "sample_images"
    shutil.copytree(samples, tmp_path / "sample_images", ignore=shutil.ignore_patterns("*.py*"))
    here = f'convfilter() {{ "{sys.executable}" -m convfilter "$@"; }}\n'
    printed = shell(here + "".join(blocks(PAGE, "sh")), tmp_path)
    made = {path.name: len(list(path.rglob("*.*g"))) for path in tmp_path.glob("edges*")}
    pictures = sum(path.suffix == ".png" for path in samples.iterdir())
    assert made["edges-of-png"] == pictures
    assert made["edges"] == 2
    assert "edges-tried" not in made
    assert (tmp_path / "edges-of-large/photos/scene.png").exists()
    assert (tmp_path / "edges-named/scene-edges.png").exists()
    assert (tmp_path / "edges-png/animation.gif.png").exists()
    assert (tmp_path / "edges-numbered/photos-sobel-0003.png").exists()
    counts = json.loads((tmp_path / "report.json").read_text())["counts"]
    assert printed.splitlines()[-1] == str(counts)
    lines = [line for line in printed.splitlines() if line.startswith("new  ")]
    assert str(len(lines)) in printed.splitlines()


def test_the_page_has_every_field_and_cause() -> None:
    assert re.findall(r"^\| `\{(\w+)\}` \|", PAGE, re.MULTILINE) == list(FIELDS)
    row = PAGE.partition("| `cause` |")[2].partition("\n")[0]
    assert set(re.findall(r"`(\w+)`", row)) == set(CAUSES)
