"""Rows shared out over threads."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from convfilter.engine import correlate
from convfilter.engine.bands import SMALLEST_BAND, check_workers, default_workers, run_bands
from convfilter.errors import ArgumentError, ArgumentTypeError
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
    threads = []
    run_bands(10, 10, 8, lambda start, stop: threads.append(threading.get_ident()))
    assert threads == [threading.get_ident()]


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
