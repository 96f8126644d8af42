"""The command `cache`: what it tells, fills and clears."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from convfilter.runtime.compiled import keys, store
from tests.cli.conftest import Runner, picture


@pytest.fixture
def place(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of its own that is not there yet."""
    monkeypatch.setenv("CONVFILTER_CACHE_DIR", str(folder / "cache"))
    return folder / "cache"


def test_an_empty_cache(convfilter: Runner, place: Path):
    ended = convfilter("cache", "info")
    assert ended.code == 0
    assert str(place) in ended.text
    assert "in order" in ended.text
    assert not place.exists()
    assert json.loads(convfilter("cache", "info", "--json").text) == {
        "directory": str(place),
        "problem": None,
        "objects": 0,
        "current": 0,
        "stale": 0,
        "bytes": 0,
    }


@pytest.mark.slow
def test_warm_compiles_what_filters_need_and_clear_removes_it(convfilter: Runner, place: Path):
    ended = convfilter("cache", "warm", "invert", "mean-pool")
    assert ended.code == 0, ended.err
    assert "2 filters" in ended.lines[0]
    known = json.loads(convfilter("cache", "info", "--json").text)
    assert known["current"] == known["objects"] == len([*place.iterdir()]) > 3
    assert known["bytes"] == sum(path.stat().st_size for path in place.iterdir())
    assert f"{known['current']} loops kept, {known['current']} of them new" in ended.lines[1]
    assert convfilter("cache", "warm", "mean-pool", "--quiet").err == ""
    names = {path.name for path in place.iterdir()}
    command = [sys.executable, "-m", "convfilter", "mean-pool", picture("a.png"), "b.png"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert {path.name for path in place.iterdir()} == names
    assert (done.returncode, done.stderr) == (0, "")
    (place / "mine.txt").write_text("mine")
    assert "files removed" in convfilter("cache", "clear").err
    assert [path.name for path in place.iterdir()] == ["mine.txt"]


@pytest.mark.slow
def test_kernels_can_be_warmed_too(
    convfilter: Runner, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    # first in the cache of the suite, which needs these loops anyway; one is then made anew
    assert convfilter("cache", "warm", "kirsch-nw", "-q").code == 0
    missing = keys.file_name(("engine.correlation.loops.exact.respond", ()))
    known, place = store.directory(), folder / "cache"
    place.mkdir(mode=0o700)
    for path in known.iterdir() if known else ():
        if path.name != missing:
            shutil.copy(path, place)
    monkeypatch.setenv("CONVFILTER_CACHE_DIR", str(place))
    assert convfilter("cache", "warm", "kirsch-nw", "-q").code == 0
    assert (place / missing).exists()


def test_unknown_names_and_parts(convfilter: Runner, place: Path):
    ended = convfilter("cache", "warm", "minimun")
    assert (ended.code, len(ended.lines)) == (2, 1)
    assert "minimum" in ended.err
    assert not place.exists()
    assert convfilter("cache").code == convfilter("cache", "fill").code == 2


@pytest.mark.posix
def test_a_cache_that_others_may_write_is_left_alone(convfilter: Runner, place: Path):
    place.mkdir()
    place.chmod(0o777)
    assert "others" in convfilter("cache", "info").text
    for part in ("warm", "clear"):
        ended = convfilter("cache", part)
        assert (ended.code, len(ended.lines)) == (1, 1)
        assert str(place) in ended.err
    assert [*place.iterdir()] == []
