"""Rows shared out over threads."""

from __future__ import annotations

import os
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from convfilter.engine import correlate
from convfilter.errors import ArgumentError, ArgumentTypeError
from convfilter.runtime import threads
from convfilter.runtime.threads import SMALLEST_BAND, check_workers, default_workers, run_bands
from tests.engine.cases import noise


@pytest.mark.parametrize("rows", [1, 2, 3, 7, 100])
@pytest.mark.parametrize("workers", [1, 2, 3, 8, 1000])
def test_bands_cover_every_row_once(rows: int, workers: int) -> None:
    seen = np.zeros(rows, int)

    def work(start: int, stop: int) -> None:
        assert start < stop
        seen[start:stop] += 1

    run_bands(rows, SMALLEST_BAND, workers, work)
    assert (seen == 1).all()


def test_little_work_stays_in_the_calling_thread() -> None:
    found = []
    run_bands(10, SMALLEST_BAND / 20, 8, lambda start, stop: found.append(threading.get_ident()))
    assert found == [threading.get_ident()]


def test_bands_run_side_by_side() -> None:
    meeting = threading.Barrier(2, timeout=30)

    def work(start: int, stop: int) -> None:
        meeting.wait()

    run_bands(2, SMALLEST_BAND, 2, work)


@pytest.mark.parametrize("failing", [0, 1, 2])
def test_an_error_in_a_band_is_raised_when_all_are_done(failing: int) -> None:
    finished = []

    def work(start: int, stop: int) -> None:
        if start == failing:
            raise RuntimeError(f"band {start}")
        finished.append(start)

    with pytest.raises(RuntimeError, match=f"band {failing}"):
        run_bands(3, SMALLEST_BAND, 3, work)
    assert sorted(finished) == sorted({0, 1, 2} - {failing})


def test_bands_within_bands() -> None:
    seen = np.zeros((8, 8), int)

    def outer(start: int, stop: int) -> None:
        for row in range(start, stop):

            def inner(first: int, last: int, row: int = row) -> None:
                seen[row, first:last] += 1

            run_bands(8, SMALLEST_BAND, 8, inner)

    for _ in range(50):
        run_bands(8, SMALLEST_BAND, 8, outer)
    assert (seen == 50).all()


def test_an_interrupt_waits_for_the_bands_that_were_begun(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun, may_end = threading.Event(), threading.Event()
    ended = []

    def work(start: int, stop: int) -> None:
        begun.set()
        may_end.wait(30)
        ended.append(start)

    def interrupted(shared: threads._Shared) -> None:
        assert begun.wait(30)
        threading.Timer(0.05, may_end.set).start()
        raise KeyboardInterrupt

    in_caller = threading.get_ident()
    take = threads._Shared.take
    monkeypatch.setattr(
        threads._Shared,
        "take",
        lambda shared: (interrupted if threading.get_ident() == in_caller else take)(shared),
    )
    with pytest.raises(KeyboardInterrupt):
        run_bands(2, SMALLEST_BAND, 2, work)
    assert ended  # a helper's band, and perhaps the next one
    before = list(ended)
    may_end.wait(30)
    assert ended == before


def test_threads_are_kept_and_not_too_many() -> None:
    for _ in range(3):
        run_bands(500, SMALLEST_BAND, 500, lambda start, stop: None)
    crew = [thread for thread in threading.enumerate() if thread.name == "convfilter"]
    assert len(crew) == threads.MOST_HELPERS


def test_without_further_threads_the_calling_one_does_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threads, "_crew", threads._Crew())
    monkeypatch.setattr(threading.Thread, "start", refuse)
    seen = []
    run_bands(4, SMALLEST_BAND, 4, lambda start, stop: seen.append(start))
    assert seen == [0, 1, 2, 3]


def test_what_the_work_holds_goes_with_it_though_help_comes_late(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    late: list[object] = []
    monkeypatch.setattr(threads._crew, "ask", lambda call, count: late.append(call))
    held = np.zeros(8)
    gone = weakref.ref(held)

    def work(start: int, stop: int, held: np.ndarray = held) -> None:
        held[start:stop] = 1

    run_bands(8, SMALLEST_BAND, 2, work)
    assert held.all()
    del held, work
    assert gone() is None
    assert len(late) == 1
    late[0]()  # type: ignore[operator]


def test_workers() -> None:
    assert check_workers(None) == default_workers() >= 1
    assert check_workers(3) == 3
    assert check_workers(np.int64(3)) == 3
    for wrong in (0, -1, 10**9):
        with pytest.raises(ArgumentError, match="workers"):
            check_workers(wrong)
    for wrong in (1.5, "2", True):
        with pytest.raises(ArgumentTypeError, match="workers"):
            check_workers(wrong)


def test_engine_inside_other_threads() -> None:
    image, kernel = noise((300, 300)), np.ones((5, 5)) / 25
    expected = correlate(image, kernel, workers=1)
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: correlate(image, kernel, workers=4), range(32)))
    assert all(np.array_equal(result, expected) for result in results)


if hasattr(os, "fork"):

    @pytest.mark.filterwarnings("ignore:This process .* is multi-threaded")
    def test_engine_in_a_forked_child() -> None:
        image, kernel = noise((300, 300)), np.ones((5, 5)) / 25
        expected = correlate(image, kernel, workers=2)
        child = os.fork()
        if child == 0:
            os._exit(0 if np.array_equal(correlate(image, kernel, workers=2), expected) else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
