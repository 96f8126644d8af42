"""Random chains of the engine's functions: they promise the bits of single steps."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from typing import Any
from unittest.mock import patch

import numpy as np

from convfilter import engine, kernels
from convfilter.engine import chain, recorded_plans
from convfilter.engine.chain import run_chain
from convfilter.engine.explain import OPERATIONS
from convfilter.engine.operation import Operation
from convfilter.engine.window.axes import Outline
from convfilter.errors import ArgumentError
from convfilter.runtime.checks import IMAGE_DTYPES, Array, check_image
from tests.engine.accuracy import Case, axes_named, in_small_pieces
from tests.engine.cases import DRAWS, draw_image

ONE_PASS = "; all steps in one pass"

SOBEL = [kernels.get(f"sobel-{axis}").array for axis in "xy"]


@dataclass(frozen=True)
class Step:
    """A function of the engine with its arguments, without an image."""

    function: str
    arguments: tuple[Any, ...] = ()
    options: tuple[tuple[str, Any], ...] = ()

    def __str__(self) -> str:
        """Show the call."""
        options = [f"{name}={value!r}" for name, value in self.options]
        return f"{self.function}({', '.join([*map(repr, self.arguments), *options])})"

    @property
    def sums(self) -> bool:
        """Whether the function takes the dtype of its result."""
        return "dtype" in inspect.signature(getattr(engine, self.function)).parameters

    @property
    def averages(self) -> bool:
        """Whether its results are averages, which need not be rounded within a chain."""
        takes_dtype = "dtype" in inspect.signature(OPERATIONS[self.function]).parameters
        is_mean = self.function != "pool" or dict(self.options).get("reduce") == "mean"
        return takes_dtype and not self.sums and is_mean

    def operation(self, outline: Outline, dtype: np.dtype[Any]) -> Operation:
        """Make it an operation that gives `dtype`, as far as that may be chosen."""
        named = dict(self.options)
        if self.sums:
            named["dtype"] = dtype
        elif self.averages:
            named["dtype"] = dtype if dtype.kind == "f" else outline.dtype
        return OPERATIONS[self.function](outline, *self.arguments, **named)

    def run(self, image: Array, dtype: np.dtype[Any]) -> Array:
        """Call the function alone."""
        named = dict(self.options)
        if self.sums:
            named["dtype"] = dtype
        elif self.averages and dtype.kind == "f":
            image = image.astype(dtype)
        named |= {**axes_named(image), "workers": 1}
        result: Array = getattr(engine, self.function)(image, *self.arguments, **named)
        return result.view(np.uint8) if result.dtype == np.bool_ else result


def gaussian(sigma: float) -> Step:
    """Return a Gaussian blur."""
    return Step("correlate", (kernels.shapes.gaussian(sigma),))


def magnitude(combine: str = "l2") -> Step:
    """Return the size of Sobel's gradient."""
    return Step("correlate_bank", (SOBEL, combine))


def pool(size: int | tuple[int, int], reduce: str = "max", **named: Any) -> Step:
    """Return a pooling."""
    return Step("pool", (size,), (("reduce", reduce), *named.items()))


EACH = {
    "bilateral": Step("bilateral", (3, 0.3, 1.5)),
    "canny": Step("canny", (0.2, 0.7)),
    "convolve": Step("convolve", ([[0.1, 0, 0.3], [0.2, 0.5, -0.1]],)),
    "correlate": gaussian(0.8),
    "correlate_bank": magnitude(),
    "maximum": Step("maximum", (3,)),
    "median": Step("median", (3,)),
    "minimum": Step("minimum", ((1, 4),), (("border", "symmetric"),)),
    "nl_means": Step("nl_means", (0.4,), (("size", 3), ("search", 5))),
    "percentile": Step("percentile", ((4, 3), 30)),
    "pool": Step("pool", (2,), (("reduce", "mean"), ("stride", 1))),
}
"""A call of every function, with arguments for pixels from 0 to 1."""


@dataclass(frozen=True)
class Chain:
    """Steps, each over the result of the one before it; the last one gives `dtype`."""

    image: Array
    steps: tuple[Step, ...]
    dtype: np.dtype[Any]
    function = "chain"

    @classmethod
    def of(cls, image: Array, *steps: Step) -> Chain:
        """Return the chain that ends in the dtype its last step gives between others."""
        outline = Outline.of(check_image(image))
        return cls(image, steps, make(steps, outline, working_dtype(outline.dtype))[-1].dtype)

    def __str__(self) -> str:
        """Describe it in one line."""
        image = f"{self.image.dtype}{list(self.image.shape)} strides {self.image.strides}"
        return f"{image} {' | '.join(map(str, self.steps))} to {self.dtype}"

    def operations(self) -> list[Operation]:
        """Return the steps as operations; ArgumentError where a window is too large."""
        return make(self.steps, Outline.of(check_image(self.image)), self.dtype)

    def run(self, workers: int = 1) -> Array:
        """Run it as the engine runs chains."""
        result = run_chain(check_image(self.image), self.operations(), self.dtype, workers)
        return result if self.image.ndim == 3 else result[:, :, 0]

    def one_by_one(self) -> Array:
        """Run the steps one after the other."""
        working = working_dtype(check_image(self.image).dtype)
        result = self.image
        for step in self.steps[:-1]:
            result = step.run(result, working)
        return rounded(self.steps[-1].run(result, self.dtype), self.dtype)


