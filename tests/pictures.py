"""Arrays of several axes, dealt with picture by picture in the slow and obvious way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

LAYOUTS = [
    ("YX", (12, 13)),
    ("XY", (13, 12)),
    ("ZYX", (3, 12, 13)),
    ("YXC", (12, 13, 1)),
    ("YXC", (12, 13, 4)),
    ("YXC", (12, 13, 9)),
    ("CYX", (5, 12, 13)),
    ("YXZ", (12, 13, 2)),
    ("ZYXC", (2, 12, 13, 3)),
    ("TZCYX", (2, 2, 3, 12, 13)),
    ("XCAYBZ", (13, 2, 1, 12, 2, 1)),
    ("CTZYXV", (7, 1, 2, 12, 13, 1)),
]
"""Axes and shapes of arrays of 2 to 6 axes and 1 to 9 channels, rows 12 and columns 13."""


def one_by_one(function: Callable[..., Any], axes: str, *arrays: Array) -> Array:
    """Return what a function makes of each picture (H, W) or (H, W, C), in the order of `axes`."""
    stack = [letter for letter in axes if letter not in "YXC"]
    first = {letter: axes.index(letter) for letter in axes}
    lengths = [arrays[0].shape[first[letter]] for letter in stack]
    results = {}
    for index in np.ndindex(*lengths):
        pictures = []
        for array in arrays:
            cut = tuple(
                index[stack.index(letter)] if letter in stack else slice(None) for letter in axes
            )
            left = [letter for letter in axes if letter not in stack]
            wanted = ["Y", "X", *(["C"] if "C" in axes else [])]
            pictures.append(array[cut].transpose([left.index(letter) for letter in wanted]))
        results[index] = np.asarray(function(*pictures))
    kind = next(iter(results.values()))
    letters = [*stack, *{0: "", 1: "C", 2: "YX", 3: "YXC"}[kind.ndim]]
    whole = np.empty((*lengths, *kind.shape), kind.dtype)
    for index, result in results.items():
        whole[index] = result
    order = sorted(letters, key=lambda letter: first.get(letter, len(axes)))
    return whole.transpose([letters.index(letter) for letter in order])


def is_known(axes: str, shape: tuple[int, ...]) -> bool:
    """Tell whether an array says by its shape alone what its axes are."""
    return axes == "YX" or (axes == "YXC" and shape[2] <= 4)
