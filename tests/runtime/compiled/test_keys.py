"""Keys of loops: what changes them, and what does not."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import convfilter
from convfilter.errors import EnvironmentVariableError
from convfilter.runtime import vector_length
from convfilter.runtime.compiled import keys, vectors
from tests.examples import every
from tests.runtime.compiled.house import CALL, House
from tests.sources import PACKAGE, ROOT, Source, sources

MODULES = [
    source
    for source in sources(PACKAGE)
    if source.within("*.loops") and not source.is_package and source.room != "runtime"
]
"""All modules of loops."""

KEYS = """
import json, sys
from convfilter.runtime.compiled import keys
print(json.dumps({name: keys.module_key(name) for name in sys.argv[1:]}))
"""


def keys_of(sources: Path, *modules: str) -> dict[str, str]:
    """Return the keys of modules of loops, by a process of its own."""
    house = House.__new__(House)
    house.sources, house.cache = sources, sources / "none"
    found: dict[str, str] = json.loads(house.run(KEYS, *modules))
    return found


PROBES = [f"{ROOT}.probes.{name}" for name in ("scaling", "adding", "mathematics")]
SAME = {
    "a comment": ("scaling", "each for itself", "one after the other"),
    "a comment more": ("factors", "FACTOR = 2", "# of two\nFACTOR = 2"),
    "a docstring": ("scaling", "Scale a row.", "Make each number of a row larger."),
    "the docstring of a module": ("factors", "What `scaling` multiplies by.", "A factor."),
    "the docstring of what is imported": ("factors", "Return it scaled.", "Return it."),
    "the place of a function": ("scaling", "@loop", "\n\n\n@loop"),
}
CHANGED = {
    "a constant": ("factors", "FACTOR = 2", "FACTOR = 3", {"scaling"}),
    "an operation": ("factors", "x * FACTOR", "x + FACTOR", {"scaling"}),
    "types": ("adding", "T[:] out", "T[:] outs", {"adding"}),
    "fields": ("adding", "np.float64)])", "np.float32)])", {"adding"}),
    "a function called": ("mathematics", "math.exp(x)", "math.exp2(x)", {"mathematics"}),
    "an index": ("mathematics", "out[0, i]", "out[-13, i]", {"mathematics"}),
}


@pytest.fixture(scope="module")
def before(filled: House) -> dict[str, str]:
    return keys_of(filled.sources, *PROBES)


@pytest.mark.parametrize(("module", "old", "new"), SAME.values(), ids=SAME.keys())
def test_what_is_said_about_a_loop_changes_no_key(
    house: House, before: dict[str, str], module: str, old: str, new: str
):
    house.change(module, old, new)
    assert keys_of(house.sources, *PROBES) == before


@pytest.mark.parametrize(("module", "old", "new", "whose"), CHANGED.values(), ids=CHANGED.keys())
def test_what_a_loop_does_changes_the_keys_of_those_that_use_it(
    house: House, before: dict[str, str], module: str, old: str, new: str, whose: set[str]
):
    house.change(module, old, new)
    after = keys_of(house.sources, *PROBES)
    assert {name.rpartition(".")[2] for name in PROBES if after[name] != before[name]} == whose


@pytest.mark.slow
def test_a_comment_compiles_nothing_and_a_constant_one_module(house: House):
    assert house.run() == "compiled"
    house.change("factors", "FACTOR = 2", "FACTOR = 2  # for no reason")
    assert house.run() == "cached"
    house.change("factors", "FACTOR = 2", "FACTOR = 2.0")
    house.change("adding", "+ count", "- count")
    assert house.run() == "compiled"
    assert len(house.kept()) == 2


def test_of_the_package_only_the_module_that_changes_has_another_key(tmp_path: Path):
    shutil.copytree(PACKAGE, tmp_path / ROOT)
    names = [f"{ROOT}.{source.name}" for source in MODULES]
    png = f"{ROOT}.formats.png.loops"
    assert png in names
    before = keys_of(tmp_path, *names)
    assert len(set(before.values())) == len(names)
    file = tmp_path / ROOT / "formats" / "png" / "loops.py"
    text = file.read_text("utf-8")
    file.write_text(f"# Of PNG.\n{text}\n# The end.\n", "utf-8")
    assert keys_of(tmp_path, *names) == before
    file.write_text(f"{text}\nNUMBER = 1\n", "utf-8")
    after = keys_of(tmp_path, *names)
    assert [name for name in names if after[name] != before[name]] == [png]


@pytest.mark.parametrize("source", MODULES, ids=lambda source: source.name)
def test_every_import_of_a_loop_is_seen(source: Source):
    known = {each.name for each in sources(PACKAGE)}
    taken = {each.name for each in source.imports(known)} & known
    assert keys._own(f"{ROOT}.{source.name}")[1] == {f"{ROOT}.{name}" for name in taken}
    # as it is found by full names alone
    assert not [
        node.lineno
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ImportFrom) and node.level
    ]


def test_the_key_depends_on_processor_system_versions_and_compiling(
    monkeypatch: pytest.MonkeyPatch,
):
    fresh = keys.machine.__wrapped__
    found = {fresh()}
    changes = [
        (keys, "processor", lambda: "another"),
        (keys, "_version", lambda package: "another" if package == "numba" else package),
        (keys, "_version", lambda package: "another" if package == "llvmlite" else package),
        (keys, "_code_of_all", lambda module: ["another"]),
        (sys, "platform", "another"),
    ]
    for place, name, value in changes:
        with monkeypatch.context() as patch:
            patch.setattr(place, name, value)
            found.add(fresh())
    assert len(found) == len(changes) + 1
    assert fresh() in found


def test_compiling_includes_all_that_makes_machine_code():
    names = [f"{ROOT}.runtime.compiled.build"]
    for name in names:
        names += sorted(keys._own(name)[1].difference(names))
    parts = {name.removeprefix(f"{ROOT}.runtime.compiled.") for name in names}
    assert parts >= {"build", "vector_code", "vectors", "code.image", "declare", "store"}


def test_versions_are_told_without_importing_what_they_are_of():
    versions = {keys._version(package) for package in ("numba", "llvmlite")}
    assert len(versions) == 2
    program = """
