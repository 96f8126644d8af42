"""Compiled loops: linked from the cache without Numba, compiled anew where it is of no use."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from convfilter.engine import native, objects
from convfilter.engine.loops import build
from convfilter.engine.objects import Argument, Entry, ObjectFile

PROGRAM = """
import sys
import numpy as np
from convfilter.engine import native
values = np.array([[4.0, 9.0]], np.float32)
out = np.empty((1, 2))
bad = native.loop("strips.store_float", T="float32", D="float64")(values, 2.0, out)
assert (out.tolist(), bad) == ([[6.0, 11.0]], 0), out
print("compiled" if "numba" in sys.modules else "linked")
"""


def run(cache: Path | None, **changes: str) -> str:
    """Run the program in a process of its own and return "compiled" or "linked"."""
    environment = {k: v for k, v in os.environ.items() if k != "CONVFILTER_CACHE_DIR"}
    if cache is not None:
        environment["CONVFILTER_CACHE_DIR"] = str(cache)
    command = [sys.executable, "-W", "error", "-c", PROGRAM]
    done = subprocess.run(
        command, env={**environment, **changes}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert not done.stderr or "JIT session error" in done.stderr
    return done.stdout.strip()


def object_file(cache: Path) -> Path:
    (file,) = cache.glob("*.o")
    return file


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    cache = tmp_path_factory.mktemp("filled") / "cache"
    assert run(cache) == "compiled"
    return cache


@pytest.fixture
def warm(filled: Path, tmp_path: Path) -> Path:
    """Return a cache that holds the program's loop."""
    return shutil.copytree(filled, tmp_path / "cache")


def test_the_second_process_links_what_the_first_compiled(warm: Path):
    assert run(warm) == "linked"
    assert warm.stat().st_mode & 0o777 == 0o700
    assert object_file(warm).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[: len(data) // 2],
        lambda data: data[:-1],
        lambda data: b"something else",
        lambda data: data[:-200] + bytes(200),
        lambda data: data.replace(b"convfilter loop 1", b"convfilter loop 0"),
    ],
)
def test_a_damaged_object_is_compiled_anew_and_replaced(warm: Path, damage: Callable):
    file = object_file(warm)
    file.write_bytes(damage(file.read_bytes()))
    assert run(warm) == "compiled"
    assert run(warm) == "linked"


def test_an_object_that_does_not_link_is_compiled_anew(warm: Path):
    file = object_file(warm)
    kept = ObjectFile.from_bytes(file.read_bytes())
    assert kept is not None
    file.write_bytes(ObjectFile(kept.entry, b"no object file at all").to_bytes())
    assert run(warm) == "compiled"
    assert run(warm) == "linked"


@pytest.mark.skipif(os.name != "posix", reason="permissions and links as POSIX has them")
class TestADirectoryThatCannotBeTrusted:
    """Nothing is read from it and nothing written to it."""

    def test_others_may_write(self, warm: Path):
        warm.chmod(0o777)
        before = object_file(warm).stat().st_mtime_ns
        assert run(warm) == "compiled"
        assert object_file(warm).stat().st_mtime_ns == before

    def test_a_file_that_others_may_write(self, warm: Path):
        object_file(warm).chmod(0o666)
        assert run(warm) == "compiled"

    def test_a_link(self, warm: Path, tmp_path: Path):
        link = tmp_path / "link"
        link.symlink_to(warm)
        assert run(link) == "compiled"

    def test_a_linked_file(self, warm: Path):
        file = object_file(warm)
        other = file.with_suffix(".other")
        file.rename(other)
        file.symlink_to(other)
        assert run(warm) == "compiled"

    def test_a_file_in_its_place(self, tmp_path: Path):
        place = tmp_path / "file"
        place.write_text("mine")
        assert run(place) == "compiled"
        assert place.read_text() == "mine"

    def test_no_home(self, tmp_path: Path):
        assert run(None, HOME="", XDG_CACHE_HOME="", USERPROFILE="") in ("compiled", "linked")
        assert run(None, HOME=str(tmp_path / "none"), XDG_CACHE_HOME="") == "compiled"

    def test_a_directory_that_cannot_be_made(self):
        assert run(Path("/proc/convfilter")) == "compiled"


def test_first_runs_at_once_all_succeed(tmp_path: Path):
    cache = tmp_path / "cache"
    environment = {**os.environ, "CONVFILTER_CACHE_DIR": str(cache)}
    runs = [
        subprocess.Popen([sys.executable, "-c", PROGRAM], env=environment, stderr=subprocess.PIPE)
        for _ in range(4)
    ]
    for process in runs:
        _, errors = process.communicate()
        assert process.returncode == 0, errors.decode()
    assert [path.name for path in cache.iterdir()] == [object_file(cache).name]
    assert run(cache) == "linked"


def test_the_key_depends_on_processor_versions_and_sources(monkeypatch: pytest.MonkeyPatch):
    import llvmlite
    import llvmlite.binding as llvm

    fresh = native.key.__wrapped__
    keys = {fresh()}
    with monkeypatch.context() as patch:
        patch.setattr(llvm, "get_host_cpu_name", lambda: "another")
        keys.add(fresh())
    with monkeypatch.context() as patch:
        patch.setattr(objects, "source_digest", lambda: "another")
        keys.add(fresh())
    with monkeypatch.context() as patch:
        patch.setattr(llvmlite, "__version__", "another")
        keys.add(fresh())
    assert len(keys) == 4
    assert fresh() in keys


def test_numba_alone_serves_where_objects_do_not_link():
    values, out = np.array([[16.0]]), np.empty((1, 1), np.float32)
    store = build.compile_here("strips.store_float", {"T": "float64", "D": "float32"})
    assert store(values, 0.5, out) == 0
    assert out[0, 0] == 16.5


def test_arrays_of_the_wrong_kind_are_refused_before_machine_code_sees_them():
    store = native.loop("strips.store_float", T="float32", D="float32")
    out = np.empty((2, 2), np.float32)
    for wrong in (np.ones((2, 2)), np.ones(4, np.float32), np.ones((4, 4), np.float32)[:, ::2]):
        with pytest.raises(TypeError, match="wrong kind"):
            store(wrong, 0.0, out)


def test_signatures_are_read_as_they_are_declared():
    arguments, returned = build.read_signature(
        "const S[:,:] image, i8 count, f8 factor, T[:] out -> i8", {"S": "uint8", "T": "float32"}
    )
    assert arguments == (
        Argument("uint8", 2, True),
        Argument("int64", 0, False),
        Argument("float64", 0, False),
        Argument("float32", 1, False),
    )
    assert returned == "int64"


def test_an_object_file_comes_back_as_it_was():
    file = ObjectFile(Entry("symbol", (Argument("uint8", 1, True),), "int64"), b"\n\0code\n")
    assert ObjectFile.from_bytes(file.to_bytes()) == file
