"""Every function of the engine takes arrays of named axes, as one picture after the other."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import convfilter
from convfilter import engine
from convfilter.errors import ArgumentError, ArgumentTypeError
from tests.engine.chains import EACH
from tests.examples import every
from tests.pictures import LAYOUTS, is_known, one_by_one

Array = np.ndarray[Any, np.dtype[Any]]


def of_step(name: str) -> Callable[..., Any]:
    """Return the function with arguments that are right."""
    step = EACH[name]
    return lambda image, **named: getattr(engine, name)(
        image, *step.arguments, **{**dict(step.options), **named}
    )


CALLS: dict[str, tuple[int, Callable[..., Any]]] = {
    **{name: (1, of_step(name)) for name in EACH},
    "noise_sigma": (1, engine.noise_sigma),
    "non_maximum_suppression": (2, engine.non_maximum_suppression),
    "trace_edges": (2, lambda x, y, **named: engine.trace_edges(x, y, 5, 20, **named)),
    "hysteresis": (1, lambda image, **named: engine.hysteresis(image, 50, 100, **named)),
}
"""A call of each function, and how many images it takes."""

OF_PLANES = ("canny", "non_maximum_suppression", "trace_edges", "hysteresis")


def test_every_function_of_images_is_here() -> None:
    functions = [getattr(engine, name) for name in engine.__all__]
    taking = [f for f in functions if inspect.isfunction(f) and f.__module__ != "convfilter.lazy"]
    named = {f.__name__ for f in taking if "workers" in inspect.signature(f).parameters}
    assert named | {"hysteresis"} == set(CALLS)
    for name in {*CALLS, "plan"}:
        known = inspect.signature(getattr(engine, name)).parameters
        assert known["axes"].kind is known["channel_axis"].kind is inspect.Parameter.KEYWORD_ONLY
        assert known["axes"].default is known["channel_axis"].default is None


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize(("axes", "shape"), every(2, LAYOUTS), ids=str)
@pytest.mark.parametrize("dtype", ["uint8", "float64", "bool"])
def test_picture_by_picture(name: str, axes: str, shape: tuple[int, ...], dtype: str) -> None:
    count, call = CALLS[name]
    random = np.random.default_rng(3)
    images = [random.integers(0, 2 if dtype == "bool" else 200, shape).astype(dtype)] * count
    if count == 2:
        images[1] = np.roll(images[0], 1)

    def each(*pictures: Array) -> Any:
        if pictures[0].ndim == 2:
            return call(*pictures)
        if name in OF_PLANES:
            planes = zip(*(np.moveaxis(picture, 2, 0) for picture in pictures), strict=True)
            return np.stack([call(*plane) for plane in planes], 2)
        return call(*pictures, axes="YXC")

    expected = one_by_one(each, axes, *images)
    result = np.asarray(call(*images, axes=axes))
    assert result.dtype == expected.dtype
    np.testing.assert_array_equal(result, expected)
    assert result.flags.c_contiguous
    np.testing.assert_array_equal(call(*images, axes=axes.lower()), expected)
    if axes[-2:] == "YX" and "C" in axes:
        channels = axes.index("C")
        np.testing.assert_array_equal(call(*images, channel_axis=channels), expected)
        from_last = channels - len(axes)
        np.testing.assert_array_equal(call(*images, channel_axis=from_last), expected)
    if is_known(axes, shape) and not (name in OF_PLANES and len(shape) == 3):
        np.testing.assert_array_equal(call(*images), expected)
    elif not is_known(axes, shape) and (len(shape) > 3 or (len(shape) == 3 and shape[2] > 4)):
        with pytest.raises(ArgumentError, match=r"axes \(--axes\)"):
            call(*images)


@pytest.mark.parametrize("name", [name for name in EACH if name not in ("bilateral", "nl_means")])
@pytest.mark.parametrize("channels", range(1, 10))
def test_channel_by_channel(name: str, channels: int) -> None:
    call = of_step(name)
    image = np.random.default_rng(4).integers(0, 255, (9, 10, channels), np.uint8)
    result = call(image, axes="YXC")
    for channel in range(channels):
        np.testing.assert_array_equal(result[..., channel], call(image[..., channel]))


@pytest.mark.parametrize("name", [*EACH, "noise_sigma", "hysteresis"])
@pytest.mark.parametrize(
    ("shape", "named", "words"),
    [
        ((9, 9, 3), {"axes": "YX"}, "axes is 'YX' and the image has 3 axes"),
        ((9, 9), {"axes": "ZYX"}, "a letter for each"),
        ((9, 9), {"axes": "YZ"}, "needs Y and X"),
        ((9, 9), {"axes": "YY"}, "a different letter"),
        ((9, 9), {"axes": "Y-"}, "a different letter"),
        ((9, 9), {"axes": ""}, "a different letter"),
        ((9, 9, 3), {"axes": "YXS"}, "samples or slices: write C"),
        ((9, 9, 3), {"axes": "YXC", "channel_axis": 2}, "leave one of them out"),
        ((9, 9, 3), {"channel_axis": 3}, "channel_axis is 3 and the image has 3 axes"),
        ((9, 9, 3), {"channel_axis": -4}, "channel_axis is -4"),
        ((9, 9), {"channel_axis": 1}, "one of at least three"),
        ((0, 9, 9), {"axes": "ZYX"}, "empty"),
        ((9,), {}, "has 1 axes"),
        ((5, 60, 70), {}, "a stack of 5 pictures or one picture of 70 channels"),
        ((2, 3, 9, 9), {}, "as in TZYX"),
    ],
)
def test_axes_that_do_not_fit(
    name: str, shape: tuple[int, ...], named: dict[str, Any], words: str
) -> None:
    _, call = CALLS[name]
    with pytest.raises(ArgumentError, match=words):
        call(np.zeros(shape, np.uint8), **named)


def test_axes_of_other_types_are_refused() -> None:
    image = np.zeros((9, 9, 3), np.uint8)
    with pytest.raises(ArgumentTypeError, match="axes is 3: give a letter for each"):
        engine.median(image, 3, axes=3)  # type: ignore[arg-type]
    with pytest.raises(ArgumentTypeError, match="channel_axis is 'C'"):
        engine.median(image, 3, channel_axis="C")  # type: ignore[arg-type]


def test_more_elements_than_any_memory_holds_are_refused_before_the_first_picture() -> None:
    many = np.broadcast_to(np.uint8(1), (2**30, 64, 64))
    with pytest.raises(ArgumentError, match="elements"):
        engine.median(many, 3, axes="ZYX")


def test_images_of_different_shapes_are_refused() -> None:
    with pytest.raises(ArgumentError, match="give them one shape"):
        engine.trace_edges(np.zeros((2, 5, 5)), np.zeros((3, 5, 5)), 1, 2, axes="ZYX")


def test_images_may_be_given_by_name() -> None:
    image = np.random.default_rng(1).integers(0, 255, (2, 9, 9), np.uint8)
    expected = engine.median(image, 3, axes="ZYX")
    np.testing.assert_array_equal(engine.median(image=image, size=3, axes="ZYX"), expected)
    np.testing.assert_array_equal(engine.median(image=image[0], size=3), expected[0])
    with pytest.raises(TypeError, match="size"):
        engine.median(image[0])  # type: ignore[call-arg]


def test_the_plan_of_a_stack_is_that_of_a_picture() -> None:
    stack = np.zeros((3, 40, 50), np.uint8)
    plan = convfilter.plan(stack, 5, of="median", axes="ZYX")
    assert plan.reason == convfilter.plan(stack[0], 5, of="median").reason
    with pytest.raises(ArgumentError, match="say so by axes"):
        convfilter.plan(stack, 5, of="median")


def test_docstrings_say_what_axes_are() -> None:
    for name in CALLS:
        text = inspect.getdoc(getattr(engine, name)) or ""
        if "Returns\n-------" in text:
            assert "\naxes : letters that say what" in text, name
            assert "\nReturns\n-------" in text, name


@pytest.mark.parametrize("name", ["minimum", "maximum", "median", "percentile", "pool"])
def test_values_of_masks_are_masks(name: str) -> None:
    mask = np.random.default_rng(2).random((3, 12, 13)) > 0.5
    if name == "pool":
        call: Callable[..., Any] = functools.partial(engine.pool, size=3, stride=1)
    else:
        call = of_step(name)
    for image, named in ((mask[0], {}), (mask, {"axes": "ZYX"}), (mask[:, :, :2], {})):
        result = call(image, **named)
        assert result.dtype == np.bool_
        np.testing.assert_array_equal(result, call(image.astype(np.uint8), **named))


def test_means_and_fills_that_masks_cannot_hold() -> None:
    mask = np.eye(8, dtype=bool)
    assert engine.pool(mask, 2, reduce="mean").dtype == np.uint8
    assert engine.maximum(mask, 3, border="constant", fill=1).dtype == np.bool_
    with pytest.raises(ArgumentError, match=r"fill is 5: a mask needs 0 or 1"):
        engine.maximum(mask, 3, border="constant", fill=5)
