"""Operations over small images, bound to memory of their own once and carried out again and again.

To plan an operation, to make an image ready and to bind both to memory takes several times as
long as to filter a small picture. So all of that is done for an image that lies always at the same
place: each call copies its image there, makes the calls that were bound, and copies the result.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np

from convfilter.engine.planning import Plan
from convfilter.engine.window import target
from convfilter.engine.window.axes import Axis, Outline
from convfilter.engine.window.borders import Border
from convfilter.engine.window.source import Part, Ready
from convfilter.errors import ConvfilterError
from convfilter.runtime import memory
from convfilter.runtime.checks import Array
from convfilter.runtime.memory import of_thread
from convfilter.runtime.threads import SMALLEST_BAND

__all__ = ["MOST_BYTES", "Replay", "is_small"]

MOST_BYTES = 1 << 16
"""Of an image, and of what is made of it: to copy more takes as long as to bind anew."""


class Replayed(Protocol):
    """What is asked of an operation."""

    @property
    def outline(self) -> Outline: ...
    @property
    def rows(self) -> Axis: ...
    @property
    def columns(self) -> Axis: ...
    @property
    def border(self) -> Border: ...
    @property
    def dtype(self) -> np.dtype[Any]: ...
    @property
    def plan(self) -> Plan: ...
    @property
    def output_shape(self) -> tuple[int, int, int]: ...

    def ready(self, part: Part) -> Ready: ...
    def check_values(self, image: Array) -> None: ...


def is_small(operation: Replayed) -> bool:
    """Tell whether an operation is so small that to copy its image is nothing beside binding it.

    Then it is done in one thread, whatever number there are.
    """
    plan, numbers = operation.plan, math.prod(operation.output_shape)
    largest = max(
        math.prod(operation.outline.shape) * operation.outline.dtype.itemsize,
        numbers * operation.dtype.itemsize,
    )
    is_call = plan.ready is not None or plan.bind is not None
    return is_call and largest <= MOST_BYTES and numbers * plan.cost < 2 * SMALLEST_BAND


class _Space(NamedTuple):
    """Memory of one call at a time, and what is bound to it.

    Attributes
    ----------
    image : where the image is copied to
    calls : what looks at the values that an operation is given, and what carries it out
    result : where the last operation puts what it makes
    kept : whatever else the calls work on
    """

    image: Array
    calls: tuple[tuple[Callable[[Array], None], Array, Callable[[], int | None]], ...]
    result: Array
    kept: list[Any]


class _OfThread(threading.local):
    """The spaces of a thread that no call uses just now.

    A call takes one out for as long as it runs, so that another one in the same thread, which a
    signal may bring, takes another.
    """

    def __init__(self) -> None:
        self.free: list[_Space] = []


class Replay:
    """Small operations, each over the result of the one before it; threads share nothing of it."""

    def __init__(
        self, operations: Sequence[Replayed], shape: tuple[int, ...], dtype: np.dtype[Any]
    ) -> None:
        """Take operations that are all small, and the dtype that their result is rounded to.

        `shape` is that of the images, (H, W, C), or (H, W) for one channel; results are alike.
        """
        self._operations = tuple(operations)
        self._shape = shape
        self._dtype = dtype
        self._spaces = _OfThread()

    def __call__(self, image: Array, out: Array | None = None) -> Array | None:
        """Return what the operations make of an image, in `out` if it is given.

        None where a value asks for other operations, as NaN does, or is refused; nothing is in
        `out` then.
        """
        free = self._spaces.free
        space = free.pop() if free else self._bound()
        given, calls, result, _ = space
        given[...] = image
        try:
            for check, values, call in calls:
                check(values)
                if call():
                    out = None
                    break
            else:
                if out is None:
                    out = result.copy()
                else:
                    out[...] = result
        except ConvfilterError:
            out = None
        free.append(space)
        return out

    def _bound(self) -> _Space:
        first = self._operations[0].outline
        image = memory.aligned(first.shape, first.dtype)
        result, kept = image, []
        calls: list[tuple[Callable[[Array], None], Array, Callable[[], int | None]]] = []
        for operation in self._operations:
            made = memory.aligned(operation.output_shape, operation.dtype)
            call, keep = _call(operation, result, made)
            calls.append((operation.check_values, result, call))
            kept.append(keep)
            result = made
        if result.dtype != self._dtype:
            rounded = memory.aligned(result.shape, self._dtype)
            calls.append((_accept, result, _rounding(result, rounded)))
            result = rounded
        as_given = result if len(self._shape) == 3 else result[:, :, 0]
        return _Space(image.reshape(self._shape), tuple(calls), as_given, kept)


def _accept(image: Array) -> None:
    """All values are taken."""


def _call(operation: Replayed, image: Array, made: Array) -> tuple[Callable[[], int | None], Any]:
    """Return the call that carries an operation out over an image, and what it has to be kept with.

    Loops know the addresses of what they read and write, and nothing more.
    """
    plan, out = operation.plan, made.reshape(made.shape[0], -1)
    if plan.bind is not None:
        return plan.bind(operation, image, out, of_thread), out
    ready = operation.ready(Part(image, operation.rows, operation.columns))
    rows = operation.rows.sources(operation.border)
    return ready.bind(rows, out, of_thread), (ready, rows, out)


def _rounding(values: Array, rounded: Array) -> Callable[[], None]:
    store = target.storing(values.reshape(values.shape[0], -1), rounded.reshape(len(rounded), -1))

    def call() -> None:
        store(0, 0)  # what is no number is counted by nobody, as ever

    return call
