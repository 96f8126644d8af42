"""Gradients: pairs of 3x3 kernels whose joined size has a loop of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from convfilter.engine.schedule import Weights
from convfilter.engine.strips import StripReader
from convfilter.runtime.checks import Array
from convfilter.runtime.compiled import bound, loop
from convfilter.runtime.memory import Scratch

Halves = tuple[Weights, Weights]


def halves(kernels: Sequence[Weights]) -> Halves | None:
    """Return the weights of a gradient, (3,) and (3,), or None for other kernels.

    They are the last column of a kernel that differs along the rows (its first column is the
    opposite, the middle one is zero) and the last row of one that differs down the columns. Sobel's
    and Scharr's are of this kind.
    """
    if len(kernels) != 2 or any(kernel.shape != (3, 3) for kernel in kernels):
        return None
    along, down = sorted(kernels, key=lambda kernel: bool(kernel[:, 1].any()))
    for kernel in (along.T, down):
        if kernel[1].any() or not kernel[2].all() or (kernel[0] != -kernel[2]).any():
            return None
    return along[:, 2], down[2]


def bind_magnitude(
    reader: StripReader,
    weights: Halves,
    source: np.dtype[np.generic],
    factor: float,
    offset: float,
    rows: NDArray[np.int64],
    out: Array,
    scratch: Scratch,
) -> Callable[[], int]:
    """Return the call that computes sizes of gradients from those padded rows into `out`.

    `factor` is applied to the size, `source` is the dtype of the image. It returns how many values
    cannot be told.
    """
    rounded = out.dtype.kind != "f"
    limits = (np.iinfo(out.dtype).min, np.iinfo(out.dtype).max) if rounded else (0, 0)
    return bound(
        loop("engine.loops.gradient.magnitude", S=source, T=reader.dtype, D=out.dtype),
        *reader.sources_at(rows),
        *(half.astype(reader.dtype) for half in weights),
        factor,
        offset,
        *limits,
        rounded,
        source.kind != "f",
        scratch.take("lines", (4, reader.row_length), reader.dtype),
        out,
    )
