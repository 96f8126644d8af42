"""Starting is light: what a warm command may import, and nothing else.

Each module below is there for a reason. A new one costs every command its time, so it is added
here only when the command cannot do without it.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

LIBRARIES = "numpy, click, llvmlite.binding, isal.isal_zlib, isal.igzip_lib"
"""What a command works with; their own imports are theirs to answer for."""

STANDARD = {
    *("base64", "concurrent", "copy", "dataclasses", "fractions", "gc", "hashlib", "heapq", "hmac"),
    *("json", "locale", "logging", "queue", "secrets", "shlex", "signal", "tomllib"),
    "unicodedata",
}
"""Top-level modules of the standard library besides those that the libraries import."""

OWN = """
    cli cli.cache cli.files cli.filtering cli.group cli.listing cli.main cli.options cli.pipe
    cli.progress cli.run cli.wording
    batch batch.checks batch.job batch.names batch.plan batch.report batch.run batch.walk
    engine engine.choose engine.correlate engine.costs engine.gain
    engine.geometry engine.loops engine.loops.layout engine.plan
    engine.respond engine.schedule engine.strips engine.sums engine.taps
    errors
    files files.fit files.reading files.replace files.writing
    filters filters.chains filters.declare filters.deferred filters.edges filters.levels
    filters.options filters.parameters filters.pixels filters.transparency filters.values
    formats formats.declaring formats.declaring.index formats.declaring.limits formats.png
    formats.png.chunks formats.png.reader formats.png.writer
    kernels kernels.catalog kernels.files kernels.kernel kernels.shapes kernels.table
    lazy
    picture picture.image
    pipeline
    runtime runtime.checks runtime.compiled runtime.compiled.declare runtime.compiled.link
    runtime.compiled.store runtime.memory runtime.threads
"""

COMMAND = """
import sys
from convfilter.cli.main import run
assert run(["sobel", *sys.argv[1:], "--overwrite"]) == 0
"""


def loaded(program: str, *arguments: str) -> set[str]:
    """Run a program in a process of its own and return the modules that it has imported."""
    listing = "\nimport sys\nprint('\\n'.join(sys.modules))"
    command = [sys.executable, "-c", program + listing, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def beyond(modules: set[str]) -> list[str]:
    """Return those of the modules that a warm command has no need of."""
    own = {"convfilter", *(f"convfilter.{name}" for name in OWN.split())}
    libraries = {name.partition(".")[0] for name in loaded(f"import {LIBRARIES}")}
    allowed = libraries | STANDARD | {"__main__"}
    return sorted(
        name
        for name in modules - own
        if name.startswith("convfilter.") or not _is_known(name.partition(".")[0], allowed)
    )


def _is_known(package: str, allowed: set[str]) -> bool:
    # the compiled half of a module goes with it, as _hashlib with hashlib
    return package in allowed or (package.startswith("_") and package in sys.stdlib_module_names)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("start")
    picture = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(picture).save(folder / "in.png")
    return [str(Path(folder / name)) for name in ("in.png", "out.png")]


def test_a_warm_command_imports_only_what_it_needs(files: list[str]):
    loaded(COMMAND, *files)  # warms the cache
    modules = loaded(COMMAND, *files)
    assert "convfilter.filters.edges" in modules
    assert not modules & {"numba", "PIL", "scipy", "rich", "multiprocessing", "asyncio"}
    assert beyond(modules) == []


@pytest.mark.parametrize(
    "stray",
    [
        *("numba", "PIL", "rich", "asyncio", "simplejpeg"),
        *("convfilter.filters.noise", "convfilter.colour.linear"),
    ],
)
def test_a_stray_import_is_found(files: list[str], stray: str):
    assert stray in beyond(loaded(f"import {stray}\n{COMMAND}", *files))
