"""What `--explain` says: which picture was read, what ran and why, how long each part took."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from convfilter.batch.work import Done

if TYPE_CHECKING:
    from convfilter.engine import Plan

__all__ = ["explanation"]

COLOURS = {1: "grey", 3: "RGB"}


def explanation(name: str, done: Done) -> list[str]:
    """Return the lines about the file `name`."""
    seconds = done.seconds
    return [
        f"{name}: {_kind(done)}",
        *(f"  {line}" for line in (*done.lengths, *done.streamed)),
        *([f"  compiling  {_milliseconds(done.compiling)}"] if done.compiling else []),
        f"  reading    {_milliseconds(seconds.reading)}",
        f"  filtering  {_milliseconds(seconds.filtering)}",
        *(
            f"    {line}"
            for line in _reasons(done.plans) or ["pixel by pixel"] * (not done.streamed)
        ),
        f"  writing    {_milliseconds(seconds.writing)}",
    ]


def _kind(done: Done) -> str:
    height, width = done.shape[:2]
    channels = done.shape[2] if len(done.shape) == 3 else 1
    without = channels - done.alpha
    colours = COLOURS.get(without, f"{without} channels") + (" with alpha" if done.alpha else "")
    several = f", {done.frames} frames" if done.frames > 1 else ""
    return f"{width}x{height} {colours}, {done.dtype}{several}"


def _reasons(plans: Sequence[Plan]) -> list[str]:
    """Return what ran and why, and where there was a choice, estimates of it and of the others."""
    counted = Counter((plan.algorithm, plan.reason, _estimates(plan)) for plan in plans)
    lines = []
    for (algorithm, reason, estimates), times in counted.items():
        lines.append(f"{algorithm}: {reason}" + (f" ({times} times)" if times > 1 else ""))
        lines += [f"  {estimates}"] if estimates else []
    return lines


def _estimates(plan: Plan) -> str:
    if not plan.alternatives:
        return ""
    others = ", ".join(f"{name} {_nanoseconds(cost)}" for name, cost in plan.alternatives)
    return f"estimate {_nanoseconds(plan.cost)} for each value in one thread; instead of {others}"


def _nanoseconds(cost: float) -> str:
    return f"{cost:.2g} ns" if cost < 100 else f"{cost:.0f} ns"


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:8.1f} ms"
