"""Weights and their standard errors: how often they are wrong by how much."""

from __future__ import annotations

import numpy as np
import pytest

from convfilter.features.equations import Equations
from convfilter.features.solving import Fit, by_evidence, by_least_squares, left_of

SMOOTH = np.full(25, 1 / 25)
ROUGH = np.array([0.0, -1, 0, -1, 5, -1, 0, -1, 0])
ROUNDING = 1e-9


def equations(weights: np.ndarray, seed: int, pixels: int = 400, offset: float = 0) -> Equations:
    """Return those of windows with little fine detail, as photographs have, and noise of 1."""
    rng = np.random.default_rng(seed)
    detail = np.geomspace(30, 0.3, len(weights))
    basis = np.linalg.qr(np.random.default_rng(0).normal(size=(len(weights),) * 2))[0]
    taps = rng.normal(0, 1, (pixels, len(weights))) * detail @ basis.T
    columns = np.column_stack([taps, np.ones(pixels)])
    after = taps @ weights + offset + rng.normal(0, 1, pixels)
    return Equations(columns.T @ columns, columns.T @ after, float(after @ after))


def fitted(weights: np.ndarray, seed: int, *, offset: float = 0) -> tuple[Fit, Fit]:
    found = equations(weights, seed, offset=offset)
    side = int(np.sqrt(len(weights)))
    plain = by_least_squares(found, bool(offset), 0.0, ROUNDING)
    return plain, by_evidence(found, bool(offset), (side, side), plain)


def test_least_squares_are_those_of_numpy() -> None:
    rng = np.random.default_rng(1)
    columns = np.column_stack([rng.normal(size=(200, 9)), np.ones(200)])
    after = columns @ rng.normal(size=10) + rng.normal(size=200)
    sums = Equations(columns.T @ columns, columns.T @ after, float(after @ after))
    found = by_least_squares(sums, True, 0.0, ROUNDING)
    wanted, (left,), *_ = np.linalg.lstsq(columns, after, rcond=None)
    assert np.append(found.weights, found.offset) == pytest.approx(wanted)
    assert left_of(sums, found) == pytest.approx(left)
    assert found.condition == pytest.approx(np.linalg.cond(columns), rel=0.1)
    spread = np.sqrt(left / 190 * np.diag(np.linalg.inv(columns.T @ columns)))
    assert np.append(found.errors, found.offset_error) == pytest.approx(spread)


@pytest.mark.parametrize("weights", [SMOOTH, ROUGH], ids=["smooth", "rough"])
@pytest.mark.parametrize("way", [0, 1], ids=["least squares", "evidence"])
@pytest.mark.parametrize("offset", [0, 7])
def test_standard_errors_are_what_they_say(weights: np.ndarray, way: int, offset: float) -> None:
    """Two thirds of the weights are off by less than one, over nine of ten by less than two."""
    off = []
    for seed in range(30):
        fit = fitted(weights, seed, offset=offset)[way]
        off.append(np.abs(fit.weights - weights) / fit.errors)
        if offset:
            off.append(np.abs([fit.offset - offset]) / fit.offset_error)
    every = np.concatenate(off)
    assert 0.6 < (every < 1).mean() < 0.8
    assert (every < 2).mean() > 0.92


def test_smooth_kernels_gain_and_others_lose_nothing() -> None:
    """Errors of least squares and of the evidence, root of the mean square over 30 pictures."""

    def of(weights: np.ndarray) -> tuple[float, float]:
        both = [fitted(weights, seed) for seed in range(30)]
        plain, smooth = (
            float(np.sqrt(np.mean([(fit[way].weights - weights) ** 2 for fit in both])))
            for way in (0, 1)
        )
        return plain, smooth

    plain, smooth = of(SMOOTH)
    assert smooth < plain / 3
    plain, smooth = of(ROUGH)
    assert smooth < plain * 1.05


def test_a_large_ridge_keeps_weights_small() -> None:
    found = equations(ROUGH, 1)
    sizes = [
        float(np.abs(by_least_squares(found, False, ridge, ROUNDING).weights).sum())
        for ridge in (0.0, 10.0, 1e6)
    ]
    assert sizes[0] > sizes[1] > sizes[2]
    assert sizes[2] < 0.01