import sys
from convfilter.runtime.compiled import keys
print(keys._version("numba"), keys._version("llvmlite"))
assert not {"numba", "llvmlite"} & sys.modules.keys()
"""
    house = House.__new__(House)
    house.sources, house.cache = PACKAGE.parent, Path("none")
    assert set(house.run(program).split()) == versions
    assert keys._version("numpy") == keys.importlib.import_module("numpy").__version__


def test_the_processor_is_told_by_linux_or_by_llvm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    import llvmlite.binding as llvm

    told = keys.processor()
    for text in (None, "", "cpu:type:aarch64:feature:,0000,0001", "of:NcpusT(null)Cx"):
        file = tmp_path / "modalias"
        if text is not None:
            file.write_text(text)
        monkeypatch.setattr(keys, "PROCESSOR", file)
        assert llvm.get_host_cpu_name() in keys.processor()
    file.write_text("cpu:type:x86,ven0000fam0006mod008F:feature:,0000,0001\n")
    assert keys.processor() == file.read_text()
    assert told != keys.processor()


def test_the_longest_vector_is_part_of_the_processor(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv(vector_length.NAME, raising=False)
    whole = keys.processor()
    monkeypatch.setenv(vector_length.NAME, "64")
    assert keys.processor() == whole
    shorter = set()
    for length in ("32", "16"):
        monkeypatch.setenv(vector_length.NAME, length)
        shorter.add(keys.processor())
    assert len(shorter - {whole}) == 2
    monkeypatch.setenv(vector_length.NAME, "33")
    wrong = "CONVFILTER_VECTOR_BYTES must be 16, 32 or 64, not '33'"
    with pytest.raises(EnvironmentVariableError, match=wrong):
        keys.processor()


def test_an_unknown_length_of_vectors_is_refused_in_one_line(tmp_path: Path):
    picture = tmp_path / "a.png"
    convfilter.write(np.zeros((8, 8), np.uint8), picture)
    ended = subprocess.run(
        [sys.executable, "-m", "convfilter", "sobel", picture, tmp_path / "b.png"],
        env={**os.environ, vector_length.NAME: "33"},
        capture_output=True,
        text=True,
        check=False,
    )
    wrong = f"{vector_length.NAME} must be 16, 32 or 64, not '33'"
    assert (ended.returncode, ended.stderr) == (2, f"convfilter sobel: {wrong}\n")


def test_shorter_vectors_leave_out_what_needs_longer_ones(monkeypatch: pytest.MonkeyPatch):
    host = {"sse4.2": True, "avx2": True, "fma": True, "avx512f": True, "avx512vbmi": True}
    monkeypatch.setattr(vectors.llvm, "get_host_cpu_features", lambda: host)
    found = {}
    for length in ("64", "32", "16"):
        monkeypatch.setenv(vector_length.NAME, length)
        found[length] = [name for name, there in vectors.processor_features().items() if there]
        assert vectors._register_bytes() == int(length)
    assert found == {
        "64": ["sse4.2", "avx2", "fma", "avx512f", "avx512vbmi"],
        "32": ["sse4.2", "avx2", "fma"],
        "16": ["sse4.2"],
    }


@pytest.mark.slow
@pytest.mark.parametrize("flag", every(3, ["-OO", "-O", "-B"]))
def test_a_process_of_other_flags_compiles_what_it_asks_for(house: House, flag: str):
    import subprocess

    for outcome in ("compiled", "cached"):
        program = f"{CALL}\ncall()\nprint('convfilter.runtime.compiled.workers' in sys.modules)"
        done = subprocess.run(
            [sys.executable, "-P", flag, "-c", program],
            env=house.environment(),
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.strip() == str(outcome == "compiled")
