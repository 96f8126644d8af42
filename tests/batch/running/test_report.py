"""Files that say what came of each input."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path
from typing import Any

import pytest

import convfilter as package
from convfilter.batch.job import Job
from convfilter.batch.planning.plan import FilePlan
from convfilter.batch.running.report import STATUSES, Report, Row
from convfilter.cli import run
from convfilter.errors import ImageError, UsageError
from convfilter.pipeline import Pipeline
from tests.cli.conftest import Runner, convfilter, picture
from tests.pages import PAGES

__all__ = ["convfilter"]


@pytest.fixture(autouse=True)
def _in_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def of_json(path: str = "report.json") -> dict[str, Any]:
    data: dict[str, Any] = json.loads(Path(path).read_text("utf-8"))
    return data


def test_a_report_of_a_folder_with_failures_last(convfilter: Runner) -> None:
    for name in ("in/a.png", "in/c.png", "in/d.png"):
        picture(name)
    Path("in/b.png").write_bytes(b"none")
    Path("in/notes.txt").touch()
    picture("in/d.jpg")
    arguments = ("sobel", "in", "out", "--format", "png", "--report")
    ended = convfilter(*arguments, "report.json")
    assert (ended.code, ended.out) == (3, b"")
    report = of_json()
    files = report.pop("files")
    assert report["counts"] == {"done": 2, "left alone": 0, "not begun": 0, "failed": 3}
    assert report["causes"] == {"input": 1, "usage": 2}
    assert (report["pipeline"], report["complete"], report["passed_over"]) == ("sobel", True, 1)
    assert [file["status"] for file in files] == ["done"] * 2 + ["failed"] * 3
    done = next(file for file in files if file["input"] == str(Path("in/a.png")))
    assert done["input_bytes"] == Path("in/a.png").stat().st_size
    assert done["output_bytes"] == Path("out/a.png").stat().st_size
    assert (done["width"], done["height"], done["frames"]) == (32, 24, 1)
    assert (done["output_width"], done["output_height"]) == (32, 24)
    assert done["reading"] > 0
    bad = next(file for file in files if file["input"] == str(Path("in/b.png")))
    assert (bad["cause"], "not a picture" in bad["error"]) == ("input", True)

    Path("out").rename("before")
    convfilter(*arguments, "report.csv")
    with Path("report.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == list(Row._fields)
    by_name = {row["input"]: row for row in rows}
    assert [row["status"] for row in rows] == [file["status"] for file in files]
    for known in files:
        row = by_name[known["input"]]
        same = {name for name in known if name not in ("reading", "filtering", "writing", "notes")}
        assert {name: row[name] for name in same} == {name: str(known[name]) for name in same}


def test_names_that_are_no_text_survive(convfilter: Runner) -> None:
    name = os.fsdecode(b"in/\xff \xe9\n.png")
    Path("in").mkdir()
    picture("a.png").rename(name)
    assert convfilter("invert", "in", "out", "--report", "report.json").code == 0
    assert of_json()["files"][0]["input"] == name
    assert convfilter("invert", "in", "out2", "--report", "report.csv").code == 0
    with Path("report.csv").open(encoding="utf-8", errors="surrogateescape", newline="") as file:
        assert next(csv.DictReader(file))["input"] == name


def test_an_interrupted_run_says_what_was_not_begun(
    convfilter: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(9):
        picture(f"in/{number}.png")
    told = 0

    def interrupt(*_: object) -> int:
        nonlocal told
        told += 1
        if told == 3:
            raise KeyboardInterrupt
        return 0

    monkeypatch.setattr(run, "_pixels", interrupt)
    ended = convfilter("invert", "in", "out", "-j", "1", "--report", "report.json")
    assert ended.code == 130
    report = of_json()
    assert not report["complete"]
    assert report["counts"] == {"done": 3, "left alone": 0, "not begun": 6, "failed": 0}
    assert sorted(path.name for path in Path("out").glob("*.png")) == ["0.png", "1.png", "2.png"]


def test_what_is_left_alone_is_told(convfilter: Runner) -> None:
    picture("in/a.png")
    assert convfilter("invert", "in", "out").code == 0
    picture("in/b.png")
    assert convfilter("invert", "in", "out", "--update", "--report", "report.json").code == 0
    assert [file["status"] for file in of_json()["files"]] == ["done", "left alone"]


def test_only_a_report_is_replaced_without_leave(convfilter: Runner) -> None:
    picture("a.png")
    for kind in ("json", "csv"):
        name = f"report.{kind}"
        Path(name).write_text("{}")
        ended = convfilter("invert", "a.png", f"{kind}.png", "--report", name)
        assert (ended.code, Path(name).read_text(), Path(f"{kind}.png").exists()) == (
            1,
            "{}",
            False,
        )
        assert f"{name}: exists already" in ended.err
        for number, more in enumerate([["--overwrite"], []]):
            output = f"{kind}{number}.png"
            assert convfilter("invert", "a.png", output, "--report", name, *more).code == 0
            assert output in Path(name).read_text()


def test_what_is_no_place_for_a_report(convfilter: Runner) -> None:
    picture("a.png").rename("a.json")
    assert "does not exist" in convfilter("invert", "a.json", "b.png", "--report", "no/r.csv").err
    picture("a.png")
    Path("folder.json").mkdir()
    assert "is a folder" in convfilter("invert", "a.png", "b.png", "--report", "folder.json").err
    plan = FilePlan((Job("a.json", "b.png"),))
    with pytest.raises(UsageError, match="both input and report"):
        Report(Path("a.json"), plan, Pipeline(["invert"]), overwrite=True)
    assert not Path("b.png").exists()


def test_a_report_may_lie_among_the_outputs(convfilter: Runner) -> None:
    picture("in/a.png")
    assert convfilter("invert", "in", "out", "--report", "out/report.json").code == 0
    assert of_json("out/report.json")["counts"]["done"] == 1
    Path("in/a.png").write_bytes(b"none")
    assert convfilter("invert", "in", "new", "--report", "new/report.json").code == 1
    assert of_json("new/report.json")["counts"]["failed"] == 1


def test_a_report_that_cannot_be_written_is_an_error() -> None:
    Path("there").mkdir()
    report = Report(Path("there/r.csv"), FilePlan(()), Pipeline(["invert"]))
    Path("there").rmdir()
    Path("there").write_bytes(b"a file now")
    with pytest.raises(ImageError, match=r"r\.csv: the report cannot be written"):
        report.close()


def test_reports_from_python() -> None:
    picture("in/a.png")
    for result in package.filter_files("in", "out", "invert", report=Path("report.csv")):
        assert result.ok
    assert Path("report.csv").read_text().startswith("input,output,status")


def test_the_page_has_every_column_and_status() -> None:
    page = PAGES["docs/folders.md"]
    table = page.partition("## Reports")[2]
    for name in (*Row._fields, *STATUSES):
        assert f"`{name}`" in table, name