def working_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Return the dtype of what lies between steps, for images of a dtype."""
    return np.dtype(np.float64 if dtype == np.float64 else np.float32)


def make(steps: Sequence[Step], outline: Outline, dtype: np.dtype[Any]) -> list[Operation]:
    """Return steps as operations, of which the last gives `dtype`."""
    working, operations = working_dtype(outline.dtype), []
    for number, step in enumerate(steps, start=1):
        operations.append(step.operation(outline, dtype if number == len(steps) else working))
        outline = operations[-1].result
    return operations


def rounded(result: Array, dtype: np.dtype[Any]) -> Array:
    """Round floats to integers, ties to even, and saturate; NaN becomes the lowest one."""
    if result.dtype == dtype:
        return result
    limits = np.iinfo(dtype)
    numbers = np.where(np.isnan(result), limits.min, np.rint(result))
    return np.clip(numbers, limits.min, limits.max).astype(dtype)


@contextmanager
def in_tiles(tile_bytes: int, tile_columns: int) -> Iterator[None]:
    """Let tiles be of this size, and chains run in one pass whatever it costs."""
    with (
        patch.object(chain, "TILE_BYTES", tile_bytes),
        patch.object(chain, "TILE_COLUMNS", tile_columns),
        patch.object(chain, "MEMORY_EFFORT", 1 << 40),
    ):
        yield


def check(case: Chain, workers: Sequence[int] = (1, 2, 3), tile: tuple[int, int] = (1, 8)) -> int:
    """Compare a chain with its steps, one by one; return how many of these ran in passes.

    `tile` are bytes and columns of its tiles.
    """
    before = case.image.tobytes()
    # a border that wraps has every tile of a large image read all of it
    least = case.image.nbytes if case.image.size > 8000 else 1
    with in_small_pieces(), in_tiles(max(tile[0], least), 64 if least > 1 else tile[1]):
        try:
            expected: Array | None = case.one_by_one()
        except ArgumentError:
            expected = None
        together: set[int] = set()
        for count in workers:
            with recorded_plans() as plans:
                if expected is None:
                    _must_refuse(case, count)
                    continue
                result = case.run(count)
            together.add(sum(plan.reason.endswith(ONE_PASS) for plan in plans))
            assert case.image.tobytes() == before, "the input was written to"
            assert result.dtype == case.dtype
            assert result.flags.c_contiguous
            assert result.shape == expected.shape
            if result.tobytes() != expected.tobytes():
                same = (result == expected) | ((result != result) & (expected != expected))
                differ = f"{np.count_nonzero(~same)} of {same.size} numbers differ"
                raise AssertionError(f"{differ} from single steps, with {count} workers")
    assert len(together) <= 1, "how steps run depends on the number of workers"
    return together.pop() if together else 0


def _must_refuse(case: Chain, workers: int) -> None:
    try:
        result = case.run(workers)
    except ArgumentError:
        return
    raise AssertionError(f"gave {result.shape} {result.dtype} where single steps raise an error")


def draw_chain(
    random: Random, dtype: str | None = None, kinds: Sequence[str] = tuple(DRAWS)
) -> Chain:
    """Draw two to four steps of these kinds that an image can take, over any image."""
    image = draw_image(random, dtype, largest=30)
    outline = Outline.of(check_image(image))
    steps: list[Step] = []
    working = working_dtype(outline.dtype)
    count = random.randint(2, 4)
    while len(steps) < count:
        case = DRAWS[random.choice(kinds)](random, image)
        step = step_of(case)
        try:
            made = make([*steps, step], outline, working)
        except ArgumentError:
            continue  # a window that is larger than what is left of the image
        if case.function == "canny" and (image.ndim == 3 or made[-1].outline.dtype.kind == "b"):
            continue
        steps.append(step)
    return Chain(image, tuple(steps), _draw_dtype(random, steps, made[-1].outline.dtype, working))


def step_of(case: Case) -> Step:
    """Return a call without its image, and without the dtype of its result."""
    options = {name: value for name, value in case.options.items() if name != "dtype"}
    return Step(case.function, case.arguments, tuple(options.items()))


def _draw_dtype(
    random: Random, steps: Sequence[Step], reads: np.dtype[Any], working: np.dtype[Any]
) -> np.dtype[Any]:
    """Draw a dtype that the last step, which reads another, can give, rounded if need be."""
    last, integers = steps[-1], [name for name in IMAGE_DTYPES if np.dtype(name).kind != "f"]
    if last.sums:
        return np.dtype(random.choice(IMAGE_DTYPES))
    if last.function == "canny":
        return np.dtype(np.uint8)
    gives = working if last.averages else reads
    choices = [gives, reads] if last.averages else [gives]
    return np.dtype(random.choice([*choices, *(integers if reads.kind == "f" else [])]))
