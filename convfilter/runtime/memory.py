"""Memory: for results, taken up again once a result is gone, and to work in.

The system clears the pages of every large array that it gives away, which takes as long as a quick
filter does. Whoever filters one picture after the other, and keeps only the last, meets the same
pages again and again.
"""

from __future__ import annotations

import contextlib
import math
import sys
import threading
from collections import deque
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

Array = NDArray[Any]

SMALLEST = 1 << 20
"""Bytes of a result from which on its memory is kept; smaller ones are NumPy's own."""

MOST_WAITING = 1 << 28
"""Bytes of memory that wait for a result at most."""

SPARE = 4
"""Memory is taken up if no more than a fourth of the result's size is left over."""

PAGE_BYTES = 4096
"""Results begin with a page, NumPy's own large arrays 16 bytes or more behind the beginning of one.

To a processor, a load whose address ends in the same twelve bits as that of a store just made may
be of the same memory: results that began a little behind the image would make loads wait.
"""

LINE_BYTES = 64
"""A line of the caches: vectors that lie across two of them take twice as long to load."""

LARGEST_SCRATCH = 1 << 22
"""Bytes of an array that a thread keeps for its next call: to clear pages takes its time."""

_most: list[int] = []
"""What else is said of how many bytes may wait: the least counts."""

_waiting: deque[NDArray[np.uint8]] = deque()
"""A lock would be held when a result goes in the middle of this; each step is one of the deque."""


class _Owner:
    """What a result stands on, with all views of it; its memory is free when the last is gone."""

    __slots__ = ("__array_interface__", "_memory")

    def __init__(self, memory: NDArray[np.uint8], shape: tuple[int, ...], dtype: np.dtype[Any]):
        start = memory.ctypes.data
        self._memory = memory
        self.__array_interface__ = {
            "version": 3,
            "shape": shape,
            "typestr": dtype.str,
            "data": (start + -start % PAGE_BYTES, False),
        }

    def __del__(self) -> None:
        if not sys.is_finalizing():  # the names of modules go away then
            _set_aside(self._memory)


def empty(shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
    """Return an array like `numpy.empty`, C-contiguous and writable."""
    kind = np.dtype(dtype)
    size = math.prod(shape) * kind.itemsize
    if size < SMALLEST:
        return np.empty(shape, kind)
    memory = _take(size + PAGE_BYTES)
    if memory is None:
        memory = np.empty(size + PAGE_BYTES, np.uint8)
    return np.asarray(_Owner(memory, shape, kind))


def forget() -> None:
    """Give all memory back that waits for a result."""
    _waiting.clear()


def _take(size: int) -> NDArray[np.uint8] | None:
    for _ in range(len(_waiting)):
        try:
            memory = _waiting.pop()
        except IndexError:
            return None
        if size <= memory.size <= size + size // SPARE:
            return memory
        _waiting.appendleft(memory)
    return None


def _set_aside(memory: NDArray[np.uint8]) -> None:
    most = min([MOST_WAITING, *_most])
    if memory.size > most:
        return
    _waiting.append(memory)
    with contextlib.suppress(IndexError):
        while sum(waiting.size for waiting in tuple(_waiting)) > most:
            _waiting.popleft()


@contextlib.contextmanager
def sparing(most: int) -> Iterator[None]:
    """Let no more bytes than that wait for a result, as long as the block lasts."""
    forget()
    _most.append(most)
    try:
        yield
    finally:
        _most.remove(most)


def aligned(shape: int | tuple[int, ...], dtype: DTypeLike) -> Array:
    """Return an array, not initialised, that begins at a line of the caches."""
    kind = np.dtype(dtype)
    size = (math.prod(shape) if isinstance(shape, tuple) else shape) * kind.itemsize
    memory = np.empty(size + LINE_BYTES, np.uint8)
    start = -memory.__array_interface__["data"][0] % LINE_BYTES
    part: Array = memory[start : start + size].view(kind)
    return part.reshape(shape)


class Lent(NamedTuple):
    """An array lent to a loop, at an address that need not be asked for again.

    To ask an array for its address takes a microsecond, and a loop works in five or six.

    Attributes
    ----------
    memory : where it lies, C-contiguous; it may be longer than the array
    place : its address, and the length of each of its axes
    """

    memory: Array
    place: tuple[int, ...]

    def array(self) -> Array:
        """Return the array itself."""
        shape = self.place[1:]
        return self.memory.reshape(-1)[: math.prod(shape)].reshape(shape)


def lent(array: Array) -> Lent:
    """Lend an array (C-contiguous) to the loops of many calls, which only read it."""
    return Lent(array, (array.__array_interface__["data"][0], *array.shape))


_NOTHING = -1, 0, np.empty(0, np.uint8)


class Scratch(threading.local):
    """Memory to work in, which the calls that a thread makes one after the other share."""

    def __init__(self) -> None:
        self._lent: dict[tuple[str, np.dtype[Any]], tuple[int, int, Array]] = {}

    def take(self, name: str, shape: int | tuple[int, ...], dtype: np.dtype[Any]) -> Lent:
        """Lend an array of this shape; what is in it is of no use."""
        size, shape = (math.prod(shape), shape) if isinstance(shape, tuple) else (shape, (shape,))
        there, address, array = self._lent.get((name, dtype), _NOTHING)
        if there < size:
            array = aligned(size, dtype)
            array[:] = 0  # denormal numbers would take their time
            address = array.__array_interface__["data"][0]
            if array.nbytes <= LARGEST_SCRATCH:
                self._lent[name, dtype] = size, address, array
        return Lent(array, (address, *shape))

    @contextlib.contextmanager
    def set_aside(self) -> Iterator[None]:
        """Leave all memory of this thread alone inside the block, and use other memory."""
        before, self._lent = self._lent, {}
        try:
            yield
        finally:
            self._lent = before


of_thread = Scratch()
"""The memory of the thread that asks for it."""
