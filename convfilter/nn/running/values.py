"""Where the numbers of a network lie while it runs: maps with borders, and memory used again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convfilter.nn.layers.layer import Shape, elements
from convfilter.nn.running.processor import lanes, whole_vectors
from convfilter.runtime.memory import aligned

FLOAT = 4
"""Bytes of a number."""

SPARE = 64
"""Numbers behind the last one of every buffer, where vectors may reach that are read in part."""


@dataclass
class Border:
    """Rows and columns of zeros around maps, as far as windows look."""

    top: int = 0
    bottom: int = 0
    left: int = 0
    right: int = 0

    def widen(self, top: int, bottom: int, left: int, right: int) -> None:
        """Make it as wide as this on every side, where it is not."""
        self.top, self.bottom = max(self.top, top), max(self.bottom, bottom)
        self.left, self.right = max(self.left, left), max(self.right, right)

    @property
    def sides(self) -> tuple[int, int, int, int]:
        """Top, bottom, left, right."""
        return self.top, self.bottom, self.left, self.right


@dataclass(eq=False)
class Value:
    """The output of a layer, or the input of the network.

    Maps lie as (rows, columns, maps), each place whole vectors long; what is no maps lies in a row,
    in its own order, as the maps of a single place.

    Attributes
    ----------
    shape : of one picture
    border : of zeros, that somebody looks at
    whole : what it is a part of: maps that are put together are computed where they belong
    first : the first of its maps in the whole
    dense : places follow each other without a gap, though they are not whole vectors
    uses : the operations that look at it
    is_kept : nothing else may take its memory, and nothing may change what it holds
    buffer : the memory, when that is planned
    """

    shape: Shape
    border: Border = field(default_factory=Border)
    whole: Value | None = None
    first: int = 0
    dense: bool = False
    uses: int = 0
    is_kept: bool = False
    buffer: Buffer | None = None

    @property
    def maps(self) -> int:
        """Numbers of a place."""
        return self.shape[0] if len(self.shape) == 3 else elements(self.shape)

    @property
    def rows(self) -> int:
        """Of maps."""
        return self.shape[1] if len(self.shape) == 3 else 1

    @property
    def columns(self) -> int:
        """Of maps."""
        return self.shape[2] if len(self.shape) == 3 else 1

    @property
    def vectors(self) -> int:
        """Vectors of a place."""
        return -(-self.maps // lanes())

    @property
    def root(self) -> Value:
        """What has the memory."""
        return self if self.whole is None else self.whole.root

    @property
    def _offset(self) -> int:
        return 0 if self.whole is None else self.first + self.whole._offset

    def _buffer(self) -> Buffer:
        buffer = self.root.buffer
        assert buffer is not None, "memory is planned before steps are made"
        return buffer

    @property
    def pixel(self) -> int:
        """Numbers from one place to the next."""
        return self._buffer().pixel

    @property
    def row(self) -> int:
        """Numbers from one row to the next."""
        return self._buffer().row

    @property
    def address(self) -> int:
        """Of the first number of the first place."""
        buffer = self._buffer()
        return buffer.address + FLOAT * (buffer.start + self._offset)

    @property
    def is_flat(self) -> bool:
        """Whether rows follow each other without a border."""
        return self.row == self.columns * self.pixel

    def array(self) -> NDArray[np.float32]:
        """Return the numbers in the shape of the value, as they lie: no copy."""
        buffer = self._buffer()
        start = buffer.start + self._offset
        strides = (FLOAT * self.row, FLOAT * self.pixel, FLOAT)
        shape = self.rows, self.columns, self.maps
        lying: NDArray[np.float32] = np.lib.stride_tricks.as_strided(
            buffer.memory[start:], shape, strides
        )
        if len(self.shape) == 3:
            return lying.transpose(2, 0, 1)
        return lying.reshape(self.shape)


@dataclass(eq=False)
class Buffer:
    """Memory of maps with their border.

    Attributes
    ----------
    memory : all of it
    start : the number of the first place within the border
    row, pixel : numbers from one row, and from one place, to the next
    key : buffers of the same key can stand for each other, zeros and all
    """

    memory: NDArray[np.float32]
    start: int
    row: int
    pixel: int
    key: tuple[Any, ...]

    @property
    def address(self) -> int:
        """Of the first number of the memory."""
        address: int = self.memory.__array_interface__["data"][0]
        return address


class Memory:
    """Buffers for values, and memory to work in, which are used again when they are free.

    Whoever uses addresses of it keeps it.
    """

    def __init__(self) -> None:
        self._bordered: dict[tuple[Any, ...], list[NDArray[np.float32]]] = {}
        self._plain: list[NDArray[np.float32]] = []
        self._all: list[NDArray[np.float32]] = []

    @property
    def taken(self) -> int:
        """Bytes in all."""
        return sum(memory.nbytes for memory in self._all)

    def take(self, numbers: int) -> NDArray[np.float32]:
        """Return so many numbers, which hold anything."""
        size = numbers + SPARE
        fitting = [each for each in self._plain if size <= each.size <= 4 * size]
        if fitting:
            best = min(fitting, key=lambda each: each.size)
            self._plain = [each for each in self._plain if each is not best]
            return best
        return self._zeros(size)

    def give_back(self, memory: NDArray[np.float32]) -> None:
        """Let others have it."""
        self._plain.append(memory)

    def place(self, value: Value) -> None:
        """Give a value its buffer."""
        top, bottom, left, right = value.border.sides
        pixel = value.maps if value.dense else whole_vectors(value.maps)
        row = (value.columns + left + right) * pixel
        rows = value.rows + top + bottom
        start = top * row + left * pixel
        key = (rows, row, pixel, *value.border.sides)
        if not any(value.border.sides):
            memory = self.take(rows * row)
        else:
            waiting = self._bordered.get(key)
            memory = waiting.pop() if waiting else self._zeros(rows * row + SPARE)
        value.buffer = Buffer(memory, start, row, pixel, key)

    def release(self, value: Value) -> None:
        """Take the memory of a value back that nobody looks at any more."""
        buffer = value.buffer
        assert buffer is not None
        if any(value.border.sides):
            self._bordered.setdefault(buffer.key, []).append(buffer.memory)
        else:
            self.give_back(buffer.memory)

    def _zeros(self, size: int) -> NDArray[np.float32]:
        memory: NDArray[np.float32] = aligned(size, np.float32)
        memory[:] = 0
        self._all.append(memory)
        return memory
