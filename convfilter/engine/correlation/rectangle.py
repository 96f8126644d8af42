"""Sums of products for a rectangle of one channel of the output, whatever the plan is for all."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from convfilter.engine.correlation.correlate import Correlation
from convfilter.engine.window.axes import Outline
from convfilter.engine.window.source import Part
from convfilter.runtime.checks import Array
from convfilter.runtime.memory import of_thread


def by_products(operation: Correlation, pixels: Array, top: int, left: int, output: Array) -> None:
    """Store outputs (rows, columns) of which the first is at row `top` and column `left`.

    `pixels` (H, W, 1) are one channel of the image. Sums that leave the range of float32 are made
    in float64, as `run` does it.
    """
    following: Correlation | None = replace(
        operation, outline=Outline.of(pixels), only_sums=True, needs_range=False
    )
    out = np.empty(output.shape, output.dtype)
    while following is not None:
        operation = following
        rows = operation.rows
        part = Part(pixels, rows, operation.columns.part(left, left + output.shape[1]))
        read = rows.sources(operation.border)[top : top + len(output) + rows.reach - 1]
        bad = operation.ready(part).bind(read, out, of_thread)()
        following = operation.again(bad) if bad else None
    output[:] = out
