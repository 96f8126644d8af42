"""Convolutions: each is carried out in the cheapest of several ways."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from convfilter.nn.running.convolving import Convolving
from convfilter.nn.running.operation import Room, Step, Way
from convfilter.nn.running.planning import choose
from convfilter.nn.running.ways import depthwise, direct, packing, winograd


@dataclass(eq=False)
class Convolution(Convolving):
    """A convolution that knows its ways."""

    loops: ClassVar[tuple[str, ...]] = (
        direct.TILE,
        packing.LOOP,
        direct.LOOP,
        depthwise.LOOP,
        *winograd.LOOPS,
    )

    def __post_init__(self) -> None:
        self._chosen: Way | None = None

    def ways(self) -> Iterator[Way]:
        """Yield every way."""
        for module in (direct, depthwise, winograd):
            yield from module.ways(self)

    @property
    def way(self) -> Way:
        """The way that is taken."""
        if self._chosen is None:
            ways = list(self.ways())
            self._chosen = choose(ways)
            self.reason = self._reason(ways)
        return self._chosen

    def require(self) -> None:
        """Tell the input what border the chosen way needs."""
        self.way.require()

    def steps(self, room: Room) -> Iterator[Step]:
        """Make the steps of the chosen way."""
        return self.way.steps(room)

    def _reason(self, ways: list[Way]) -> str:
        """Return what the way was chosen from, or why there is none of fewer products."""
        others = sorted((way for way in ways if way is not self.way), key=lambda way: way.cost)
        if self.way.name == depthwise.NAME:
            return "each map looks at one map"
        if self.layer.window.kernel == (1, 1):
            return ""  # one product a number: there are not fewer
        if not others:
            return f"not by fewer products: {winograd.refusal(self)}"
        listed = ", ".join(f"{way.name} {_milliseconds(way)}" for way in others)
        return f"estimate {_milliseconds(self.way)} in one thread; instead of {listed}"


def _milliseconds(way: Way) -> str:
    return f"{way.cost / 1e6:.2g} ms"
