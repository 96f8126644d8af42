"""Files whose results would have one name fail by name, and no other file does."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from convfilter.batch.filtering import filter_files
from convfilter.batch.planning import collisions
from convfilter.batch.planning.plan import FilePlan
from convfilter.errors import UsageError
from tests.batch.planning.test_plan import pairs, planned, touch
from tests.cli.conftest import Runner, convfilter, outputs_in, picture

__all__ = ["convfilter"]


@pytest.fixture(autouse=True)
def _in_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def failed(plan: FilePlan) -> dict[str, str]:
    """Return why files fail, by name."""
    assert all(isinstance(failure.error, UsageError) for failure in plan.failures)
    return {str(failure.input): str(failure.error) for failure in plan.failures}


def ignoring(monkeypatch: pytest.MonkeyPatch, ignored: bool) -> None:
    """Let the file system be one that does or does not tell apart upper and lower case."""
    monkeypatch.setattr(collisions, "ignores_case", lambda folder: ignored)


def test_a_pair_fails_and_the_rest_is_planned() -> None:
    touch("in/a.png", "in/a.jpg", "in/b.png", "in/c.tif")
    plan = planned("in", "out", format="PNG")
    assert pairs(plan) == [("in/b.png", "out/b.png"), ("in/c.tif", "out/c.png")]
    assert failed(plan) == {
        "in/a.jpg": "in/a.jpg and in/a.png would both become out/a.png:"
        " rename one, or filter them into different folders",
        "in/a.png": "in/a.png and in/a.jpg would both become out/a.png:"
        " rename one, or filter them into different folders",
    }


def test_more_than_two() -> None:
    touch("x/a.png", "y/a.png", "z/a.png")
    plan = planned("x/a.png", "y/a.png", "z/a.png", "out")
    assert plan.jobs == ()
    assert "y/a.png, x/a.png and z/a.png would all become out/a.png" in failed(plan)["y/a.png"]


def test_a_thousand() -> None:
    inputs = [f"{number}/a.png" for number in range(1000)]
    touch(*inputs)
    errors = failed(planned(*inputs, "out"))
    assert len(errors) == 1000
    assert "7/a.png, 0/a.png and 998 others would all become out/a.png" in errors["7/a.png"]


TWINS = ("in/A.png", "in/a.png", "in/\u00e9.png", "in/e\u0301.png")


def test_case_and_accents_count_where_the_file_system_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    touch(*TWINS[:1], "in/b.png")
    if sys.platform not in ("darwin", "win32"):
        touch(*TWINS)
        assert len(planned("in", "out").jobs) == len(TWINS) + 1
        assert failed(planned("in", "out")) == {}
        ignoring(monkeypatch, True)
        plan = planned("in", "out")
        assert pairs(plan) == [("in/b.png", "out/b.png")]
        assert set(failed(plan)) == set(TWINS)
        assert "become out/A.png and out/a.png, which are one file there" in failed(plan)[TWINS[0]]


def test_what_a_twin_may_have_written_is_not_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    touch("x/A.png", "y/a.png", "x/b.png", "out/A.png")
    ignoring(monkeypatch, False)
    plan = planned("x/A.png", "y/a.png", "x/b.png", "out", overwrite=True)
    allowed = {str(job.output): job.overwrite for job in plan.jobs}
    assert allowed == {
        "out/A.png": True,
        "out/a.png": os.path.lexists("out/a.png"),
        "out/b.png": True,
    }


@pytest.mark.posix
def test_links_among_the_outputs() -> None:
    touch("in/x/a.png", "in/y/a.png", "in/y/b.png", "in/c.png", "in/d.png", "out/x/z", "out/c.png")
    Path("out/y").symlink_to("x")
    Path("out/d.png").symlink_to("c.png")
    plan = planned("in", "out", recursive=True, overwrite=True)
    assert [name for name, _ in pairs(plan)] == ["in/y/b.png"]
    assert set(failed(plan)) == {"in/x/a.png", "in/y/a.png", "in/c.png", "in/d.png"}


def test_the_file_system_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    here = str(Path.cwd())
    expected = sys.platform in ("darwin", "win32")
    assert collisions.ignores_case(here) is expected  # by the name of the folder
    touch("name")
    assert collisions.ignores_case(os.path.join(here, "none", "yet")) is expected  # noqa: PTH118
    names = set(os.listdir(here))  # noqa: PTH208
    monkeypatch.setattr(os.path, "lexists", lambda path: Path(path).name.lower() in names)
    assert collisions.ignores_case(here) is True
    if not expected:  # another name, not the same one
        touch("NAME")
        assert collisions.ignores_case(here) is False


def test_the_command_does_the_rest_and_says_so(convfilter: Runner) -> None:
    for name in ("in/a.png", "in/a.jpg", "in/b.png"):
        picture(name)
    ended = convfilter("invert", "in", "out", "--format", "png")
    assert ended.code == 3
    assert outputs_in("out") == [Path("out/b.png")]
    assert len(ended.lines) == 3
    assert "in/a.png and in/a.jpg would both become out/a.png" in ended.err
    assert ended.lines[-1].endswith("1 file written to out, 2 failed")
    ended = convfilter("invert", "in/a.png", "in/a.jpg", "none", "--format", "png")
    assert ended.code == 2
    assert not Path("none").exists()


def test_from_python_they_are_results_with_errors() -> None:
    for name in ("in/a.png", "in/a.jpg", "in/b.png"):
        picture(name)
    results = {str(r.input): r for r in filter_files("in", "out", "invert", format="png")}
    assert {name for name, result in results.items() if result.ok} == {str(Path("in/b.png"))}
    error = results[str(Path("in/a.jpg"))].error
    assert isinstance(error, UsageError)
    assert "would both become" in str(error)
