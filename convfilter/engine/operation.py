"""Windowed operations: what correlations, ranks, pools, smoothings and detectors have in common.

An operation is made for an image that need not be there yet. It lists the ways in which it can be
carried out (`ways`), of which the cheapest is its plan. A part of the image is made ready and bound
to memory, and then computes rows of the output: bands for threads, tiles for chains. Some plans
find out only from the values that they do not suit the image (it holds NaN, sums overflow): they
count the outputs that they could not compute, and the operation says what to carry out instead
(`again`).
"""

from __future__ import annotations

import functools
import importlib
import math
import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

import numpy as np

from convfilter.engine.planning import Plan, choose, forced, least_side, record, within
from convfilter.engine.replay import Replay, is_small
from convfilter.engine.window.axes import Axis, Outline
from convfilter.engine.window.borders import Border
from convfilter.engine.window.source import Part, Ready, RowSources
from convfilter.runtime import memory
from convfilter.runtime.checks import Array
from convfilter.runtime.compiled import Foresight, is_rehearsal
from convfilter.runtime.memory import of_thread
from convfilter.runtime.threads import run_bands
from convfilter.runtime.watching import GapsFoundError, in_pieces, watch_of

if TYPE_CHECKING:
    from convfilter.engine.window.placing import Key
    from convfilter.engine.window.present import Result
    from convfilter.runtime.missing import Present


@dataclass(frozen=True, eq=False)
class Operation(ABC):
    """A windowed operation over an image (H, W, C).

    Attributes
    ----------
    outline : shape and dtype of the image
    rows, columns : how the window walks down and along the image
    border, fill : what stands beyond the edge
    dtype : of the result
    counts_nan : NaN is among the outputs that its calls count as those they could not compute
    over : the module whose `over_present` carries it out over what is there; "" if none does
    """

    outline: Outline
    rows: Axis
    columns: Axis
    border: Border
    fill: float
    dtype: np.dtype[Any]
    counts_nan: ClassVar[bool] = True
    over: ClassVar[str] = ""

    @abstractmethod
    def ways(self) -> Iterator[Plan]:
        """Yield every plan that keeps what is promised; there is at least one."""

    @functools.cached_property
    def plan(self) -> Plan:
        """The plan that is carried out."""
        return choose(self.ways())

    @property
    def window(self) -> str:
        """The size of the window, in words."""
        return f"{self.rows.window}x{self.columns.window}"

    @property
    def is_dense(self) -> bool:
        """Whether windows stand side by side and taps too."""
        steps = (self.rows.stride, self.columns.stride, self.rows.dilation, self.columns.dilation)
        return steps == (1, 1, 1, 1)

    @functools.cached_property
    def replay(self) -> Replay | None:
        """What carries it out once more without planning anything, where it is small."""
        return Replay([self], self.outline.shape, self.dtype) if is_small(self) else None

    @property
    def in_parts(self) -> bool:
        """Whether a part of the image can be computed alone, with the bits of the whole."""
        return self.plan.ready is not None

    def ready(self, part: Part) -> Ready:
        """Make a part of the image ready."""
        assert self.plan.ready is not None
        return self.plan.ready(self, part)

    def check_values(self, image: Array) -> None:  # noqa: B027 - most take all values
        """Raise ArgumentError where nothing can be done with the values of an image (H, W, C)."""

    def again(self, bad: int) -> Operation | None:
        """Return the operation to carry out where `bad` outputs could not be computed as planned.

        None says that they are right as they are.
        """
        return None

    def over_present(self, image: Array, present: Present, workers: int) -> Result:
        """Carry it out over what is there of an image."""
        result: Result = importlib.import_module(self.over).over_present(
            self, image, present, workers
        )
        return result

    @property
    def identity(self) -> Hashable:
        """What it is known by, whatever the size of the image."""
        walk = ((axis.window, axis.stride, axis.dilation) for axis in (self.rows, self.columns))
        _, dtype = self.outline
        return type(self).__name__, dtype.str, self.dtype.str, self.border, self.fill, *walk

    @property
    def moved(self) -> int:
        """How many bytes come from memory or go there for an output."""
        read = self.rows.stride * self.columns.stride * self.outline.dtype.itemsize
        return int(read + self.dtype.itemsize)

    @property
    def output_shape(self) -> tuple[int, int, int]:
        """The shape of the result (H', W', C')."""
        return self.rows.outputs, self.columns.outputs, self.outline.shape[2]

    @property
    def result(self) -> Outline:
        """Shape and dtype of the result."""
        return Outline(self.output_shape, self.dtype)


def run(operation: Operation, image: Array, workers: int, key: Key | None = None) -> Array:
    """Carry out an operation on its image (H, W, C); return the result (H', W', C').

    `key` is what it is known by among those of a part of a picture; None finds that out.
    """
    part = within()
    again = operation.__dict__.get("replay")  # where it has been carried out before
    if again is not None and part is None and not is_rehearsal() and watch_of(image) is None:
        output = again(image)
        if output is not None:
            record(operation.plan)
            return cast(Array, output)
    operation.check_values(image)
    first, level = operation, 0
    if part is not None:
        key = key or part.key(operation.identity)
        level = part.findings.levels.get(key, 0)
        operation = _escalated(operation, level)
    while True:
        with Foresight(functools.partial(_ask_for_loops, operation, image)):
            output, bad = _watched_attempt(operation, image, workers)
        if is_rehearsal():
            return stand_in(operation.output_shape, operation.dtype)
        following = operation.again(bad) if bad else None
        if following is None:
            record(operation.plan)
            if part is None:
                _ = first.replay
            elif key is not None:
                part.findings.reached(key, level)
            return output.reshape(operation.output_shape)
        operation, level = following, level + 1


