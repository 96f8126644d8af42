"""Compiled loops: taken from the cache without a compiler, compiled anew where it is of no use."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from convfilter.runtime.compiled import keys, loading, store, workers
from convfilter.runtime.compiled.code.executable import is_supported
from convfilter.runtime.compiled.store import Compiled
from tests.runtime.compiled import first_runs
from tests.runtime.compiled.house import CALL, House, loop_file

pytestmark = pytest.mark.slow


def test_the_second_process_takes_what_the_first_compiled(filled: House):
    assert filled.run() == "cached"
    assert filled.cache.stat().st_mode & 0o777 == 0o700
    assert loop_file(filled.cache).stat().st_mode & 0o777 == 0o600
    assert len(filled.kept()) == 1


def test_no_compiler_is_loaded_for_a_loop_in_the_cache(filled: House):
    program = f"{CALL}\ncall()\nprint(*sys.modules)"
    loaded = set(filled.run(program).split())
    assert "convfilter.runtime.compiled.loading" in loaded
    assert not loaded & {"numba", "ctypes.util", "subprocess", "hashlib", "json"}
    assert ("llvmlite" in loaded) != is_supported()


@pytest.mark.linux
def test_no_memory_can_be_written_and_executed(filled: House):
    program = (
        f"from pathlib import Path\n{CALL}\ncall()\nprint(Path('/proc/self/maps').read_text())"
    )
    rights = [line.split()[1] for line in filled.run(program).splitlines()]
    assert "r-xp" in rights
    assert not [each for each in rights if "w" in each and "x" in each]


def test_first_runs_at_once_all_succeed(tmp_path: Path):
    assert first_runs.failures(tmp_path, runs=2) == []


def test_a_process_uses_what_another_one_has_compiled_meanwhile(house: House):
    program = f"""
{CALL}
import json, shutil
from pathlib import Path
from convfilter.runtime.compiled import store, workers
begin = workers._Crew._feed
def late(crew):  # before the first request is seen, another process is done with it
    shutil.copytree(sys.argv[1], sys.argv[2])
    begin(crew)
workers._Crew._feed = late
workers._Compiler = None
call()
"""
    elsewhere = house.cache.with_name("elsewhere")
    assert house.run(cache=elsewhere) == "compiled"
    assert house.run(program, str(elsewhere), str(house.cache)) == ""


ANNOUNCED = """
from contextlib import contextmanager
from convfilter.runtime.compiled import announcing, loading, loop
events = []
loading._compiled = lambda *given: events.append("compiles")

@contextmanager
def announced():
    events.append("begins")
    yield
    events.append("ends")

try:
    with announcing(announced):
        loop("probes.scaling.scale", T="float32")
        loop("probes.scaling.scale", T="float32")
        raise KeyboardInterrupt
except KeyboardInterrupt:
    pass
loop("probes.scaling.scale", T="float64")
print(*events)
"""


def test_compiling_is_announced_inside_the_block_and_nowhere_else(filled: House, tmp_path: Path):
    assert filled.run(ANNOUNCED, cache=tmp_path) == "begins compiles ends compiles"


def test_threads_that_miss_a_loop_have_it_compiled_and_announced_once(
    filled: House, tmp_path: Path
):
    program = """
import threading
from contextlib import nullcontext
from convfilter.runtime.compiled import announcing, loop, workers
compile, compiled, announced = workers._Compiler.compile, [], []
workers._Compiler.compile = lambda *given: compiled.append(given) or compile(*given)
found, together = [], threading.Barrier(4)
def ask():
    together.wait()
    found.append(loop("probes.scaling.scale", T="float32"))
with announcing(lambda: announced.append(1) or nullcontext()):
    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
print(len(compiled), len(announced), len(found))
"""
    assert filled.run(program, cache=tmp_path) == "1 1 4"


def test_a_loop_for_another_processor_is_neither_read_nor_replaced(filled: House, warm: Path):
    there = loop_file(warm)
    another = f"""
