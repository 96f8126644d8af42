"""Random calls of the engine, drawn from anything that behaves like random.Random.

The fuzzer draws from seeded generators, the property tests from Hypothesis, which can shrink them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np

from convfilter.engine import BORDERS
from convfilter.engine.correlation.layout import COMBINE_NAMES
from convfilter.engine.edges.edges import NORMS
from convfilter.engine.pooling.pool import REDUCES
from convfilter.runtime.checks import IMAGE_DTYPES
from tests.engine.accuracy import Case

Array = np.ndarray[Any, np.dtype[Any]]

DTYPES = (*IMAGE_DTYPES, "bool")


def chance(random: Random, one_in: int) -> bool:
    """Return True once in `one_in` times."""
    return random.randrange(one_in) == one_in - 1


def numbers(random: Random) -> np.random.Generator:
    """Return a generator for whole arrays."""
    return np.random.default_rng(random.randrange(2**32))


def noise(shape: tuple[int, ...], dtype: Any = np.uint8, seed: int = 0) -> Array:
    """Return noise over the full range of an integer dtype, or from -1 to 1."""
    rng = np.random.default_rng(seed)
    if np.dtype(dtype).kind == "f":
        return rng.uniform(-1, 1, shape).astype(dtype)
    limits = np.iinfo(dtype)
    return rng.integers(limits.min, limits.max, shape, dtype, endpoint=True)


def one_or_two(random: Random, draw: Callable[[], int]) -> Any:
    """Return one number for both axes, or two."""
    return (draw(), draw()) if chance(random, 2) else draw()


# images


def draw_shape(random: Random, largest: int = 40) -> tuple[int, ...]:
    """Return (H, W) or (H, W, C)."""
    kind = random.randrange(20)
    if kind == 0:
        height, width = 1, 1
    elif kind == 1:
        height, width = random.choice([(1, random.randint(2, 300)), (random.randint(2, 300), 1)])
    elif kind == 2 and largest >= 40:
        height, width = random.randint(60, 200), random.randint(60, 120)
    elif kind < 9:
        height, width = random.randint(1, 7), random.randint(1, 7)
    else:
        height, width = random.randint(1, largest), random.randint(1, largest)
    channels = random.choice([0, 0, 0, 1, 3, 3, 4, 2, 5])
    return (height, width, channels) if channels else (height, width)


def draw_integers(random: Random, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    """Return pixels of an integer dtype: over the full range, its ends, or only a few of it."""
    rng, limits = numbers(random), np.iinfo(dtype)
    kind = random.randrange(6)
    if kind == 0:
        return rng.choice(np.array([limits.min, limits.max], dtype), shape)
    if kind == 1:
        return rng.integers(0, 4, shape).astype(dtype)
    if kind == 2:
        return np.full(shape, random.choice([0, 1, limits.max, limits.min]), dtype)
    if kind == 3:
        ramp = np.arange(int(np.prod(shape))) % (int(limits.max) + 1)
        return ramp.reshape(shape).astype(dtype)
    return rng.integers(limits.min, limits.max, shape, dtype, endpoint=True)


def draw_floats(random: Random, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    """Return float pixels: 0 to 1, normal, whole, far too large or small, with NaN and infinity."""
    rng = numbers(random)
    pixels = rng.random(shape) if chance(random, 2) else rng.normal(size=shape)
    kind = random.randrange(16)
    if kind < 4:
        pixels = np.rint(pixels * 300)
    elif kind < 7:
        pixels = pixels * 10.0 ** random.choice([-30, -12, -5, 3, 6, 9])
    elif kind == 7:
        pixels = pixels * 10.0 ** random.choice([-42, -38, 37, 38])
    elif kind == 8:
        pixels = np.full(shape, random.choice([0.0, -0.0, 1.0, 0.1, -3.7]))
    elif kind == 9:
        pixels = rng.choice([0.0, -0.0, 1.0, -1.0], shape)
    with np.errstate(over="ignore"):
        pixels = np.clip(pixels, -1e38, 1e38).astype(dtype)
    if chance(random, 5):
        flat = pixels.reshape(-1)
        for _ in range(random.randint(1, 4)):
            flat[random.randrange(flat.size)] = random.choice([np.nan, np.nan, np.inf, -np.inf])
    return pixels


def draw_layout(random: Random, pixels: Array) -> Array:
    """Return the same pixels laid out in memory in another way."""
    kind = random.randrange(16)
    if kind == 0:
        return np.asfortranarray(pixels)
    if kind == 1:
        return np.ascontiguousarray(pixels[::-1, ::-1])[::-1, ::-1]
    if kind == 2:
        wide = np.zeros((pixels.shape[0] * 2, pixels.shape[1] * 3, *pixels.shape[2:]), pixels.dtype)
        wide[::2, ::3] = pixels
        return wide[::2, ::3]
    if kind == 3 and pixels.ndim == 3:
        return np.ascontiguousarray(pixels.transpose(2, 0, 1)).transpose(1, 2, 0)
    if kind == 4:
        return pixels.astype(pixels.dtype.newbyteorder(">"))
    if kind == 5:
        pixels.flags.writeable = False
    if kind == 6:
        spare = np.zeros((pixels.shape[0], pixels.shape[1] + 3, *pixels.shape[2:]), pixels.dtype)
        spare[:, 1:-2] = pixels
        return spare[:, 1:-2]
    return pixels


def draw_image(random: Random, dtype: str | None = None, largest: int = 40) -> Array:
    """Return an image of any dtype, shape, content and layout."""
    name = np.dtype(dtype or random.choice(DTYPES))
    shape = draw_shape(random, largest)
    if name == np.bool_:
        pixels = numbers(random).random(shape) < 0.5
    elif name.kind == "f":
        pixels = draw_floats(random, shape, name)
    else:
        pixels = draw_integers(random, shape, name)
    return draw_layout(random, pixels)


# kernels


def draw_kernel_shape(random: Random, most: int = 7) -> tuple[int, int]:
    """Return rows and columns: odd squares more often than the rest."""
    kind = random.randrange(10)
    if kind < 4:
        side = random.choice([n for n in (1, 3, 3, 5, 7) if n <= most])
        return side, side
    if kind == 4:
        return random.choice([(1, random.randint(1, 15)), (random.randint(1, 15), 1)])
    return random.randint(1, most), random.randint(1, most)


def draw_weights(random: Random, shape: tuple[int, int]) -> Array:
    """Return weights: small or large integers, floats, products of a column and a row, zeros."""
    rng = numbers(random)
    rows, columns = shape
    kind = random.randrange(16)
    if kind < 4:
        weights = rng.integers(-3, 4, shape).astype(np.float64)
    elif kind == 4:
        weights = rng.integers(-255, 256, shape).astype(np.float64)
    elif kind == 5:
        bound = 2 ** random.choice([8, 14, 20, 24, 30, 36])
        weights = rng.integers(-bound, bound, shape).astype(np.float64)
    elif kind == 6:
        weights = np.ones(shape) * random.choice([1.0, 1.0, 1 / (rows * columns), -2.0])
    elif kind == 7:
        weights = np.outer(rng.integers(-4, 5, rows), rng.integers(-4, 5, columns)).astype(float)
    elif kind == 8:
        weights = np.outer(rng.normal(size=rows), rng.normal(size=columns))
    elif kind == 9:
        sigma = random.uniform(0.3, 4.0)
        down, across = (np.exp(-(((np.arange(n) - (n - 1) / 2) / sigma) ** 2) / 2) for n in shape)
        weights = np.outer(down / down.sum(), across / across.sum())
    elif kind == 10:
        weights = np.zeros(shape)
        weights[random.randrange(rows), random.randrange(columns)] = random.choice([1, -1, 0.5, 0])
    elif kind == 11:
        weights = rng.random(shape)
        weights /= weights.sum()
    elif kind == 12:
        weights = rng.normal(size=shape) * 10.0 ** random.choice([-6, -3, 2, 4])
    else:
        weights = rng.normal(size=shape)
    if chance(random, 4):
        weights[rng.random(shape) < 0.4] = 0.0
    if chance(random, 60):
        weights = weights * 10.0 ** random.choice([-42, -20, 20, 39])
    return weights


def draw_kernel(random: Random, shape: tuple[int, int]) -> Any:
    """Return weights as an array of some dtype and layout, or as nested lists."""
    weights = draw_weights(random, shape)
    kind = random.randrange(8)
    whole = bool(np.all(weights == np.rint(weights))) and np.abs(weights).max() < 2**62
    if kind == 0:
        return weights.tolist()
    if kind == 1 and whole:
        return weights.astype(np.int64)
    if kind == 2 and whole and np.abs(weights).max() < 128:
        return weights.astype(np.int8)
    if kind == 3 and np.abs(weights).max() < 1e38:
        return weights.astype(np.float32)
    if kind == 4:
        return np.ascontiguousarray(weights[::-1, ::-1].T).T[::-1, ::-1]
    return weights


# options


def draw_padding(random: Random) -> Any:
    """Return one of the forms that padding takes."""
    kind = random.randrange(10)
    if kind < 5:
        return "same"
    if kind < 7:
        return "full" if kind == 6 else "valid"
    if kind == 7:
        return random.randint(0, 5)
    if kind == 8:
        return random.randint(0, 9), random.randint(0, 4)
    return (random.randint(0, 7), random.randint(0, 3)), (
        random.randint(0, 3),
        random.randint(0, 9),
    )


def draw_fill(random: Random, image: Array) -> float:
    """Return a value that the dtype of the image can hold."""
    if image.dtype.kind == "f":
        return random.choice([0.0, 1.0, 0.5, -2.0])
    return float(random.choice([0, 1, 1, 1 if image.dtype.kind == "b" else 100]))


def draw_placement(random: Random, image: Array) -> dict[str, Any]:
    """Return stride, dilation, padding and border, most of them left at their defaults."""
    options: dict[str, Any] = {}
    if chance(random, 4):
        options["stride"] = one_or_two(random, lambda: random.randint(1, 4))
    if chance(random, 5):
        options["dilation"] = one_or_two(random, lambda: random.randint(1, 4))
    if chance(random, 2):
        options["padding"] = draw_padding(random)
    if not chance(random, 3):
        options["border"] = random.choice(BORDERS)
        if options["border"] == "constant" and chance(random, 2):
            options["fill"] = draw_fill(random, image)
            if image.dtype.kind == "f" and chance(random, 4):
                options["fill"] = math.nan
    return options


def draw_response(random: Random, image: Array) -> dict[str, Any]:
    """Return placement, scale, offset and dtype."""
    options = draw_placement(random, image)
    if chance(random, 3):
        options["scale"] = random.choice([1.0, -1.0, 0.5, 1 / 9, 2.0, 1 / 256, 3.7])
    if chance(random, 3):
        options["offset"] = random.choice([0.0, 128.0, 0.5, -3.25, 20000.0, 1.0])
    if chance(random, 3):
        options["dtype"] = random.choice(IMAGE_DTYPES)
    if options.get("border") == "constant" and image.dtype.kind != "f" and chance(random, 4):
        options["fill"] = random.choice([0.5, 3.25, -7.0])
    return options


def draw_large_kernel(random: Random, image: Array) -> tuple[int, int]:
    """Return the shape of a kernel that is larger than usual, often larger than the image."""
    most = 31 if image.size < 4000 else 15
    return random.randint(1, most), random.randint(1, most)


# calls


def draw_correlate(random: Random, image: Array) -> Case:
    """Draw a correlation or a convolution."""
    large = chance(random, 12)
    shape = draw_large_kernel(random, image) if large else draw_kernel_shape(random)
    name = random.choice(["correlate", "correlate", "convolve"])
    return Case(name, image, (draw_kernel(random, shape),), draw_response(random, image))


def draw_bank(random: Random, image: Array) -> Case:
    """Draw a bank of kernels of one shape, gradients such as Sobel's among them."""
    how = random.choice(COMBINE_NAMES)
    if chance(random, 6):
        kernels = draw_gradient(random)
        return Case("correlate_bank", image, (kernels, "l2"), draw_response(random, image))
    shape = draw_kernel_shape(random, 5)
    count = 1 if how == "abs" else random.choice([1, 2, 2, 2, 3, 8])
    kernels = [np.asarray(draw_kernel(random, shape)) for _ in range(count)]
    return Case("correlate_bank", image, (kernels, how), draw_response(random, image))


