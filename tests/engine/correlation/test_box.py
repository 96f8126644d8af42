"""Kernels of equal weights: sums that run, against the naive sums."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convfilter import engine
from convfilter.engine.planning import forcing
from convfilter.errors import ArgumentError
from tests.engine.accuracy import Case, check
from tests.engine.cases import BORDERS, noise
from tests.examples import every, examples

INTEGERS = ("uint8", "uint16", "int16")


@pytest.fixture(autouse=True, scope="module")
def forced() -> Iterator[None]:
    """Let every kernel of equal weights be a box, also where another way is as fast."""
    with forcing("box"):
        yield


def case(image: Any, size: tuple[int, int], weight: float = 1.0, **options: Any) -> Case:
    """Return a call with a kernel of equal weights, of which the engine has to know that it is."""
    kernel = np.full(size, weight)
    planned = engine.plan(image, kernel, **options)
    assert planned.algorithm == "box"
    return Case("correlate", image, (kernel,), options)


@pytest.mark.slow
@pytest.mark.parametrize("dtype", INTEGERS)
@pytest.mark.parametrize(
    "size", [(3, 3), (5, 5), (1, 4), (4, 1), (7, 2), (15, 15), (3, 16), (31, 31)]
)
@pytest.mark.parametrize("channels", every(2, [1, 3, 4]))
def test_means_and_sums(dtype: str, size: tuple[int, int], channels: int) -> None:
    image = noise((23, 77, channels), dtype)
    check(case(image, size, scale=1 / (size[0] * size[1])))
    check(case(image, size, 1 / (size[0] * size[1])))
    check(case(image, size, -3, offset=20, dtype=np.float32))


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (6, 1), (3, 5, 3)])
def test_windows_larger_than_the_image(border: str, shape: tuple[int, ...]) -> None:
    for size in ((3, 3), (12, 40), (41, 2)):
        for padding in ("same", "full"):
            options: dict[str, Any] = {"border": border, "fill": 7, "padding": padding}
            check(case(noise(shape), size, scale=1 / (size[0] * size[1]), **options))
            check(case(noise(shape, "int16"), size, dtype=np.float32, **options))


@pytest.mark.slow
@pytest.mark.parametrize("size", [(100, 9), (24, 300), (190, 190)])
def test_sums_that_need_more_bits(size: tuple[int, int]) -> None:
    for dtype in INTEGERS:
        limits = np.iinfo(dtype)
        for value in (limits.min, limits.max):
            image = np.full((5, 12), value, dtype)
            check(case(image, size, dtype=np.float64))
            check(case(image, size, scale=1 / (size[0] * size[1])))


def test_every_sum_of_nine_and_of_twenty_five_bytes_is_rounded_to_the_nearest() -> None:
    for side in (3, 5):
        taps = side * side
        sums = np.arange(255 * taps + 1)
        windows = np.minimum(np.maximum(sums[:, np.newaxis] - 255 * np.arange(taps), 0), 255)
        image = windows.astype(np.uint8).reshape(-1, side)
        result = engine.correlate(image, np.ones((side, side)), scale=1 / taps, padding="valid")
        assert np.array_equal(result[::side, 0], np.rint(sums / taps))


def test_what_is_no_box() -> None:
    image = noise((9, 9))
    box = np.ones((3, 3))
    kernels: list[tuple[Any, Any, dict[str, Any]]] = [
        (image, box, {"stride": 2}),
        (image, box, {"dilation": 2}),
        (image, box, {"border": "constant", "fill": 0.5}),
        (image, np.ones((1, 1)), {}),
        (image, np.zeros((3, 3)), {}),
        (image, np.eye(3), {}),
        (image.astype(np.float32), box, {"dtype": np.float64}),
        (image.astype(np.float64), box, {}),
    ]
    for pixels, kernel, options in kernels:
        assert engine.plan(pixels, kernel, **options).algorithm != "box"
        check(Case("correlate", pixels, (kernel,), options))


@pytest.mark.parametrize("size", [(3, 3), (5, 12), (31, 31), (2, 9)])
def test_float_sums_begin_anew_at_fixed_rows(size: tuple[int, int]) -> None:
    image = noise((300, 21), "float32")
    image[40:60] *= 1e6
    check(case(image, size, scale=1 / (size[0] * size[1])), workers=(1, 2, 3, 7))
    check(case(image, size, border="constant", fill=0.1, offset=0.5))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_reaches_its_windows_and_no_other(value: float) -> None:
    for shape in ((20, 30), (7, 50, 3)):
        image = noise(shape, "float32")
        image[4, 5] = value
        check(case(image, (3, 3)))
        check(case(image, (5, 17), padding="full"))


@examples(150)
@given(data=st.data())
def test_any_box(data: st.DataObject) -> None:
    dtype = data.draw(st.sampled_from([*INTEGERS, "float32"]))
    shape = data.draw(st.tuples(st.integers(1, 20), st.integers(1, 60), st.integers(1, 4)))
    size = data.draw(st.tuples(st.integers(1, 24), st.integers(2, 40)))
    weight = data.draw(st.sampled_from([1.0, -1.0, 0.1, 1 / (size[0] * size[1]), 1000.0, 1e-6]))
    options = {
        "border": data.draw(st.sampled_from(BORDERS)),
        "fill": data.draw(st.integers(0, 200)),
        "padding": data.draw(st.sampled_from(["same", "full", 3, ((0, 5), (2, 0))])),
        "offset": data.draw(st.sampled_from([0, 0.5, -7])),
        "scale": data.draw(st.sampled_from([1.0, 0.3])),
        "dtype": data.draw(st.sampled_from([None, np.float32])),
    }
    if dtype == "float32":
        options["dtype"] = None
    image = noise(shape, dtype)
    try:
        check(case(image, size, weight, **options))
    except ArgumentError:
        assert options["padding"] not in ("same", "full")