from convfilter.runtime.compiled import keys
keys.processor = lambda: "another"
{CALL}
call()
print("compiled" if "convfilter.runtime.compiled.workers" in sys.modules else "cached")
"""
    # the process that compiles is on this processor, and says so
    assert filled.run(another, cache=warm) == "compiled"
    assert [*warm.iterdir()] == [there]
    assert filled.run(cache=warm) == "cached"


MATHEMATICS = """
import sys
from math import erf
import numpy as np
from convfilter.runtime.compiled import loop
for dtype, near in (("float32", 1e-5), ("float64", 1e-12)):
    x = np.linspace(0.3, 4.0, 999).astype(dtype)
    y, many = x[0], np.empty((13, x.size), dtype)
    loop("probes.mathematics.mathematics", T=dtype)(x, many)
    functions = [
        np.exp(x), x**y, np.sqrt(x), np.log(x), np.sin(x), np.cos(x), np.tan(x),
        np.arctan2(x, y), np.hypot(x, y), np.fmod(x, y), np.floor(x) + np.ceil(x) + np.round(x),
        np.log1p(x) + np.expm1(x) + np.tanh(x) + np.array([erf(v) for v in x]), x // y + x % y,
    ]
    np.testing.assert_allclose(many, functions, rtol=near, atol=near)
print("compiled" if "convfilter.runtime.compiled.workers" in sys.modules else "cached")
"""


def test_whatever_a_loop_may_call_is_found(filled: House, tmp_path: Path):
    assert filled.run(MATHEMATICS, cache=tmp_path) == "compiled"
    assert filled.run(MATHEMATICS, cache=tmp_path) == "cached"
    for file in tmp_path.iterdir():  # these need the C library, so LLVM links them
        made = Compiled.from_bytes(file.read_bytes())
        assert made is not None
        assert made.symbol


FILLING = """
import sys
import numpy as np
from convfilter.runtime.compiled import loop
out = np.ones((300, 200))
loop("probes.adding.clear", T="float64")(out)
assert not out.any()
pairs = np.array([(2, 0.5), (3, 1.5), (4, 2.0)], [("count", np.int64), ("step", np.float64)])
assert loop("probes.adding.total")(pairs, 1) == 12.5
values, out = np.arange(5, dtype=np.uint8), np.empty(5, np.uint8)
loop("probes.adding.add", T="uint8")(values, 3, out)
assert out.tolist() == [3, 4, 5, 6, 7]
assert loop("probes.adding.product", T="float32")(0.1, 3) == float(np.float32(0.1)) * 3
assert loop("probes.adding.stepped")(2, 9, 3) == 3
print("compiled" if "convfilter.runtime.compiled.workers" in sys.modules else "cached")
"""


def test_loops_of_all_kinds_of_arguments_need_no_linker(filled: House, tmp_path: Path):
    assert filled.run(FILLING, cache=tmp_path) == "compiled"
    assert filled.run(FILLING, cache=tmp_path) == "cached"
    for file in tmp_path.iterdir():
        made = Compiled.from_bytes(file.read_bytes())
        assert made is not None
        assert bool(made.symbol) != is_supported()


LINKED = """
import sys
from convfilter.runtime.compiled.code import executable
executable.is_supported.__code__ = (lambda: False).__code__
{kept}
{program}
"""
IN_PROCESS = """
from convfilter.runtime.compiled import workers
workers._Compiler.__init__ = lambda self: (_ for _ in ()).throw(workers.NoCompilerError())
"""


def test_where_no_image_is_made_llvm_links(filled: House, tmp_path: Path):
    """As on all systems but Linux on x86-64."""
    program = LINKED.format(kept=IN_PROCESS, program=FILLING)
    assert filled.run(program, cache=tmp_path) == "compiled"
    for file in tmp_path.iterdir():
        made = Compiled.from_bytes(file.read_bytes())
        assert made is not None
        assert made.symbol
    later = "import convfilter.runtime.compiled as c; c.prepare()\n" + FILLING
    program = LINKED.format(kept="", program=later) + "\nprint('llvmlite' in sys.modules)"
    assert filled.run(program, cache=tmp_path).split() == ["cached", "True"]


@pytest.mark.linux
@pytest.mark.parametrize("refused", ["_copy", "_map", "both"])
def test_where_memory_may_not_become_executable(filled: House, warm: Path, refused: str):
    names = ["_copy", "_map"] if refused == "both" else [refused]
    refusing = "\n".join(f"executable.{name} = refuse" for name in names)
    program = f"""
