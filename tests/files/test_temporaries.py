"""Files that processes were writing when they were killed: whose they are, and when they go."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from convfilter.files.replacing.temporaries import clear_dead, temporary_name

DAY = 86400


def left(folder: Path, name: str, *, days: float = 0) -> Path:
    path = folder / name
    path.write_bytes(b"part")
    os.utime(path, (time.time() - days * DAY,) * 2)
    return path


def name_of_the_dead() -> str:
    program = "from convfilter.files.replacing.temporaries import *; print(temporary_name())"
    command = [sys.executable, "-c", program]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_names_differ() -> None:
    assert len({temporary_name() for _ in range(100)}) == 100


@pytest.mark.posix
def test_what_the_dead_left_goes_and_all_else_stays(tmp_path: Path) -> None:
    dead = name_of_the_dead()
    computer, start, process, rest = dead.removeprefix(".convfilter-").split("-")
    stays = [
        left(tmp_path, temporary_name(), days=2),  # of a process that runs: this one
        left(tmp_path, f".convfilter-00000000-{start}-{process}-{rest}"),  # of another computer
        left(tmp_path, ".convfilter-journal", days=2),
        left(tmp_path, ".convfilter-0123456789abcdef.tmp", days=2),  # no name of ours
        left(tmp_path, "a.png", days=2),
    ]
    (tmp_path / f".convfilter-{computer}-{start}-{process}-000000000000.tmp").mkdir()
    goes = [
        left(tmp_path, dead),
        # of the same computer, before it was started anew
        left(tmp_path, f".convfilter-{computer}-00000000-{os.getpid():x}-{rest}"),
        left(tmp_path, f".convfilter-00000000-{start}-{process}-ffffffffffff.tmp", days=2),
    ]
    clear_dead([tmp_path, tmp_path / "missing"])
    assert [path.exists() for path in stays] == [True] * len(stays)
    assert [path.exists() for path in goes] == [False] * len(goes)


@pytest.mark.posix
def test_links_are_not_followed(tmp_path: Path) -> None:
    precious = left(tmp_path, "precious")
    link = tmp_path / name_of_the_dead()
    link.symlink_to(precious)
    clear_dead([tmp_path])
    assert precious.exists()
