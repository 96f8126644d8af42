"""The loops as plain Python: what Numba compiles means the same to the interpreter."""

from __future__ import annotations

import os
import subprocess
import sys

SCRIPT = """
import numba
from random import Random

import numpy as np

from convfilter.engine.native import loop
from tests.engine.accuracy import Case, check
from tests.engine.cases import DRAWS, DTYPES, draw_case, noise

assert numba.config.DISABLE_JIT
checked = 0
for kind in DRAWS:
    for dtype in DTYPES:
        random, tries = Random(f"{kind} {dtype}"), 0
        while tries < 6:
            case = draw_case(random, kind, dtype)
            taps = sum(np.size(a) for a in case.arguments)
            if case.image.size * taps > 2000:
                continue
            tries += 1
            try:
                check(case, workers=(2,))
            except Exception as failure:
                raise SystemExit(f"{case}: {type(failure).__name__}: {failure}")
            checked += 1
for dtype in DTYPES[:-1]:
    image = noise((9, 8), dtype)
    for weights in (np.ones((3, 3)), np.ones((5, 5)) / 25, np.eye(3), np.full((3, 3), 2.0**30)):
        check(Case("correlate", image, (weights,)), workers=(2,))
    for size in (3, 5, 7):
        for name in ("median", "minimum", "maximum"):
            check(Case(name, image, (size,)), workers=(2,))
print(checked, "checked")
"""


def test_loops_as_plain_python() -> None:
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", SCRIPT],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-3000:]
    assert "180 checked" in run.stdout
