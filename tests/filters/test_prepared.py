"""Calls made ready: the same bits, nothing planned again, clear words for what does not fit."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import convfilter
from convfilter import Pipeline, engine, filters
from convfilter.engine import planning
from convfilter.engine.replay import MOST_BYTES
from convfilter.engine.window.borders import BORDERS
from convfilter.filters.preparing import recent
from tests.examples import examples
from tests.filters.calls import DTYPES, KERNEL, assert_same, outcome, picture, planned_anew
from tests.filters.pictures import Array
from tests.filters.registry import needed


@st.composite
def steps(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    name = draw(st.sampled_from(filters.names()))
    values = needed(name)
    known = {parameter.name: parameter for parameter in filters.get(name).parameters}
    for option, choices in (
        ("border", st.sampled_from(BORDERS)),
        ("fill", st.sampled_from([0, 7.5, 255])),
        ("stride", st.sampled_from([1, 2, (1, 3)])),
        ("padding", st.sampled_from(["same", "valid", 1])),
        ("signed", st.sampled_from(["abs", "offset", "clamp", "scale", "raw"])),
        ("channels", st.sampled_from(["each", "luma"])),
    ):
        if option in known and draw(st.integers(0, 3)) == 0:
            values[option] = draw(choices)
    if "size" in known and "size" not in values and draw(st.booleans()):
        values["size"] = draw(st.sampled_from([3, 5]))
    return name, values


@examples(80)
@given(st.data())
def test_prepared_and_repeated_calls_have_the_bits_of_one_that_plans(data: st.DataObject) -> None:
    pipeline = outcome(Pipeline, data.draw(st.lists(steps(), min_size=1, max_size=3)))
    if isinstance(pipeline, str):
        return
    channels = data.draw(st.sampled_from([(), (1,), (3,)]))
    shape = (data.draw(st.integers(1, 24)), data.draw(st.integers(1, 24)), *channels)
    dtype = data.draw(st.sampled_from([*DTYPES, "bool", "float16"]))
    images = [picture(shape, dtype, seed) for seed in range(3)]
    if images[0].dtype.kind == "f" and data.draw(st.booleans()):
        images[2].flat[-1] = data.draw(st.sampled_from([np.nan, np.inf, 6e4]))
    with np.errstate(all="ignore"):
        expected = [planned_anew(pipeline, image) for image in images]
        prepared = outcome(pipeline.prepare, shape, dtype)
        for image, wanted in zip(images, expected, strict=True):
            for _ in range(3):  # traced the second time, and then quick
                assert_same(outcome(pipeline, image), wanted)
            if isinstance(prepared, str):
                assert isinstance(planned_anew(pipeline, np.zeros(shape, dtype)), str)
                continue
            assert_same(outcome(prepared, image), wanted)
            out = np.empty(prepared.result_shape, prepared.result_dtype)
            assert_same(outcome(prepared, image, out=out), wanted)


@pytest.mark.parametrize("name", filters.names())
@pytest.mark.parametrize("shape", [(28, 28), (17, 31, 3)])
def test_every_filter_can_be_prepared(name: str, shape: tuple[int, ...]) -> None:
    values = needed(name)
    pipeline = Pipeline([(name, values)])
    for dtype in ("uint8", "float32"):
        image = picture(shape, dtype)
        expected = planned_anew(pipeline, image)
        assert not isinstance(expected, str)
        for _ in range(3):
            assert_same(filters.get(name)(image, **values), expected)
        assert_same(convfilter.prepare(name, shape, dtype, **values)(image), expected)


@pytest.mark.parametrize(
    "how",
    [
        {"alpha": "weigh"},
        {"axes": "ZYX"},
        {"axes": "YXC"},
        {"channel_axis": 0},
        {"nodata": 0},
        {"linear": True},
        {"bounded": True},
        {"workers": 1},
    ],
    ids=str,
)
def test_it_takes_what_a_call_takes(how: dict[str, Any]) -> None:
    pipeline = Pipeline.parse("gaussian-blur sigma=1 | laplacian")
    image = picture((9, 8, 4), np.float32)
    prepared = pipeline.prepare(image.shape, image.dtype, **how)
    assert_same(prepared(image), planned_anew(pipeline, image, **how))
    assert_same(pickle.loads(pickle.dumps(prepared))(image), prepared(image))


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
@pytest.mark.parametrize(
    "text",
    [
        "sobel-x signed=clamp",  # writes into a result that was noted
        "sobel-x signed=clamp | box-blur",
        "add-noise | add-noise",  # writes into memory of its own
        "unsharp-mask threshold=10",  # writes where values say so
        "normalize",  # decides by values
        "gaussian-blur | threshold",
        "canny",
        "denoise",
    ],
)
def test_what_is_noted_of_one_picture_is_right_for_others(text: str, dtype: str) -> None:
    pipeline = Pipeline.parse(text)
    prepared = pipeline.prepare((28, 28), dtype)
    for seed in range(5):
        image = picture((28, 28), dtype, seed)
        image = (image / (seed + 1)).astype(dtype)
        expected = planned_anew(pipeline, image)
        assert_same(prepared(image), expected)
        assert_same(pipeline(image), expected)


@pytest.mark.parametrize("name", ["gaussian-blur", "unsharp-mask", "invert", "abs"])
def test_arrays_in_any_order_of_memory(name: str) -> None:
    prepared = convfilter.prepare(name, (20, 30, 3), np.float32)
    whole = picture((40, 60, 3), np.float32) - np.float32(0.5)
    for view in (whole[::2, ::2], np.asfortranarray(whole[:20, :30]), whole[19::-1, 29::-1]):
        before = view.copy()
        result = prepared(view)
        assert_same(result, planned_anew(Pipeline([name]), before))
        assert result.flags.c_contiguous
        assert not np.may_share_memory(result, view)
        np.testing.assert_array_equal(view, before)


def test_the_result_may_take_the_place_of_the_image() -> None:
    for name in ("median", "unsharp-mask"):
        image = picture((28, 28), np.uint8)
        expected = filters.get(name)(image)
        assert convfilter.prepare(name, (28, 28), np.uint8)(image, out=image) is image
        assert_same(image, expected)


def test_results_are_nobody_elses() -> None:
    blur = convfilter.prepare("box-blur", (28, 28), np.uint8)
    first = blur(picture((28, 28), np.uint8, 1))
    before = first.copy()
    blur(picture((28, 28), np.uint8, 2))
    np.testing.assert_array_equal(first, before)
    assert first.flags.writeable
    assert first.flags.c_contiguous


QUICK = ["sobel", "gaussian-blur", "box-blur", "median", "maximum", "sharpen", "max-pool"]
QUICK += ["unsharp-mask", "high-pass", "morphological-gradient", "invert", "grayscale"]


@pytest.fixture
def nothing_is_planned(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let everything fail that a call has no need of once it is known."""

    def refuse(*_given: Any, **_named: Any) -> Any:
        raise AssertionError("this was known already")

    from convfilter.engine import operation
    from convfilter.engine.window import source
    from convfilter.filters.declare import Filter
    from convfilter.filters.pixels import picture as pixels
    from convfilter.runtime import memory, threads

    monkeypatch.setattr(planning, "choose", refuse)
    monkeypatch.setattr(operation, "attempt", refuse)
    monkeypatch.setattr(source.Source, "__init__", refuse)
    monkeypatch.setattr(Filter, "bind", refuse)
    monkeypatch.setattr(Filter, "run", refuse)
    monkeypatch.setattr(pixels.Pixels, "__init__", refuse)
    monkeypatch.setattr(memory.Scratch, "take", refuse)
    monkeypatch.setattr(memory, "aligned", refuse)
    monkeypatch.setattr(threads, "run_bands", refuse)


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
@pytest.mark.parametrize("text", [*QUICK, "gaussian-blur sigma=1 | sobel", "open | max-pool"])
@pytest.mark.parametrize("shape", [(28, 28), (64, 64), (28, 28, 3)])
def test_a_prepared_call_and_a_repeated_one_plan_nothing(
    text: str, dtype: str, shape: tuple[int, ...], request: pytest.FixtureRequest
) -> None:
    pipeline = Pipeline.parse(text)
    image, other = picture(shape, dtype, 1), picture(shape, dtype, 2)
    prepared, expected = pipeline.prepare(shape, dtype), planned_anew(pipeline, other)
    calls: list[Callable[[Array], Array]] = [pipeline]
    if "|" not in text:
        calls += [filters.get(text), lambda array: convfilter.apply(text, array)]
    for call in calls:
        for _ in range(3):
            call(image)
    request.getfixturevalue("nothing_is_planned")
    for call in [prepared, *calls]:
        assert_same(call(other), expected)


