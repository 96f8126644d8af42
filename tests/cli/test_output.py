"""What is printed, and pictures on standard output, come whole, or with an error and a code."""

from __future__ import annotations

import io
import os
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from convfilter import filters, kernels
from convfilter.cli.commands import SUMMARIES
from convfilter.cli.main import COMPLETING, run
from tests.cli.conftest import Runner, picture
from tests.cli.output_trials import trials

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
