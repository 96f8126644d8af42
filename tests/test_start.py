"""Starting is light: a warm command imports nothing that it does not use.

Of other packages it may import those that are listed, each of which is there for a reason: a new
one costs every command its time. Of our own modules, some function has to run.
"""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from convfilter import filters
from convfilter.runtime.compiled.code import executable

LIBRARIES = "numpy, click, isal.isal_zlib, isal.igzip_lib, pathlib, zlib"
"""What a command works with; their own imports are theirs to answer for."""

STANDARD = {
    *("base64", "concurrent", "copy", "dataclasses", "fractions", "gc", "hashlib", "hmac"),
    *("json", "locale", "logging", "secrets", "shlex", "signal", "tomllib"),
    "unicodedata",
}
"""Top-level modules of the standard library besides those that the libraries import."""

IDLE = {
    "cli.wording": "errors",
    "dtypes": "dtypes that pixels do not have",
    "filters.declaring.run_options": "names of axes",
}
"""Modules of our own that a command may import for what does not come up, and what that is."""

SERVES_OTHERS = (
    *("batch.journal", "batch.watching", "batch.stores", "batch.streamed", "dask", "large"),
    *("batch.planning.collisions", "batch.planning.folders", "batch.planning.listings"),
    *("batch.planning.lists", "batch.planning.naming", "batch.planning.patterns"),
    *("batch.planning.walk", "batch.settings.names", "batch.running.clearing"),
    *("batch.running.cluster", "batch.running.connecting", "batch.running.isolated"),
    *("batch.running.quarantine", "batch.running.report", "batch.running.tasks"),
    *("batch.running.telling", "batch.running.window", "engine.window.placing"),
    *("files.row_reading", "files.row_writing", "files.storage", "files.storing"),
    *("formats.checksum", "formats.declaring.rows", "formats.headers", "runtime.machine"),
    *("cli.telling.dry_run", "cli.telling.pace", "cli.telling.progress"),
)
"""Modules and rooms of our own that serve folders, long runs, storage and large pictures."""

COMMAND = """
import sys
from convfilter.cli.main import run
assert run(["sobel", *sys.argv[1:], "--overwrite"]) == 0
"""

WATCHED = f"""
import sys, threading
ran = set()
def watch(frame, event, argument):
    if event == "call" and frame.f_code.co_flags & {inspect.CO_OPTIMIZED}:
        ran.add(frame.f_code.co_filename)  # a function, not the body of a module or a class
threading.setprofile(watch)
sys.setprofile(watch)
{{program}}
sys.setprofile(None)
for name, module in list(sys.modules.items()):
    path = getattr(module, "__file__", None)
    if name.startswith("convfilter.") and path not in ran:
        print(name, path)
"""
"""Prints each module of our own that was imported though none of its functions ran."""


def loaded(program: str, *arguments: str) -> set[str]:
    """Run a program in a process of its own and return the modules that it has imported."""
    listing = "\nimport sys\nprint(*sys.modules)"
    command = [sys.executable, "-c", program + listing, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.splitlines()[-1].split())


def beyond(modules: set[str]) -> list[str]:
    """Return those of the modules of others that a warm command has no need of."""
    needed = LIBRARIES if executable.is_supported() else f"{LIBRARIES}, llvmlite.binding"
    libraries = {name.partition(".")[0] for name in loaded(f"import {needed}")}
    allowed = libraries | STANDARD | {"__main__", "convfilter"}
    return sorted(name for name in modules if not _is_known(name.partition(".")[0], allowed))


def idle(program: str, *arguments: str) -> list[str]:
    """Return the modules of our own that a program imports in vain.

    One that holds no functions but tables, names and classes without methods is never idle.
    """
    command = [sys.executable, "-c", WATCHED.format(program=program), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = []
    for name, _, path in (line.partition(" ") for line in done.stdout.splitlines()):
        tree = ast.parse(Path(path).read_text("utf-8"))
        has_functions = any(isinstance(node, ast.FunctionDef) for node in ast.walk(tree))
        if has_functions and not path.endswith("__init__.py"):
            found.append(name.removeprefix("convfilter."))
    return sorted(set(found) - IDLE.keys())


def serving_others(modules: set[str]) -> list[str]:
    """Return those modules that one small file, which becomes another one, has no need of."""
    rooms = tuple(f"convfilter.{name}." for name in SERVES_OTHERS)
    return sorted(name for name in modules if f"{name}.".startswith(rooms))


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
    assert not modules & {"convfilter.nn", "convfilter.cli.nn"}
    assert executable.is_supported() != ("llvmlite" in modules)
    assert beyond(modules) == []
    assert idle(COMMAND, *files) == []
    assert serving_others(modules) == []


def test_a_warm_command_reads_no_signature_but_that_of_its_filter(files: list[str]):
    modules = loaded(COMMAND, *files)
    families = {f"convfilter.filters.{entry.family}" for entry in filters.index().values()}
    assert modules & families == {"convfilter.filters.edges"}
    count = "\nfrom convfilter.filters import declare\n"
    count += "print(*('_read' in vars(each) for each in declare.declared().values()))"
    done = subprocess.run(
        [sys.executable, "-c", COMMAND + count, *files], capture_output=True, text=True, check=True
    )
    assert done.stdout.split().count("True") == 1


def test_numbers_of_pixels_take_nothing_that_lengths_need(files: list[str]):
    command = COMMAND.replace('"sobel"', '"gaussian-blur", "--sigma", "1x2"')
    assert command != COMMAND
    lengthy = {"convfilter.picture.spacing", "convfilter.filters.declaring.measured"}
    assert not lengthy & loaded(command, *files)


LIGHT = {
    "the package": ("import convfilter", "numpy click rich convfilter.nn"),
    "its help": (
        "from convfilter.cli.main import run\nassert run(['--help']) == 0",
        "numpy rich convfilter.nn",
    ),
    "the engine": ("import convfilter.engine", "click rich"),
    "a summary of a network": (
        "from convfilter.cli.main import run\nassert run(['nn', 'summary', 'lenet5']) == 0",
        "numba llvmlite PIL rich convfilter.nn.running convfilter.nn.training",
    ),
    "names of formats": (
        "from convfilter import formats\nformats.format_of('a.png')",
        "numpy click",
    ),
}
"""What costs no compiler, no Pillow and no SciPy, and none of those that are named with it."""


@pytest.mark.parametrize(("program", "others"), LIGHT.values(), ids=LIGHT.keys())
def test_what_is_light_stays_light(program: str, others: str):
    modules = loaded(program)
    assert "convfilter" in modules
    assert not modules & {"numba", "llvmlite", "scipy", "PIL", *others.split()}


@pytest.mark.slow
@pytest.mark.parametrize("stray", ["numba", "PIL", "rich", "asyncio", "simplejpeg"])
def test_a_stray_import_is_found(files: list[str], stray: str):
    assert stray in beyond(loaded(f"import {stray}\n{COMMAND}", *files))


def test_each_module_that_serves_others_is_there():
    assert [name for name in SERVES_OTHERS if find_spec(f"convfilter.{name}") is None] == []


@pytest.mark.parametrize("stray", ["filters.noise", "colour.linear", "kernels.shapes"])
def test_a_stray_import_of_our_own_is_found(files: list[str], stray: str):
    assert stray in idle(f"import convfilter.{stray}\n{COMMAND}", *files)