def draw_gradient(random: Random) -> list[Array]:
    """Return two kernels of 3x3 that differ down and along, each with opposite halves."""
    halves = random.choice([([1, 2, 1],) * 2, ([3, 10, 3],) * 2, ([1, 3, 0.5], [2.5, -1, 7])])
    pair = [np.outer([-1, 0, 1], halves[0]), np.outer(halves[1], [-1, 0, 1])]
    return [pair[axis] for axis in random.sample([0, 1], 2)]


def draw_pool(random: Random, image: Array) -> Case:
    """Draw a pooling over space or over depth."""
    options: dict[str, Any] = {"reduce": random.choice(REDUCES)}
    if image.ndim == 3 and chance(random, 5):
        options["over"] = "depth"
        if chance(random, 2):
            options["stride"] = random.randint(1, 3)
        return Case("pool", image, (random.randint(1, image.shape[2]),), options)
    size = one_or_two(random, lambda: random.randint(1, 6))
    sizes = size if isinstance(size, tuple) else (size, size)
    dilations = [1, 1]
    if chance(random, 2):
        options["stride"] = one_or_two(random, lambda: random.randint(1, 5))
    if chance(random, 4):
        options["dilation"] = dilations = [random.randint(1, 3), random.randint(1, 3)]
        options["dilation"] = tuple(dilations)
    if chance(random, 2):
        half = [((n - 1) * d + 1) // 2 for n, d in zip(sizes, dilations, strict=True)]
        around = tuple(random.randint(0, most) for most in half)
        options["padding"] = min(around) if chance(random, 2) else around
    if chance(random, 2):
        options["ceil_mode"] = True
    if chance(random, 2):
        options["count_include_pad"] = False
    return Case("pool", image, (size,), options)


def draw_rank(random: Random, image: Array) -> Case:
    """Draw a minimum, maximum, median or percentile."""
    name = random.choice(["minimum", "maximum", "median", "percentile"])
    shape = draw_large_kernel(random, image) if chance(random, 12) else draw_kernel_shape(random)
    arguments: tuple[Any, ...] = (shape[0] if shape[0] == shape[1] else shape,)
    if name == "percentile":
        arguments += (random.choice([0, 25, 50, 75, 100, 10, 33.3, random.uniform(0, 100)]),)
    return Case(name, image, arguments, draw_placement(random, image))


def draw_smooth(random: Random, image: Array) -> Case:
    """Draw a bilateral or a non-local means filter."""
    full = 1.0 if image.dtype.kind in "bf" else float(np.iinfo(image.dtype).max)
    options: dict[str, Any] = {"border": random.choice(BORDERS)}
    if options["border"] == "constant" and chance(random, 2):
        options["fill"] = draw_fill(random, image)
    if chance(random, 2):
        options["size"] = random.choice([1, 3, 5])
        options["search"] = random.choice([1, 3, 7])
        return Case("nl_means", image, (full * random.uniform(0.01, 0.5),), options)
    spread = random.choice([0.01, 0.1, 0.5, 2.0])
    sigmas = (full * spread, random.choice([0.5, 1.0, 3.0, 50.0]))
    return Case("bilateral", image, (random.randint(1, 9), *sigmas), options)


def draw_canny(random: Random, image: Array) -> Case:
    """Draw Canny's edges of the first channel."""
    plane = image if image.ndim == 2 else image[:, :, 0]
    full = 1.0 if image.dtype.kind in "bf" else float(np.iinfo(image.dtype).max)
    low, more = (full * random.choice([0, 0.1, 0.5, random.uniform(0, 4)]) for _ in range(2))
    options: dict[str, Any] = {"norm": random.choice(NORMS), "border": random.choice(BORDERS)}
    if options["border"] == "constant" and chance(random, 2):
        options["fill"] = draw_fill(random, image)
    return Case("canny", plane, (low, low + more), options)


DRAWS: dict[str, Callable[[Random, Array], Case]] = {
    "correlate": draw_correlate,
    "bank": draw_bank,
    "pool": draw_pool,
    "rank": draw_rank,
    "smooth": draw_smooth,
    "canny": draw_canny,
}
"""Kinds of calls, which together are of all functions."""

LARGEST = {"pool": 24, "smooth": 16, "canny": 24}
"""Rows and columns of most images of a kind whose twin is slow; 40 of others."""


def draw_case(random: Random, kind: str | None = None, dtype: str | None = None) -> Case:
    """Draw any call, or one of the named kind."""
    kinds = ["correlate"] * 9 + ["bank"] * 3 + ["pool"] * 4 + ["rank"] * 4 + ["smooth", "canny"]
    chosen = kind or random.choice(kinds)
    image = draw_image(random, dtype, LARGEST.get(chosen, 40))
    if chosen == "smooth":
        image = image[:24, :24]
        if image.dtype.kind == "f":  # where values are not finite the twin says too little
            image = np.clip(np.nan_to_num(image.astype(image.dtype.newbyteorder("="))), -9, 9)
    return DRAWS[chosen](random, image)
