"""Processes that compile: killed, interrupted, forked, idle, or not to be had at all."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from convfilter.runtime.compiled import workers
from convfilter.runtime.machine import interpreter
from tests.examples import every
from tests.runtime.compiled.house import CALL, House

SLOW = """
import threading
import numpy as np
from convfilter.runtime.compiled import loop, workers

def slow():
    out = np.zeros(1, np.int64)
    loop("probes.slow.one")(out)
    return int(out[0])

def compiler():
    while not workers._crew._compilers:
        pass
    (only,) = workers._crew._compilers
    return only._process.pid
"""

pytestmark = pytest.mark.slow


def is_alive(process: int) -> bool:
    """Tell whether a process runs; one that waits to be buried does not."""
    try:
        os.kill(process, 0)
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except (ProcessLookupError, FileNotFoundError):
        return False
    return state != "Z"


def comes(condition: Callable[[], bool], seconds: float = 30) -> bool:
    """Wait until something is true, and return whether it has become so."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def test_nothing_is_compiled_in_the_process_that_asks(filled: House, tmp_path: Path):
    program = f"{CALL}\ncall()\nprint(*sys.modules)"
    loaded = set(filled.run(program, cache=tmp_path).split())
    assert "convfilter.runtime.compiled.workers" in loaded
    assert not loaded & {"numba", "convfilter.runtime.compiled.build"}


NO_PROCESS = {
    "frozen": "sys.frozen = True",
    "no interpreter": "sys.executable = ''",
    "not to be run": "sys.executable = '/proc/convfilter'",
    "something else": "sys.executable = '/bin/true'",
    "no answer": "sys.executable = '/bin/cat'",
    "no threads": """
import threading
def refuse(*given): raise RuntimeError("can't start new thread")
threading.Thread.start = refuse""",
    "no processes": """
import subprocess
def refuse(*given, **named): raise BlockingIOError("no process")
subprocess.Popen = refuse""",
}


@pytest.mark.posix
@pytest.mark.parametrize(
    "obstacle",
    every(
        2, [pytest.param(NO_PROCESS[each], id=each, marks=pytest.mark.slow) for each in NO_PROCESS]
    ),
)
def test_where_no_process_can_be_had_the_one_that_asks_compiles(
    filled: House, tmp_path: Path, obstacle: str
):
    program = f"import sys\n{obstacle}\n{CALL}\ncall()\nprint('numba' in sys.modules)"
    assert filled.run(program, cache=tmp_path) == "True"
    assert filled.run(cache=tmp_path) == "cached"


