"""Slow and obvious twins of what features are made with."""

from __future__ import annotations

import numpy as np

from tests.naive import Array, Pair, Real


def normal_equations(before: Array, after: Array, valid: Array, size: Pair) -> tuple[Array, Array]:
    """Return sums over the windows that are valid: of products of their pixels, and with `after`.

    The slow twin: one window after the other. The last pixel of each is a 1. `after` and `valid`
    begin with the first whole window.
    """
    taps = size[0] * size[1] + 1
    products, answers = np.zeros((taps, taps), Real), np.zeros(taps, Real)
    for y, x in np.argwhere(valid):
        window = np.append(before[y : y + size[0], x : x + size[1]].astype(Real), Real(1))
        products += np.outer(window, window)
        answers += window * Real(after[y, x])
    return products, answers
