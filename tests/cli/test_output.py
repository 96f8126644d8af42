"""What is printed, and pictures on standard output, come whole, or with an error and a code."""

from __future__ import annotations

import errno
import io
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from convfilter import errors, filters, kernels
from convfilter.cli import main
from convfilter.cli.commands import SUMMARIES
from convfilter.cli.main import COMPLETING, run
from convfilter.cli.telling.teller import SOME_FAILED
from tests.cli.conftest import Runner, picture
from tests.cli.output_trials import trials
from tests.pages import ROOT

FULL = Path("/dev/full")

PRINTING = [
    ("--help",),
    ("--version",),
    *((name, "--help") for name in (*SUMMARIES, filters.names()[0])),
    *((name, *flag) for name in ("filters", "kernels") for flag in ((), ("--json",))),
    ("filters", filters.names()[0]),
    ("kernels", next(iter(kernels.names()))),
    ("cache", "info"),
    ("cache", "info", "--json"),
]
"""Command lines that print something."""


@pytest.fixture(params=PRINTING, ids=" ".join)
def printing(request: pytest.FixtureRequest) -> tuple[str, ...]:
    """The arguments of a command that prints something."""
    arguments: tuple[str, ...] = request.param
    return arguments


@pytest.fixture(params=[False, True], ids=["buffered", "unbuffered"])
def unbuffered(request: pytest.FixtureRequest) -> bool:
    """Whether Python keeps a buffer for standard output, as PYTHONUNBUFFERED decides."""
    return bool(request.param)


def output_on(descriptor: int, unbuffered: bool) -> io.TextIOWrapper:
    """Return standard output as Python makes it of an open file."""
    file = io.FileIO(descriptor, "wb")
    binary = file if unbuffered else io.BufferedWriter(file)
    return io.TextIOWrapper(binary, "utf-8", write_through=unbuffered)  # type: ignore[arg-type]


