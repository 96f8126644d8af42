"""Weights as the loops of correlation take them: arrays of offsets, runs and numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convfilter.engine import costs
from convfilter.engine.loops.layout import ROW_STEPS
from convfilter.engine.schedule import Schedule, Taps
from convfilter.engine.strips import StripReader
from convfilter.runtime.checks import Array


def worth_runs(schedules: Sequence[Schedule], dtype: str) -> bool:
    """Tell whether sums of four rows at once pay."""
    kernels = [schedule.down_columns for schedule in schedules]
    together = sum(costs.in_runs(taps, dtype) for taps in kernels)
    return together < sum(costs.TAP[dtype] * len(taps) for taps in kernels)


def tap_arrays(
    reader: StripReader,
    schedules: Sequence[Schedule],
    pitch: int,
    in_runs: bool,
    first_strip: int,
) -> tuple[NDArray[Any], ...]:
    """Return the arguments `kernels` to `weights` of `correlate.respond`."""
    kernels, along, along_weights = [], [np.empty(0, np.int64)], [np.empty(0)]
    starts, offsets, weights = [0], [np.empty(0, np.int64)], [np.empty(0)]
    taps_along = runs = 0
    for schedule in schedules:
        down, row = schedule.down_columns, schedule.along_rows
        strip, columns = 0, reader.tap_columns[down.columns]
        if row is not None:
            strip, columns = first_strip, np.zeros_like(columns)
            first_strip += 1
            along.append(reader.tap_columns[row.columns])
            along_weights.append(row.weights)
        ends = taps_along + (0 if row is None else len(row)), runs
        parts = list(down.runs()) if in_runs else [(tap, 1) for tap in range(len(down))]
        firsts = np.array([first for first, _ in parts], np.int64)
        offsets.append((down.rows * reader.rows.dilation * pitch + columns)[firsts])
        for _, length in parts:
            starts.append(starts[-1] + length)
        weights.append(down.weights)
        kernels.append(
            (strip, taps_along, ends[0], runs, runs + len(parts), _row_step(reader, row))
        )
        taps_along, runs = ends[0], runs + len(parts)
    return (
        np.array(kernels, np.int64),
        np.concatenate(along),
        np.concatenate(along_weights).astype(reader.dtype),
        np.array(starts, np.int64),
        np.concatenate(offsets),
        np.concatenate(weights).astype(reader.dtype),
    )


def _row_step(reader: StripReader, row: Taps | None) -> int:
    """Return the elements from tap to tap along rows if the loops for nines and eights serve."""
    if row is None or len(row) % 8 > len(row) // 8:
        return 0
    steps = set(np.diff(reader.tap_columns[row.columns]).tolist())
    return steps.pop() if len(steps) == 1 and steps <= set(ROW_STEPS) else 0


def exact_taps(
    reader: StripReader, schedules: Sequence[Schedule]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], Array]:
    """Return starts, rows, columns and weights of all taps, as `exact.respond` takes them."""
    starts, rows, columns, weights = [0], [], [], []
    for schedule in schedules:
        down, along = schedule.down_columns, schedule.along_rows
        passes = [(down, False)] if along is None else [(down, True), (along, False)]
        starts += [starts[-1]] if along is None else []
        for taps, stays in passes:
            rows.append(taps.rows * reader.rows.dilation)
            columns.append(taps.columns if stays else reader.tap_columns[taps.columns])
            weights.append(taps.weights)
            starts.append(starts[-1] + len(taps))
    return (
        np.array(starts, np.int64),
        np.concatenate(rows),
        np.concatenate(columns),
        np.concatenate(weights).astype(reader.dtype),
    )
