"""The choice of an algorithm: of all that keep the promised accuracy, the cheapest."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from convfilter.engine import costs
from convfilter.engine.plan import Plan, Request, forced, least_side
from convfilter.engine.schedule import Weights
from convfilter.engine.sums import is_integer, plan_sums

LARGEST_KEPT = 1 << 16
"""Bytes of kernels whose plan is remembered."""

LEAST_TRANSFORM = min(costs.TRANSFORM.values())
"""No transform is ever cheaper."""


def choose(kernels: Sequence[Weights], request: Request) -> Plan:
    """Return the plan for kernels of one shape (rows, columns).

    The plans of small kernels are kept: factoring one takes longer than filtering a small image.
    """
    wanted = (forced.get(), least_side.get())
    if sum(kernel.nbytes for kernel in kernels) > LARGEST_KEPT:
        return _choose(kernels, request, *wanted)
    return _kept(tuple((kernel.tobytes(), kernel.shape) for kernel in kernels), request, *wanted)


@functools.lru_cache(maxsize=64)
def _kept(
    kernels: tuple[tuple[bytes, tuple[int, ...]], ...], request: Request, wanted: str, side: int
) -> Plan:
    arrays = [np.frombuffer(data).reshape(shape) for data, shape in kernels]
    return _choose(arrays, request, wanted, side)


def _choose(kernels: Sequence[Weights], request: Request, wanted: str, side: int) -> Plan:
    plans = list(_plans(kernels, request, wanted, side))
    chosen = min(plans, key=lambda plan: (not plan.name.startswith(wanted), plan.cost))
    others = sorted((plan.cost, plan.name) for plan in plans if plan is not chosen)
    return replace(chosen, alternatives=tuple((name, cost) for cost, name in others))


def _plans(kernels: Sequence[Weights], request: Request, wanted: str, side: int) -> Iterator[Plan]:
    sums = list(plan_sums(kernels, request))
    yield from sums
    if request.needs_range or request.only_sums:
        return
    integer = is_integer(kernels, request)
    # what few kernels have use for is not imported for the others
    if request.is_dense and request.combine is None and _are_level(kernels):
        from convfilter.engine.box import plan_box

        yield from plan_box(kernels[0], request, integer)
    # integers that are not proven to be exact may be so for the values that come
    certain = not integer or any(plan.exact for plan in sums)
    cheapest = min(plan.cost for plan in sums)
    if certain and (wanted.startswith("fft") or cheapest > LEAST_TRANSFORM):
        from convfilter.engine import fft

        yield from fft.plan_fft(kernels, request, exact=integer, reason=sums[-1].reason, side=side)


def _are_level(kernels: Sequence[Weights]) -> bool:
    """Tell whether there is one kernel, whose weights are all the same and not 0."""
    kernel = kernels[0]
    return len(kernels) == 1 and kernel.size > 1 and kernel.flat[0] != 0 and not np.ptp(kernel)
