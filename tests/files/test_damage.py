"""Files that are cut off or changed end as a picture or as one line of words."""

from __future__ import annotations

import faulthandler
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.files.damage import STEP, formats_of, outcome, read_batch, trial, whole_files

FILES = whole_files()
LONGEST = 300.0


@pytest.fixture(autouse=True)
def _no_hang() -> Iterator[None]:
    """End the process, and say where it was, if a decoder does not come back."""
    faulthandler.dump_traceback_later(LONGEST, exit=True)
    yield
    faulthandler.cancel_dump_traceback_later()


def cuts(data: bytes) -> list[bytes]:
    """Return the file cut off at every so many bytes."""
    return [data[:length] for length in range(0, len(data), STEP)]


def test_there_are_many_cuts():
    assert sum(len(cuts(data)) for data in FILES.values()) >= 2000


@pytest.mark.parametrize("name", FILES)
def test_whole_files_are_read(name: str):
    assert outcome(FILES[name]) == "picture"


@pytest.mark.parametrize("name", FILES)
def test_cut_files(name: str):
    results = Counter(map(outcome, cuts(FILES[name])))
    assert set(results) <= {"picture", "refused"}, results
    assert results["refused"]


def test_changed_files():
    results = read_batch(seed=2, batch=0)
    assert set(results) == {"picture", "refused"}, results


@pytest.mark.thorough
@pytest.mark.parametrize("name", formats_of(FILES))
def test_changed_files_of_each_format(name: str) -> None:
    """`python -m tests.files.damage --each 5000` reads ten times as many."""
    counts, failures = trial(4, name, range(1))
    assert not failures, "\n".join(failures)
    assert counts["picture"]
    assert counts["refused"]


def test_damage_is_told_by_us_alone():
    command = [sys.executable, "-m", "tests.files.damage", "--batch", "73", "--seed", "3"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout
    assert done.stderr == ""
