"""Pictures, and a way to run the command inside the test's own process."""

from __future__ import annotations

import io
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from convfilter import filters
from convfilter.batch.journal import NAME
from convfilter.cli.main import run
from convfilter.images import Image, write

SIZE = (24, 32)
COMPILING = "compiling its loops for this processor, on the first use only"
"""Said once on a machine, so by whichever test comes first."""


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: bytes
    err: str

    @property
    def lines(self) -> list[str]:
        return self.err.splitlines()

    @property
    def text(self) -> str:
        return self.out.decode()


class _StandardInput(io.BytesIO):
    name = "<stdin>"


Runner = Callable[..., Ended]


@pytest.fixture(scope="session", autouse=True)
def _compiled() -> None:
    """Compile what processes of their own need, so that they do not speak of it."""
    write(filters.sobel(np.zeros((4, 4), np.uint8)), io.BytesIO(), format="PNG")


@pytest.fixture
def convfilter(monkeypatch: pytest.MonkeyPatch) -> Runner:
    """Run the command; standard streams are files in memory."""

    def call(*arguments: str | Path, stdin: bytes = b"") -> Ended:
        output = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
        errors = io.StringIO()
        with monkeypatch.context() as patched:
            patched.setattr(sys, "stdin", io.TextIOWrapper(_StandardInput(stdin)))
            patched.setattr(sys, "stdout", output)
            patched.setattr(sys, "stderr", errors)
            code = run([str(argument) for argument in arguments])
            output.flush()
        buffer = output.buffer
        assert isinstance(buffer, io.BytesIO)
        lines = [line for line in errors.getvalue().splitlines(True) if COMPILING not in line]
        return Ended(code, buffer.getvalue(), "".join(lines))

    return call


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, in which the test runs."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def heed_interrupts() -> None:
    """Let an interrupt end the next program, also if the suite runs in the background."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def picture(path: str | Path, *, seed: int = 0, channels: int = 3) -> Path:
    """Write a small noisy picture and return its path."""
    shape = SIZE if channels == 1 else (*SIZE, channels)
    pixels = np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    write(Image(pixels, alpha=channels in (2, 4)), path)
    return Path(path)


def everything(folder: Path) -> dict[str, bytes | None]:
    """Return what is in a folder: names and contents, so that any change shows.

    The journal is left out, which tells times.
    """
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
        if path.name != NAME
    }


def outputs_in(folder: str | Path) -> list[Path]:
    """Return the paths of all that is in a folder but the journal."""
    return sorted(path for path in Path(folder).iterdir() if path.name != NAME)
