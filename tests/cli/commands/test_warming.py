"""What `cache warm` compiles is all that later commands ask for; failures and interrupts of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convfilter import filters
from convfilter.images import Image, write
from convfilter.runtime.compiled import store, workers
from tests.cli.conftest import Runner

COMMANDS = """
import sys
from convfilter.cli.main import run
from convfilter.runtime.compiled import workers

def refuse(requests):
    raise SystemExit(f"{sys.argv}: {[*requests]} would be compiled")

workers.ask = refuse
for line in sys.stdin:
    arguments = line.split("\\t")
    sys.argv = arguments
    code = run([*arguments[:-1], arguments[-1].strip(), "--overwrite", "--quiet"])
    if code:
        sys.exit(f"{arguments} ended with {code}")
"""
"""Runs a command for each line of standard input, and ends where one would compile a loop."""

PICTURES: dict[str, tuple[tuple[int, ...], str]] = {
    "grey.png": ((40, 50), "uint8"),
    "colour.png": ((40, 50, 3), "uint8"),
    "alpha.png": ((40, 50, 4), "uint8"),
    "deep.png": ((40, 50, 3), "uint16"),
    "colour.jpg": ((40, 50, 3), "uint8"),
    "float.tif": ((40, 50), "float32"),
    "large.png": ((700, 900), "uint8"),
}
PIPELINES = (
    "gaussian-blur sigma=2 | sobel",
    "median | sobel | max-pool",
    "bilateral | unsharp-mask | gaussian-blur sigma=5",
    "box-blur radius=9 | laplacian | maximum",
)
OPTIONS = ("", "--linear", "--alpha=filter", "--alpha=keep", "--depth=16")


def commands(folder: Path, names: list[str], pipelines: Sequence[str]) -> list[tuple[str, ...]]:
    """Write pictures, and return what is done with them by filters and pipelines."""
    random = np.random.default_rng(0)
    for name, (shape, dtype) in PICTURES.items():
        values = random.integers(0, 250, shape).astype(dtype)
        pixels = values / np.float32(250) if dtype == "float32" else values
        write(Image(pixels, alpha=shape[2:] == (4,)), folder / name)
    found: list[tuple[str, ...]] = []
    for name in names:
        needed = [f"--{each.name}" for each in filters.get(name).parameters if each.required]
        given = [word for each in needed for word in (each, "emboss")]
        found += [(name, picture, f"out.{picture[-3:]}", *given) for picture in PICTURES]
        found += [(name, "alpha.png", "out.png", *given, each) for each in OPTIONS if each]
    found += [
        ("pipe", text, picture, f"out.{picture[-3:]}") for text in pipelines for picture in PICTURES
    ]
    return found


@pytest.mark.slow
@pytest.mark.parametrize(
    "every", [12, pytest.param(1, marks=pytest.mark.thorough)], ids=["some", "all"]
)
def test_later_commands_compile_nothing(convfilter: Runner, folder: Path, every: int) -> None:
    # in the cache of the suite, which needs these loops anyway
    names = filters.names()[::every]
    pipelines = PIPELINES if every == 1 else ()
    assert convfilter("cache", "warm", *names, "--quiet").code == 0
    lines = "\n".join("\t".join(command) for command in commands(folder, names, pipelines))
    done = subprocess.run(
        [sys.executable, "-c", COMMANDS], input=lines, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    assert (folder / "out.tif").exists()


@pytest.fixture
def empty(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache that holds nothing."""
    monkeypatch.setenv("CONVFILTER_CACHE_DIR", str(folder / "cache"))
    return folder / "cache"


def test_what_cannot_be_compiled_is_told_by_name(
    convfilter: Runner, empty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compile_loop = workers._Compiler.compile

    def fail(self: Any, request: Any) -> Any:
        if "unfilter" in request[0]:
            raise RuntimeError(f"{request[0]} cannot be compiled: it is Tuesday")
        return compile_loop(self, request)

    monkeypatch.setattr(workers._Compiler, "compile", fail)
    ended = convfilter("cache", "warm", "invert")
    assert (ended.code, len(ended.lines)) == (1, 2)
    assert "formats.png.loops.unfilter_rows cannot be compiled: it is Tuesday" in ended.lines[1]
    kept = {path.name.partition("-")[0] for path in empty.iterdir()}
    gaps = {"runtime.loops.gaps.hold", "runtime.loops.gaps.hold_nan"}
    assert kept == {"formats.png.loops.filter_rows", *gaps}


@pytest.mark.slow
def test_what_cannot_be_kept_is_told(
    convfilter: Runner, empty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "write", lambda *given: None)
    ended = convfilter("cache", "warm", "invert", "--quiet")
    assert (ended.code, len(ended.lines)) == (1, 1)
    assert "filter_rows could not be written to the cache" in ended.err


@pytest.mark.slow
@pytest.mark.linux
def test_an_interrupt_leaves_no_process(empty: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "convfilter", "cache", "warm", "canny", "median", "bilateral"],
        stderr=subprocess.PIPE,
        text=True,
        # as a terminal starts it, whatever the tests were started by
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    deadline = time.monotonic() + 100
    while not (empty.exists() and any(empty.iterdir())):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    compiling = children(process.pid)
    assert compiling
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    assert process.returncode == 130
    while any(Path(f"/proc/{child}").exists() for child in compiling):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert not [path for path in empty.iterdir() if path.name.startswith(".")]


def children(parent: int) -> list[int]:
    """Return the processes that a process has started."""
    found = []
    for entry in os.listdir("/proc"):  # noqa: PTH208 - names are numbers of processes
        try:
            status = Path(f"/proc/{entry}/stat").read_text()
        except OSError:
            continue
        if entry.isdigit() and int(status.rpartition(")")[2].split()[1]) == parent:
            found.append(int(entry))
    return found
