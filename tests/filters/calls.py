"""Pictures for calls, what comes of a call, and calls that plan everything anew."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from convfilter import Pipeline
from convfilter.errors import ConvfilterError
from convfilter.filters.pixels.saturation import recorded_saturation
from tests.filters.pictures import Array

KERNEL = [[1, 2, 0], [0, -3, 5], [4, 0, 1]]

DTYPES = ("uint8", "uint16", "int16", "float32", "float64")


def picture(shape: tuple[int, ...], dtype: Any, seed: int = 0) -> Array:
    """Return an image that holds values from black to white."""
    random = np.random.default_rng(seed)
    kind = np.dtype(dtype)
    if kind == np.bool_:
        return random.random(shape) < 0.5
    if kind.kind == "f":
        return random.random(shape).astype(kind)
    limits = np.iinfo(kind)
    return random.integers(limits.min, limits.max, shape, kind, endpoint=True)


def outcome(call: Callable[..., Any], *given: Any, **named: Any) -> Any:
    """Return what a call returns, or the error that it raises as text."""
    try:
        return call(*given, **named)
    except ConvfilterError as error:
        return f"{type(error).__name__}: {error}"


def assert_same(found: Array | str, expected: Array | str) -> None:
    if isinstance(expected, str):
        assert found == expected
        return
    assert isinstance(found, np.ndarray)
    assert (found.dtype, found.shape) == (expected.dtype, expected.shape)
    assert found.tobytes() == expected.tobytes()


def planned_anew(pipeline: Pipeline, image: Array, **how: Any) -> Array | str:
    """Return what a pipeline makes of an image when nothing is remembered of calls like this."""
    with recorded_saturation():  # of which quick calls know nothing
        result: Array | str = outcome(pipeline, image, **how)
        return result
