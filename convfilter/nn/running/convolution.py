"""Convolutions: each is carried out in the cheapest of several ways."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from convfilter.nn.running.convolving import Convolving
from convfilter.nn.running.operation import Room, Step, Way
from convfilter.nn.running.planning import choose
from convfilter.nn.running.ways import depthwise, direct, winograd


@dataclass(eq=False)
class Convolution(Convolving):
    """A convolution that knows its ways."""

    loops: ClassVar[tuple[str, ...]] = (direct.TILE, direct.LOOP, depthwise.LOOP, *winograd.LOOPS)

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
            self._chosen = choose(list(self.ways()))
        return self._chosen

    def require(self) -> None:
        """Tell the input what border the chosen way needs."""
        self.way.require()

    def steps(self, room: Room) -> Iterator[Step]:
        """Make the steps of the chosen way."""
        return self.way.steps(room)
