"""The image of `docs/Dockerfile` is built and used, on a system whose root may mount."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.containers import DOCKERFILE


@pytest.mark.thorough
@pytest.mark.mounts
def test_the_command_in_a_container() -> None:
    command = [sys.executable, "-m", "tests.containers"]
    done = subprocess.run(
        command, cwd=DOCKERFILE.parent.parent, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "all of it is right" in done.stdout
