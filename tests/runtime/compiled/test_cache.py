"""The cache as a whole: its state, what it holds, what is removed and what never is."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import pytest

from convfilter.runtime.compiled import cache, keys, store
from convfilter.runtime.compiled.code.executable import PAGE
from convfilter.runtime.compiled.store import Compiled

CURRENT = [
    keys.file_name(("formats.png.loops.filter_rows", ())),
    keys.file_name(("engine.window.loops.rows.load_rows", (("S", "uint8"), ("T", "float32")))),
]
OTHER_KEY = "0123456789abcdef"
OLD = [
    f"formats.png.loops.filter_rows-{OTHER_KEY}.loop",
    f"engine.no.such.module.f-uint8-{OTHER_KEY}.loop",
    f"strips.load-uint8-float32-{OTHER_KEY}01234567.o",  # of earlier versions
]
UNFINISHED = f".{CURRENT[0]}-0123456789abcdef"
OWN = [*CURRENT, *OLD, UNFINISHED]
FOREIGN = [
    "notes.o",
    "strips.load-uint8-float32.loop",
    CURRENT[0] + ".bak",
    CURRENT[0][:-5],
    "x-" + OTHER_KEY,
    f"x-{OTHER_KEY}.loop",
    ".hidden",
]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "cache"
    place.mkdir(mode=0o700)
    monkeypatch.setenv("CONVFILTER_CACHE_DIR", str(place))
    for name in [*OWN, *FOREIGN]:
        (place / name).write_bytes(b"12345")
    return place


def left(place: Path) -> set[str]:
    return {path.name for path in place.iterdir()}


def test_own_files_are_counted(place: Path):
    assert cache.kept() == cache.Kept(current=2, stale=4, size=30)


def test_only_own_files_are_cleared(place: Path):
    link = place / OLD[0].replace("png", "link")
    link.symlink_to(place / "notes.o")
    folder = place / OLD[0].replace("png", "folder")
    folder.mkdir()
    assert cache.clear() == len(OWN)
    assert left(place) == {*FOREIGN, link.name, folder.name}
    assert cache.clear() == 0


def test_old_loops_of_other_keys_are_dropped(place: Path):
    def drop_at(age: float) -> set[str]:
        for path in place.iterdir():
            os.utime(path, (time.time() - age,) * 2)
        cache.drop_stale()
        return left(place)

    assert drop_at(0) == {*OWN, *FOREIGN}
    assert drop_at(7200) == {*CURRENT, *OLD, *FOREIGN}  # whoever wrote the other one is gone
    day = 86400
    assert drop_at((cache.STALE_DAYS - 1) * day) == {*CURRENT, *OLD, *FOREIGN}
    assert drop_at((cache.STALE_DAYS + 1) * day) == {*CURRENT, *FOREIGN}


def test_a_cache_in_order_has_no_problem(place: Path, monkeypatch: pytest.MonkeyPatch):
    assert cache.problem() is None
    monkeypatch.setenv("CONVFILTER_CACHE_DIR", str(place / "to" / "be" / "made"))
    assert cache.problem() is None
    assert cache.kept() == cache.Kept(0, 0, 0)
    assert cache.clear() == 0


@pytest.mark.posix
class TestACacheThatCannotBeTrusted:
    """It says why, and nothing of it is removed."""

    def check(self, place: Path, word: str) -> None:
        before = left(place)
        for path in place.iterdir():
            os.utime(path, (0, 0))
        for reason in (cache.problem(), cache.distrust()):
            assert reason is not None
            assert word in reason
        cache.drop_stale()
        store.remove(CURRENT[0])
        assert cache.clear() == 0
        assert left(place) == before

    def test_others_may_write(self, place: Path):
        place.chmod(0o770)
        self.check(place, "others")

    def test_a_link(self, place: Path, monkeypatch: pytest.MonkeyPatch):
        link = place.with_name("link")
        link.symlink_to(place)
        monkeypatch.setenv("CONVFILTER_CACHE_DIR", str(link))
        self.check(place, "link")

    def test_a_file(self, place: Path, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setenv("CONVFILTER_CACHE_DIR", str(place / "notes.o"))
        self.check(place, "not a directory")

    def test_no_home(self, place: Path, monkeypatch: pytest.MonkeyPatch):
        for module in (cache, store):
            monkeypatch.setattr(module, "directory", lambda: None)
        self.check(place, "CONVFILTER_CACHE_DIR")

    def test_nothing_can_be_written(self, place: Path, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(os, "access", lambda *_: False)
        assert "not writable" in (cache.problem() or "")
        assert cache.distrust() is None


PAIR = np.dtype([("count", np.int64), ("step", np.float64)])
LOOPS = {
    "an image": Compiled(
        [(np.dtype("uint8"), 1), (np.dtype("float64"), 0), (PAIR, 2)],
        "int64",
        b"\n\0code\n",
        start=3,
    ),
    "an object file": Compiled([], "", bytes(range(256)) * 40, symbol="cfunc._ZN$1.entry"),
}


@pytest.mark.parametrize("made", LOOPS.values(), ids=LOOPS.keys())
def test_a_loop_comes_back_as_it_was(made: Compiled, place: Path):
    store.write("name", made)
    found = store.read("name")
    assert found is not None
    names = set(Compiled.__slots__)
    assert [getattr(found, name) for name in names] == [getattr(made, name) for name in names]
    assert found.file == place / "name"
    assert (place / "name").read_bytes()[found.offset :] == made.code
    assert found.offset % PAGE == 0
    store.remove("name")
    assert store.read("name") is None


def test_a_file_is_there_in_full_or_not_at_all(place: Path, monkeypatch: pytest.MonkeyPatch):
    before = left(place)

    def interrupted(*given: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        store.write("name", LOOPS["an image"])
    assert left(place) == before
