"""Caches that are damaged, that others could have written, or that cannot be written."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from convfilter.runtime.compiled.store import Compiled
from tests.runtime.compiled.house import CALL, House, drop_power_over_permissions, loop_file

pytestmark = pytest.mark.slow


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda data: b"",
    "half": lambda data: data[: len(data) // 2],
    "a byte short": lambda data: data[:-1],
    "a byte more": lambda data: data + b"\0",
    "foreign": lambda data: b"something else",
    "overwritten": lambda data: data[:-200] + bytes(200),
    "one bit": lambda data: data[:-9] + bytes([data[-9] ^ 1]) + data[-8:],
    "older": lambda data: data.replace(b"convfilter loop 3", b"convfilter loop 2"),
    "nothing but its beginning": lambda data: data[:18],
    "of another loop": lambda data: Compiled([], "", b"no machine code", symbol="s").to_bytes(),
}
ONE_AFTER_THE_OTHER = f"""
import os
from pathlib import Path
{CALL}
from convfilter.runtime.compiled import loading
compile, compiled = loading._compiled, []
loading._compiled = lambda *given: compiled.append(given) or compile(*given)
for place in sys.argv[1:]:
    os.environ["CONVFILTER_CACHE_DIR"] = place
    loading._loop.cache_clear()
    loading._loaded.cache_clear()
    compiled.clear()
    call()
    print("compiled" if compiled else "cached")
"""
"""The program for one cache after the other, in one process."""


def test_a_damaged_file_is_compiled_anew_and_replaced(filled: House, tmp_path: Path):
    places = [shutil.copytree(filled.cache, tmp_path / name) for name in [*DAMAGES, "whole"]]
    good = loop_file(filled.cache).read_bytes()
    for place, damage in zip(places, DAMAGES.values(), strict=False):
        assert damage(good) != good
        loop_file(place).write_bytes(damage(good))
    arguments = [str(place) for place in places]
    outcomes = filled.run(ONE_AFTER_THE_OTHER, *arguments).split()
    assert outcomes == ["compiled"] * len(DAMAGES) + ["cached"]
    assert {loop_file(place).read_bytes() for place in places} == {good}


@pytest.mark.posix
class TestADirectoryThatCannotBeTrusted:
    """Nothing is read from it and nothing written to it."""

    def check(self, filled: House, cache: Path) -> None:
        """Have the loop compiled, and nothing changed."""
        before = sorted(path.name for path in cache.iterdir())
        file = loop_file(cache)
        data, time = file.read_bytes(), file.lstat().st_mtime_ns
        assert filled.run(cache=cache) == "compiled"
        assert sorted(path.name for path in cache.iterdir()) == before
        assert (file.read_bytes(), file.lstat().st_mtime_ns) == (data, time)

    @pytest.mark.parametrize("mode", [0o777, 0o770, 0o702])
    def test_others_may_write(self, filled: House, warm: Path, mode: int):
        warm.chmod(mode)
        self.check(filled, warm)

    def test_a_link(self, filled: House, warm: Path, tmp_path: Path):
        link = tmp_path / "link"
        link.symlink_to(warm)
        self.check(filled, link)

    @pytest.mark.root
    def test_another_owner(self, filled: House, warm: Path):
        os.chown(warm, 12345, 12345)
        self.check(filled, warm)

    def test_a_file_that_others_may_write_is_replaced(self, filled: House, warm: Path):
        file = loop_file(warm)
        file.chmod(0o666)
        assert filled.run(cache=warm) == "compiled"
        assert file.stat().st_mode & 0o777 == 0o600

    def test_a_linked_file_is_replaced(self, filled: House, warm: Path):
        file = loop_file(warm)
        other = file.with_suffix(".other")
        file.rename(other)
        file.symlink_to(other)
        assert filled.run(cache=warm) == "compiled"
        assert not file.is_symlink()

    def test_a_pipe_in_the_place_of_a_file(self, filled: House, warm: Path):
        file = loop_file(warm)
        file.unlink()
        os.mkfifo(file)
        assert filled.run(cache=warm) == "compiled"
        assert file.is_file()

    def test_a_file_in_its_place(self, filled: House, tmp_path: Path):
        place = tmp_path / "file"
        place.write_text("mine")
        assert filled.run(cache=place) == "compiled"
        assert place.read_text() == "mine"

    def test_no_home(self, filled: House, tmp_path: Path):
        nowhere = {"CONVFILTER_CACHE_DIR": "", "XDG_CACHE_HOME": "", "USERPROFILE": ""}
        assert filled.run(**nowhere, HOME="") in ("compiled", "cached")
        assert filled.run(**nowhere, HOME=str(tmp_path / "none")) == "compiled"

    def test_a_directory_that_may_not_be_written(self, filled: House, warm: Path, tmp_path: Path):
        empty = tmp_path / "empty"
        empty.mkdir()
        for cache, outcome in ((warm, "cached"), (empty, "compiled")):
            before = sorted(cache.iterdir())
            cache.chmod(0o500)
            assert filled.run(cache=cache, before=drop_power_over_permissions) == outcome
            assert sorted(cache.iterdir()) == before
            cache.chmod(0o700)

    def test_a_directory_that_cannot_be_made(self, filled: House):
        assert filled.run(cache=Path("/proc/convfilter")) == "compiled"


def test_a_disk_that_is_full_is_no_error(filled: House, tmp_path: Path):
    program = f"""
import errno, os
{CALL}
replace = os.replace
def full(*given):
    raise OSError(errno.ENOSPC, "full")
from pathlib import Path
Path.replace = full
call()
"""
    place = tmp_path / "cache"
    assert filled.run(program, cache=place) == ""
    assert [*place.iterdir()] == []
