"""What results are called: suffixes, kept endings and templates."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from convfilter.batch.settings import checked
from convfilter.errors import ArgumentError, ImageError, UsageError
from tests.batch.planning.test_plan import everything, pairs, planned, refused, touch


@pytest.fixture(autouse=True)
def _in_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("name", "options", "expected"),
    [
        ("photo.jpg", {"suffix": "-edges"}, "photo-edges.jpg"),
        ("photo.jpg", {"suffix": "-edges", "format": "PNG"}, "photo-edges.png"),
        ("photo.v2.tif", {"suffix": ".e"}, "photo.v2.e.tif"),
        ("a.jpg", {"keep_ext": True, "format": "PNG"}, "a.jpg.png"),
        ("a.png", {"keep_ext": True, "format": "PNG"}, "a.png"),
        ("a.jpg", {"keep_ext": True}, "a.jpg"),
        ("a.jpg", {"keep_ext": True, "format": "PNG", "suffix": "-x"}, "a-x.jpg.png"),
        ("a.jpg", {"name": "{stem}-{filter}{ext}"}, "a-sobel.jpg"),
        ("a.jpg", {"name": "{parent}_{index:04}{ext}", "format": "PNG"}, "in_0001.png"),
        ("a.jpg", {"name": "{index}{ext}", "keep_ext": True, "format": "PNG"}, "1.jpg.png"),
        ("a.jpg", {"name": "{filter}/{stem}.png"}, "sobel/a.png"),
        ("a.jpg", {"name": "{{{stem}}}{ext}"}, "{a}.jpg"),
    ],
)
def test_names(name: str, options: dict[str, Any], expected: str) -> None:
    touch(f"in/{name}")
    assert pairs(planned("in", "out", **options)) == [(f"in/{name}", f"out/{expected}")]


def test_the_tree_is_kept_under_new_names() -> None:
    touch("in/a.png", "in/x/b.png", "in/x/c.png")
    plan = planned("in", "out", recursive=True, name="{parent}-{index}{ext}")
    assert [output for _, output in pairs(plan)] == [
        "out/in-1.png",
        "out/x/x-2.png",
        "out/x/x-3.png",
    ]


def test_a_sibling_has_its_suffix_or_its_template() -> None:
    touch("a.jpg")
    assert pairs(planned("a.jpg", suffix="-edges")) == [("a.jpg", "a-edges.jpg")]
    assert pairs(planned("a.jpg", name="{filter}-of-{stem}.png")) == [("a.jpg", "sobel-of-a.png")]
    folder = Path.cwd().name
    assert pairs(planned("a.jpg", name="{parent}{ext}")) == [("a.jpg", f"{folder}.jpg")]


def test_two_endings_in_one_format_do_not_collide_when_they_are_kept() -> None:
    touch("in/a.png", "in/a.jpg")
    assert len(planned("in", "out", format="PNG").failures) == 2
    plan = planned("in", "out", format="PNG", keep_ext=True)
    assert [output for _, output in pairs(plan)] == ["out/a.jpg.png", "out/a.png"]


def test_templates_that_give_one_name_collide() -> None:
    touch("in/a.png", "in/b.png", "in/B.png")
    plan = planned("in", "out", name="same{ext}")
    assert plan.jobs == ()
    assert "would all become out/same.png" in str(plan.failures[0].error)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"name": "{stm}{ext}"}, "{stm}, which stands for nothing: give {stem}, {ext}"),
        ({"name": "{}{ext}"}, "stands for nothing"),
        ({"name": "{stem"}, "give a name such as"),
        ({"name": "{stem.real}"}, "stands for nothing"),
        ({"name": "{stem!r}"}, "only index has a width"),
        ({"name": "{stem:9999999999}"}, "only index has a width"),
        ({"name": "{index:99999}"}, "only index has a width"),
        ({"name": "../{stem}{ext}"}, "stay within the folder"),
        ({"name": "/tmp/{stem}{ext}"}, "stay within the folder"),
        ({"name": "x/../../{stem}{ext}"}, "stay within the folder"),
        ({"name": "x//{stem}{ext}"}, "stay within the folder"),
        ({"name": ""}, "stay within the folder"),
        ({"suffix": ""}, "give a part of a name"),
        ({"suffix": "/x"}, "give a part of a name"),
        ({"suffix": "x/../../y"}, "give a part of a name"),
        ({"suffix": "a\0"}, "give a part of a name"),
        ({"suffix": "-x", "name": "{stem}{ext}"}, "write the --suffix into it"),
        ({"name": "{stem}"}, "end it in {ext}, or give --format"),
        ({"name": "{stem}.txt"}, "end it in {ext}"),
        ({"name": "{stem}.nef"}, "end it in {ext}"),
        ({"suffix": "-x", "in_place": True}, "leave --suffix out"),
        ({"name": "{stem}{ext}", "keep_ext": True, "in_place": True}, "--keep-ext and --name out"),
    ],
)
def test_what_is_no_name_is_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError) as caught:
        checked(options)
    assert words in str(caught.value)


def test_a_name_that_a_person_gave_is_not_changed() -> None:
    touch("a.png")
    assert "--suffix would give it another name" in refused("a.png", "b.png", suffix="-x")
    assert "--keep-ext would" in refused("a.png", "-", keep_ext=True)


@pytest.mark.posix
def test_no_input_leads_out_of_the_folder() -> None:
    """A template of which only the input makes a path: the folder of what lies at the top."""
    from convfilter.batch.planning.naming import Naming

    naming = Naming(checked({"name": "{parent}/{stem}{ext}"}), "sobel")
    assert naming("a.png", "x") == "x/a.png"
    for parent in ("", "..", "."):
        with pytest.raises(UsageError, match="no name of a file"):
            naming("a.png", parent)


@pytest.mark.posix
def test_a_name_that_grows_too_long_is_refused_for_that_file() -> None:
    long = "n" * 246 + ".png"
    accents = "\u00e9" * 120 + ".png"
    touch(f"in/{long}", f"in/{accents}", "in/a.png")
    assert len(planned("in", "out").jobs) == 3
    plan = planned("in", "out", suffix="-edges-of-it")
    assert [name for name, _ in pairs(plan)] == ["in/a.png"]
    messages = [str(failure.error) for failure in plan.failures]
    assert any("would have 262 bytes, and 255 are the most there" in text for text in messages)
    assert all("give a shorter --suffix or --name" in text for text in messages)
    assert all(isinstance(failure.error, ImageError) for failure in plan.failures)


def test_nothing_is_changed_by_planning() -> None:
    touch("in/a.png", "in/x/b.png")
    before = everything()
    planned("in", "out", recursive=True, name="{parent}/{stem}{ext}")
    assert everything() == before


def test_reports_are_of_two_kinds() -> None:
    assert checked({"report": Path("a.JSON")})["report"] == "a.JSON"
    with pytest.raises(ArgumentError, match=r"ends in \.json or \.csv"):
        checked({"report": "report.txt"})
