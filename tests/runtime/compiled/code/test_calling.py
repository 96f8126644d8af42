"""Calls of compiled loops: arrays as pointers and extents, and what is no such array refused."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
import pytest

from convfilter.runtime.compiled.code.calling import OFTEN, CompiledLoop
from convfilter.runtime.memory import Lent, lent

PAIR = np.dtype([("count", np.int64), ("step", np.float64)])
ARGUMENTS = [(np.dtype("float32"), 2), (np.dtype("int64"), 0), (np.dtype("float64"), 0), (PAIR, 1)]
TYPES = (
    *(ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64),
    *(ctypes.c_int64, ctypes.c_double),
    *(ctypes.c_void_p, ctypes.c_int64),
)


class Called:
    """A loop, and the values that it was called with."""

    def __init__(self, uses: int) -> None:
        self.values: list[tuple[Any, ...]] = []
        self._function = ctypes.CFUNCTYPE(ctypes.c_double, *TYPES)(self._call)
        address = ctypes.cast(self._function, ctypes.c_void_p).value
        assert address is not None
        self.loop = CompiledLoop("a.loop", address, ARGUMENTS, "float64")
        for _ in range(uses):
            self.loop.bind(*good())
        self.is_written_out = self.loop.bind != self.loop._bind

    def _call(self, *values: Any) -> float:
        self.values.append(values)
        return 2.5


def good() -> list[Any]:
    return [np.ones((3, 4), np.float32), 7, 0.5, np.zeros(2, PAIR)]


@pytest.fixture(params=[0, OFTEN], ids=["seldom", "often"])
def called(request: pytest.FixtureRequest) -> Called:
    called = Called(request.param)
    assert called.is_written_out == bool(request.param)
    return called


def test_arrays_are_handed_over_as_they_lie_in_memory(called: Called):
    image, count, factor, pairs = good()
    assert called.loop(image, np.int16(count), np.float32(factor), pairs) == 2.5
    expected = (image.ctypes.data, 3, 4, 7, 0.5, pairs.ctypes.data, 2)
    assert called.values == [expected]
    assert called.loop.bind(image, count, factor, pairs)() == 2.5
    assert called.values == [expected] * 2


def test_a_bound_call_keeps_what_it_works_on(called: Called):
    import sys

    image, _, _, pairs = good()
    more = np.ones(3)
    before = [sys.getrefcount(each) for each in (image, pairs, more)]
    call = called.loop.bind(image, 7, 0.5, pairs, keep=more)
    assert [sys.getrefcount(each) for each in (image, pairs, more)] == [n + 1 for n in before]
    del call
    assert [sys.getrefcount(each) for each in (image, pairs, more)] == before


def test_bytes_and_what_is_lent_stand_for_arrays(called: Called):
    image, count, factor, pairs = good()
    memory, content = np.zeros(40, image.dtype), pairs.tobytes()
    for given in (lent(image), Lent(memory, (memory.ctypes.data, 3, 4))):
        assert called.loop(given, count, factor, content) == 2.5
        place, *rest = called.values.pop()
        assert place == given.memory.ctypes.data
        assert (rest[:4], rest[5]) == ([3, 4, 7, 0.5], 2)
        assert ctypes.string_at(rest[4], len(content)) == content


WRONG = {
    "dtype": (0, np.ones((3, 4))),
    "axes": (0, np.ones(3, np.float32)),
    "in between": (0, np.ones((3, 8), np.float32)[:, ::2]),
    "by columns": (0, np.ones((4, 3), np.float32).T),
    "fields": (3, np.zeros(2, [("count", np.int64), ("step", np.float32)])),
    "byte order": (0, np.ones((3, 4), ">f4")),
    "lent dtype": (0, lent(np.ones((3, 4)))),
    "lent axes": (0, lent(np.ones(3, np.float32))),
    "bytes of several axes": (0, bytes(48)),
    "bytes that end within a record": (3, bytes(17)),
}


@pytest.mark.parametrize(("place", "wrong"), WRONG.values(), ids=WRONG.keys())
def test_arrays_of_the_wrong_kind_are_refused(called: Called, place: int, wrong: Any):
    arguments = good()
    arguments[place] = wrong
    with pytest.raises(TypeError, match="an array of the wrong kind"):
        called.loop(*arguments)
    assert called.values == []


@pytest.mark.parametrize("count", [3, 5])
def test_other_numbers_of_arguments_are_refused(called: Called, count: int):
    with pytest.raises(TypeError):
        called.loop(*[*good(), 1][:count])
    assert called.values == []


@pytest.mark.parametrize("uses", [0, OFTEN])
def test_a_loop_without_arguments(uses: int):
    function = ctypes.CFUNCTYPE(None)(lambda: None)
    address = ctypes.cast(function, ctypes.c_void_p).value
    assert address is not None
    loop = CompiledLoop("a.loop", address, [], "")
    for _ in range(uses + 1):
        assert loop() is None
