"""Signals that end a process: no temporary file is left, whatever was being done."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from convfilter.cli import signals
from convfilter.images import read
from tests.cli.conftest import outputs_in, picture

pytestmark = [pytest.mark.posix, pytest.mark.slow]

WRITING = "writing\n"
HANGING = f"""
import os, sys, time
from convfilter.files import replace
from convfilter.cli import main

seconds = float(sys.argv.pop(1))

write = replace.write_whole

def hang(*arguments):
    os.write(2, {WRITING.encode()!r})  # of two threads, each its line
    time.sleep(seconds)
    write(*arguments)

replace.write_whole = hang  # while the temporary file is there
main()
"""
"""The command, which waits so many seconds before each new file is moved to its place."""

ENDING = {
    number
    for number in (getattr(signal, name, None) for name in (*signals.ENDING, "SIGINT"))
    if number is not None
}


def usual() -> None:
    """Let signals do in the next program what they do by default."""
    for number in ENDING:
        signal.signal(number, signal.SIG_DFL)


def begun(seconds: float, *arguments: str, files: int = 1) -> subprocess.Popen[str]:
    """Start a command and return when so many of its files are being written."""
    process = subprocess.Popen(
        [sys.executable, "-c", HANGING, str(seconds), *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=usual,
    )
    assert process.stderr is not None
    for _ in range(files):
        assert process.stderr.readline() == WRITING
    return process


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Return the code of a process that is about to end, and what it said."""
    _, err = process.communicate(timeout=60)
    return process.returncode, err


def ended_by_force(process: subprocess.Popen[str], *numbers: signal.Signals) -> tuple[int, str]:
    """Send signals until a process has ended, with pauses: the system joins those that wait."""
    for number in itertools.islice(itertools.cycle(numbers), 50):
        if process.poll() is not None:
            break
        process.send_signal(number)
        time.sleep(0.1)
    return ended(process)


def test_every_one_of_them_clears_up(folder: Path) -> None:
    picture("a.png")
    processes = {number: begun(20, "invert", "a.png", f"{number:d}.png") for number in ENDING}
    assert len(list(folder.glob(".convfilter-*.tmp"))) == len(ENDING) > 10
    for number, process in processes.items():
        process.send_signal(number)
    for number, process in processes.items():
        assert ended(process) == (128 + number, ""), number
    assert [path.name for path in folder.iterdir()] == ["a.png"]


def test_in_place_the_old_file_stays(folder: Path) -> None:
    before = picture("a.png").read_bytes()
    process = begun(20, "invert", "a.png", "--in-place")
    process.send_signal(signal.SIGHUP)
    assert ended(process) == (129, "")
    assert Path("a.png").read_bytes() == before
    assert len(list(folder.iterdir())) == 1


def test_files_under_way_are_finished(folder: Path) -> None:
    for name in "abcdef":
        picture(f"in/{name}.png")
    process = begun(0.5, "invert", "in", "out", "--jobs", "2", "--no-journal", files=2)
    process.send_signal(signal.SIGQUIT)
    code, err = ended(process)
    assert code == 131
    written = sorted(path.name for path in outputs_in("out"))
    assert 2 <= len(written) < 6
    assert f"interrupted: {len(written)} files written to out" in err
    assert err.index("stopping: files under way are finished") < err.index("interrupted:")
    for name in written:
        assert read(Path("out") / name).shape == read("in/a.png").shape


def test_the_second_one_ends_it_at_once(folder: Path) -> None:
    for name in "abcd":
        picture(f"in/{name}.png")
    process = begun(20, "invert", "in", "out", "--jobs", "2", "--no-journal", files=2)
    assert len(outputs_in("out")) == 2
    code, err = ended_by_force(process, signal.SIGTERM, signal.SIGHUP)
    assert code in (129, 143)
    assert "Traceback" not in err
    assert outputs_in("out") == []


def test_an_interrupt_twice_leaves_nothing(folder: Path) -> None:
    for name in "abcd":
        picture(f"in/{name}.png")
    process = begun(20, "invert", "in", "out", "--jobs", "2", "--no-journal", files=2)
    code, err = ended_by_force(process, signal.SIGINT)
    assert code == 130
    assert "Traceback" not in err
    assert outputs_in("out") == []


def test_what_is_ignored_stays_so(folder: Path) -> None:
    picture("a.png")
    process = subprocess.Popen(
        [sys.executable, "-c", HANGING, "0.5", "invert", "a.png", "b.png"],
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN),  # as nohup does
    )
    assert process.stderr is not None
    assert process.stderr.readline() == WRITING
    process.send_signal(signal.SIGHUP)
    assert ended(process)[0] == 0
    assert read("b.png").shape == read("a.png").shape


def test_a_limit_of_time_and_one_of_size(folder: Path) -> None:
    import resource  # Windows has none

    picture("a.png")
    limited = subprocess.run(
        [sys.executable, "-m", "convfilter", "invert", "a.png", "b.png"],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000)),
    )
    assert limited.returncode == 1
    assert limited.stderr == "convfilter invert: b.png: cannot be written: File too large\n"
    assert [path.name for path in folder.iterdir()] == ["a.png"]
    spinning = HANGING.replace("time.sleep(seconds)", "while True: pass")
    limited = subprocess.run(
        [sys.executable, "-c", spinning, "0", "invert", "a.png", "b.png"],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (1, 20)),
    )
    assert limited.returncode == 128 + signal.SIGXCPU
    assert limited.stderr == WRITING
    assert [path.name for path in folder.iterdir()] == ["a.png"]


def test_no_file_gets_the_number_of_a_closed_stream(folder: Path) -> None:
    picture("a.png")
    shell = f"{sys.executable} -m convfilter invert a.png b.png --quiet"
    for closed in ("2>&-", ">&- 2>&-", "<&- >&- 2>&-"):
        Path("b.png").unlink(missing_ok=True)
        assert os.waitstatus_to_exitcode(os.system(f"{shell} {closed}")) == 0
        assert read("b.png").shape == read("a.png").shape
    ended = subprocess.run(
        ["sh", "-c", f"{sys.executable} -m convfilter invert a.png /dev/stdout >&-"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert len(ended.stderr.splitlines()) == 1


COMPILING = f"""
import os, time
from convfilter.cli import main
from convfilter.runtime.compiled import loading

def compiled(request, file):
    os.write(2, {WRITING.encode()!r})
    time.sleep(30)

loading.store.read = lambda name: None
loading._compiled = compiled
main()
"""
"""The command, which waits long for its first loop."""


def test_an_interrupt_while_loops_are_compiled_is_told_at_once(folder: Path) -> None:
    picture("a.png")
    process = subprocess.Popen(
        [sys.executable, "-c", COMPILING, "median", "a.png", "b.png"],
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=usual,
    )
    assert process.stderr is not None
    while process.stderr.readline() != WRITING:
        pass
    process.send_signal(signal.SIGINT)
    code, err = ended(process)
    assert code == 130
    assert err.startswith("convfilter median: stopping: what is being compiled is waited for")
    assert [path.name for path in folder.iterdir()] == ["a.png"]
