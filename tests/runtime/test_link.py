"""Compiled loops: linked from the cache without Numba, compiled anew where it is of no use."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from convfilter.runtime.compiled import build, link, store
from convfilter.runtime.compiled.store import Argument, Entry, ObjectFile
from tests.runtime import first_runs

CALL = """
import sys
import numpy as np
from convfilter.runtime.compiled import link

def call():
    values, out = np.array([-4.0, 9.0], np.float32), np.empty(2, np.float32)
    link.loop("engine.loops.correlate.join", T="float32")(values, 1, 1, out)
    assert out.tolist() == [4.0, 9.0], out
"""
PROGRAM = f"""{CALL}
call()
print("compiled" if "numba" in sys.modules else "linked")
"""


def run(
    cache: Path | None,
    *arguments: str,
    program: str = PROGRAM,
    before: Callable[[], None] | None = None,
    **changes: str,
) -> str:
    """Run a program in a process of its own and return what it prints: "compiled" or "linked"."""
    environment = {k: v for k, v in os.environ.items() if k != "CONVFILTER_CACHE_DIR"}
    if cache is not None:
        environment["CONVFILTER_CACHE_DIR"] = str(cache)
    command = [sys.executable, "-W", "error", "-c", program, *arguments]
    done = subprocess.run(
        command,
        env={**environment, **changes},
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=before,
    )
    assert done.returncode == 0, done.stderr
    assert not done.stderr or "JIT session error" in done.stderr
    return done.stdout.strip()


def drop_power_over_permissions() -> None:
    """Make permissions bind the superuser too, once the next program runs."""
    if os.geteuid() == 0:
        libc = ctypes.CDLL(None, use_errno=True)
        for capability in (1, 2):  # CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH
            assert libc.prctl(24, capability, 0, 0, 0) == 0  # PR_CAPBSET_DROP


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


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda data: b"",
    "half": lambda data: data[: len(data) // 2],
    "a byte short": lambda data: data[:-1],
    "foreign": lambda data: b"something else",
    "overwritten": lambda data: data[:-200] + bytes(200),
    "older": lambda data: data.replace(b"convfilter loop 1", b"convfilter loop 0"),
}
ONE_AFTER_THE_OTHER = f"""
import os
{CALL}
compile, compiled = link._compiled, []
link._compiled = lambda *given: compiled.append(given) or compile(*given)
for place in sys.argv[1:]:
    os.environ["CONVFILTER_CACHE_DIR"] = place
    link._loop.cache_clear()
    link._loaded.cache_clear()
    compiled.clear()
    call()
    print("compiled" if compiled else "linked")
"""
"""The program for one cache after the other, in one process, which imports Numba once."""


def test_a_damaged_object_is_compiled_anew_and_replaced(filled: Path, tmp_path: Path):
    places = [shutil.copytree(filled, tmp_path / name) for name in [*DAMAGES, "whole"]]
    for place, damage in zip(places, DAMAGES.values(), strict=False):
        file = object_file(place)
        file.write_bytes(damage(file.read_bytes()))
    arguments = [str(place) for place in places]
    outcomes = run(None, *arguments, program=ONE_AFTER_THE_OTHER).split()
    assert outcomes == ["compiled"] * len(DAMAGES) + ["linked"]
    assert run(None, *arguments, program=ONE_AFTER_THE_OTHER).split() == ["linked"] * len(places)


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

    def test_a_directory_that_may_not_be_written(self, warm: Path, tmp_path: Path):
        empty = tmp_path / "empty"
        empty.mkdir()
        for cache, outcome in ((warm, "linked"), (empty, "compiled")):
            before = sorted(cache.iterdir())
            cache.chmod(0o500)
            assert run(cache, before=drop_power_over_permissions) == outcome
            assert sorted(cache.iterdir()) == before
            cache.chmod(0o700)

    def test_a_directory_that_cannot_be_made(self):
        assert run(Path("/proc/convfilter")) == "compiled"


def test_first_runs_at_once_all_succeed(tmp_path: Path):
    assert first_runs.failures(tmp_path, runs=4) == []


def test_compiling_is_announced_inside_the_block_and_nowhere_else(tmp_path: Path):
    program = """
from contextlib import contextmanager
from convfilter.runtime.compiled import link
events = []
link._compiled = lambda *given: events.append("compiles")

@contextmanager
def announced():
    events.append("begins")
    yield
    events.append("ends")

try:
    with link.announcing(announced):
        link.loop("engine.loops.correlate.join", T="float32")
        link.loop("engine.loops.correlate.join", T="float32")
        raise KeyboardInterrupt
except KeyboardInterrupt:
    pass
link.loop("engine.loops.correlate.join", T="float64")
print(*events)
"""
    assert run(tmp_path, program=program) == "begins compiles ends compiles"


def test_threads_that_miss_a_loop_wait_for_the_one_that_compiles_it(tmp_path: Path):
    program = """
