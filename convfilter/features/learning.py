"""The kernel that best turns one picture into another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from convfilter.errors import ArgumentError
from convfilter.features.equations import Equations, Floats, Plane, gather, windows
from convfilter.kernels import Kernel
from convfilter.picture.image import Image
from convfilter.runtime.checks import Array
from convfilter.runtime.missing import is_masked, refuse_gaps
from convfilter.runtime.numbers import check_integer, check_number

__all__ = ["Learned", "learn_kernel"]

_LARGEST_SIZE = 31
_ROUNDING = 1 / np.sqrt(12)
"""Standard deviation of rounding to whole numbers."""

_UNCERTAIN = 0.05
"""Standard error of a weight, as a part of the largest weight, that is told of."""

_EXPLAINED = 0.05
"""Part of the residual that curved terms must explain before a change is called not linear."""

_SAMPLE = 20_000
"""Pixels that the test of linearity looks at."""

_SIGNIFICANT = 10.0
"""The F of that test: chance exceeds it less than once in a million times."""

_MARGIN = 3.0
"""Standard deviations of the noise between a result that counts and the ends of the scale."""

_MOST_ROUNDS = 4


@dataclass(frozen=True)
class Learned:
    """A kernel and how well it explains the change.

    Attributes
    ----------
    kernel : as `convolve` takes it, laid on the picture as printed
    r_squared : part of the variance of the result that it explains, at most 1
    condition : condition number of the windows; the larger, the less the pictures determine
    pixels : how many were counted
    residual : standard deviation of what it leaves, on the scale 0 to 255
    curved : part of the residual that curved functions of the window explain, 0 to 1
    determined : whether the pictures determine the kernel
    linear : whether a kernel can make such a change
    """

    kernel: Kernel
    r_squared: float
    condition: float
    pixels: int
    residual: float
    curved: float
    determined: bool
    linear: bool

    @property
    def warnings(self) -> tuple[str, ...]:
        """Return a line for each doubt."""
        found = []
        if not self.determined:
            found.append(
                "the pictures do not determine the kernel: take pictures with more detail, more of"
                " them, a smaller size or a larger ridge"
            )
        if not self.linear:
            found.append(
                f"the change is not linear: {self.curved:.0%} of what the kernel leaves follows"
                " from the pixels in a way that no kernel can"
            )
        return tuple(found)


class _Fit(NamedTuple):
    weights: Floats  # the last one is the offset
    error: float
    condition: float
    uncertain: float
    residual: float


def learn_kernel(
    pairs: Sequence[tuple[Array | Image, Array | Image]],
    size: int = 5,
    *,
    each: bool = False,
    offset: bool = False,
    ridge: float = 0.0,
    name: str = "learned",
) -> tuple[Learned, ...]:
    """Return the kernel that best turns the first picture of each pair into the second.

    The weights minimise the sum of squared differences, by normal equations (Gauss), plus `ridge`
    times the sum of their squares (Hoerl and Kennard, "Ridge regression", 1970). Pixels whose
    window reaches over the border, and those whose result is saturated or is expected
    within three standard deviations of the noise of that, are left out: noise is cut off there.

    A change is called not linear where curved functions of the window (its median, minimum and
    maximum, squares) explain 5 per cent or more of the residual, and more than rounding to 8 bits
    would leave. Noise and rounding do not follow from the pixels, whatever their size (Ramsey,
    "Tests for specification errors in classical linear least-squares regression analysis", 1969).

    Parameters
    ----------
    pairs : sequence of (before, after)
        Arrays (H, W) or (H, W, C), or images, both of one shape; alpha of images is left aside.
    size : odd int, 1 to 31
        Rows and columns of the kernel.
    each : bool
        Whether each channel gets a kernel of its own, instead of one for all.
    offset : bool
        Whether a constant is added; it is on the scale 0 to 255.
    ridge : float, from 0
        In parts of the mean square of the pixels.
    name : str
        What the kernel is called; with `each`, a number from 0 is added.

    Returns
    -------
    tuple of Learned
        One, or one for each channel.

    Raises
    ------
    ArgumentError
        A size is even, pictures of a pair differ in shape, hold NaN, or no pixel is left.

    Examples
    --------
    >>> before = np.random.default_rng(0).integers(40, 200, (64, 64)).astype(np.uint8)
    >>> after = convfilter.correlate(before, [[0, 1, 0], [1, 4, 1], [0, 1, 0]], scale=1 / 8)
    >>> (learned,) = convfilter.learn_kernel([(before, after)], 3)
    >>> (learned.kernel.weights * 8).round().astype(int).tolist()
    [[0, 1, 0], [1, 4, 1], [0, 1, 0]]
    """
    side = check_integer(size, "size")
    if not 1 <= side <= _LARGEST_SIZE or side % 2 == 0:
        raise ArgumentError(f"size is {side}: give an odd number from 1 to {_LARGEST_SIZE}")
    if check_number(ridge, "ridge") < 0:
        raise ArgumentError(f"ridge is {ridge}: give a number from 0")
    if not len(pairs):
        raise ArgumentError("pairs is empty: give at least one picture before and after")
    channels = [_planes(before, after, side) for before, after in pairs]
    if each and len({len(planes) for planes in channels}) > 1:
        raise ArgumentError("the pairs have different numbers of channels: learn one for all")
    if each:
        groups = [list(planes) for planes in zip(*channels, strict=True)]
    else:
        groups = [[plane for planes in channels for plane in planes]]
    return tuple(
        _learned(group, side, offset, ridge, f"{name}-{number}" if len(groups) > 1 else name)
        for number, group in enumerate(groups)
    )


def _planes(before: Array | Image, after: Array | Image, side: int) -> list[Plane]:
    first, second = _scaled(before), _scaled(after)
    if first.shape != second.shape:
        raise ArgumentError(
            f"the pictures of a pair are {_shape(first)} and {_shape(second)}: give two of one"
            " size and with the same channels"
        )
    if min(first.shape[:2]) < side:
        raise ArgumentError(f"a picture of {_shape(first)} is smaller than the kernel: {side}")
    reach = side // 2
    inner = second[reach : len(second) - reach, reach : second.shape[1] - reach]
    low, high = inner > 0, inner < 255
    return [
        Plane(first[..., c], inner[..., c], low[..., c] & high[..., c])
        for c in range(first.shape[2])
    ]


def _shape(values: Floats) -> str:
    return f"{values.shape[1]}x{values.shape[0]} with {values.shape[2]} channels"


def _scaled(picture: Array | Image) -> Floats:
    """Return (rows, columns, channels) on the scale 0 to 255, without alpha."""
    alpha = isinstance(picture, Image) and picture.alpha
    pixels = picture.pixels if isinstance(picture, Image) else np.asarray(picture)
    if is_masked(picture) and np.ma.is_masked(picture):
        raise refuse_gaps("learn_kernel")
    if pixels.ndim not in (2, 3) or pixels.dtype.kind not in "buif":
        raise ArgumentError(f"a picture is an array (H, W) or (H, W, C), not {pixels.shape}")
    values = pixels if pixels.ndim == 3 else pixels[..., None]
    values = values[..., :-1] if alpha else values
    factor = 255 / float(np.iinfo(pixels.dtype).max) if pixels.dtype.kind in "ui" else 255.0
    scaled: Floats = values.astype(np.float64) * factor
    if not np.isfinite(scaled).all():
        raise ArgumentError("a picture holds NaN or infinity: learn from finite values")
    return scaled


def _learned(planes: list[Plane], side: int, offset: bool, ridge: float, name: str) -> Learned:
    size = (side, side)
    equations = gather(planes, size)
    fit = _fit(equations, offset, ridge)
    for _ in range(_MOST_ROUNDS):
        # by what is expected, not by what came out alone: else noise has a say in what counts
        kept = [_unclipped(plane, fit, side) for plane in planes]
        if all((a.valid == b.valid).all() for a, b in zip(kept, planes, strict=True)):
            break
        found = gather(kept, size)
        if found.pixels <= len(fit.weights):
            break
        equations, planes = found, kept
        fit = _fit(equations, offset, ridge)
    curved, linear = _linearity(planes, fit, side)
    mean = equations.answers[-1] / equations.pixels
    spread = equations.squares - equations.pixels * mean**2
    r_squared = 1 - fit.error / spread if spread > 0 else 0.0
    kernel = Kernel(
        name,
        fit.weights[:-1].reshape(size),
        offset=float(fit.weights[-1]),
        description=f"Learned from {equations.pixels} pixels, R squared {r_squared:.4f}",
        source="convfilter learn",
    )
    return Learned(
        kernel,
        r_squared,
        fit.condition,
        equations.pixels,
        fit.residual,
        curved,
        fit.uncertain <= _UNCERTAIN,
        linear,
    )


def _fit(equations: Equations, offset: bool, ridge: float) -> _Fit:
    """Solve the equations by their eigenvectors, without those that the pictures do not show."""
    unknowns = len(equations.answers) - (not offset)
    if equations.pixels <= unknowns:
        raise ArgumentError(
            f"{equations.pixels} pixels are left for {unknowns} numbers: the others are saturated"
            " or too near the border"
        )
    products, answers = equations.products, equations.answers
    taps = len(answers) - 1
    # a constant as large as the pixels, so that the condition tells of the pixels
    unit = np.ones(unknowns)
    level = np.trace(products[:taps, :taps]) / taps
    if offset and level > 0:
        unit[-1] = np.sqrt(level / equations.pixels)
    products = products[:unknowns, :unknowns] * np.outer(unit, unit)
    answers = answers[:unknowns] * unit
    penalty = np.full(unknowns, ridge * level)
    penalty[taps:] = 0
    values, vectors = np.linalg.eigh(products + np.diag(penalty))
    floor = max(values[-1], 0.0) * unknowns * np.finfo(np.float64).eps * 16
    seen = values > floor
    inverse = np.where(seen, 1 / np.where(seen, values, 1), 0)
    solved = vectors @ (inverse * (vectors.T @ answers))
    error = equations.squares - 2 * float(solved @ answers) + float(solved @ products @ solved)
    error = max(error, 0.0)
    variance = max(error / (equations.pixels - unknowns), _ROUNDING**2)
    weights = np.zeros(taps + 1)
    weights[:unknowns] = solved * unit
    largest = float(np.abs(weights[:taps]).max())
    spread = np.sqrt(variance * ((vectors**2) @ inverse))[:taps].max()
    uncertain = spread / largest if seen.all() and largest > 0 else np.inf
    plain = np.linalg.eigvalsh(products)
    condition = np.sqrt(plain[-1] / plain[0]) if plain[0] > floor else np.inf
    return _Fit(weights, error, float(condition), float(uncertain), float(np.sqrt(variance)))


def _expected(plane: Plane, fit: _Fit, side: int) -> Floats:
    from convfilter.engine import correlate

    reach = side // 2
    whole: Floats = correlate(plane.before, fit.weights[:-1].reshape(side, side), dtype=np.float64)
    inner: Floats = whole[reach : len(whole) - reach, reach : whole.shape[1] - reach]
    shifted: Floats = inner + fit.weights[-1]
    return shifted


def _unclipped(plane: Plane, fit: _Fit, side: int) -> Plane:
    """Return the plane with the pixels whose expected result is well within the scale."""
    expected = _expected(plane, fit, side)
    margin = min(_MARGIN * fit.residual, 32.0)
    valid = (expected > margin) & (expected < 255 - margin)
    valid &= (plane.after > 0) & (plane.after < 255)
    return plane._replace(valid=valid)


def _linearity(planes: list[Plane], fit: _Fit, side: int) -> tuple[float, bool]:
    """Return which part of the residual curved functions explain, and whether that is little."""
    total = sum(int(plane.valid.sum()) for plane in planes)
    step = max(1, total // _SAMPLE)
    found: list[Floats] = []
    after: list[Floats] = []
    for plane in planes:
        for some, result in windows(plane, (side, side)):
            found.append(some[::step])
            after.append(result[::step])
    straight = np.concatenate(found)
    rest = np.concatenate(after) - straight @ fit.weights
    curves = _curves(straight[:, :-1], side)
    free = len(rest) - straight.shape[1] - curves.shape[1]
    if free < straight.shape[1]:
        return 0.0, True
    linear = _left(straight, rest)
    both = _left(np.hstack([straight, curves]), rest)
    gained = max(linear - both, 0.0)
    if linear <= 0 or not gained:
        return 0.0, True
    share = gained / linear
    significant = gained / curves.shape[1] > _SIGNIFICANT * both / free
    beyond_rounding = gained / len(rest) > _ROUNDING**2
    return share, not (significant and share >= _EXPLAINED and beyond_rounding)


def _left(columns: Floats, wanted: NDArray[np.float64]) -> float:
    """Return the sum of squares that the best combination of columns leaves."""
    size = np.sqrt((columns**2).sum(axis=0))
    scaled = columns / np.where(size > 0, size, 1)
    solved = np.linalg.lstsq(scaled, wanted, rcond=1e-10)[0]
    return float(((wanted - scaled @ solved) ** 2).sum())


def _curves(taps: Floats, side: int) -> Floats:
    """Return functions of each window that no kernel computes, (pixels, functions)."""
    centre = taps[:, taps.shape[1] // 2]
    columns = [centre**2, taps.mean(axis=1) ** 2, taps.std(axis=1)]
    cube = taps.reshape(-1, side, side)
    for reach in range(1, side // 2 + 1)[:3]:
        middle = side // 2
        part = slice(middle - reach, middle + reach + 1)
        inner = np.sort(cube[:, part, part].reshape(len(taps), -1), axis=1)
        columns += [inner[:, 0], inner[:, -1], inner[:, inner.shape[1] // 2]]
    return np.stack(columns, axis=1)
