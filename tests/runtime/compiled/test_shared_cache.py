"""A cache that root has filled, for users who may read it and nothing else."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from convfilter.cli.telling.teller import _how_often
from convfilter.runtime.compiled import cache, store
from convfilter.runtime.compiled.store import Compiled

pytestmark = pytest.mark.posix

LOOP = Compiled([(np.dtype(np.uint8), 2)], "int64", b"code", symbol="s")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache that holds a loop."""
    monkeypatch.setenv("CONVFILTER_CACHE_DIR", str(tmp_path / "cache"))
    store.write("it.loop", LOOP)
    assert store.read("it.loop") is not None
    return tmp_path / "cache"


@pytest.mark.root
def test_what_root_keeps_is_trusted_by_others(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    assert store.read("it.loop") is not None
    assert cache.distrust() is None


@pytest.mark.root
@pytest.mark.parametrize("what", ["directory", "file"])
@pytest.mark.parametrize("change", ["another's", "group", "others"])
def test_what_anybody_else_may_change_is_not(
    what: str, change: str, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = place if what == "directory" else place / "it.loop"
    if change == "another's":
        os.chown(path, 54321, 54321)
    else:
        path.chmod(0o775 if change == "group" else 0o757)
    for user in (0, 12345):
        monkeypatch.setattr(os, "geteuid", lambda user=user: user)
        assert store.read("it.loop") is None


@pytest.mark.root
def test_root_opens_a_directory_that_was_named_for_it(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    store.open_to_all()
    assert place.stat().st_mode & 0o777 == 0o700
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    store.open_to_all()
    assert place.stat().st_mode & 0o777 == 0o755
    assert (place / "it.loop").stat().st_mode & 0o777 == 0o644
    assert store.read("it.loop") is not None


def test_a_person_is_told_where_nothing_can_be_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONVFILTER_CACHE_DIR", str(tmp_path / "new"))
    assert _how_often() == "on the first use only"
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    (tmp_path / "file").write_text("")
    for name in ("open", "file"):
        monkeypatch.setenv("CONVFILTER_CACHE_DIR", str(tmp_path / name))
        words = _how_often()
        assert words.startswith("and each time anew, since they cannot be kept: ")
        assert str(tmp_path / name) in words
        assert "set CONVFILTER_CACHE_DIR" in words
    monkeypatch.delenv("CONVFILTER_CACHE_DIR")
    monkeypatch.setattr(store, "directory", lambda: None)
    monkeypatch.setattr(cache, "directory", lambda: None)
    assert "no home directory is known: set CONVFILTER_CACHE_DIR" in _how_often()
