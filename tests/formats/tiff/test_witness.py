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

SHARES = 30


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
    # YCbCr is rounded a little differently by every program
    slack = 1 if trial.colour == "ycbcr" else 0
    if expected.dtype != np.float64 or trial.dtype == np.float64:
        assert pixels.dtype == expected.dtype, str(trial)
    apart = np.abs(pixels.astype(np.float64) - expected.astype(np.float64))
    assert apart.max() <= slack, f"{trial}: {apart.max()} off"
    has_alpha = bool(trial.extra) and trial.extra[-1].endswith("alpha")
    assert image.alpha == has_alpha
    return "read"


def trials(start: int, stop: int) -> Counter[str]:
    """Try the files of these seeds that are written, and count what came of them."""
    found: Counter[str] = Counter()
    for seed in range(start, stop):
        trial = drawn(np.random.default_rng(seed))
        if trial is not None:
            found[check(trial)] += 1
    return found


def test_same_values_or_a_true_reason() -> None:
    found = trials(0, 400)
    assert found["read"] > 100
    assert len(found) > 12


@pytest.mark.thorough
@pytest.mark.parametrize("share", range(SHARES))
def test_many_more(share: int) -> None:
    assert trials(400 + 250 * share, 650 + 250 * share)["read"] > 50
