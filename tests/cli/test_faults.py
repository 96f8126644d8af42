"""What the command says and leaves when the system refuses to write."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from convfilter.files import writing
from convfilter.files.replace import replace_file
from tests.cli.conftest import Runner, picture
from tests.files.refusals import ERRORS, Refusing

OLD = b"what was there before"
REFUSED = range(24)
"""More than there are calls; the test tells how many there were."""


def refusing(refused: int, number: int, made: list[str]) -> Callable[..., None]:
    """Return what replaces a file while one call is refused, and lists the calls in `made`."""

    def replace_refused(*given: Any, **named: Any) -> list[str]:
        with pytest.MonkeyPatch.context() as patch:
            calls = Refusing(patch, refused, number)
            try:
                return replace_file(*given, **named)
            finally:
                made.extend(calls.made)

    return replace_refused


@pytest.mark.parametrize("way", ["new", "replaced", "in place"])
def test_a_refused_call_is_one_line_and_loses_nothing(
    convfilter: Runner, folder: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    source, target = folder / "in.png", folder / "out.png"
    picture(source)
    before = source.read_bytes()
    assert convfilter("invert", source, target).code == 0
    after = target.read_bytes()
    failures = 0
    for refused, number in itertools.product(REFUSED, ERRORS):
        source.write_bytes(before)
        target.unlink(missing_ok=True)
        if way == "replaced":
            target.write_bytes(OLD)
        made: list[str] = []
        monkeypatch.setattr(writing, "replace_file", refusing(refused, number, made))
        command = ["invert", source, *([target] if way != "in place" else [])]
        flags = {"new": [], "replaced": ["--overwrite"], "in place": ["--in-place"]}[way]
        ended = convfilter(*command, *flags, "--quiet")
        place_of = source if way == "in place" else target
        found = place_of.read_bytes() if place_of.exists() else None
        old = {"new": None, "replaced": OLD, "in place": before}[way]
        assert found in (old, after), (made, number)
        assert way == "in place" or source.read_bytes() == before
        assert [path for path in folder.iterdir() if path not in (source, target)] == []
        if refused >= len(made):
            assert (ended.code, ended.err, found) == (0, "", after)
        elif ended.code:
            assert ended.code == 1
            assert len(ended.lines) == 1
            assert str(place_of) in ended.err
            failures += 1
        else:  # what some systems do not have
            assert found == after
    assert failures > 30
