"""What a call will do: by which algorithm, in which arithmetic, why, and at what cost."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from convfilter.engine.window.source import Part, Ready
from convfilter.runtime.checks import Array
from convfilter.runtime.memory import Scratch

if TYPE_CHECKING:
    from convfilter.engine.window.placing import Place, Size, Within

__all__ = [
    "Plan",
    "choose",
    "forcing",
    "place_of",
    "placed",
    "reckoning_for",
    "record",
    "recorded_plans",
    "rehearse",
    "required_place",
    "whole_size",
    "within",
]


REHEARSED_SIDE = 64
"""Rows and columns at most of the pictures that work is rehearsed on."""


@dataclass(frozen=True, eq=False)
class Plan:
    """A way to carry out an operation that keeps what is promised.

    Attributes
    ----------
    algorithm : its name
    accumulator : dtype of the sums, or of what is compared
    exact : no number is ever rounded on the way
    reason : the choice in one line
    cost : an estimate in nanoseconds of one thread for each number of the output
    effort : multiplications or comparisons for each number of the output
    alternatives : the other ways that keep the same promises, and their costs
    ready : makes a part of the image ready; None where an algorithm takes the image as a whole
    run : carries out such an algorithm: takes (operation, image, workers) and returns the output,
        and how many numbers of it could not be computed
    bind : binds such an algorithm to the whole of an image, memory for the output and memory to
        work in, and returns the call that computes it; None where it is no single call
    detail : what the algorithm's name leaves open, such as the side of its tiles
    any_values : NaN and infinity in the image reach those outputs alone that weigh them
    looks : its loops have rows of the image looked at, if somebody watches it; all that are read
    tells_nan : NaN anywhere in the rows that are read is among what could not be computed
    in_one_pass : it was carried out tile by tile, together with the operations beside it
    """

    algorithm: str
    accumulator: np.dtype[Any]
    exact: bool
    reason: str
    cost: float
    effort: int = 1
    ready: Callable[[Any, Part], Ready] | None = None
    run: Callable[[Any, Array, int], tuple[Array, int]] | None = None
    bind: Callable[[Any, Array, Array, Scratch], Callable[[], int | None]] | None = None
    detail: str = ""
    any_values: bool = True
    alternatives: tuple[tuple[str, float], ...] = ()
    looks: bool = False
    tells_nan: bool = False
    in_one_pass: bool = False

    @property
    def name(self) -> str:
        """The algorithm, its detail and its arithmetic, as `forcing` takes it."""
        return f"{self.algorithm}{self.detail} in {self.accumulator}"

    def told(self) -> Plan:
        """Return what is told of the plan, without what carries it out: to be sent elsewhere."""
        return replace(self, ready=None, run=None, bind=None)


forced: ContextVar[str] = ContextVar("convfilter_forced", default="")
"""Plans whose names begin like this are chosen whatever they cost; "" forces none."""

least_side: ContextVar[int] = ContextVar("convfilter_least_side", default=1)
"""Costs are estimated as for images of at least so many rows and columns."""


@contextlib.contextmanager
def forcing(name: str) -> Iterator[None]:
    """Choose inside the block plans whose names begin with `name`, where there are any.

    >>> from convfilter import engine
    >>> with forcing("direct in float64"):
    ...     engine.plan([[0.0]], [[1, 2], [3, 4]]).name
    'direct in float64'
    """
    token = forced.set(name)
    try:
        yield
    finally:
        forced.reset(token)


@contextlib.contextmanager
def reckoning_for(side: int) -> Iterator[None]:
    """Choose plans inside the block as for images of at least so many rows and columns."""
    token = least_side.set(side)
    try:
        yield
    finally:
        least_side.reset(token)


_within: ContextVar[Within | None] = ContextVar("convfilter_within", default=None)


@contextlib.contextmanager
def placed(part: Within) -> Iterator[Within]:
    """Filter inside the block a part of a picture."""
    token = _within.set(part)
    try:
        yield part
    finally:
        _within.reset(token)


def within() -> Within | None:
    """Return the part that is being filtered; None for whole pictures."""
    return _within.get()


def place_of(size: Size) -> Place | None:
    """Return where an image of a size lies in the whole; None where it is a whole itself."""
    part = _within.get()
    return None if part is None else part.place(size)


def whole_size(size: Size) -> Size:
    """Return the rows and columns of the whole that an image of a size is a part of."""
    place = place_of(size)
    return size if place is None else place.whole


def required_place(size: Size) -> Place | None:
    """Return what `place_of` does; refuse images of which it does not know where they lie.

    Raises
    ------
    NotInPartsError
        For an image of a size that no step gives.
    """
    part = _within.get()
    if part is None:
        return None
    place = part.place(size)
    if place is None:
        from convfilter.engine.window.placing import NotInPartsError

        raise NotInPartsError("what it does depends on the whole picture")
    return place


def rehearse(image: ArrayLike, run: Callable[[Array], object]) -> None:
    """Call `run` with some pixels of an image (H, W, ...), and plan as for all of them."""
    pixels = np.asarray(image)
    height, width = pixels.shape[:2]
    down, right = -(-height // REHEARSED_SIDE), -(-width // REHEARSED_SIDE)
    with reckoning_for(math.isqrt(height * width)):
        run(np.ascontiguousarray(pixels[::down, ::right]))


def choose(ways: Iterable[Plan]) -> Plan:
    """Return the cheapest way, or the cheapest of those that are forced, if there are any."""
    plans, wanted = list(ways), forced.get()
    chosen = min(plans, key=lambda plan: (not plan.name.startswith(wanted), plan.cost))
    others = sorted((plan.cost, plan.name) for plan in plans if plan is not chosen)
    return replace(chosen, alternatives=tuple((name, cost) for cost, name in others))


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


def is_recorded() -> bool:
    """Tell whether somebody collects plans."""
    return _trace.get() is not None
