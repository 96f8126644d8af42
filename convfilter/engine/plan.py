"""What a call will do: which algorithm serves it, in which arithmetic, why, and at what cost."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from convfilter.engine.geometry import Axis, Border
from convfilter.engine.schedule import Schedule

Algorithm = Literal[
    "direct",
    "separable",
    "box",
    "fft",
    "network",
    "search",
    "histogram",
    "ranks",
    "selection",
    "shifts",
]

Combine = Literal["abs", "l1", "l2", "max", "max-abs"]

UNIT_ROUNDOFF = 2.0**-24
"""Half the distance from 1 to the next float32."""

ROUNDING_ALLOWANCE = {"uint8": 0.015, "uint16": 0.08, "int16": 0.08}
"""How far float sums may stray before an integer result is rounded."""

RELATIVE_ALLOWANCE = {"float32": 0.9e-5, "float64": 0.9e-12}
"""How far float results may stray, relative to the largest sum of absolute products."""


@dataclass(frozen=True)
class Request:
    """What a correlation is asked for, apart from the pixels and the weights.

    `needs_range` asks for float64 sums because float32 ones overflowed, `only_sums` for no other
    algorithm because the pixels did not allow it.
    """

    image_dtype: np.dtype[Any]
    output_dtype: np.dtype[Any]
    rows: Axis
    columns: Axis
    channels: int
    border: Border
    fill: float
    scale: float
    offset: float
    combine: Combine | None
    needs_range: bool = False
    only_sums: bool = False

    @property
    def is_dense(self) -> bool:
        """Whether windows stand side by side and taps too."""
        steps = (self.rows.stride, self.columns.stride, self.rows.dilation, self.columns.dilation)
        return steps == (1, 1, 1, 1)


@dataclass(frozen=True, eq=False)
class Plan:
    """What a call will do.

    `algorithm` names the way, `accumulator` the dtype of the sums, `exact` says that no sum is ever
    rounded, `reason` tells the choice in one line. `cost` is an estimate in nanoseconds of one
    thread for each element of the output, and `alternatives` are the other ways that would keep
    the promises, with theirs. `side` is that of the tiles of transforms.
    """

    algorithm: Algorithm
    accumulator: np.dtype[Any]
    exact: bool
    reason: str
    schedules: tuple[Schedule, ...] = ()
    cost: float = float("nan")
    alternatives: tuple[tuple[str, float], ...] = ()
    side: int = 0

    @property
    def name(self) -> str:
        """The algorithm, the side of its tiles and its arithmetic."""
        tiles = f" of {self.side}x{self.side}" if self.side else ""
        return f"{self.algorithm}{tiles} in {self.accumulator}"


forced: ContextVar[str] = ContextVar("convfilter_forced", default="")
"""The beginning of the name of plans that are taken, whatever they cost, where there are such."""


@contextlib.contextmanager
def forcing(name: str) -> Iterator[None]:
    """Take plans such as "fft" or "direct in float64" inside the block wherever they may be."""
    token = forced.set(name)
    try:
        yield
    finally:
        forced.reset(token)


least_side: ContextVar[int] = ContextVar("convfilter_least_side", default=1)
"""Rows and columns that the cost of a plan is reckoned for at least."""


@contextlib.contextmanager
def as_if_large(side: int) -> Iterator[None]:
    """Choose plans inside the block as for images of at least so many rows and columns."""
    token = least_side.set(side)
    try:
        yield
    finally:
        least_side.reset(token)


_trace: ContextVar[list[Plan] | None] = ContextVar("convfilter_plans", default=None)


@contextlib.contextmanager
def recorded_plans() -> Iterator[list[Plan]]:
    """Collect the plans of all calls of the engine inside the block."""
    plans: list[Plan] = []
    token = _trace.set(plans)
    try:
        yield plans
    finally:
        _trace.reset(token)


def record(plan: Plan) -> None:
    """Keep a plan for whoever asked to see it."""
    plans = _trace.get()
    if plans is not None:
        plans.append(plan)
