"""Calls of the engine over images with gaps, and what is promised of them.

The contract is that of `accuracy.py`, measured against the twins of `naive_gaps`: what selects is
exact, sums are as near as those of images without gaps, and exact where no gap is in sight.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any
from unittest.mock import patch

import numpy as np

from convfilter import engine
from convfilter.engine.correlation import present as sums_present
from convfilter.engine.window import present
from convfilter.errors import ArgumentError
from convfilter.runtime import missing
from tests import naive, naive_gaps
from tests.engine.accuracy import (
    EXACT_BELOW,
    SELECTING,
    Array,
    Case,
    Expected,
    allowance,
    as_floats,
    axes_named,
    image_dtype,
    in_small_pieces,
    is_whole,
    joined_sums,
    share_of_allowance,
    shown_fill,
)
from tests.engine.cases import DRAWS, LARGEST, chance, draw_image, numbers

KINDS = ("correlate", "bank", "rank", "pool")
STATED = ("mask", "masked", "nan", "code")


@dataclass(frozen=True)
class GapCase:
    """A call over an image with gaps, and how these are stated."""

    case: Case
    there: Array
    given: Any
    nodata: float | None = None
    stated: dict[str, Any] = field(default_factory=dict)
    cell: tuple[int, int] = present.SMALLEST_CELL

    @property
    def fill_there(self) -> bool:
        """Whether the fill of the border "constant" is data."""
        options = self.case.options
        return options.get("border") != "constant" or not missing.is_nodata(
            options.get("fill", 0.0), self.nodata
        )

    def run(self, workers: int | None = None) -> Any:
        """Call the engine."""
        named = {**self.case.options, **axes_named(self.case.image), **self.stated}
        call = getattr(engine, self.case.function)
        with patch.object(present, "SMALLEST_CELL", self.cell):
            return call(self.given, *self.case.arguments, **named, workers=workers)

    def __str__(self) -> str:
        return f"{self.case} {sorted(self.stated)} {self.nodata} missing {(~self.there).sum()}"


def draw_there(random: Random, shape: tuple[int, ...]) -> Array:
    """Return which values are there: (H, W, C) of every kind of gap."""
    rng, kind = numbers(random), random.randrange(8)
    planes = shape if len(shape) == 3 else (*shape, 1)
    drawn = planes if chance(random, 3) else (*planes[:2], 1)
    there = np.ones(drawn, bool)
    if kind == 0:
        row, column = rng.integers(drawn[0]), rng.integers(drawn[1])
        if chance(random, 3):  # a corner
            row, column = rng.choice([0, -1]), rng.choice([0, -1])
        there[row, column] = False
        if chance(random, 3):  # whole rows
            there[row:] = False
    elif kind == 1:
        there[:] = False
    elif kind == 2:
        there = rng.random(drawn) < 0.05
    elif kind < 5:
        top, left = rng.integers(drawn[0]), rng.integers(drawn[1])
        there[top : top + rng.integers(1, 20), left : left + rng.integers(1, 20)] = False
    else:
        there = rng.random(drawn) < random.choice([0.3, 0.6, 0.9, 0.98])
    return np.broadcast_to(there, planes)


def draw_gaps(random: Random, kind: str, dtype: str | None = None, largest: int = 30) -> GapCase:
    """Draw a call, gaps, how they are stated, and the cells that they are looked for in."""
    cell = random.choice([present.SMALLEST_CELL, (1, 1), (2, 5), (7, 3)])
    return replace(_draw_gaps(random, kind, dtype, largest), cell=cell)


def _draw_gaps(random: Random, kind: str, dtype: str | None, largest: int) -> GapCase:
    image = draw_image(random, dtype, min(LARGEST.get(kind, largest), largest))
    case = DRAWS[kind](random, image)
    there = draw_there(random, image.shape)
    as_shape = there.reshape(image.shape)
    is_float = image.dtype.kind == "f"
    stated = random.choice(STATED if is_float else ("mask", "masked", "code"))
    if stated == "mask":
        alike = bool((there == there[:, :, :1]).all())
        mask: Array = there[:, :, 0] if alike and chance(random, 2) else as_shape
        if chance(random, 3):
            mask = mask * random.choice([np.uint8(1), np.uint8(255)])
        return GapCase(case, there, image, stated={"mask": mask})
    if stated == "masked":
        return GapCase(case, there, np.ma.MaskedArray(image, ~as_shape))
    if stated == "nan":
        code: Any = math.nan
    elif is_float:
        code = random.choice([-9999.0, 0.0, float(image.flat[0])])
        code = code if math.isfinite(code) else -9999.0
    else:
        code = int(random.choice([image.flat[0], 0, 1]))
    image = np.where(as_shape, image, np.asarray(code, image.dtype)).astype(image.dtype)
    known = ~np.isnan(image) if math.isnan(code) else image != code
    if case.options.get("border") == "constant" and chance(random, 3):
        case.options["fill"] = code
        if math.isnan(code):
            del case.options["fill"]
    case = replace(case, image=image)
    return GapCase(case, naive.as_planes(known).astype(bool), image, code, {"nodata": code})


def expect(gap_case: GapCase) -> tuple[Expected, Array]:
    """Compute what the call has to give, and where it is missing."""
    case, there, fill_there = gap_case.case, gap_case.there, gap_case.fill_there
    name, image, options = case.function, case.image, dict(case.options)
    native = image.dtype.newbyteorder("=")
    if name in SELECTING:
        size, *percent = case.arguments
        share = percent[0] if percent else {"minimum": 0, "median": 50, "maximum": 100}[name]
        result, gaps = naive_gaps.percentile(
            image, there, size, share, fill_there=fill_there, **options
        )
        return Expected(result.astype(native), native), gaps
    if name == "pool":
        (size,) = case.arguments
        result, gaps = naive_gaps.pool(image, there, size, **options)
        if options.get("reduce", "max") != "mean":
            return Expected(result.astype(native), native), gaps
        sums, _ = naive_gaps.pool(np.abs(as_floats(image)), there, size, **options)
        if options.get("over") != "depth":
            sizes = naive.as_pair(size)
            stride, dilation = options.get("stride") or size, options.get("dilation", 1)
            sums = naive.largest_of_overlapping(sums, sizes, stride, dilation)
        taps = math.prod(naive.as_pair(size))
        return Expected(result, image_dtype(image), allowance(image_dtype(image), sums, taps)), gaps
    return _expect_sums(gap_case, options)


def _expect_sums(gap_case: GapCase, options: dict[str, Any]) -> tuple[Expected, Array]:
    case, there = gap_case.case, gap_case.there
    image = case.image
    dtype = np.dtype(options.pop("dtype", None) or image_dtype(image))
    offset = options.pop("offset", 0.0)
    options["fill_there"] = gap_case.fill_there
    if case.function == "correlate_bank":
        kernels, how = [np.asarray(k) for k in case.arguments[0]], case.arguments[1]
        exact, gaps = naive_gaps.correlate_bank(image, there, kernels, how, **options)
    else:
        kernels, how = [np.asarray(case.arguments[0])], "max"
        if case.function == "convolve":
            kernels = [kernels[0][::-1, ::-1]]
        exact, gaps = naive_gaps.correlate(image, there, kernels[0], **options)
    exact = naive.Real(offset) + exact
    absolute = [
        naive_gaps.correlate(image, there, kernel, absolute=True, **options)[0]
        for kernel in kernels
    ]
    sums = joined_sums(absolute, how) + abs(offset)
    taps = sum(kernel.size for kernel in kernels) + 8
    weight = abs(options.get("scale", 1.0)) * sum(
        np.abs(k.astype(np.float64)).sum() for k in kernels
    )
    layout = {name: options[name] for name in ("stride", "dilation") if name in options}
    nearby = naive.largest_of_overlapping(sums, kernels[0].shape, **layout)
    allowed = allowance(dtype, nearby, taps, float(weight))
    finite = sums[np.isfinite(sums)]
    of_integers = (
        image.dtype.kind in "biu"
        and options.get("scale", 1.0) == 1.0
        and is_whole(offset, shown_fill(options), *kernels)
    )
    if of_integers and how != "l2" and (not finite.size or float(finite.max()) < EXACT_BELOW):
        whole = naive_gaps.is_whole(image, there, kernels[0].shape, **options)
        allowed = np.where(whole, naive.Real(0), allowed)
        if dtype.kind == "f":  # integers of a float dtype are as near as that has them
            allowed = np.where(whole, np.abs(exact) * float(np.finfo(dtype).eps), allowed)
        else:
            allowed = np.where(whole, naive.Real(0.5), allowed)
    return Expected(exact, dtype, np.maximum(allowed, np.finfo(naive.Real).tiny)), gaps


def check(gap_case: GapCase, workers: tuple[int, ...] = (1, 2, 3)) -> float:
    """Put one call through everything that is promised; return the share of the allowance used."""
    case = gap_case.case
    before = case.image.tobytes()
    try:
        expected, gaps = expect(gap_case)
    except naive.NothingLeftError:
        _must_refuse(gap_case)
        return 0.0
    dtype, exact = expected.dtype, expected.exact
    known = case.image[gap_case.there.reshape(case.image.shape)]
    makes_integers = case.image.dtype.kind == "f" and dtype.kind in "iu"
    has_nan = np.isnan(known).any() or np.isnan(exact[~gaps]).any()
    if makes_integers and has_nan:
        _must_refuse(gap_case)
        return 0.0
    if gap_case.nodata is not None and gaps.any() and not _holds(dtype, gap_case.nodata):
        _must_refuse(gap_case)
        return 0.0
    result = gap_case.run()
    assert case.image.tobytes() == before, "the input was written to"
    data = np.ma.getdata(result)
    if gap_case.nodata is None:
        assert isinstance(result, np.ma.MaskedArray), "no masked array"
        assert (np.ma.getmaskarray(result) == gaps).all(), "other gaps"
    else:
        assert type(result) is np.ndarray
        held = data[gaps]
        code = missing.code_of(gap_case.nodata, dtype) if held.size else 0
        assert ((held == code) | ((held != held) & (code != code))).all(), "no code in a gap"
    share = _compare(data, expected, gaps)
    with in_small_pieces(), patch.object(sums_present, "STRIP_NUMBERS", 1 << 6):
        for count in workers:
            again = np.ma.getdata(gap_case.run(count))
            assert again.tobytes() == data.tobytes(), f"other bits with {count} workers"
    return share


def _compare(data: Array, expected: Expected, gaps: Array) -> float:
    """Compare where nothing is missing."""
    filled = np.where(gaps, expected.exact.dtype.type(0), expected.exact)
    shown = np.where(gaps, data.dtype.type(0), data)
    allowed = expected.allowance
    if allowed is not None:
        allowed = np.where(gaps, allowed.dtype.type(1), allowed)
    return share_of_allowance(shown, Expected(filled, expected.dtype, allowed))


def _holds(dtype: np.dtype[Any], nodata: float) -> bool:
    try:
        missing.code_of(nodata, dtype)
    except ArgumentError:
        return False
    return True


def _must_refuse(gap_case: GapCase) -> None:
    try:
        result = gap_case.run()
    except ArgumentError:
        return
    raise AssertionError(f"gave {result.shape} {result.dtype} instead of an error")
