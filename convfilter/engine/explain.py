"""What a call of the engine would do, told without doing it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

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
from convfilter.runtime.pictures import first_picture

Make = Callable[..., Operation]
"""Makes an operation of the outline of an image and the arguments of a function."""


def _correlate(outline: Outline, kernel: ArrayLike, **named: Any) -> Operation:
    return correlation(outline, [kernel], None, **named)


def _convolve(outline: Outline, kernel: ArrayLike, **named: Any) -> Operation:
    return _correlate(outline, check_kernel(kernel)[::-1, ::-1], **named)


def _rank(percent: float) -> Make:
    return lambda outline, size, **named: ranking(outline, size, percent, **named)


OPERATIONS: dict[str, Make] = {
    "bilateral": bilateral_smoothing,
    "canny": canny_edges,
    "convolve": _convolve,
    "correlate": _correlate,
    "correlate_bank": correlation,
    "maximum": _rank(100),
    "median": _rank(50),
    "minimum": _rank(0),
    "nl_means": nl_means_smoothing,
    "percentile": ranking,
    "pool": pooling,
}
"""How the operation of each function of the engine is made."""


def plan(
    image: ArrayLike,
    *arguments: Any,
    of: str = "correlate",
    axes: str | None = None,
    channel_axis: int | None = None,
    **named: Any,
) -> Plan:
    """Tell what a function of the engine would do with these arguments, without doing it.

    A function may change its plan when it finds certain values in the image, such as NaN; this
    does not look at them.

    >>> import numpy as np
    >>> from convfilter import engine
    >>> engine.plan(np.zeros((480, 640), np.uint8), np.ones((9, 9))).algorithm
    'box'
    >>> engine.plan(np.zeros((480, 640), np.uint8), 3, of="median").algorithm
    'network'

    Parameters
    ----------
    image : array (H, W) or (H, W, C), as for the function
    arguments, named : its further arguments, but `workers`
    of : the name of the function
    axes, channel_axis : as for the function; the plan is that for one picture of a stack

    Returns
    -------
    the plan, with its algorithm, arithmetic, reason, cost and alternatives

    Raises
    ------
    ArgumentError, ArgumentTypeError, KernelError, UnknownNameError
        As the function does; also for a function of which there are no plans.

    """
    make = OPERATIONS.get(of)
    if make is None:
        raise UnknownNameError("function with plans", str(of), OPERATIONS)
    picture = check_image(first_picture(image, axes, channel_axis))
    return make(Outline.of(picture), *arguments, **named).plan
