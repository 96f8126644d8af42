"""What a call of the engine would do, told without doing it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, get_args

from numpy.typing import ArrayLike

from convfilter.engine.correlation.correlate import correlation
from convfilter.engine.edge_preserving.bilateral import bilateral_smoothing
from convfilter.engine.edge_preserving.nl_means import nl_means_smoothing
from convfilter.engine.edges.canny import canny_edges
from convfilter.engine.operation import Operation
from convfilter.engine.planning import Plan
from convfilter.engine.pooling.pool import pooling
from convfilter.engine.rank.rank import ranking
from convfilter.engine.window.axes import Outline
from convfilter.errors import UnknownNameError
from convfilter.runtime.checks import check_image, check_kernel

Function = Literal[
    "bilateral",
    "canny",
    "convolve",
    "correlate",
    "correlate_bank",
    "maximum",
    "median",
    "minimum",
    "nl_means",
    "percentile",
    "pool",
]
FUNCTIONS: tuple[Function, ...] = get_args(Function)


def plan(image: ArrayLike, *arguments: Any, of: Function = "correlate", **named: Any) -> Plan:
    """Tell what a function of the engine would do with these arguments, without doing it.

    ``plan(image, kernel)`` is the plan of ``correlate(image, kernel)``, and
    ``plan(image, 5, of="median")`` that of ``median(image, 5)``. What the function finds out only
    when it has seen all values (that NaN is about, say) is not told.

    Parameters
    ----------
    image : array (H, W) or (H, W, C), as for the function
    arguments, named : its further arguments, but `workers`
    of : the name of the function

    Returns
    -------
    the plan, with its algorithm, arithmetic, reason, cost and alternatives

    Raises
    ------
    ArgumentError, ArgumentTypeError, KernelError, UnknownNameError
        As the function does; also for a function of which there are no plans.

    """
    make = _OPERATIONS.get(of)
    if make is None:
        raise UnknownNameError("function with plans", str(of), FUNCTIONS)
    return make(Outline.of(check_image(image)), *arguments, **named).plan


def _correlate(outline: Outline, kernel: ArrayLike, **named: Any) -> Operation:
    return correlation(outline, [kernel], None, **named)


def _convolve(outline: Outline, kernel: ArrayLike, **named: Any) -> Operation:
    return correlation(outline, [check_kernel(kernel)[::-1, ::-1]], None, **named)


def _percentile(outline: Outline, size: Any, percent: float, **named: Any) -> Operation:
    return ranking(outline, size, percent, **named)


def _rank(percent: float) -> Callable[..., Operation]:
    return lambda outline, size, **named: ranking(outline, size, percent, **named)


def _pool(outline: Outline, size: Any, *, reduce: Any = "max", **named: Any) -> Operation:
    return pooling(outline, size, reduce, **named)


_OPERATIONS: dict[str, Callable[..., Operation]] = {
    "bilateral": bilateral_smoothing,
    "canny": canny_edges,
    "convolve": _convolve,
    "correlate": _correlate,
    "correlate_bank": correlation,
    "maximum": _rank(100),
    "median": _rank(50),
    "minimum": _rank(0),
    "nl_means": nl_means_smoothing,
    "percentile": _percentile,
    "pool": _pool,
}
