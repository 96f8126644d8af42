"""Kernels of 3x3 weights on images of floats: a loop of their own, which reads the image itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from convfilter.engine.plan import Request
from convfilter.engine.schedule import Schedule
from convfilter.engine.strips import StripReader
from convfilter.runtime.checks import Array
from convfilter.runtime.compiled import bound, loop
from convfilter.runtime.memory import Scratch


def is_served(request: Request, schedules: Sequence[Schedule], dtype: np.dtype[np.generic]) -> bool:
    """Tell whether the loop serves these schedules, in the arithmetic of `dtype`."""
    if request.combine is not None or not request.is_dense or request.image_dtype != dtype:
        return False
    schedule, window = schedules[0], (request.rows.window, request.columns.window)
    in_one = dtype.kind == "f" and window == (3, 3) and schedule.along_rows is None
    return in_one and len(schedule.down_columns) == 9


def bind(
    reader: StripReader,
    schedule: Schedule,
    fill: float,
    offset: float,
    rows: NDArray[np.int64],
    out: Array,
    scratch: Scratch,
) -> Callable[[], int]:
    """Return the call that computes outputs from those padded rows into `out`.

    It returns how many sums were NaN or infinite.
    """
    rounded = out.dtype.kind != "f"
    limits = (np.iinfo(out.dtype).min, np.iinfo(out.dtype).max) if rounded else (0, 0)
    sources = reader.sources_at(rows)
    blank = scratch.take("blank", sources[0].shape[1], reader.dtype)
    blank[:] = fill
    return bound(
        loop("engine.loops.direct.respond_3x3", T=reader.dtype, D=out.dtype),
        *sources,
        blank,
        schedule.down_columns.weights.astype(reader.dtype),
        offset,
        *limits,
        rounded,
        out,
    )
