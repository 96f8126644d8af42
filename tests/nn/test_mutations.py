"""A thousand damaged files of every kind: one line each, and no more memory than they justify."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.nn.mutations import KINDS

pytestmark = [pytest.mark.thorough, pytest.mark.linux]


@pytest.mark.parametrize("kind", KINDS)
def test_a_thousand_damaged_files_are_read_or_refused_in_a_line(kind: str) -> None:
    command = [sys.executable, "-m", "tests.nn.mutations", kind, "--count", "1000"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert f"{kind}: 1000 files, " in done.stdout
    print(done.stdout)
