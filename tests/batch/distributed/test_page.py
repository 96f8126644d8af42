"""The lines of docs/clusters.md are run, but for those that name other machines."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.pages import PAGES, ROOT, blocks

PAGE = PAGES["docs/clusters.md"]

ELSEWHERE = ("s3://", "10.0.0.1", "https://", "pip install")


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


@pytest.mark.posix
@pytest.mark.thorough
def test_the_page_does_what_it_says(tmp_path: Path) -> None:
    import zarr

    samples = ROOT / "sample_images"
    shutil.copytree(samples, tmp_path / "sample_images", ignore=shutil.ignore_patterns("*.py*"))
    python = [part for part in blocks(PAGE, "python") if not any(e in part for e in ELSEWHERE)]
    assert len(python) == 3
    guarded, lazy, stored = python
    lines = [
        line
        for line in "".join(blocks(PAGE, "sh")).splitlines()
        if not any(each in line for each in ELSEWHERE)
    ]
    assert len(lines) == 7
    for name, text in {"guarded": guarded, "lazy": lazy, "stored": stored}.items():
        (tmp_path / f"{name}.py").write_text(text)
    script = [
        f'convfilter() {{ "{sys.executable}" -m convfilter "$@"; }}',
        f'dask() {{ exec "{sys.executable}" -m dask "$@" 2>/dev/null; }}',
        "set -e",
        f'"{sys.executable}" stored.py; "{sys.executable}" lazy.py',
        *lines,
        f'rm -r edges; "{sys.executable}" guarded.py',
    ]
    text = "\n".join(script).replace("8786", str(free_port()))
    process = subprocess.Popen(["sh", "-c", text], cwd=tmp_path, start_new_session=True)
    try:
        assert process.wait(timeout=120) == 0
    finally:
        os.killpg(process.pid, signal.SIGKILL)
    made = [sorted(p.name for p in (tmp_path / n).glob("*.*g")) for n in ("edges", "edges-local")]
    assert made[0] == made[1]
    assert len(made[0]) > 5
    for name in ("soft", "edges"):
        store: Any = zarr.open(tmp_path / f"{name}.zarr", mode="r")
        assert store.shape == (3, 300, 400)
