"""From the source of a loop to machine code: what is declared, and that no setting changes it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from convfilter.runtime.compiled.declare import Argument, Signature, loop, signature_of
from tests.examples import every
from tests.runtime.compiled.house import CALL, House

pytestmark = pytest.mark.slow

SETTINGS = {
    "bounds": {"NUMBA_BOUNDSCHECK": "1"},
    "optimisation": {"NUMBA_OPT": "2"},
    "another processor": {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""},
    "no AVX": {"NUMBA_ENABLE_AVX": "0"},
    "no vectors": {"NUMBA_LOOP_VECTORIZE": "0", "NUMBA_SLP_VECTORIZE": "1"},
    "for debuggers": {"NUMBA_DEBUGINFO": "1", "NUMBA_EXTEND_VARIABLE_LIFETIMES": "1"},
    "errors": {"NUMBA_CAPTURED_ERRORS": "old_style"},
    "a C library of vectors": {"NUMBA_DISABLE_INTEL_SVML": "0"},
}
"""Settings of Numba that change what it compiles."""

SLOW = pytest.mark.slow

COMPILE = f"{CALL}\ncall()\nprint('numba' in sys.modules)"
ALONE = f"""
from convfilter.runtime.compiled import workers
def refuse(*given): raise workers.NoCompilerError("none")
workers._Compiler.__init__ = refuse
{COMPILE}
"""
"""Compiles in the process itself."""


def content(cache: Path) -> str:
    (file,) = cache.iterdir()
    return f"{file.name} {hashlib.sha256(file.read_bytes()).hexdigest()}"


@pytest.mark.parametrize(
    "settings", every(3, [pytest.param(SETTINGS[name], id=name, marks=SLOW) for name in SETTINGS])
)
def test_no_setting_of_numba_changes_what_is_compiled(
    filled: House, tmp_path: Path, settings: dict[str, str]
):
    assert filled.run(COMPILE, cache=tmp_path / "apart", **settings) == "False"
    assert filled.run(ALONE, cache=tmp_path / "alone", **settings) == "True"
    expected = content(filled.cache)
    assert content(tmp_path / "apart") == content(tmp_path / "alone") == expected


def test_no_file_of_settings_in_the_working_directory_changes_it(filled: House, tmp_path: Path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    (folder / ".numba_config.yaml").write_text("boundscheck: 1\nopt: 1\ncpu_name: generic\n")
    assert filled.run(COMPILE, cache=tmp_path / "cache", folder=folder) == "False"
    assert content(tmp_path / "cache") == content(filled.cache)


def test_settings_of_the_program_around_are_left_as_they_are(filled: House, tmp_path: Path):
    program = f"""
import numba
numba.config.OPT, numba.config.BOUNDSCHECK = numba.config._OptLevel(1), 1
{ALONE}
print(int(numba.config.OPT), numba.config.BOUNDSCHECK)
"""
    assert filled.run(program, cache=tmp_path / "cache").split() == ["True", "1", "1"]
    assert content(tmp_path / "cache") == content(filled.cache)


def test_signatures_are_read_as_they_are_declared():
    pair = np.dtype([("a", np.int64), ("b", np.float64)])

    @loop("const S[:,:] image, i8 count, class T, const Pair[:] pairs, T[:] out -> i8", Pair=pair)
    def declared() -> None: ...

    assert signature_of(declared, {"S": "uint8", "T": "float32"}) == Signature(
        (
            Argument(np.dtype("uint8"), 2, const=True),
            Argument(np.dtype("int64")),
            Argument(np.dtype("float32"), is_class=True),
            Argument(pair, 1, const=True),
            Argument(np.dtype("float32"), 1),
        ),
        np.dtype("int64"),
    )


def test_a_declaration_that_cannot_be_read_is_told():
    @loop("const S[:,:] image; i8 count")
    def declared() -> None: ...

    with pytest.raises(AssertionError, match="cannot be read"):
        signature_of(declared, {"S": "uint8"})