from convfilter.runtime.compiled.code import executable
def refuse(*given):
    raise PermissionError("refused")
{refusing}
{CALL}
call()
print("compiled" if "numba" in sys.modules else "cached")
"""
    # where both are refused, it is left to Numba, as the last to ask
    assert filled.run(program, cache=warm) == ("compiled" if refused == "both" else "cached")


def test_with_the_jit_off_nothing_is_compiled_or_kept(filled: House, tmp_path: Path):
    assert filled.run(cache=tmp_path / "none", NUMBA_DISABLE_JIT="1") == "cached"
    assert not (tmp_path / "none").exists()
    assert filled.run(FILLING, cache=tmp_path / "none", NUMBA_DISABLE_JIT="1") == "cached"
    assert not (tmp_path / "none").exists()


REHEARSED = """
import sys
import numpy as np
from convfilter.runtime.compiled import expect, loop, rehearsing
out = np.ones(2)
with rehearsing() as needed:
    bound = loop("probes.scaling.scale", T="float64").bind(out, out)
    bound()
    loop("probes.adding.add", T=np.uint8)(None, None, None)
    loop("probes.scaling.scale", T=float)(out, out)
assert out.tolist() == [1.0, 1.0]
assert list(needed) == [
    ("probes.scaling.scale", (("T", "float64"),)), ("probes.adding.add", (("T", "uint8"),))
]
expect(needed)
if "convfilter.runtime.compiled.workers" in sys.modules:
    from convfilter.runtime.compiled import workers
    assert set(workers._crew._builds) == set(needed)
loop("probes.scaling.scale", T=float)(out, out)
print("compiled" if "convfilter.runtime.compiled.workers" in sys.modules else "cached")
loop("probes.adding.add", T=np.uint8)
"""


def test_a_rehearsal_collects_loops_to_be_compiled_ahead(filled: House, tmp_path: Path):
    assert filled.run(REHEARSED, cache=tmp_path) == "compiled"
    assert filled.run(REHEARSED, cache=tmp_path) == "cached"


def test_a_loop_that_was_under_way_for_another_cache_is_kept_in_this_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    request: keys.Request = ("engine.correlation.loops.exact.respond", ())
    assert loading.compile_all([request], lambda: None) == []
    made = store.read(keys.file_name(request))
    assert made is not None
    under_way = workers.Build(request)
    under_way.finish(made)
    monkeypatch.setattr(workers, "ask", lambda _: [under_way])
    monkeypatch.setenv("CONVFILTER_CACHE_DIR", str(tmp_path / "cache"))
    assert loading.compile_all([request], lambda: None) == []
    assert store.read(keys.file_name(request)) is not None


def test_numba_alone_serves_where_nothing_else_does():
    from convfilter.runtime.compiled import build
    from convfilter.runtime.compiled.code.calling import CompiledLoop

    name = "formats.png.loops.unfilter_rows"
    made, address = build.compile_here(name, ())
    assert made.code == b""
    assert CompiledLoop(name, address, made.arguments, made.returned).address == address


def test_the_whole_package_finds_its_loops_from_another_folder(tmp_path: Path):
    """A folder of pictures may hold modules of any name: none is imported from there."""
    for name in ("numba", "convfilter", "json", "numpy"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('imported')")
    program = """
import numpy as np
from convfilter import filters
from convfilter.runtime.compiled import workers
assert filters.invert(np.zeros((3, 3), np.uint8)).all()
"""
    environment = {**os.environ, "CONVFILTER_CACHE_DIR": str(tmp_path / "cache")}
    done = subprocess.run(
        [sys.executable, "-P", "-c", program],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
