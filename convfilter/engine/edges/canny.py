"""Canny's detector, by Sobel's gradients and without a blur."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convfilter.engine.correlation.correlate import correlate
from convfilter.engine.edges.edges import (
    NORMS,
    Norm,
    as_plane,
    check_thresholds,
    trace_edges,
)
from convfilter.engine.edges.marks import Marks, size_above
from convfilter.engine.operation import Operation, remembered, run
from convfilter.engine.planning import Plan
from convfilter.engine.window.axes import Outline, lay_out
from convfilter.engine.window.borders import Border, check_border
from convfilter.engine.window.source import Part, Source
from convfilter.errors import ArgumentError, UnknownNameError
from convfilter.runtime.checks import Array, check_fill_number
from convfilter.runtime.compiled import loop
from convfilter.runtime.pictures import of_pictures
from convfilter.runtime.threads import check_workers

SOBEL_X = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
SOBEL_Y = np.array([[1, 2, 1], [0, 0, 0], [-1, -2, -1]])
"""Derivatives to the right and upwards."""

SMALLER = 2.0**-4
"""Keeps gradients of the largest floats within their range."""

WHOLE = np.dtype(np.int16)


@of_pictures(by_planes=True)
def canny(
    image: ArrayLike,
    low: float,
    high: float,
    *,
    norm: Norm = "l2",
    border: Border = "reflect",
    fill: float = 0.0,
    axes: str | None = None,
    channel_axis: int | None = None,
    workers: int | None = None,
) -> NDArray[np.bool_]:
    """Return the thin lines that Canny's detector finds by Sobel's gradients, without a blur.

    OpenCV's Canny has the same thresholds: with ``L2gradient=True`` those of `norm` "l2". Its
    border is "edge". Of equal gradients side by side one stays, as `non_maximum_suppression` says.

    Parameters
    ----------
    image : array (H, W) of uint8, uint16, int16, float32, float64 or bool
    low, high, norm : as for `trace_edges`
    border, fill : what stands beyond the edge, as for `correlate`
    workers : threads; None for all CPUs. The result does not depend on it.

    Returns
    -------
    bool array (H, W)

    Raises
    ------
    ArgumentError, ArgumentTypeError, UnknownNameError
        For an image that is no plane, an unknown norm or border, and thresholds that are negative
        or in the wrong order.

    """
    plane = as_plane(image, "the image")
    operation = canny_edges(
        Outline.of(plane[:, :, np.newaxis]), low, high, norm=norm, border=border, fill=fill
    )
    edges = run(operation, plane[:, :, np.newaxis], check_workers(workers))
    return edges[:, :, 0].view(np.bool_)


def canny_edges(
    outline: Outline,
    low: float,
    high: float,
    *,
    norm: Norm = "l2",
    border: Border = "reflect",
    fill: float = 0.0,
) -> Canny:
    """Return `canny` as an operation, for a plane (H, W, 1) that need not be there yet."""
    if outline.shape[2] != 1:
        raise ArgumentError(f"the image has {outline.shape[2]} channels: give one plane")
    if norm not in NORMS:
        raise UnknownNameError("norm", str(norm), NORMS)
    least, most = check_thresholds(low, high, lowest=0.0)
    rows, columns = lay_out(outline.shape, (3, 3))
    return remembered(
        Canny,
        outline=outline,
        rows=rows,
        columns=columns,
        border=check_border(border),
        fill=check_fill_number(fill, outline.dtype),
        dtype=np.dtype(np.uint8),
        low=least,
        high=most,
        norm=norm,
    )


@dataclass(frozen=True, eq=False)
class Canny(Operation):
    """Thin lines where Sobel's gradient is a maximum, grown from those above `high`."""

    low: float
    high: float
    norm: Norm

    def ways(self) -> Iterator[Plan]:
        """Yield the way over gradients, and that of bytes in one pass."""
        of_doubles = self.outline.dtype == np.float64
        floats = np.dtype(np.float64 if of_doubles else np.float32)
        reason = f"Canny over gradients in {floats}"
        yield Plan("gradients", floats, False, reason, 4.0, effort=40, run=_run_over_gradients)
        if self.outline.dtype == np.uint8 and self.fill in range(256):
            reason = "Canny of bytes in one pass, gradients in 16-bit integers"
            yield Plan("bytes", WHOLE, True, reason, 1.5, effort=40, run=_run_over_bytes)


def _run_over_gradients(operation: Canny, image: Array, workers: int) -> tuple[Array, int]:
    plane, dtype = image[:, :, 0], operation.plan.accumulator
    scale = SMALLER if plane.dtype.kind == "f" else 1.0
    right, up = (
        correlate(
            plane,
            kernel,
            border=operation.border,
            fill=operation.fill,
            scale=scale,
            dtype=dtype,
            workers=workers,
        )
        for kernel in (SOBEL_X, SOBEL_Y)
    )
    thresholds = operation.low * scale, operation.high * scale
    edges = trace_edges(right, up, *thresholds, norm=operation.norm, workers=workers)
    return edges.view(np.uint8), 0


def _run_over_bytes(operation: Canny, image: Array, workers: int) -> tuple[Array, int]:
    height, width, _ = image.shape
    squared = operation.norm == "l2"
    sizes = np.dtype(np.int32)
    weak, strong = (size_above(v, sizes, squared) for v in (operation.low, operation.high))
    part = Part(image, operation.rows, operation.columns)
    source = Source(part, operation.border, operation.fill, WHOLE)
    rows = source.row_sources(0, height)
    run_loop = loop("engine.edges.loops.marks.mark_sobel")

    def mark(start: int, stop: int, marks: Array) -> int:
        strip = np.empty((5, source.row_length), WHOLE)
        gradients = np.empty((2, 3, width), WHOLE)
        lengths = np.empty((3, source.row_length), sizes)
        scratch = strip, *gradients, lengths
        ends = start, stop
        thresholds = squared, weak, strong
        count: int = run_loop(
            source.record(rows), height, width, *thresholds, *ends, *scratch, marks
        )
        return count

    return Marks(image.shape[:2]).followed(mark, 1.5, workers).view(np.uint8), 0
