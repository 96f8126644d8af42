"""Memory of results that are gone serves new ones, and never two at a time."""

from __future__ import annotations

import gc
import subprocess
import sys
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convfilter.engine import correlate
from convfilter.runtime import memory

SHAPE = (1024, 2048)


@pytest.fixture(autouse=True)
def nothing_waiting() -> Iterator[None]:
    gc.collect()  # results of other tests would come in between when they go
    memory.forget()
    yield
    memory.forget()


def address(array: np.ndarray) -> int:
    return int(array.ctypes.data)


def test_results_are_ordinary_arrays() -> None:
    for dtype in (np.uint8, np.int16, np.float64):
        array = memory.empty(SHAPE, dtype)
        assert (type(array), array.shape, array.dtype) == (np.ndarray, SHAPE, np.dtype(dtype))
        assert array.flags.c_contiguous
        assert array.flags.writeable
        assert address(array) % memory.PAGE_BYTES == 0
        array[:] = 7
        assert array.sum() == 7 * array.size


def test_memory_is_taken_up_when_the_result_is_gone() -> None:
    first = memory.empty(SHAPE, np.uint8)
    place = address(first)
    second = memory.empty(SHAPE, np.uint8)
    assert address(second) != place
    del first
    assert address(memory.empty((2048, 1000), np.uint8)) == place


def test_a_view_keeps_the_memory() -> None:
    first = memory.empty(SHAPE, np.uint8)
    first[:] = 1
    place, view = address(first), first[5:, ::2].reshape(-1)[:10]
    del first
    other = memory.empty(SHAPE, np.uint8)
    assert address(other) != place
    other[:] = 2
    assert view.tolist() == [1] * 10
    del view
    assert address(memory.empty(SHAPE, np.uint8)) == place


def test_what_waits_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "MOST_WAITING", 5 << 20)
    arrays = [memory.empty(SHAPE, np.uint8) for _ in range(5)]
    large = memory.empty((6, 1 << 20), np.uint8)
    del arrays, large
    gc.collect()
    assert [memory.size for memory in memory._waiting] == [(2 << 20) + memory.PAGE_BYTES] * 2


def test_memory_much_too_large_is_left_alone() -> None:
    del [memory.empty((16 << 20,), np.uint8)][0]
    assert len(memory._waiting) == 1
    small = memory.empty((2 << 20,), np.uint8)
    assert small.nbytes == 2 << 20
    assert [memory.size for memory in memory._waiting] == [(16 << 20) + memory.PAGE_BYTES]


def test_small_results_are_numpys_own() -> None:
    assert memory.empty((3, 5), np.float32).base is None


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 6)), max_size=40))
def test_no_two_results_share_memory(steps: list[tuple[int, int]]) -> None:
    held: dict[int, tuple[np.ndarray, int]] = {}
    for number, (slot, size) in enumerate(steps):
        array = memory.empty((size << 20,), np.uint8)
        array[::4096] = number
        held[slot] = array, number
        for kept, value in held.values():
            assert (kept[::4096] == value % 256).all()


def test_results_of_filters_come_from_there() -> None:
    image = np.ones(SHAPE, np.float32)
    first = correlate(image, np.ones((3, 3)))
    place = address(first)
    del first
    again = correlate(image, np.eye(3))
    assert address(again) == place
    np.testing.assert_array_equal(again, np.full(SHAPE, 3, np.float32))


def test_the_end_of_the_process_is_quiet() -> None:
    code = (
        "import numpy as np\n"
        "from convfilter.runtime import memory\n"
        "kept = [memory.empty((1 << 21,), np.uint8) for _ in range(3)]\n"
        "kept.append(kept)\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


BYTES = np.dtype(np.uint8)


def test_a_thread_lends_the_same_memory_again_as_long_as_it_is_large_enough() -> None:
    scratch = memory.Scratch()
    first, smaller = scratch.take("a", (10, 30), BYTES), scratch.take("a", 7, BYTES)
    assert first.array().shape == (10, 30)
    assert first.place == (address(first.array()), 10, 30)
    assert smaller.place == (first.place[0], 7)
    assert first.place[0] % memory.LINE_BYTES == 0
    others = [scratch.take(*each) for each in [("b", 7, BYTES), ("a", 7, np.dtype(np.int16))]]
    larger = scratch.take("a", 301, BYTES)
    assert len({each.place[0] for each in (first, *others, larger)}) == 4
    assert scratch.take("a", 301, BYTES).place == larger.place


def test_memory_that_is_set_aside_is_left_alone() -> None:
    scratch = memory.Scratch()
    lent = scratch.take("a", 10, BYTES)
    with scratch.set_aside():
        assert scratch.take("a", 10, BYTES).place != lent.place
    assert scratch.take("a", 10, BYTES).place == lent.place


def test_what_is_lent_is_the_array() -> None:
    array = np.arange(12).reshape(3, 4)
    lent = memory.lent(array)
    assert lent.place == (address(array), 3, 4)
    np.testing.assert_array_equal(lent.array(), array)
