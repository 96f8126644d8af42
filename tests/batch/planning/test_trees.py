"""Plans for trees that are drawn, beside what a slow look at each path gives."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from pathlib import Path, PurePath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convfilter.batch.planning.plan import FilePlan, make_plan
from convfilter.batch.settings import completed
from convfilter.errors import ConvfilterError
from convfilter.formats import is_image_path
from tests.batch.planning.trials import trials

NAMES = st.sampled_from(
    ["a.png", "A.png", "a.jpg", "b.PNG", "\u00e9.png", "e\u0301.png", ".h.png", "n.txt", "x[1].png"]
)
FOLDERS = st.sampled_from(["x", "y", "x/y", ".hidden", "X", "z z"])
FILES = st.sets(st.one_of(NAMES, st.builds("{}/{}".format, FOLDERS, NAMES)), max_size=14)
FORMATS = st.sampled_from([None, "PNG", "JPEG"])


def expected(folder: Path, *, recursive: bool, suffix: str | None, form: str | None) -> list[str]:
    """Return the outputs of a folder, those that collide among them, found the plain way."""
    endings = {"PNG": [".png"], "JPEG": [".jpg", ".jpeg"]}
    found = []
    for path in folder.rglob("*") if recursive else folder.glob("*"):
        below = path.relative_to(folder)
        hidden = any(part.startswith(".") for part in below.parts)
        if not path.is_file() or hidden or not is_image_path(path):
            continue
        keeps = form is None or below.suffix.lower() in endings[form]
        end = below.suffix if keeps else endings[str(form)][0]
        found.append(str(PurePath("out", below.parent, f"{below.stem}{suffix or ''}{end}")))
    return found


@pytest.mark.thorough
@settings(max_examples=150)
@given(files=FILES, recursive=st.booleans(), suffix=st.sampled_from([None, "-s"]), form=FORMATS)
def test_drawn_trees(
    files: set[str], recursive: bool, suffix: str | None, form: str | None
) -> None:
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as place:
        os.chdir(place)
        try:
            Path("in").mkdir()
            for file in files:
                Path("in", file).parent.mkdir(parents=True, exist_ok=True)
                Path("in", file).touch()
            names = expected(Path("in"), recursive=recursive, suffix=suffix, form=form)
            given = {"recursive": recursive, "suffix": suffix, "format": form}
            try:
                plan = make_plan(["in"], "out", completed(given), label="sobel")
            except ConvfilterError:
                plan = FilePlan(())
            made = [str(job.output) for job in plan.jobs]
            failed = [str(failure.output) for failure in plan.failures]
            assert Counter([*made, *failed]) == Counter(names)
            twice = {name for name, count in Counter(names).items() if count > 1}
            assert set(failed) == twice
            assert not Path("out").exists()
        finally:
            os.chdir(before)


@pytest.mark.thorough
def test_many_files_are_planned_quickly_enough_to_be_tried(tmp_path: Path) -> None:
    assert len(trials(tmp_path, 3000)) == 5
