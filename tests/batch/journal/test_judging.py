"""Why a file would be made again, or that it is done."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from convfilter import filter_files
from convfilter.batch.journal import NAME, identity
from convfilter.batch.journal.identity import Names, recipe_hash
from convfilter.batch.journal.judging import Judge, Why
from convfilter.batch.journal.lines import Lines
from convfilter.batch.journal.records import begun
from convfilter.batch.planning.plan import make_plan
from convfilter.batch.settings import OF_RECIPES, OPTIONS, checked
from convfilter.pipeline import Pipeline
from tests.cli.conftest import picture

SOBEL = Pipeline.parse("sobel")


@pytest.fixture(autouse=True)
def _in_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def why(source: str = "in", target: str = "out", pipeline: Pipeline = SOBEL, **options: Any) -> str:
    """Return why the first file of a folder would be made by a run that resumes."""
    settings = checked({"resume": True, **options})
    plan = make_plan([source], target, settings, label="x", is_trial=True, pipeline=pipeline)
    (job,) = (*plan.jobs, *plan.done)
    assert (job in plan.done) == (job.why == Why.UNCHANGED)
    return job.why


def made(**options: Any) -> None:
    picture("in/a.png")
    assert all(result.ok for result in filter_files("in", "out", "sobel", **options))


def touched(path: str, seconds: int = 5) -> None:
    time = Path(path).stat().st_mtime_ns + seconds * 10**9
    os.utime(path, ns=(time, time))


def of_other_bytes(path: str) -> None:
    """Change a byte, and neither size nor time."""
    status = Path(path).stat()
    data = bytearray(Path(path).read_bytes())
    data[-1] ^= 1
    Path(path).write_bytes(data)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def test_what_was_never_made_is_new() -> None:
    picture("in/a.png")
    assert why() == "new"


CHANGES: dict[str, tuple[Callable[[], object], str]] = {
    "nothing": (lambda: None, "unchanged"),
    "input, newer": (lambda: touched("in/a.png"), "input changed"),
    "input, older": (lambda: touched("in/a.png", -5), "input changed"),
    "input, another": (lambda: picture("in/a.png", seed=1), "input changed"),
    "output gone": (lambda: Path("out/a.png").unlink(), "output missing"),
    "output cut": (lambda: os.truncate("out/a.png", 9), "output changed"),
    "output, another time": (lambda: touched("out/a.png"), "unchanged"),
    "output, other bytes": (
        lambda: (of_other_bytes("out/a.png"), touched("out/a.png")),
        "output changed",
    ),
    "output, a folder": (
        lambda: (Path("out/a.png").unlink(), Path("out/a.png").mkdir()),
        "output exists, but is not in the journal",
    ),
    "journal gone": (
        lambda: Path("out", NAME).unlink(),
        "output exists, but is not in the journal",
    ),
    "both moved": (
        lambda: (shutil.move("in", "there/in"), shutil.move("out", "there/out"), os.chdir("there")),
        "unchanged",
    ),
}


@pytest.mark.parametrize(("change", "expected"), CHANGES.values(), ids=CHANGES.keys())
def test_a_change_is_seen(change: Callable[[], object], expected: str) -> None:
    made()
    Path("there").mkdir()
    change()
    assert why() == expected


def test_another_recipe_or_version_of_the_numbers_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    made()
    assert why(pipeline=Pipeline.parse("prewitt")) == "recipe changed"
    assert why(quality=50) == "recipe changed"
    assert why(jobs=1, workers=1) == "unchanged"
    monkeypatch.setattr("convfilter.batch.journal.judging.NUMBERS", identity.NUMBERS + 1)
    assert why() == "results of this version differ"


def test_an_input_known_by_its_hash_may_have_another_time_and_place() -> None:
    made(hash_inputs=True)
    touched("in/a.png")
    assert why() == "unchanged"
    shutil.copytree("in", "copy")
    assert why("copy") == "unchanged"
    of_other_bytes("in/a.png")
    touched("in/a.png")
    assert why() == "input changed"


def test_of_another_file_time_and_size_say_nothing() -> None:
    made()
    shutil.copytree("in", "copy")
    assert why("copy") == "input changed"


def test_what_was_begun_is_ours() -> None:
    picture("in/a.png")
    picture("out/a.png")
    assert why() == "output exists, but is not in the journal"
    lines = Lines(Path("out", NAME))
    lines.add(begun(["a.png"]))
    lines.close()
    assert why() == "begun, but not finished"


def test_a_time_that_has_changed_is_noted_by_the_next_run() -> None:
    made()
    picture("in/b.png")
    touched("out/a.png")
    done = {r.output.name: r.skipped for r in filter_files("in", "out", "sobel", resume=True)}
    assert done == {"a.png": "unchanged", "b.png": ""}
    of_other_bytes("out/a.png")  # which a look at size and time does not see
    judge = Judge.of(Path("out"), SOBEL, checked({}))
    assert judge.known.records["a.png"].output.changed == Path("out/a.png").stat().st_mtime_ns


VALUES: dict[str, Any] = {
    "alpha": "drop",
    "axes": "YX",
    "nodata": 3.0,
    "linear": True,
    "format": "PNG",
    "quality": 50,
    "compress": "small",
    "background": "black",
    "depth": "16",
    "strip": True,
    "stamp": True,
    "frames": "0",
    "develop": "8",
    "dpi": 99.0,
}


def test_every_option_of_recipes_counts() -> None:
    usual = recipe_hash(SOBEL, checked({}))
    for name in OF_RECIPES:
        if name in VALUES:
            assert recipe_hash(SOBEL, checked({name: VALUES[name]})) != usual, name
    for name in set(OPTIONS) - set(OF_RECIPES) - {"in_place"}:
        option = OPTIONS[name]
        if option.kind == "flag":
            settings = {**checked({}), name: not option.default}
            assert recipe_hash(SOBEL, settings) == usual, name  # type: ignore[arg-type]


def test_a_mask_counts_by_what_it_holds() -> None:
    picture("mask.png", channels=1)
    first = recipe_hash(SOBEL, checked({"mask": "mask.png"}))
    Path("other.png").write_bytes(Path("mask.png").read_bytes())
    assert recipe_hash(SOBEL, checked({"mask": "other.png"})) == first
    picture("mask.png", seed=1, channels=1)
    assert recipe_hash(SOBEL, checked({"mask": "mask.png"})) != first
    assert recipe_hash(SOBEL, checked({"mask": "missing.png"})) != first


def test_names_go_from_the_folder_on() -> None:
    Path("in/deep").mkdir(parents=True)
    Path("out").mkdir()
    name_of = Names(Path("out"))
    assert name_of("out/a.png") == "a.png"
    assert name_of("out/deep/a.png") == "deep/a.png"
    assert name_of("in/deep/a.png") == "../in/deep/a.png"
    assert name_of(str(Path("in/deep/a.png").absolute())) == "../in/deep/a.png"
