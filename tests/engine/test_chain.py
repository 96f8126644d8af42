"""Chains in one pass: the same bits as one step after the other."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from random import Random
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import assume, event, given, note
from hypothesis import strategies as st

from convfilter import engine, kernels
from convfilter.engine import chain
from convfilter.engine.chain import run_chain
from convfilter.engine.correlation.correlate import correlation
from convfilter.engine.operation import Operation
from convfilter.engine.pooling.pool import pooling
from convfilter.engine.window.axes import Outline
from convfilter.errors import ArgumentError
from convfilter.runtime.checks import Array, check_image
from tests.engine.accuracy import Case, check, in_small_pieces
from tests.engine.cases import DTYPES, draw_image, draw_kernel, draw_kernel_shape, draw_placement
from tests.examples import examples

SOBEL = [kernels.get(f"sobel-{axis}").array for axis in "xy"]
GRADIENTS = [
    SOBEL,
    SOBEL[::-1],
    [kernels.get(f"scharr-{axis}").array for axis in "xy"],
    [[[1, 0, 2.5], [3, 0, -1], [0.5, 0, 7]], [[1, -2, 4], [0, 0, 0], [3, 3, -0.25]]],
]


class Link:
    """A step of a chain, and the call of the engine that does the same to a whole image."""

    def __init__(self, name: str, arguments: Sequence[Any], options: dict[str, Any]) -> None:
        self.name, self.arguments, self.options = name, arguments, options

    def __repr__(self) -> str:
        return f"{self.name}{(*self.arguments, self.options)}"

    def step(self, outline: Outline, dtype: Any) -> Operation:
        if self.name == "pool":
            return pooling(outline, *self.arguments, **self.options)
        return correlation(outline, *self.arguments, **self.options, dtype=dtype)

    def run(self, image: Array, dtype: Any) -> Array:
        if self.name == "pool":
            size, reduce = self.arguments
            return engine.pool(image, size, reduce=reduce, **self.options, workers=1)
        return engine.correlate_bank(image, *self.arguments, **self.options, dtype=dtype, workers=1)


def in_one_pass(image: Array, links: Sequence[Link], dtype: Any, workers: int) -> Array | None:
    pixels = check_image(image)
    working = np.dtype(np.float64 if pixels.dtype == np.float64 else np.float32)
    outline = Outline(pixels.shape, pixels.dtype)
    steps = []
    for number, link in enumerate(links):
        step = link.step(outline, dtype if number == len(links) - 1 else working)
        size = step.rows.outputs, step.columns.outputs
        outline = Outline((*size, pixels.shape[2]), step.dtype)
        steps.append(step)
    return run_chain(pixels, steps, np.dtype(dtype), workers)


def one_by_one(image: Array, links: Sequence[Link], dtype: Any) -> Array:
    working = np.float64 if check_image(image).dtype == np.float64 else np.float32
    for number, link in enumerate(links):
        image = link.run(image, dtype if number == len(links) - 1 else working)
    if image.dtype != dtype:
        limits = np.iinfo(dtype)
        image = np.clip(np.rint(image), limits.min, limits.max).astype(dtype)
    return image


def draw_link(random: Random, image: Array) -> Link:
    kind = random.choice(["correlate", "correlate", "gradient", "bank", "pool"])
    if kind == "pool":
        size = random.randint(1, 3), random.randint(1, 3)
        dilation = random.randint(1, 2), random.randint(1, 2)
        options: dict[str, Any] = {"dilation": dilation, "ceil_mode": random.random() < 0.5}
        if random.random() < 0.5:
            options["stride"] = random.randint(1, 3), random.randint(1, 3)
        spans = [(side - 1) * step + 1 for side, step in zip(size, dilation, strict=True)]
        options["padding"] = tuple(random.randint(0, span // 2) for span in spans)
        return Link("pool", (size, random.choice(["max", "min"])), options)
    options = draw_placement(random, image)
    if kind == "gradient":
        return Link("correlate_bank", (random.choice(GRADIENTS), "l2"), options)
    shape = draw_kernel_shape(random)
    count = 1 if kind == "correlate" else random.randint(1, 3)
    drawn = [draw_kernel(random, shape) for _ in range(count)]
    how = None if kind == "correlate" else random.choice(["l1", "l2", "max", "max-abs"])
    return Link("correlate_bank", (drawn, how), options)


@contextmanager
def in_few_tiles(image: Array) -> Iterator[None]:
    """Let tiles grow with a large image: each reads all of it where a border wraps."""
    is_large = image.size > 8000
    with (
        patch.object(chain, "TILE_BYTES", image.size if is_large else chain.TILE_BYTES),
        patch.object(chain, "TILE_COLUMNS", 64 if is_large else chain.TILE_COLUMNS),
    ):
        yield


def compare(image: Array, links: Sequence[Link], dtype: Any) -> bool:
    """Compare a chain with its steps; tell whether it ran in one pass."""
    before = image.tobytes()
    with in_small_pieces(), in_few_tiles(image):
        results = [in_one_pass(image, links, dtype, workers) for workers in (1, 2, 3)]
        assert image.tobytes() == before, "the input was written to"
        try:
            expected = one_by_one(image, links, dtype)
        except ArgumentError:
            assert all(result is None for result in results)
            return False
    for result in results:
        if result is not None:
            assert result.dtype == dtype
            assert result.flags.c_contiguous
            assert result.reshape(expected.shape).tobytes() == expected.tobytes()
    assert len({result is None for result in results}) == 1
    return results[0] is not None


@pytest.mark.parametrize("dtype", DTYPES)
@examples(300)
@given(random=st.randoms(use_true_random=False))
def test_same_bits_as_one_step_after_the_other(dtype: str, random: Random) -> None:
    image = draw_image(random, dtype)
    links = [draw_link(random, image) for _ in range(random.randint(2, 4))]
    note(f"{image.dtype}{image.shape} {links}")
    kind = check_image(image).dtype
    choices = [np.float64] if kind == np.float64 else [np.float32]
    if kind.kind == "u" and links[-1].name != "pool":
        choices.append(kind)
    if links[-1].name == "pool" and all(link.name == "pool" for link in links):
        choices = [kind]
    elif links[-1].name == "pool" and kind.kind == "u":
        choices.append(kind)
    try:
        one_pass = compare(image, links, random.choice(choices))
    except ArgumentError:
        assume(False)  # a window that is larger than the padded image
    event("in one pass" if one_pass else "one by one")


def gaussian(sigma: float) -> Link:
    return Link("correlate_bank", ([kernels.shapes.gaussian(sigma)], None), {})


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float32", "float64"])
@pytest.mark.parametrize("shape", [(1, 90), (90, 1), (37, 41), (64, 64), (29, 17, 3), (150, 5, 4)])
def test_ordinary_chains_run_in_one_pass(shape: tuple[int, ...], dtype: str) -> None:
    rng = np.random.default_rng(3)
    image = rng.random(shape) if dtype[0] == "f" else rng.integers(0, 256, shape)
    pool = Link("pool", ((2, 2) if min(shape[:2]) > 1 else 1, "max"), {})
    chains = [
        [gaussian(1), Link("correlate_bank", (SOBEL, "l2"), {}), pool],
        [Link("correlate_bank", (SOBEL, "l1"), {}), gaussian(0.7), gaussian(0.5)],
        [pool, Link("correlate_bank", (SOBEL, "l2"), {}), pool, gaussian(0.5)],
    ]
    for links in chains:
        assert compare(image.astype(dtype), links, np.float64 if dtype[-2:] == "64" else np.float32)


def runs(image: Array, *links: Link) -> bool:
    return compare(image, links, np.float32)


def test_what_only_the_whole_image_tells_is_left_to_single_steps() -> None:
    image = np.random.default_rng(4).random((60, 50)).astype(np.float32)
    magnitude = Link("correlate_bank", (SOBEL, "l2"), {})
    identity = Link("correlate_bank", ([[[1.0]]], None), {})
    for number in (np.nan, np.inf):
        spoilt = image.copy()
        spoilt[-1, -1] = number
        assert not runs(spoilt, identity, gaussian(1))
        # nor does a value count for nothing that no later step reads
        cut = Link("pool", (1, "max"), {"stride": 7})
        assert not runs(spoilt, gaussian(1), cut)
    assert runs(image, identity, magnitude)
    assert not runs(image * np.float32(1e-9), identity, magnitude)
    assert not runs(image * np.float32(1e9), identity, magnitude)
    assert not runs(image * np.float32(1e9), magnitude, identity)
    assert runs(image * 0, identity, magnitude)


def test_far_rows_and_small_images_are_left_to_single_steps() -> None:
    image = np.zeros((3000, 400), np.uint8)
    steps = [gaussian(1), gaussian(1)]
    assert in_one_pass(image, steps, np.uint8, 1) is not None
    assert in_one_pass(image[:20, :20], steps, np.uint8, 1) is None
    assert in_one_pass(image, [gaussian(1), gaussian(40)], np.uint8, 1) is None


def test_no_memory_for_what_lies_between() -> None:
    image = np.random.default_rng(5).integers(0, 256, (3000, 2000), dtype=np.uint8)
    links = [gaussian(1), Link("correlate_bank", (SOBEL, "l2"), {}), Link("pool", (2, "max"), {})]

    def peak_of(run: Callable[[], Any]) -> int:
        run()
        tracemalloc.start()
        run()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    for workers in (1, 2):
        output = 1500 * 1000
        peak = peak_of(lambda: in_one_pass(image, links, np.uint8, workers))  # noqa: B023
        assert peak < output + workers * 4 * chain.TILE_BYTES


def test_every_step_tells_its_plan() -> None:
    image = np.zeros((700, 900), np.uint8)
    links = [gaussian(1), Link("pool", (2, "max"), {})]
    with engine.recorded_plans() as together:
        assert in_one_pass(image, links, np.uint8, 1) is not None
    with engine.recorded_plans() as apart:
        one_by_one(image, links, np.uint8)
    assert [plan.reason for plan in together] == [
        f"{plan.reason}; all steps in one pass" for plan in apart
    ]
    assert [plan.algorithm for plan in together] == [plan.algorithm for plan in apart]


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float32", "float64"])
@examples(150)
@given(random=st.randoms(use_true_random=False))
def test_gradients(dtype: str, random: Random) -> None:
    image = draw_image(random, dtype)
    options = draw_placement(random, image)
    if dtype[0] == "f" or random.random() < 0.5:
        options["dtype"] = np.float64 if dtype == "float64" else np.float32
    check(Case("correlate_bank", image, (random.choice(GRADIENTS), "l2"), options))
