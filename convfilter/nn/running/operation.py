"""What a network is made of when it runs: operations, and the steps that they become."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from convfilter.nn.running.layout import Record
from convfilter.nn.running.values import FLOAT, Memory, Value
from convfilter.runtime.compiled import loop
from convfilter.runtime.memory import aligned

Floats = NDArray[np.float32]

MOST_CHUNKS = 32
"""Parts of a step, if it is not cut for other reasons."""


@dataclass(frozen=True)
class Step:
    """A loop that runs, and what it is told.

    Attributes
    ----------
    layers : whose work it does, several where they are done at once
    way : how, in a word or two
    flops : floating-point operations that the layers ask for, whatever the way
    loop : its name
    record : what it is told
    chunks : the parts that threads take
    keep : arrays that have to live as long
    reason : why this way was taken, or why a faster one was not; often there is nothing to say
    """

    layers: tuple[str, ...]
    way: str
    flops: int
    loop: str
    record: NDArray[Any]
    chunks: int
    keep: tuple[Any, ...] = ()
    reason: str = ""


@dataclass(frozen=True, eq=False)
class Way:
    """A way to carry out an operation.

    Attributes
    ----------
    name : its name
    cost : nanoseconds of one thread, estimated
    steps : makes its steps, when memory is planned
    require : tells values what border they need
    """

    name: str
    cost: float
    steps: Callable[[Room], Iterator[Step]]
    require: Callable[[], None]


class Room:
    """What operations are given besides their values: constants, and memory to work in.

    Memory is lent for the steps of one operation; `free` takes all of it back.

    Attributes
    ----------
    threads : that the steps may be shared out over
    packed : weights as their loops read them, for other programs of the same network, too
    """

    def __init__(self, memory: Memory, threads: int, packed: dict[Hashable, Floats]) -> None:
        self.threads = threads
        self.packed = packed
        self._memory = memory
        self._lent: list[Floats] = []

    def take(self, numbers: int) -> int:
        """Return the address of so many numbers, until `free`."""
        memory = self._memory.take(numbers)
        self._lent.append(memory)
        return address(memory)

    def address(self, name: str) -> int:
        """Return the address of a loop, for others to call."""
        return loop(name).address

    def once(self, key: Hashable, arrange: Callable[[], Floats]) -> Floats:
        """Return weights that were arranged before, or arrange them."""
        if key not in self.packed:
            self.packed[key] = arrange()
        return self.packed[key]

    def free(self) -> None:
        """Take all memory back that was lent."""
        for memory in self._lent:
            self._memory.give_back(memory)
        self._lent.clear()


@dataclass(eq=False)
class Operation(ABC):
    """One or several layers that are carried out together.

    Attributes
    ----------
    layers : their names
    inputs : what they look at
    output : what comes out
    flops : floating-point operations of the layers
    reason : why it is carried out as it is, or not together with another one
    """

    layers: list[str]
    inputs: list[Value]
    output: Value
    flops: int = 0
    reason: str = ""
    loops: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def steps(self, room: Room) -> Iterator[Step]:
        """Make the steps, when all values have their memory."""

    def require(self) -> None:  # noqa: B027 - most need none
        """Tell values what border they need, before memory is planned."""

    def reads(self) -> Iterable[Value]:
        """All values that are looked at."""
        return self.inputs

    def step(self, way: str, name: str, record: NDArray[Any], *keep: Any, chunks: int = 0) -> Step:
        """Return a step of this operation that does all of its work."""
        number = chunks or int(record["chunks"][0])
        return Step(tuple(self.layers), way, self.flops, name, record, number, keep, self.reason)


@dataclass(eq=False)
class Weighted(Operation):
    """An operation of weighted sums, after which more can be done before the numbers are stored.

    Attributes
    ----------
    scale, shift : of each output map: sums are multiplied by one and the other is added (float64)
    residual : what is added then
    low, high : what outputs are kept within at last
    """

    scale: NDArray[np.float64] = field(default_factory=lambda: np.ones(1))
    shift: NDArray[np.float64] = field(default_factory=lambda: np.zeros(1))
    residual: Value | None = None
    low: float = -np.inf
    high: float = np.inf

    @property
    def takes_factors(self) -> bool:
        """Whether numbers of each map can still be multiplied and added."""
        return self.residual is None and not self.is_clipped

    @property
    def is_clipped(self) -> bool:
        """Whether outputs are kept within limits."""
        return self.low > -np.inf or self.high < np.inf

    def reads(self) -> Iterable[Value]:
        """All values that are looked at."""
        return [*self.inputs, *([self.residual] if self.residual is not None else [])]


def address(array: NDArray[Any]) -> int:
    """Return the address of the first number of an array."""
    found: int = array.__array_interface__["data"][0]
    return found


def make(kind: Record, **fields: Any) -> NDArray[Any]:
    """Return a record; fields that are not given are 0."""
    record = np.zeros(1, kind)
    for name, value in fields.items():
        record[name] = value
    return record


def lying(value: Value, name: str = "") -> dict[str, int]:
    """Return where a value lies, as fields of records have it: input, input_row, input_pixel."""
    prefix = f"{name}_" if name != "input" else ""
    return {name: value.address, f"{prefix}row": value.row, f"{prefix}pixel": value.pixel}


def constant(numbers: Any, size: int = 0) -> tuple[int, Floats]:
    """Return the address of numbers as float32, with zeros behind them, and the array."""
    values = np.asarray(numbers, np.float32).reshape(-1)
    array = aligned(max(size, values.size), np.float32)
    array[: values.size] = values
    array[values.size :] = 0
    return address(array), array


def chunks_for(numbers: int, most: int) -> int:
    """Return into how many chunks work is cut that touches so many numbers: none is tiny."""
    return max(1, min(most, MOST_CHUNKS, numbers * FLOAT // 8192))
