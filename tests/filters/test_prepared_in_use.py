"""Prepared calls in threads, forks and copies, and clear words for what does not fit."""

from __future__ import annotations

import copy
import os
import pickle
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

import convfilter
from convfilter import Image, Pipeline, Prepared
from convfilter.errors import ArgumentError, ArgumentTypeError, UnknownNameError
from tests.filters.calls import assert_same, picture, planned_anew
from tests.filters.pictures import Array


def test_threads_share_nothing() -> None:
    pipeline = Pipeline.parse("gaussian-blur sigma=1 | sobel")
    prepared = pipeline.prepare((28, 28), np.uint8)
    images = [picture((28, 28), np.uint8, seed) for seed in range(16)]
    expected = [planned_anew(pipeline, image) for image in images]
    start = threading.Barrier(4)

    def work(number: int) -> None:
        start.wait()
        for at in range(number, 400 + number):
            image, wanted = images[at % 16], expected[at % 16]
            assert_same(prepared(image), wanted)
            assert_same(pipeline(image), wanted)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))


def test_a_call_within_a_call_has_memory_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """As one that a signal brings: it finds the first call between two of its steps."""
    image, other = picture((28, 28), np.uint8, 1), picture((28, 28), np.uint8, 2)
    pipeline = Pipeline.parse("gaussian-blur sigma=1 | sobel")
    expected, of_other = planned_anew(pipeline, image), planned_anew(pipeline, other)
    prepared = pipeline.prepare((28, 28), np.uint8)
    from convfilter.engine.operation import Operation

    inner = []

    def check(_operation: Operation, _values: Array) -> None:
        if not inner:
            inner.append(None)
            inner[0] = prepared(other)

    monkeypatch.setattr("convfilter.engine.correlation.correlate.Correlation.check_values", check)
    prepared = pipeline.prepare((28, 28), np.uint8)
    inner.clear()
    assert_same(prepared(image), expected)
    assert_same(inner[0], of_other)


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_it_works_after_a_fork() -> None:
    prepared = convfilter.prepare("median", (28, 28), np.uint8)
    image = picture((28, 28), np.uint8)
    expected = prepared(image)
    if not hasattr(os, "fork"):
        return
    child = os.fork()
    if not child:
        os._exit(0 if (prepared(image) == expected).all() else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_copies_are_the_same() -> None:
    image = picture((28, 28), np.uint8)
    prepared = convfilter.prepare("gaussian-blur", (28, 28), np.uint8, sigma=1.5)
    for other in (
        copy.copy(prepared),
        copy.deepcopy(prepared),
        pickle.loads(pickle.dumps(prepared)),
    ):
        assert isinstance(other, Prepared)
        assert_same(other(image), prepared(image))
    pipeline = Pipeline(["sobel"])
    for _ in range(3):
        pipeline(image)
    assert_same(pickle.loads(pickle.dumps(pipeline))(image), pipeline(image))


def test_it_tells_what_it_takes_and_gives() -> None:
    prepared = convfilter.prepare("max-pool", (28, 30, 3), np.uint8, size=2)
    assert (prepared.shape, prepared.dtype) == ((28, 30, 3), np.uint8)
    assert (prepared.result_shape, prepared.result_dtype) == ((14, 15, 3), np.uint8)
    assert repr(prepared) == ("<Pipeline.parse('max-pool size=2') prepared for (28, 30, 3) uint8>")


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (
            np.zeros((64, 64), np.uint8),
            r"\(64, 64\) uint8 and this was prepared for \(28, 28\) uint8",
        ),
        (np.zeros((28, 28), np.float32), "float32 and this was prepared for .* uint8: convert it"),
        (np.zeros((28, 28), ">u2"), "prepared for .* uint8: convert it"),
        ([[0] * 28] * 28, "give an array of"),
        (Image(np.zeros((28, 28), np.uint8)), "give an array of"),
    ],
)
def test_what_it_was_not_prepared_for_is_refused(image: Any, message: str) -> None:
    prepared = convfilter.prepare("sobel", (28, 28), np.uint8)
    with pytest.raises((ArgumentError, ArgumentTypeError), match=message) as raised:
        prepared(image)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "out",
    [
        np.zeros((28, 27), np.uint8),
        np.zeros((28, 28), np.int16),
        [0],
        np.broadcast_to(np.uint8(0), (28, 28)),
    ],
    ids=["shape", "dtype", "list", "read-only"],
)
@pytest.mark.parametrize("name", ["sobel", "unsharp-mask"])
def test_memory_that_does_not_hold_the_result_is_refused(name: str, out: Any) -> None:
    prepared = convfilter.prepare(name, (28, 28), np.uint8)
    with pytest.raises((ArgumentError, ArgumentTypeError), match=r"^out is"):
        prepared(np.zeros((28, 28), np.uint8), out=out)


@pytest.mark.parametrize(
    ("shape", "dtype"),
    [
        ((28,), np.uint8),
        ((0, 28), np.uint8),
        ((-1, 28), np.uint8),
        (28, np.uint8),
        ((2.0, 28), np.uint8),
        ((28, 28, 9), np.uint8),
        ((2**40, 2**40), np.uint8),
        ((28, 28), np.int64),
        ((28, 28), "pixels"),
        ((28, 28), None),
        ((28, 28), np.complex64),
    ],
    ids=str,
)
def test_what_cannot_be_prepared_for_is_refused(shape: Any, dtype: Any) -> None:
    with pytest.raises((ArgumentError, ArgumentTypeError)):
        convfilter.prepare("sobel", shape, dtype)


def test_of_a_wide_dtype_no_value_is_told() -> None:
    with pytest.raises(ArgumentTypeError, match="dtype is int32: convert it to one of uint8, "):
        convfilter.prepare("sobel", (28, 28), np.int32)


def test_arguments_are_refused_when_it_is_prepared() -> None:
    with pytest.raises(UnknownNameError):
        convfilter.prepare("sobbel", (28, 28), np.uint8)
    with pytest.raises(ArgumentError):
        convfilter.prepare("max-pool", (28, 28), np.uint8, size=100)
    with pytest.raises(ArgumentError):
        convfilter.prepare("sobel", (28, 28), np.uint8, workers=0)
    with pytest.raises(UnknownNameError):
        convfilter.prepare("sobel", (28, 28), np.uint8, axes="YX", alpha="wey")


def test_values_that_cannot_be_filtered_are_refused_as_ever() -> None:
    image = picture((28, 28), np.float32)
    image[3, 4] = np.nan
    prepared = convfilter.prepare("gaussian-blur", (28, 28), np.float32)
    assert_same(prepared(image), planned_anew(Pipeline(["gaussian-blur"]), image))
    assert np.isnan(prepared(image)).any()
