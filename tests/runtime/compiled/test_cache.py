"""The cache as a whole: its state, what it holds, what is removed and what never is."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from convfilter.runtime.compiled import cache
from convfilter.runtime.compiled.store import file_name

KEY, OTHER = "0" * 64, "f" * 64
NAMES = [
    file_name("strips.load", (("S", "uint8"), ("T", "float32")), KEY),
    file_name("strips.load", (("S", "uint8"), ("T", "float32")), OTHER),
    file_name("correlate.plain", (), OTHER),
]
LEFTOVER = f".{NAMES[0]}-0123456789abcdef"
FOREIGN = ["notes.o", "strips.load-uint8-float32.o", NAMES[0] + ".bak", NAMES[0][:-2], "x-" + KEY]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "cache"
    place.mkdir(mode=0o700)
    monkeypatch.setenv("CONVFILTER_CACHE_DIR", str(place))
    for name in [*NAMES, LEFTOVER, *FOREIGN]:
        (place / name).write_bytes(b"12345")
    return place


def left(place: Path) -> set[str]:
    return {path.name for path in place.iterdir()}


def test_own_files_are_counted(place: Path):
    assert cache.kept(KEY) == cache.Kept(current=1, stale=3, size=20)
    assert cache.kept(OTHER) == cache.Kept(current=2, stale=2, size=20)


def test_only_own_files_are_cleared(place: Path):
    (place / "1.o").symlink_to(place / "notes.o")
    folder = place / file_name("a.folder", (), KEY)
    folder.mkdir()
    assert cache.clear() == 4
    assert left(place) == {*FOREIGN, "1.o", folder.name}
    assert cache.clear() == 0


def test_old_objects_of_other_keys_are_dropped(place: Path):
    day = 86400
    for path in place.iterdir():
        os.utime(path, (time.time(),) * 2)
    cache.drop_stale(KEY)
    assert left(place) == {*NAMES, LEFTOVER, *FOREIGN}
    for path in place.iterdir():
        age = (cache.STALE_DAYS + (-1 if path.name == NAMES[1] else 1)) * day
        os.utime(path, (time.time() - age,) * 2)
    cache.drop_stale(KEY)
    assert left(place) == {NAMES[0], NAMES[1], *FOREIGN}


def test_a_cache_in_order_has_no_problem(place: Path, monkeypatch: pytest.MonkeyPatch):
    assert cache.problem() is None
    monkeypatch.setenv("CONVFILTER_CACHE_DIR", str(place / "to" / "be" / "made"))
    assert cache.problem() is None
    assert cache.kept(KEY) == cache.Kept(0, 0, 0)
    assert cache.clear() == 0


@pytest.mark.skipif(os.name != "posix", reason="permissions and links as POSIX has them")
class TestACacheThatCannotBeTrusted:
    """It says why, and nothing of it is removed."""

    def check(self, place: Path, word: str) -> None:
        before = left(place)
        for reason in (cache.problem(), cache.distrust()):
            assert reason is not None
            assert word in reason
        cache.drop_stale(KEY)
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
        monkeypatch.setattr(cache, "directory", lambda: None)
        self.check(place, "CONVFILTER_CACHE_DIR")

    def test_nothing_can_be_written(self, place: Path, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(os, "access", lambda *_: False)
        assert "not writable" in (cache.problem() or "")
        assert cache.distrust() is None