import threading
from convfilter.runtime.compiled import link
compiled = link._compiled
calls = []
link._compiled = lambda *given: calls.append(given) or compiled(*given)
JOIN = "engine.loops.correlate.join"
found = []
threads = [
    threading.Thread(target=lambda: found.append(link.loop(JOIN, T="float32")))
    for _ in range(4)
]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(len(calls), len({id(loop) for loop in found}))
"""
    assert run(tmp_path, program=program) == "1 1"


def test_an_object_for_another_processor_is_neither_read_nor_replaced(warm: Path):
    there = object_file(warm)
    another = "import llvmlite.binding as llvm\nllvm.get_host_cpu_name = lambda: 'generic'\n"
    assert run(warm, program=another + PROGRAM) == "compiled"
    assert there.exists()
    assert len([*warm.glob("*.o")]) == 2
    assert run(warm, program=another + PROGRAM) == "linked"
    assert run(warm) == "linked"


PROBE = """
import math
import numpy as np
from convfilter.runtime.compiled.declare import loop

@loop("T[:] out")
def zero(out):
    for i in range(out.size):
        out[i] = 0

@loop("const T[:] image, T[:] out")
def copy(image, out):
    for i in range(out.size):
        out[i] = image[i]

@loop("const T[:] image, T[:,:] out")
def mathematics(image, out):
    for i in range(image.size):
        x = image[i]
        out[0, i] = math.exp(x)
        out[1, i] = x ** image[0]
        out[2, i] = math.sqrt(x)
        out[3, i] = math.log(x)
        out[4, i] = math.sin(x)
        out[5, i] = math.cos(x)
        out[6, i] = math.tan(x)
        out[7, i] = math.atan2(x, image[0])
        out[8, i] = math.hypot(x, image[0])
        out[9, i] = np.fmod(x, image[0])
        out[10, i] = math.floor(x) + math.ceil(x) + round(x)
        out[11, i] = math.log1p(x) + math.expm1(x) + math.tanh(x) + math.erf(x)
        out[12, i] = x // image[0] + x % image[0]
"""
PROBING = """
import sys
from math import erf
import numpy as np
import convfilter.engine.loops as room
from convfilter.runtime.compiled import link
room.__path__.append(sys.argv[1])
for dtype, near in (("float32", 1e-5), ("float64", 1e-12)):
    x = np.linspace(0.3, 4.0, 999).astype(dtype)
    out = np.ones_like(x)
    link.loop("engine.loops.probe.zero", T=dtype)(out)
    assert not out.any()
    link.loop("engine.loops.probe.copy", T=dtype)(x, out)
    assert (x == out).all()
    y, many = x[0], np.empty((13, x.size), dtype)
    link.loop("engine.loops.probe.mathematics", T=dtype)(x, many)
    functions = [
        np.exp(x), x**y, np.sqrt(x), np.log(x), np.sin(x), np.cos(x), np.tan(x),
        np.arctan2(x, y), np.hypot(x, y), np.fmod(x, y), np.floor(x) + np.ceil(x) + np.round(x),
        np.log1p(x) + np.expm1(x) + np.tanh(x) + np.array([erf(v) for v in x]), x // y + x % y,
    ]
    np.testing.assert_allclose(many, functions, rtol=near, atol=near)
print("compiled" if "numba" in sys.modules else "linked")
"""


def test_whatever_a_loop_may_call_is_found(tmp_path: Path):
    sources = tmp_path / "sources"
    sources.mkdir()
    (sources / "probe.py").write_text(PROBE)
    assert run(tmp_path / "cache", str(sources), program=PROBING) == "compiled"
    assert run(tmp_path / "cache", str(sources), program=PROBING) == "linked"


def test_the_key_depends_on_processor_versions_and_sources(monkeypatch: pytest.MonkeyPatch):
    import llvmlite
    import llvmlite.binding as llvm

    fresh = link.key.__wrapped__
    keys = {fresh()}
    with monkeypatch.context() as patch:
        patch.setattr(llvm, "get_host_cpu_name", lambda: "another")
        keys.add(fresh())
    with monkeypatch.context() as patch:
        patch.setattr(store, "source_digest", lambda: "another")
        keys.add(fresh())
    with monkeypatch.context() as patch:
        patch.setattr(llvmlite, "__version__", "another")
        keys.add(fresh())
    assert len(keys) == 4
    assert fresh() in keys


def test_numba_alone_serves_where_objects_do_not_link():
    values, out = np.array([-16.5]), np.empty(1)
    build.compile_here("engine.loops.correlate.join", {"T": "float64"})(values, 1, 1, out)
    assert out[0] == 16.5


def test_arrays_of_the_wrong_kind_are_refused_before_machine_code_sees_them():
    join = link.loop("engine.loops.correlate.join", T="float32")
    out = np.empty(4, np.float32)
    for wrong in (np.ones(4), np.ones((2, 2), np.float32), np.ones(8, np.float32)[::2]):
        with pytest.raises(TypeError, match="wrong kind"):
            join(wrong, 1, 1, out)


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