def test_a_program_that_is_no_interpreter_is_not_waited_for(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(workers, "START_SECONDS", 0.2)
    monkeypatch.setattr(interpreter, "_flags", list)
    monkeypatch.setattr(sys, "executable", "/usr/bin/tail")  # of a file that ends when we do
    with pytest.raises(workers.NoCompilerError, match="does not run this package"):
        workers._Compiler()


@pytest.mark.posix
def test_a_process_that_is_killed_is_replaced(filled: House, tmp_path: Path):
    program = f"""
import os, signal
{SLOW}
threading.Thread(target=lambda: os.kill(compiler(), signal.SIGKILL)).start()
print(slow())
"""
    assert filled.run(program, cache=tmp_path, SECONDS="0.5") == "1"


TELLING = f"""
{SLOW}
try:
    loop(sys.argv[1])
except RuntimeError as error:
    print(error)
import numpy as np
{CALL}
call()
"""


def test_what_cannot_be_compiled_is_told_and_harms_nothing_else(filled: House, tmp_path: Path):
    told = filled.run(f"import sys\n{TELLING}", "probes.wrong.one", cache=tmp_path)
    assert "probes.wrong.one cannot be compiled" in told
    assert "there_is_no_such_function" in told


def test_what_ends_every_process_is_told_and_harms_nothing_else(filled: House, tmp_path: Path):
    told = filled.run(f"import sys\n{TELLING}", "probes.deadly.one", cache=tmp_path)
    assert "probes.deadly.one cannot be compiled: every process" in told


@pytest.mark.posix
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupt_leaves_no_process_and_no_file(
    filled: House, tmp_path: Path, number: signal.Signals
):
    program = f"""
{SLOW}
import signal
# which a shell has ignored by what it starts in the background
signal.signal(signal.SIGINT, signal.default_int_handler)
threading.Thread(target=lambda: print(compiler(), flush=True)).start()
slow()
"""
    given = {"CONVFILTER_CACHE_DIR": str(tmp_path / "cache"), "SECONDS": "100"}
    with filled.start(program, **given) as process:
        assert process.stdout is not None
        compiler = int(process.stdout.readline())
        process.send_signal(number)
        errors = process.communicate(timeout=20)[1]
    assert process.returncode == -number
    assert ("KeyboardInterrupt" in errors) == (number == signal.SIGINT)
    assert comes(lambda: not is_alive(compiler))
    assert not (tmp_path / "cache").exists()


@pytest.mark.posix
def test_the_child_of_a_fork_compiles_what_its_parent_was_about_to(filled: House, tmp_path: Path):
    program = f"""
import os, sys
{SLOW}
{CALL}
asking = threading.Thread(target=slow)
asking.start()
there = compiler()
child = os.fork()
call()
print(slow(), end=" ", flush=True)
if not child:
    os._exit(0)
_, status = os.waitpid(child, 0)
asking.join()
print(status, there in [each._process.pid for each in workers._crew._compilers])
"""
    assert filled.run(program, cache=tmp_path, SECONDS="1") == "1 1 0 True"
    assert len([*tmp_path.iterdir()]) == 2


@pytest.mark.posix
def test_a_child_that_ends_leaves_its_parents_processes_alone(filled: House, tmp_path: Path):
    program = f"""
import os, sys
{SLOW}
{CALL}
call()
there = compiler()
child = os.fork()
if not child:
    sys.exit(0)  # with all that is done at the end
print(os.waitpid(child, 0)[1])
os.kill(there, 0)
print(slow(), compiler() == there)
"""
    assert filled.run(program, cache=tmp_path, SECONDS="0").split() == ["0", "1", "True"]


def test_idle_processes_end(filled: House, tmp_path: Path):
    program = f"""
import os, time
{SLOW}
{CALL}
workers.IDLE_SECONDS = 0.3
call()
first = compiler()
while workers._crew._compilers:
    time.sleep(0.01)
assert not workers._crew._feeders
time.sleep(0.1)
try:
    os.kill(first, 0)
except ProcessLookupError:
    print("ended")
print(slow())
"""
    assert filled.run(program, cache=tmp_path, SECONDS="0").split() == ["ended", "1"]


def test_never_more_processes_than_cpus(filled: House, tmp_path: Path):
    program = f"""
{SLOW}
workers.default_workers = lambda: 2
names = ["scaling.scale"] * 2 + ["adding.add"] * 2
kinds = ["float32", "float64", "uint8", "int16"]
requests = [(f"probes.{{name}}", (("T", kind),)) for name, kind in zip(names, kinds)]
most = 0
builds = workers.ask(requests + requests)
for build in builds:
    build.wait()
    most = max(most, len(workers._crew._compilers))
print(len(set(builds)), most)
"""
    assert filled.run(program, cache=tmp_path) == "4 2"
    assert len([*tmp_path.iterdir()]) == 4


def test_a_source_that_changes_meanwhile_is_kept_for_what_it_is(house: House):
    text = house.module("factors").read_text()
    program = f"""
import sys
from pathlib import Path
from convfilter.runtime.compiled import keys
keys.module_key("convfilter.probes.scaling")
source = Path(sys.argv[1])
source.write_text(source.read_text().replace("FACTOR = 2", "FACTOR = 3"))
{CALL}
try:
    call()
except AssertionError as error:
    print(error)
"""
    assert house.run(program, str(house.module("factors"))) == "[ 4.5 -6. ]"
    house.module("factors").write_text(text)
    assert house.run() == "compiled"
    assert len(house.kept()) == 2
