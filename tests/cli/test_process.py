"""The command as a process of its own: streams, signals, closed pipes, what it loads."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from convfilter.images import read
from tests.cli.conftest import COMPILING, heed_interrupts, outputs_in, picture
from tests.cli.kill_trials import trials

COMMAND = [sys.executable, "-m", "convfilter"]


def test_streams_through_a_shell(folder: Path) -> None:
    data = picture("a.png").read_bytes()
    ended = subprocess.run([*COMMAND, "sobel", "-"], input=data, capture_output=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, b"")
    Path("b.png").write_bytes(ended.stdout)
    assert read("b.png").shape == read("a.png").shape


@pytest.mark.slow
def test_the_first_use_says_that_it_compiles(folder: Path) -> None:
    picture("a.png")
    environment = {**os.environ, "CONVFILTER_CACHE_DIR": str(folder / "cache")}
    said = [
        subprocess.run(
            [*COMMAND, "invert", "a.png", output],
            env=environment,
            capture_output=True,
            check=True,
        ).stderr.decode()
        for output in ("b.png", "c.png")
    ]
    assert said == [f"convfilter invert: {COMPILING}\n", ""]


def test_an_error_reaches_the_shell(folder: Path) -> None:
    ended = subprocess.run([*COMMAND, "sobel", "nope.png"], capture_output=True, check=False)
    assert ended.returncode == 1
    assert ended.stdout == b""
    assert ended.stderr.decode().splitlines() == [
        "convfilter sobel: nope.png: no such file or folder: check the name"
    ]


@pytest.mark.posix
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signals_end_it_cleanly(folder: Path, number: signal.Signals, code: int) -> None:
    with subprocess.Popen(
        [*COMMAND, "sobel", "-", "b.png"],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=heed_interrupts,
    ) as process:
        assert process.stdin is not None
        assert process.stderr is not None
        # more than a pipe holds: when this returns, the process is reading, and soon it waits
        process.stdin.write(bytes(1 << 20))
        time.sleep(0.2)
        process.send_signal(number)
        assert process.wait(timeout=60) == code
        assert b"Traceback" not in process.stderr.read()
        process.stdin.close()
    assert list(folder.iterdir()) == []


@pytest.mark.posix
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_folder_leaves_whole_files_only(
    folder: Path, number: signal.Signals, code: int
) -> None:
    picture("in/000.png")
    for index in range(1, 1500):
        os.link("in/000.png", f"in/{index:04}.png")
    with subprocess.Popen(
        [*COMMAND, "sobel", "in", "out", "-j", "2"],
        stderr=subprocess.PIPE,
        preexec_fn=heed_interrupts,
    ) as process:
        assert process.stderr is not None
        for _ in range(6000):
            if any(Path("out").glob("[0-9]*")):
                break
            time.sleep(0.01)
        process.send_signal(number)
        said = process.stderr.read().decode()
        assert process.wait(timeout=60) == code
    assert "Traceback" not in said
    written = outputs_in("out")
    assert 0 < len(written) < 1500
    # the signal may fall between the end of a file and its count
    assert any(f"interrupted: {len(written) - n} file" in said for n in (0, 1))
    for path in (written[0], written[-1]):
        assert read(path).shape == read("in/000.png").shape
    assert all(path.suffix == ".png" and not path.name.startswith(".") for path in written)


@pytest.mark.posix
@pytest.mark.parametrize("arguments", [["kernels", "--json"], ["sobel", "a.png", "-"]])
def test_a_reader_that_goes_away(folder: Path, arguments: list[str]) -> None:
    picture("a.png")
    reading, writing = os.pipe()
    os.close(reading)
    try:
        ended = subprocess.run(
            [*COMMAND, *arguments], stdout=writing, stderr=subprocess.PIPE, check=False
        )
    finally:
        os.close(writing)
    assert ended.returncode == 141
    assert ended.stderr == b""


@pytest.mark.posix
def test_streams_that_are_closed(folder: Path) -> None:
    picture("a.png")
    shell = f"{' '.join(COMMAND)} sobel a.png - >&-"
    ended = subprocess.run(["sh", "-c", shell], capture_output=True, check=False)
    assert ended.returncode == 1
    assert b"standard output is closed" in ended.stderr
    shell = f"{' '.join(COMMAND)} sobel - b.png <&-"
    ended = subprocess.run(["sh", "-c", shell], capture_output=True, check=False)
    assert ended.returncode == 1
    assert b"standard input is closed" in ended.stderr


def loaded_by(*arguments: str) -> set[str]:
    """Return the top-level modules, and those of convfilter, that a command line has loaded."""
    code = (
        "import sys\n"
        "from convfilter.cli.main import run\n"
        f"run({list(arguments)!r})\n"
        "names = {m if m.startswith('convfilter') else m.partition('.')[0] for m in sys.modules}\n"
        "print('loaded', *names)\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(ended.stdout.splitlines()[-1].split()[1:])


HEAVY = {"numba", "llvmlite", "scipy", "PIL", "rich"}


def test_lists_are_light() -> None:
    assert not loaded_by("kernels") & (HEAVY | {"numpy"})
    assert not loaded_by("filters") & (HEAVY | {"numpy"})


def test_help_of_a_filter_loads_its_family_alone() -> None:
    loaded = loaded_by("sobel", "--help")
    assert not loaded & HEAVY
    assert "convfilter.filters.edges" in loaded
    assert "convfilter.filters.blur" not in loaded


@pytest.mark.posix
def test_a_bar_on_a_terminal_and_none_elsewhere(folder: Path) -> None:
    for number in range(3):
        picture(f"in/{number}.png")
    Path("in/bad.png").write_bytes(b"")
    import pty  # Windows has none

    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    with subprocess.Popen(
        [*COMMAND, "sobel", "in", "out"], stderr=theirs, stdout=subprocess.PIPE, env=environment
    ) as process:
        os.close(theirs)
        seen = b""
        while chunk := _read(ours):
            seen += chunk
        assert process.stdout is not None
        assert process.stdout.read() == b""
    os.close(ours)
    assert process.returncode == 3
    assert b"4/4" in seen
    assert b"in/bad.png: the file is empty" in seen
    assert seen.rstrip().endswith(b"3 files written to out, 1 failed")
    assert not loaded_by("sobel", "in", "again") & (HEAVY - {"PIL", "numba", "llvmlite"})


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # what Linux says when the other side is closed
        return b""


@pytest.mark.slow
@pytest.mark.parametrize("count", [8, pytest.param(40, marks=pytest.mark.thorough)])
def test_a_killed_command_leaves_the_old_file_or_the_new_one(count: int) -> None:
    found = trials(count, seed=5)
    assert found.total() == count
    assert set(found) <= {"old", "new"}
