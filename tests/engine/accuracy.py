"""What the engine promises, as a check that any call can be put through.

The promise, against the exact real value: integers (image, weights, fill and offset integer, scale
1, sums below 2**53) are exact; any other 8-bit result lies within 0.52 and a 16-bit one within
0.6; float32 within 1e-5 and float64 within 1e-12 of the largest sum of absolute products among the
windows that overlap its own. What only selects is exact. NaN and infinity reach exactly the outputs
that weigh them. The input is left alone, and the number of workers changes no bit.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar
from unittest.mock import patch

import numpy as np

from convfilter import engine
from convfilter.engine import chain, operation, recorded_plans
from convfilter.engine.correlation import correlate
from convfilter.engine.correlation.algorithms import exact, sums
from convfilter.engine.edge_preserving import bilateral, nl_means
from convfilter.engine.planning import forcing
from convfilter.engine.rank import rank
from convfilter.engine.rank.algorithms import bits, blocks, columns
from convfilter.engine.window import source
from convfilter.errors import ArgumentError
from convfilter.runtime import threads
from convfilter.runtime.array_axes import MOST_CHANNELS
from tests import naive

Array = np.ndarray[Any, np.dtype[Any]]

EXACT_BELOW = 2.0**53
ALLOWED = {"uint8": 0.52, "uint16": 0.6, "int16": 0.6, "float32": 1e-5, "float64": 1e-12}
SELECTING = ("minimum", "maximum", "median", "percentile")


def axes_named(image: Array) -> dict[str, str]:
    """Return the axes where they have to be named: of more than four channels."""
    return {"axes": "YXC"} if image.ndim == 3 and image.shape[2] > MOST_CHANNELS else {}


@dataclass(frozen=True)
class Case:
    """One call of the engine."""

    function: str
    image: Array
    arguments: tuple[Any, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)

    def run(self, workers: int | None = None) -> Array:
        """Call the engine."""
        call = getattr(engine, self.function)
        named = {**self.options, **axes_named(self.image), "workers": workers}
        result: Array = call(self.image, *self.arguments, **named)
        return result

    def __str__(self) -> str:
        """Describe the call in one line."""
        image = f"{self.image.dtype}{list(self.image.shape)} strides {self.image.strides}"
        arguments = [_short(a) for a in self.arguments]
        arguments += [f"{name}={_short(value)}" for name, value in self.options.items()]
        return f"{self.function}({', '.join([image, *arguments])})"


def _short(value: Any) -> str:
    if isinstance(value, np.ndarray):
        text = np.array2string(value, threshold=30, separator=",").replace("\n", "")
        return f"{value.dtype}{list(value.shape)} {text}"
    if isinstance(value, list):
        return f"[{'; '.join(_short(v) for v in value)}]"
    return repr(value)


@dataclass(frozen=True)
class Expected:
    """The exact result, its dtype, and how far from it each finite output may lie.

    Without an allowance the result has to be exact. A `side` of 1 or -1 says that none may be on
    the other side of zero.
    """

    exact: Array
    dtype: np.dtype[Any]
    allowance: Array | None = None
    side: int = 0


def is_whole(*values: Any) -> bool:
    """Tell whether all numbers are integers."""
    return all(bool(np.all(np.asarray(v) == np.rint(np.asarray(v)))) for v in values)


def image_dtype(image: Array) -> np.dtype[Any]:
    """Return the dtype that a result has when none is asked for."""
    native = image.dtype.newbyteorder("=")
    return np.dtype(np.uint8) if native == np.bool_ else native


def as_floats(image: Array) -> Array:
    """Return the image in float64, where no magnitude overflows."""
    return image.astype(np.float64)


def allowance(dtype: np.dtype[Any], sums: Array, taps: int, weight: float = 1.0) -> Array:
    """Return the distances allowed where the result is not promised to be exact.

    `sums` are, for each output, the largest sum of absolute products that it may be judged by.

    Two things that no float can avoid are added: the rounding of a sum of doubles, which counts
    only above 2**40 or so, and the steps between subnormal numbers, enlarged by the sum of weights.
    """
    allowed = ALLOWED[dtype.name]
    if dtype.kind == "f":
        step = float(np.finfo(dtype).smallest_subnormal)
        return allowed * sums + taps * max(weight, 1.0) * step
    return allowed + taps * sums * 2.0**-53


def joined_sums(absolute: Sequence[Array], how: str) -> Array:
    """Return by what the joined responses of kernels are judged, from what each of them is judged.

    Where one response is infinite, another one, which meets infinity with a weight of 0, may win:
    that is judged by its own products.
    """
    return naive.combine([np.where(np.isfinite(each), each, 0) for each in absolute], how)


def shown_fill(options: dict[str, Any]) -> float:
    """Return the value that a border shows beyond the edge, 0 where it shows none of its own."""
    return options.get("fill", 0.0) if options.get("border") == "constant" else 0.0


def expect(case: Case) -> Expected:
    """Compute what the call has to give; NothingLeftError where it has to be refused."""
    name, image, options = case.function, case.image, case.options
    if name in SELECTING:
        exact = getattr(naive, name)(image, *case.arguments, **options)
        return Expected(exact, image.dtype.newbyteorder("="))
    if name == "pool":
        return expect_pool(case)
    if name == "canny":
        return expect_edges(case)
    if name in ("bilateral", "nl_means"):
        dtype = image_dtype(image)
        exact = getattr(naive, name)(image, *case.arguments, **options)
        return Expected(exact, dtype, allowance(dtype, *_nearby_values(case)))
    return expect_sums(case)


def _nearby_values(case: Case) -> tuple[Array, int]:
    """Return the largest absolute value that each weighted mean is made of, and of how many."""
    image, options = np.abs(as_floats(case.image)), case.options
    is_disk = case.function == "bilateral"
    side = case.arguments[0] // 2 * 2 + 1 if is_disk else options.get("search", 21)
    finite = np.where(np.isfinite(image), image, 0)
    around = {"border": options.get("border", "reflect"), "fill": abs(options.get("fill", 0.0))}
    return naive.maximum(finite, side, **around), side**2


def expect_edges(case: Case) -> Expected:
    """Expect of Canny's edges what its steps make of Sobel's gradients, one after the other."""
    options = dict(case.options)
    norm = options.pop("norm", "l2")
    kernel = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    floats = np.float64 if image_dtype(case.image) == np.float64 else np.float32
    across, up = (
        engine.correlate(case.image, weights, dtype=floats, **options)
        for weights in (kernel, kernel.T[::-1])
    )
    thin = engine.non_maximum_suppression(across, up, norm=norm)
    return Expected(engine.hysteresis(thin, *case.arguments), np.dtype(np.bool_))


def expect_pool(case: Case) -> Expected:
    """Expect of a mean what is promised of sums, and of a maximum or minimum the exact value."""
    image, (size,) = case.image, case.arguments
    dtype = image_dtype(image)
    exact = naive.pool(image, size, **case.options)
    if case.options.get("reduce", "max") != "mean":
        return Expected(exact, image.dtype.newbyteorder("="))
    sums = naive.pool(np.abs(as_floats(image)), size, **case.options)
    if case.options.get("over") != "depth":
        sizes = naive.as_pair(size)
        stride, dilation = case.options.get("stride") or size, case.options.get("dilation", 1)
        sums = naive.largest_of_overlapping(sums, sizes, stride, dilation)
    return Expected(exact, dtype, allowance(dtype, sums, math.prod(naive.as_pair(size))))


def expect_sums(case: Case) -> Expected:
    """Expect what is promised of correlate, convolve and correlate_bank."""
    image, options = case.image, dict(case.options)
    dtype = np.dtype(options.pop("dtype", None) or image_dtype(image))
    if case.function == "correlate_bank":
        kernels, how = [np.asarray(k) for k in case.arguments[0]], case.arguments[1]
        exact = naive.correlate_bank(image, kernels, how, **options)
    else:
        kernels, how = [np.asarray(case.arguments[0])], "max"
        exact = getattr(naive, case.function)(image, kernels[0], **options)
        kernels = [kernels[0][::-1, ::-1] if case.function == "convolve" else kernels[0]]
    sums = joined_sums([naive.absolute_sums(image, kernel, **options) for kernel in kernels], how)
    finite = sums[np.isfinite(sums)]
    largest = float(finite.max()) if finite.size else 0.0
    whole = (
        image.dtype.kind in "biu"
        and options.get("scale", 1.0) == 1.0
        and is_whole(options.get("offset", 0.0), shown_fill(options), *kernels)
    )
    if whole and how != "l2" and largest < EXACT_BELOW:
        return Expected(exact, dtype)
    taps = sum(kernel.size for kernel in kernels)
    weight = abs(options.get("scale", 1.0)) * sum(
        np.abs(k.astype(np.float64)).sum() for k in kernels
    )
    layout = {name: options[name] for name in ("stride", "dilation") if name in options}
    nearby = naive.largest_of_overlapping(sums, kernels[0].shape, **layout)
    return Expected(exact, dtype, allowance(dtype, nearby, taps, float(weight)), _side(case))


def _side(case: Case) -> int:
    """Return the sign of all products of a single kernel and of the offset, 0 if they differ."""
    if case.function == "correlate_bank":
        return 0
    options, fill = case.options, shown_fill(case.options)
    sides = [
        int(np.min(values) >= 0) - int(np.max(values) <= 0)
        for values in (np.append(as_floats(case.image), fill), case.arguments[0])
    ]
    side = sides[0] * sides[1] * (1 if options.get("scale", 1.0) > 0 else -1)
    return side if options.get("offset", 0.0) * side >= 0 else 0


def share_of_allowance(result: Array, expected: Expected) -> float:
    """Compare; return the largest error as a share of what is allowed."""
    exact, dtype = expected.exact, expected.dtype
    assert result.dtype == dtype, f"dtype {result.dtype} instead of {dtype}"
    assert result.shape == exact.shape, f"shape {result.shape} instead of {exact.shape}"
    wrong = result < 0 if expected.side > 0 else (result > 0) & (expected.side < 0)
    assert not wrong.any(), _first(wrong, result, exact, "on one side of zero")
    allowed = expected.allowance
    if allowed is None:
        rounded = exact if dtype.kind == "b" else naive.round_to(exact, dtype)
        wrong = (result != rounded) & ~((result != result) & (rounded != rounded))
        assert not wrong.any(), _first(wrong, result, rounded, "which has to be exact")
        return 0.0
    if dtype.kind == "f":
        limit = naive.Real(np.finfo(dtype).max)
        too_large = np.isfinite(exact) & (np.abs(exact) > limit)
        special = ~np.isfinite(exact) | (np.abs(exact) > limit * naive.Real(1.0001))
        wanted = np.where(too_large, np.copysign(naive.Real(np.inf), exact), exact)
        wrong = special & (result != wanted) & ~(np.isnan(result) & np.isnan(wanted))
        wrong |= ~(special | too_large) & ~np.isfinite(result)
        assert not wrong.any(), _first(
            wrong, result, wanted, "NaN and infinity reach what they may"
        )
        target, compared = exact, ~(special | too_large)
    else:
        limits = np.iinfo(dtype)
        target = np.clip(exact, limits.min, limits.max)
        compared = np.ones(exact.shape, bool)
    if not compared.any():
        return 0.0
    error = np.zeros(exact.shape)
    error[compared] = np.abs(result[compared].astype(naive.Real) - target[compared])
    wrong = error > allowed
    if wrong.any():
        least = float(allowed[wrong][0])
        raise AssertionError(_first(wrong, result, target, f"within {least:.6g}"))
    return float((error[compared] / allowed[compared]).max())


def _first(wrong: Array, result: Array, wanted: Array, promise: str) -> str:
    at = tuple(int(i) for i in np.argwhere(wrong)[0])
    return (
        f"{int(wrong.sum())} of {wrong.size} outputs are wrong; at {at} the engine gives "
        f"{result[at]!r} instead of {wanted[at]!r} ({promise})"
    )


@contextmanager
def in_small_pieces() -> Iterator[None]:
    """Let small images be cut into bands, strips and blocks as large ones are."""
    with ExitStack() as stack:
        for module, name, value in (
            (threads, "SMALLEST_BAND", 1),
            (source, "STRIP_BYTES", 1 << 11),
            (sums, "STRIP_BYTES", 1 << 9),
            (sums, "WINDOW_ELEMENTS", 1),
            (sums, "NARROWEST", 8),
            (exact, "STRIP_BYTES", 1 << 9),
            (rank, "HISTOGRAM_ROWS", 3),
            (blocks, "LEAST_SIDE", 5),
            (columns, "TILE", 5),
            (bits, "TILE", 7),
            (chain, "TILE_BYTES", 1 << 9),
            (chain, "TILE_COLUMNS", 8),
            (chain, "MEMORY_EFFORT", 1 << 40),
            (bilateral._Ready, "tile_size", (3, 5)),
            (nl_means._Ready, "tile_size", (3, 5)),
            # what has been laid out for an operation is large
            (correlate, "_remembered", correlate._remembered.__wrapped__),
            (operation, "_remembered", operation._remembered.__wrapped__),
        ):
            stack.enter_context(patch.object(module, name, value))
        yield


def check(case: Case, workers: tuple[int, ...] = (1, 2, 3)) -> float:
    """Put one call through everything that is promised; return the share of the allowance used."""
    before = case.image.tobytes()
    try:
        expected = expect(case)
    except naive.NothingLeftError as reason:
        _must_refuse(case, str(reason))
        return 0.0
    if expected.dtype.kind in "iu" and (
        np.isnan(case.image).any() or np.isnan(expected.exact).any()
    ):
        _must_refuse(case, "NaN has no integer")
        return 0.0
    result = case.run()
    assert case.image.tobytes() == before, "the input was written to"
    assert not np.may_share_memory(result, case.image), "the result is a view of the input"
    assert result.flags.c_contiguous, "the result is not contiguous"
    assert result.flags.writeable, "the result is read-only"
    share = share_of_allowance(result, expected)
    with in_small_pieces():
        for count in workers:
            again = case.run(count)
            assert again.tobytes() == result.tobytes(), f"other bits with {count} workers"
    return share


def _must_refuse(case: Case, reason: str) -> None:
    try:
        result = case.run()
    except ArgumentError:
        return
    raise AssertionError(f"gave {result.shape} {result.dtype} instead of an error: {reason}")


Checked = TypeVar("Checked")


def check_paths(
    case: Checked, check: Callable[[Checked, tuple[int, ...]], float], workers: tuple[int, ...]
) -> dict[str, float]:
    """Check a case by its plans and by every other that was considered.

    Returns their names, and what `check` returned for each.
    """
    with recorded_plans() as plans:
        share = check(case, workers)
    shares = {plan.name: share for plan in plans}
    for name in {name for plan in plans for name, _ in plan.alternatives} - set(shares):
        with forcing(name):
            shares[name] = check(case, workers)
    return shares