def test_a_prepared_call_allocates_nothing_but_its_result() -> None:
    import tracemalloc

    image = picture((64, 64), np.float32)
    sobel = convfilter.prepare("sobel", (64, 64), np.float32)
    out = sobel(image)
    tracemalloc.start()
    try:
        sobel(image, out=out)
        _, with_out = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        before, _ = tracemalloc.get_traced_memory()
        sobel(image)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert with_out < 2048
    assert out.nbytes <= peak - before < out.nbytes + 2048


@pytest.mark.parametrize(
    "call",
    [
        lambda image: engine.correlate(image, KERNEL),
        lambda image: engine.median(image, 3),
        lambda image: engine.maximum(image, 3),
        lambda image: engine.pool(image, 2),
        lambda image: engine.pool(image, 3, reduce="mean", padding=1),
        lambda image: engine.correlate(image, np.ones((5, 5)), scale=1 / 25),
    ],
)
@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_the_engine_binds_small_images_once(
    call: Callable[[Array], Array], dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    image, other = picture((28, 28), dtype, 1), picture((28, 28), dtype, 2)
    with monkeypatch.context() as patch:
        from convfilter.engine.replay import Replay

        patch.setattr(Replay, "__call__", lambda *_: None)
        expected = call(other)
    for _ in range(2):
        call(image)
    from convfilter.engine import operation

    def refuse(*_given: Any) -> Any:
        raise AssertionError("this was bound already")

    monkeypatch.setattr(operation, "attempt", refuse)
    assert_same(call(other), expected)


def test_small_pictures_stay_in_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONVFILTER_WORKERS", "8")
    blur = convfilter.prepare("gaussian-blur", (64, 64), np.float32)
    image = picture((64, 64), np.float32)
    from convfilter.runtime import threads

    def refuse(*_given: Any) -> None:
        raise AssertionError("threads are asked for help")

    monkeypatch.setattr(threads._crew, "ask", refuse)
    for _ in range(3):
        blur(image)
        filters.gaussian_blur(image)
        engine.correlate(image, KERNEL)


def test_large_pictures_are_done_as_ever() -> None:
    side = int(MOST_BYTES**0.5) + 8
    image = picture((side, side), np.uint8)
    pipeline = Pipeline.parse("gaussian-blur | sobel")
    prepared = pipeline.prepare(image.shape, image.dtype)
    out = np.empty_like(image)
    assert prepared(image, out=out) is out
    assert_same(out, planned_anew(pipeline, image))
    assert recent.entry(pipeline, {}, image) is None


@pytest.mark.parametrize(
    ("shape", "how"),
    [
        ((6, 28, 28), {"axes": "ZYX"}),
        ((28, 6, 28), {"axes": "YZX"}),
        ((2, 3, 20, 24, 3), {"axes": "TZYXC"}),
        ((6, 3, 20, 24), {"channel_axis": 1}),
    ],
    ids=str,
)
def test_pictures_of_a_stack_are_like_each_other(
    shape: tuple[int, ...], how: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = picture(shape, np.uint8)
    for text in ("sobel", "normalize", "gaussian-blur sigma=1 | sobel"):
        pipeline = Pipeline.parse(text)
        expected = planned_anew(pipeline, stack, **how)
        assert_same(pipeline(stack, **how), expected)
        if "|" not in text:
            assert_same(filters.get(text)(stack, **how), expected)
        assert_same(pipeline.prepare(shape, np.uint8, **how)(stack), expected)
    from convfilter.engine.operation import attempt

    planned = []

    def counted(*given: Any) -> Any:
        planned.append(None)
        return attempt(*given)

    monkeypatch.setattr("convfilter.engine.operation.attempt", counted)
    filters.median(stack, size=5, border="wrap", **how)
    assert len(planned) <= 1