def _escalated(operation: Operation, level: int) -> Operation:
    """Return what is carried out where values have asked so many times for something else."""
    for _ in range(level):
        operation = operation.again(1) or operation
    return operation


def _watched_attempt(operation: Operation, image: Array, workers: int) -> tuple[Array, int]:
    """Do what `attempt` does; raise GapsFoundError if somebody looks for gaps, and there are some.

    Before it a few rows are looked at.
    """
    watch = watch_of(image)
    if watch is None:
        return attempt(operation, image, workers)
    if watch.look_at_some():
        raise GapsFoundError
    plan, rows = operation.plan, operation.rows
    read = -rows.before, rows.extent - rows.before
    if watch.holds_nan and plan.tells_nan:
        with watch.resting():
            result = attempt(operation, image, workers)
        if result[1] == 0:
            watch.look_outside(*read)
        else:
            watch.look_at_the_rest()
    elif plan.looks:
        with watch.in_loops(*read):
            result = attempt(operation, image, workers)
    else:
        result = attempt(operation, image, workers)
    if watch.found:
        raise GapsFoundError
    return result


def run_over(operation: Operation, image: Array, present: Present | None, workers: int) -> Array:
    """Carry out an operation over what is there of its image (H, W, C).

    Returns the result (H', W', C'): a masked array, where not all of the image is there.
    """
    if present is None:
        return run(operation, image, workers)
    present = present._replace(values=present.values.reshape(image.shape))
    output, gaps = operation.over_present(image, present, workers)
    if is_rehearsal():
        output, gaps = stand_in(output.shape, output.dtype), np.zeros(gaps.shape, np.bool_)
    return np.ma.MaskedArray(output, gaps)


def run_again(operation: Operation, image: Array, workers: int) -> Array:
    """Carry out an operation, and what follows it where values ask for that; records nothing."""
    while True:
        output, bad = attempt(operation, image, workers)
        following = operation.again(bad) if bad and not is_rehearsal() else None
        if following is None:
            return output
        operation = following


def _ask_for_loops(operation: Operation, image: Array) -> None:
    """Ask for all loops of an operation, in a rehearsal."""
    if not operation.in_parts:
        attempt(operation, image, 1)
        return
    rows = operation.rows.sources(operation.border)[: operation.rows.reach]
    out = np.empty((1, math.prod(operation.output_shape[1:])), operation.dtype)
    operation.ready(Part(image, operation.rows, operation.columns)).bind(rows, out, of_thread)


def stand_in(shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    """Return what stands for a result in a rehearsal: numbers above 0, not all of them alike."""
    return np.resize(np.arange(1, 8, dtype=dtype), shape)


Bind = Callable[[int, RowSources, Array], Callable[[], int | None]]
"""Takes the number of the first output row, the padded rows it is made from, and memory for the
output rows; returns the call that computes them."""


def attempt(operation: Operation, image: Array, workers: int) -> tuple[Array, int]:
    """Carry out an operation as planned.

    Returns the output (H', W' * C'), and how many numbers of it could not be computed.
    """
    plan = operation.plan
    if plan.run is not None:
        return plan.run(operation, image, workers)
    ready = operation.ready(Part(image, operation.rows, operation.columns))

    def bind(_start: int, rows: RowSources, out: Array) -> Callable[[], int | None]:
        return ready.bind(rows, out, of_thread)

    return share_out(operation, image, workers, bind)


def share_out(operation: Operation, image: Array, workers: int, bind: Bind) -> tuple[Array, int]:
    """Carry out an operation in bands of rows; returns what `attempt` does."""
    rows = operation.rows
    length = math.prod(operation.output_shape[1:])
    output = memory.empty((rows.outputs, length), operation.dtype)
    sources = rows.sources(operation.border)
    bad: list[int] = []

    def work(start: int, stop: int) -> None:
        read = sources[start * rows.stride : (stop - 1) * rows.stride + rows.reach]
        bad.append(bind(start, read, output[start:stop])() or 0)

    work_on = in_pieces(image, rows.outputs, work)
    run_bands(rows.outputs, length * operation.plan.cost, workers, work_on)
    return output, sum(bad)


Kind = TypeVar("Kind", bound=Operation)


def remembered(kind: type[Kind], **fields: Any) -> Kind:
    """Return an operation; for the same fields the same one, with its plan.

    To plan one takes longer than to filter a small picture.
    """
    return _remembered(kind, forced.get(), least_side.get(), **fields)  # type: ignore[return-value]


@functools.lru_cache(maxsize=256)
def _remembered(kind: Callable[..., Operation], forced: str, side: int, **fields: Any) -> Operation:
    return kind(**fields)


@functools.cache
def algorithms(package: str) -> tuple[ModuleType, ...]:
    """Return the modules of a package of algorithms, in the order of their names.

    Each has a function `ways(operation)`. So an algorithm is one module: nothing lists it.
    """
    place = importlib.import_module(package)
    return tuple(importlib.import_module(f"{package}.{name}") for name in _modules(place))


def _modules(package: ModuleType) -> list[str]:
    """Return the names of a package's modules, in order, wherever it was imported from."""
    folder = package.__path__[0]
    try:
        files = os.listdir(folder)  # noqa: PTH208 - names alone, on the way of every command
    except OSError:  # a zip file, or a program of one file
        import pkgutil

        return sorted(module.name for module in pkgutil.iter_modules(package.__path__))
    names = {file.partition(".")[0] for file in files if file.endswith((".py", ".pyc"))}
    return sorted(names - {"__init__"})
