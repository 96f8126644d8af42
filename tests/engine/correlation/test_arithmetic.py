"""In which arithmetic, and with which factors of the kernel, sums of products are computed."""

from __future__ import annotations

import numpy as np
import pytest

from convfilter.engine import plan
from tests.engine.accuracy import Case, check
from tests.engine.cases import noise

IMAGE = noise((20, 20))
BINOMIAL = np.array([1, 4, 6, 4, 1])


def test_products_of_a_column_and_a_row_are_separable() -> None:
    rng = np.random.default_rng(0)
    for kernel in (
        np.outer(BINOMIAL, BINOMIAL),
        np.outer(rng.normal(size=9), rng.normal(size=7)),
        np.ones((5, 5)) / 25,
        np.outer([1, 0, 2, 0, 1], [-1, 0, 0, 0, 1]),
    ):
        chosen = plan(IMAGE.astype(np.float64), kernel)
        assert chosen.algorithm != "direct"
        assert str(len(kernel)) in chosen.reason
        check(Case("correlate", IMAGE.astype(np.float64), (kernel,)))
        check(Case("correlate", IMAGE, (kernel,), {"dtype": np.float64}))


@pytest.mark.parametrize("change", [1.0, 1e-3, 1e-9])
def test_almost_separable_is_not_separable(change: float) -> None:
    kernel = np.outer(BINOMIAL, BINOMIAL) / 256
    kernel[1, 3] += change
    assert plan(IMAGE, kernel, dtype=np.float64).algorithm == "direct"
    check(Case("correlate", IMAGE, (kernel,), {"dtype": np.float64}))


@pytest.mark.parametrize("factor", [1, 3, 2**20 + 1, 2**31 - 1])
def test_integers_are_factored_into_integers(factor: int) -> None:
    kernel = np.outer(np.array([2, -3, 5, 7, 1]), np.array([6, 0, -9, 3, 3])) * factor
    for dtype in (np.uint8, np.uint16, np.int16):
        check(Case("correlate", noise((9, 9), dtype), (kernel,), {"dtype": np.float64}))


def test_exactness_is_claimed_only_where_it_holds() -> None:
    assert plan(IMAGE, [[1, 2, 1]]).exact
    assert plan(IMAGE, [[2**30, 1]], dtype=np.float64).exact
    assert not plan(IMAGE, [[0.1]]).exact
    assert not plan(IMAGE, [[1]], scale=0.1).exact
    assert not plan(IMAGE, [[1]], offset=0.5).exact
    assert not plan(IMAGE.astype(np.float32), [[1]]).exact
