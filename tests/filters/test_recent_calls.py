"""Calls that are like ones before them: told apart where they must be, quick where they may."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import convfilter
from convfilter import engine, filters
from convfilter.engine import planning
from convfilter.errors import ArgumentError, ArgumentTypeError, UnknownNameError
from convfilter.filters.preparing import recent
from tests.filters.calls import assert_same, picture


def test_calls_that_differ_in_anything_are_told_apart() -> None:
    ones = np.ones((2, 2))
    arguments: list[dict[str, Any]] = [
        {},
        *({"a": value} for value in (0, 0.0, -0.0, False, None, "0", (0,), [0])),
        *({"a": value} for value in (1, 1.0, True, np.float64(1), np.float32(1), np.int64(1))),
        {"b": 0},
        *({"a": value} for value in (ones, ones.ravel(), ones.astype(np.float32), ones[:1])),
        *({"a": value} for value in ([[1, 1], [1, 1]], [[1, 1], [1, 1.0]], [1, 1, 1, 1])),
        {"a": np.nan},
    ]
    keys = [recent.key_of(each) for each in arguments]
    assert None not in keys
    assert len(set(keys)) == len(keys)


def test_what_cannot_be_told_apart_is_not_remembered(tmp_path: Any) -> None:
    for value in (object(), tmp_path, np.ones((40, 40)), np.array([object()]), [lambda: 0]):
        assert recent.key_of({"a": value}) is None


def test_a_file_that_changes_is_read_again(tmp_path: Any) -> None:
    file, image = tmp_path / "kernel.txt", picture((28, 28), np.uint8)
    for weights in ("1 0 0\n0 0 0\n0 0 0\n", "0 0 1\n0 0 0\n0 0 0\n"):
        file.write_text(weights)
        expected = filters.convolve(image, kernel=np.loadtxt(file))
        for _ in range(4):
            assert_same(filters.convolve(image, kernel=str(file)), expected)
            assert_same(convfilter.apply("convolve", image, kernel=str(file)), expected)


def test_what_is_remembered_has_an_end() -> None:
    for side in range(1, 2 * recent.MOST_REMEMBERED):
        for _ in range(3):
            filters.invert(np.zeros((1, side), np.uint8))
    assert recent._entries.cache_info().currsize <= recent.MOST_REMEMBERED


def test_wrong_arguments_are_refused_each_time() -> None:
    image = picture((28, 28), np.uint8)
    for _ in range(4):
        with pytest.raises(ArgumentError):
            filters.gaussian_blur(image, sigma=-1)
        with pytest.raises(ArgumentTypeError):
            filters.gaussian_blur(image, sigma=True)
        filters.gaussian_blur(image, sigma=1)
        with pytest.raises(UnknownNameError):
            filters.gaussian_blur(image, sigmo=1)
        with pytest.raises(ArgumentError):
            filters.gaussian_blur(image, sigma=1, workers=0)


def test_the_environment_is_looked_at_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    image = picture((28, 28), np.uint8)
    for _ in range(4):
        filters.sobel(image)
    monkeypatch.setenv("CONVFILTER_WORKERS", "many")
    with pytest.raises(ArgumentError, match="CONVFILTER_WORKERS"):
        filters.sobel(image)


def test_plans_are_told_of_calls_that_are_known() -> None:
    image = picture((28, 28), np.uint8)
    for call in (filters.sobel, convfilter.prepare("sobel", (28, 28), np.uint8)):
        for _ in range(4):
            with engine.recorded_plans() as plans:
                call(image)
            assert len(plans) == 1
        with planning.forcing("direct in float64"), engine.recorded_plans() as plans:
            call(image)
        assert plans[0].name == "direct in float64"


def test_masks_remain_masks() -> None:
    mask = picture((28, 28), np.bool_)
    for _ in range(4):
        assert filters.median(mask).dtype == np.bool_
    assert convfilter.prepare("median", (28, 28), np.bool_)(mask).dtype == np.bool_
    for _ in range(4):
        array = np.ma.MaskedArray(picture((28, 28), np.uint8), mask)
        assert np.ma.isMaskedArray(filters.median(array))
