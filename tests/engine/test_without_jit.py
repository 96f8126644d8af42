"""The loops as plain Python: what Numba compiles means the same to the interpreter."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.engine.cases import DRAWS, DTYPES

SCRIPT = """
import sys
import warnings
from random import Random

import numba
import numpy as np

from convfilter.engine import plan
from convfilter.engine.planning import forced
from tests.engine.accuracy import Case, check
from tests.engine.cases import DRAWS, DTYPES, draw_case, noise
from tests.engine import chains
from tests.engine.chains import Chain, Step, gaussian, magnitude, pool

assert numba.config.DISABLE_JIT
# the only warning that may be: infinity minus infinity is NaN; integers that wrap round are none
warnings.filterwarnings("ignore", "invalid value encountered in scalar (add|subtract|multiply)")


def is_small(case):
    weights = [np.abs(np.asarray(a, object).astype(float)).max() for a in case.arguments[:1]]
    pixels = np.abs(case.image[np.isfinite(case.image)].astype(float))
    taps = sum(np.size(a) for a in case.arguments)
    return case.image.size * taps < 2000 and max([0, *pixels]) < 1e9 and max(weights) < 1e9


checked = 0
for kind in DRAWS:
    for dtype in DTYPES:
        random, done = Random(f"{kind} {dtype}"), 0
        while done < int(sys.argv[1]):
            case = draw_case(random, kind, dtype)
            if is_small(case):
                try:
                    check(case, workers=(2,))
                except Exception as failure:
                    raise SystemExit(f"{case}: {type(failure).__name__}: {failure}")
                done += 1
        checked += done
for dtype in DTYPES[:-1]:
    image = noise((9, 8), dtype)
    for weights in (np.ones((3, 3)), np.ones((5, 5)) / 25, np.eye(3), np.full((3, 3), 2.0**30)):
        check(Case("correlate", image, (weights,)), workers=(2,))
    for size in (3, 5, 7):
        for name in ("median", "minimum", "maximum"):
            check(Case(name, image, (size,)), workers=(2,))
for dtype in ("uint8", "uint16", "float32", "float64"):
    steps = gaussian(0.6), magnitude(), Step("median", (3,)), pool(2)
    assert chains.check(Chain.of(noise((9, 11), dtype), *steps), workers=(2,)) == len(steps)
forced.set("fft")
for dtype in ("uint8", "float64"):
    image = noise((9, 8, 2), dtype)
    assert plan(image, np.full((3, 4), 0.125)).algorithm == "fft"
    check(Case("correlate", image, (np.full((3, 4), 0.125),)), workers=(2,))
    check(Case("correlate_bank", image, ([np.eye(3), np.ones((3, 3))], "l1")), workers=(2,))
print(checked, "checked")
"""


@pytest.mark.slow
@pytest.mark.parametrize("cases", [1, pytest.param(12, marks=pytest.mark.thorough)])
def test_loops_as_plain_python(cases: int) -> None:
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", SCRIPT, str(cases)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-3000:]
    assert f"{len(DRAWS) * len(DTYPES) * cases} checked" in run.stdout
