"""Random files of tifffile's writer, held against its reader: the same values, or a true reason."""

from __future__ import annotations

import io
import re
from collections import Counter

import numpy as np
import pytest

from convfilter.errors import ImageError
from convfilter.images import read
from tests.formats.tiff.witness import Trial, drawn, reasons, wanted

QUICK = 300


def check(trial: Trial) -> str:
    """Hold a file against tifffile's reader; return "read", or what it was refused for."""
    refused = reasons(trial)
    try:
        image = read(io.BytesIO(trial.data))
    except ImageError as error:
        words = str(error)
        found = [reason for reason in refused if re.search(reason, words)]
        assert found, f"{trial}: {words}"
        assert ": " in words
        assert "\n" not in words
        return found[0]
    assert not refused, f"{trial}: read though {refused}"
    pixels = image.pixels if image.pixels.ndim == 3 else image.pixels[..., np.newaxis]
    expected = wanted(trial)
    assert pixels.shape == expected.shape, str(trial)
    # every program rounds YCbCr a little differently
    slack = 1 if trial.colour == "ycbcr" else 0
    if expected.dtype != np.float64 or trial.dtype == np.float64:
        assert pixels.dtype == expected.dtype, str(trial)
    apart = np.abs(pixels.astype(np.float64) - expected.astype(np.float64))
    assert apart.max() <= slack, f"{trial}: {apart.max()} off"
    has_alpha = bool(trial.extra) and trial.extra[-1].endswith("alpha")
    assert image.alpha == has_alpha
    return "read"


def trials(first_seed: int, count: int) -> Counter[str]:
    """Try so many files that tifffile writes, and count what came of them."""
    found: Counter[str] = Counter()
    seed = first_seed
    while found.total() < count:
        trial = drawn(np.random.default_rng(seed))
        seed += 1
        if trial is not None:
            found[check(trial)] += 1
    return found


def test_same_values_or_a_true_reason() -> None:
    found = trials(0, QUICK)
    assert found["read"] > QUICK / 2
    assert len(found) > 10


@pytest.mark.thorough
@pytest.mark.parametrize("share", range(1, 31))
def test_three_thousand_files(share: int) -> None:
    assert trials(10_000 * share, 100)["read"] > 45