class Ran:
    """Runs a command inside this process on a standard output of any kind."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._patch = patch
        self.err = ""

    def __call__(self, arguments: tuple[str, ...], output: io.TextIOWrapper | None) -> int:
        errors = io.StringIO()
        with self._patch.context() as patched:
            patched.setattr(sys, "stdout", output)
            patched.setattr(sys, "stderr", errors)
            try:
                code = run(arguments)
            finally:
                self.err = errors.getvalue()
        if output is not None:
            output.close()  # must neither fail nor wait any more
        return code


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> Iterator[Ran]:
    """What runs a command."""
    return Ran(monkeypatch)


@pytest.mark.posix
def test_a_full_disk(ran: Ran, printing: tuple[str, ...], unbuffered: bool) -> None:
    if FULL.exists():  # not on every system
        code = ran(printing, output_on(os.open(FULL, os.O_WRONLY), unbuffered))
        assert code == 1
        assert ran.err.endswith("standard output: No space left on device\n")
        assert len(ran.err.splitlines()) == 1


def test_a_closed_output(ran: Ran, printing: tuple[str, ...]) -> None:
    assert ran(printing, None) == 1
    assert "standard output: is closed" in ran.err
    assert len(ran.err.splitlines()) == 1


@pytest.mark.posix
def test_a_reader_that_went_away(ran: Ran, printing: tuple[str, ...], unbuffered: bool) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    assert ran(printing, output_on(writing, unbuffered)) == 141
    assert ran.err == ""


@pytest.mark.posix
def test_a_pipe_that_does_not_wait(
    ran: Ran,
    convfilter: Runner,
    printing: tuple[str, ...],
    unbuffered: bool,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CONVFILTER_CACHE_DIR", str(folder))  # of which nothing changes meanwhile
    expected = convfilter(*printing).out
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    os.write(writing, bytes(65536))  # as much as it holds
    found = bytearray()

    def read() -> None:
        time.sleep(0.02)
        while more := os.read(reading, 700):
            found.extend(more)

    thread = threading.Thread(target=read)
    thread.start()
    assert ran(printing, output_on(writing, unbuffered)) == 0
    thread.join()
    os.close(reading)
    assert bytes(found[65536:]) == expected


@pytest.mark.posix
def test_completion_on_a_full_disk(ran: Ran, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(COMPLETING, "zsh_source")
    reading, writing = os.pipe()
    os.close(reading)
    assert ran((), output_on(writing, unbuffered=False)) == 141


@pytest.mark.posix
def test_an_error_that_is_told_at_the_end(
    ran: Ran, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    descriptor = os.open(tmp_path / "a", os.O_WRONLY | os.O_CREAT)
    close = os.close

    def full(number: int) -> None:
        close(number)
        raise OSError(errno.EDQUOT, os.strerror(errno.EDQUOT))

    with monkeypatch.context() as patched:
        patched.setattr(os, "close", full)
        assert ran(("--version",), output_on(descriptor, unbuffered=False)) == 1
    assert "standard output: Disk quota exceeded" in ran.err


@pytest.mark.posix
@pytest.mark.slow
def test_what_a_shell_makes_of_programs_and_redirections(folder: Path) -> None:
    picture("in.png")
    command = f"{sys.executable} -m convfilter sobel"

    def shell(line: str) -> None:
        done = subprocess.run(["bash", "-c", line], capture_output=True, check=False, text=True)
        assert (done.returncode, done.stderr) == (0, ""), line

    shell(f"{command} in.png whole.png")
    whole = Path("whole.png").read_bytes()
    for number, line in enumerate(
        (
            "{} in.png >(cat > {}) && sleep 0.2",
            "{} in.png /dev/stdout > {}",
            "{} in.png /dev/stdout | cat > {}",
            "{} in.png /dev/fd/7 7> {}",
            "{} <(cat in.png) - > {}",
            "cat in.png | {} /dev/stdin /dev/stdout | cat > {}",
        )
    ):
        shell(line.format(command, f"{number}.png"))
        assert Path(f"{number}.png").read_bytes() == whole, line
    shell(f"(echo first; {command} in.png /dev/stdout; echo last) > around")
    assert Path("around").read_bytes() == b"first\n" + whole + b"last\n"
    shell(f"{command} in.png {os.devnull}")


@pytest.mark.posix
def test_standard_output_that_is_the_input(ran: Ran, folder: Path) -> None:
    before = picture("in.png").read_bytes()
    descriptor = os.open("in.png", os.O_WRONLY | os.O_APPEND)
    assert ran(("sobel", "in.png", "-"), output_on(descriptor, unbuffered=True)) == 2
    assert "standard output is the same file as the input in.png" in ran.err
    assert Path("in.png").read_bytes() == before


@pytest.mark.posix
def test_the_screen_and_the_keyboard_by_their_names(ran: Ran, folder: Path) -> None:
    import pty  # Windows has none

    picture("a.png")
    ours, theirs = pty.openpty()
    memory = io.TextIOWrapper(io.BytesIO(), "utf-8")
    assert ran(("sobel", "a.png", f"/dev/fd/{theirs}"), memory) == 2
    assert "is the screen: name a file" in ran.err
    memory = io.TextIOWrapper(io.BytesIO(), "utf-8")
    assert ran(("sobel", f"/dev/fd/{theirs}", "b.png"), memory) == 2
    assert "is the keyboard: send a picture" in ran.err
    os.close(ours)
    os.close(theirs)


def test_exit_codes_are_documented() -> None:
    page = (ROOT / "docs/output.md").read_text("utf-8")
    documented = {int(code) for code in re.findall(r"^\| (\d+) \|", page, re.M)}
    classes = [errors.ConvfilterError]
    for each in classes:
        classes += each.__subclasses__()
    ends = {main.FAILED, main.WRONG_USAGE, main.INTERRUPTED, main.READER_GONE, SOME_FAILED}
    assert documented == {0, *(each.exit_code for each in classes), *ends}


def test_no_name_moves_the_terminal(convfilter: Runner, folder: Path) -> None:
    picture("a.png")
    name = "so\x1b[31m\x07bel"
    for arguments in (
        (name, "a.png", "b.png"),
        (f"--{name}",),
        ("sobel", "a.png", f"{name}.xyz"),
        ("sobel", f"{name}.png", "b.png"),
        ("sobel", "a.png", f"--{name}"),
        ("sobel", "-", f"{name}/"),
        ("sobel", "a.png", "b.png", "--format", name),
        ("pipe", name, "a.png", "b.png"),
        ("pipe", "sobel", "a.png", f"{name}=3", "b.png"),
        ("kernels", name),
    ):
        ended = convfilter(*arguments)
        assert ended.code in (1, 2), arguments
        assert len(ended.lines) == 1
        assert ended.lines[0].isprintable()
        assert "\\x1b[31m" in ended.err


class _Parts(io.RawIOBase):
    """A file of which each write takes a part."""

    def __init__(self) -> None:
        self.data = b""

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        taken = bytes(data)[:1000]  # type: ignore[call-overload]
        self.data += taken
        return len(taken)


def test_a_picture_in_parts(ran: Ran, convfilter: Runner, folder: Path) -> None:
    picture("a.png")
    expected = convfilter("sobel", "a.png", "-").out
    assert len(expected) > 1000
    parts = _Parts()
    found = io.TextIOWrapper(parts, "utf-8", write_through=True)  # type: ignore[arg-type]
    assert ran(("sobel", "a.png", "-", "--quiet"), found) == 0
    assert parts.data == expected


@pytest.mark.posix
@pytest.mark.slow
@pytest.mark.parametrize("count", [9, pytest.param(200, marks=pytest.mark.thorough)])
def test_outputs_of_all_kinds_get_all_or_a_code(count: int) -> None:
    found = trials(count, seed=count)
    assert found.total() == count
    assert [result for result in found if result.startswith("WRONG")] == []
