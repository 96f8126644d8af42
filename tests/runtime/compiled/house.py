"""A package with loops of the tests' own: the lowest rooms of ours, and a room of probes.

It is copied for each test that changes a module, or wants processes that compile to find loops that
the package does not have.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.sources import PACKAGE, ROOT

COPIED = ("__init__.py", "errors.py", "lazy.py", "picture", "runtime")

PROBES = {
    "factors": '''
"""What `scaling` multiplies by."""

import numba

from convfilter.runtime.compiled.declare import OPTIONS

FACTOR = 2


@numba.njit(**OPTIONS)
def scaled(x):
    """Return it scaled."""
    return x * FACTOR
''',
    "scaling": '''
"""Scales."""

from convfilter.probes.factors import scaled
from convfilter.runtime.compiled.declare import loop


@loop("const T[:] values, T[:] out")
def scale(values, out):
    """Scale a row."""
    for i in range(out.size):
        out[i] = scaled(values[i])  # each for itself
''',
    "adding": '''
"""Adds."""

import numpy as np

from convfilter.runtime.compiled.declare import loop

PAIR = np.dtype([("count", np.int64), ("step", np.float64)])


@loop("const T[:] values, i8 count, T[:] out")
def add(values, count, out):
    """Add a number to a row."""
    for i in range(out.size):
        out[i] = values[i] + count


@loop("const Pair[:] pairs, i8 first -> f8", Pair=PAIR)
def total(pairs, first):
    """Return a total."""
    total = 0.0
    for i in range(first, pairs.size):
        total += pairs[i]["count"] * pairs[i]["step"]
    return total


@loop("i8 a, i8 b, i8 step -> i8")
def stepped(a, b, step):
    """Return how many steps there are, of which 0 is an error in Python."""
    count = 0
    for _ in range(a, b, step):
        count += 1
    return count


@loop("class T, T[:,:] out")
def clear(T, out):
    """Fill with zeros of a class, which is what `memset` does."""
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = T(0)


@loop("T factor, f8 other -> f8")
def product(factor, other):
    """Multiply numbers of the dtypes that are declared."""
    return factor * other
''',
    "slow": '''
"""Takes its time to be imported, which only a process that compiles has to do."""

import os
import time

from convfilter.runtime.compiled.declare import loop

time.sleep(float(os.environ["SECONDS"]))


@loop("i8[:] out")
def one(out):
    """Return 1."""
    out[0] = 1
''',
    "wrong": '''
"""Cannot be compiled."""

from convfilter.runtime.compiled.declare import loop


@loop("i8[:] out")
def one(out):
    """Do what no loop can."""
    out[0] = there_is_no_such_function(out)
''',
    "deadly": '''
"""Ends whatever process imports it."""

import os

from convfilter.runtime.compiled.declare import loop

os._exit(3)


@loop("i8[:] out")
def one(out):
    """Return 1."""
    out[0] = 1
''',
    "mathematics": '''
"""Calls the mathematics of the C library."""

import math

import numpy as np

from convfilter.runtime.compiled.declare import loop


@loop("const T[:] image, T[:,:] out")
def mathematics(image, out):
    """Fill a row for each function."""
    for i in range(image.size):
        x = image[i]
        out[0, i] = math.exp(x)
        out[1, i] = x ** image[0]
        out[2, i] = math.sqrt(x)
        out[3, i] = math.log(x)
        out[4, i] = math.sin(x)
        out[5, i] = math.cos(x)
        out[6, i] = math.tan(x)
        out[7, i] = math.atan2(x, image[0])
        out[8, i] = math.hypot(x, image[0])
        out[9, i] = np.fmod(x, image[0])
        out[10, i] = math.floor(x) + math.ceil(x) + round(x)
        out[11, i] = math.log1p(x) + math.expm1(x) + math.tanh(x) + math.erf(x)
        out[12, i] = x // image[0] + x % image[0]
''',
}

CALL = """
import sys
import numpy as np
from convfilter.runtime.compiled import loop

def call():
    values, out = np.array([1.5, -2.0], np.float32), np.empty(2, np.float32)
    loop("probes.scaling.scale", T="float32")(values, out)
    assert out.tolist() == [3.0, -4.0], out
"""

PROGRAM = f"""{CALL}
call()
print("compiled" if "convfilter.runtime.compiled.workers" in sys.modules else "cached")
"""


def loop_file(cache: Path) -> Path:
    """Return the only loop in a cache."""
    (file,) = cache.glob("*.loop")
    return file


class House:
    """The package, and a cache that is not there yet, both in a folder."""

    def __init__(self, folder: Path) -> None:
        self.sources = folder / "sources"
        self.cache = folder / "cache"
        self.probes = self.sources / ROOT / "probes"
        self.probes.mkdir(parents=True)
        for name in COPIED:
            copy = shutil.copytree if (PACKAGE / name).is_dir() else shutil.copy
            copy(PACKAGE / name, self.sources / ROOT / name)
        (self.probes / "__init__.py").touch()
        for name, text in PROBES.items():
            self.module(name).write_text(text, "utf-8")

    def module(self, name: str) -> Path:
        return self.probes / f"{name}.py"

    def change(self, name: str, old: str, new: str) -> None:
        """Change the text of a probe."""
        text = self.module(name).read_text("utf-8")
        assert old in text
        self.module(name).write_text(text.replace(old, new), "utf-8")

    def kept(self) -> list[Path]:
        """Return the files in the cache."""
        return sorted(self.cache.iterdir())

    def environment(self, cache: Path | None = None, **changes: str) -> dict[str, str]:
        own = {"PYTHONPATH": str(self.sources), "CONVFILTER_CACHE_DIR": str(cache or self.cache)}
        # bytecode does not tell apart two texts of the same length within one second
        own["PYTHONDONTWRITEBYTECODE"] = "1"
        return {**os.environ, **own, **changes}

    def start(self, program: str, *arguments: str, **changes: str) -> subprocess.Popen[str]:
        """Start a program in this house, in a process of its own."""
        return subprocess.Popen(
            [sys.executable, "-P", "-W", "error", "-c", program, *arguments],
            env=self.environment(**changes),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(
        self,
        program: str = PROGRAM,
        *arguments: str,
        cache: Path | None = None,
        before: Callable[[], None] | None = None,
        folder: Path | None = None,
        **changes: str,
    ) -> str:
        """Run a program in this house, and return what it prints: "compiled" or "cached", say."""
        done = subprocess.run(
            [sys.executable, "-P", "-W", "error", "-c", program, *arguments],
            env=self.environment(cache, **changes),
            capture_output=True,
            text=True,
            check=False,
            preexec_fn=before,
            cwd=folder,
            timeout=120,
        )
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
        return done.stdout.strip()


def drop_power_over_permissions() -> None:
    """Make permissions bind the superuser too, once the next program runs."""
    if os.geteuid() == 0:
        libc = ctypes.CDLL(None, use_errno=True)
        for capability in (1, 2):  # CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH
            assert libc.prctl(24, capability, 0, 0, 0) == 0  # PR_CAPBSET_DROP
