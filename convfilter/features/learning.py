"""The kernel that best turns one picture into another."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from convfilter.errors import ArgumentError
from convfilter.features.absolute import with_signs
from convfilter.features.equations import Plane
from convfilter.features.fitting import OPEN, STRANGE, fitted
from convfilter.kernels.kernel import Kernel, Signed
from convfilter.picture.image import Image
from convfilter.runtime.checks import Array, as_array, check_image, limits_of
from convfilter.runtime.missing import is_masked, refuse_gaps
from convfilter.runtime.numbers import check_integer, check_number
from convfilter.runtime.threads import check_workers

__all__ = ["Learned", "learn_kernel"]

_LARGEST_SIZE = 31

_UNCERTAIN = 0.02
"""Standard error of a weight, as a part of the largest weight, that is told of."""

_STRAIGHT = 0.02
"""Part of the residual that curved functions may explain where signs were given to the results."""

_FLOAT_ROUNDING = 1e-5
"""Standard deviation of the rounding of float pixels, on the scale 0 to 255."""


@dataclass(frozen=True)
class Learned:
    """A kernel and how well it explains the change.

    Attributes
    ----------
    kernel : as `convolve` takes it, laid on the picture as printed
    errors : standard errors of its weights, of the same shape
    offset_error : standard error of its offset; 0 where none was asked for
    r_squared : part of the variance of the result that it explains, at most 1
    condition : condition number of the windows; the larger, the less the pictures determine
    pixels : how many were counted; one that tells half of what another does counts half
    residual : standard deviation of what it leaves, on the scale 0 to 255
    curved : part of the residual that curved functions of the window explain, 0 to 1; 0 if that
        is no more than rounding leaves
    strange : part of the results that the kernel would have made black or white and are neither
    determined : whether the pictures determine the kernel
    linear : whether a kernel can make such a change, of which the results may be absolute values
    """

    kernel: Kernel
    errors: NDArray[np.float64]
    offset_error: float
    r_squared: float
    condition: float
    pixels: int
    residual: float
    curved: float
    strange: float
    determined: bool
    linear: bool

    @property
    def uncertainty(self) -> float:
        """Return the largest standard error of a weight, as a part of the largest weight."""
        largest = float(np.abs(self.kernel.array).max())
        return float(self.errors.max()) / largest if largest else math.inf

    @property
    def warnings(self) -> tuple[str, ...]:
        """Return a line for each doubt."""
        found = []
        if not self.determined:
            found.append(
                "the pictures do not determine the kernel: take pictures with more detail, more of"
                " them, or a smaller size"
            )
        elif self.uncertainty > _UNCERTAIN:
            found.append(
                f"weights may be off by {self.uncertainty:.1%} of the largest (one standard error):"
                " take larger pictures or more of them, or a smaller size"
            )
        if self.kernel.signed == "abs":
            found.append(
                "the results are absolute values: they do not tell the sign of the kernel, which"
                " may be the other one"
            )
        if not self.linear and self.strange > STRANGE:
            found.append(
                f"the change is not linear: {self.strange:.0%} of the results are neither black nor"
                " white, where a kernel would have made them so"
            )
        elif not self.linear:
            found.append(
                f"the change is not linear: {self.curved:.0%} of what the kernel leaves follows"
                " from the pixels in a way that no kernel can"
            )
        return tuple(found)


def learn_kernel(
    pairs: Sequence[tuple[Array | Image, Array | Image]],
    size: int = 5,
    *,
    each: bool = False,
    offset: bool = False,
    ridge: float | None = None,
    name: str = "learned",
    workers: int | None = None,
) -> tuple[Learned, ...]:
    """Return the kernel that best turns the first picture of each pair into the second.

    The weights minimise the sum of squared differences, by normal equations (Gauss). Where noise
    hides what a weight is, neighbouring weights are taken to be as much alike as makes the pictures
    most probable (MacKay, "Bayesian interpolation", 1992); where the pictures tell, this changes
    nothing. A number as `ridge` adds that times the sum of squares of the weights instead (Hoerl
    and Kennard, "Ridge regression", 1970), and 0 adds nothing.

    Pixels whose window reaches over the border, and those whose result is saturated or is expected
    within three standard deviations of the noise of that, are left out: noise is cut off there. If
    those are many and weights uncertain, the ones near the ends of the scale count for what they
    tell (Tobin, "Estimation of relationships for limited dependent variables", 1958).
    Float pixels are cut off at 0 and 1 if none lies beyond and one lies there.

    A change is called not linear where curved functions of the window (its median, minimum and
    maximum, squares) explain 5 per cent or more of the residual, and more than rounding
    would leave. Noise and rounding do not follow from the pixels, whatever their size (Ramsey,
    "Tests for specification errors in classical linear least-squares regression analysis", 1969).

    Parameters
    ----------
    pairs : sequence of (before, after)
        Arrays (H, W) or (H, W, C), or images, both of one shape; alpha of images is left aside.
        Integers span their range, floats 0 to 1.
    size : odd int, 1 to 31
        Rows and columns of the kernel.
    each : bool
        Whether each channel gets a kernel of its own, instead of one for all.
    offset : bool
        Whether a constant is added; it is on the scale 0 to 255.
    ridge : float, from 0, or None
        In parts of the mean square of the pixels; None as the pictures say.
    name : str
        What the kernel is called; with `each`, a number from 0 is added.
    workers : int or None
        Threads; None for all CPUs. Their number changes no bit.

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
    >>> bool(learned.errors.max() < 0.001)
    True
    """
    side = check_integer(size, "size")
    if not 1 <= side <= _LARGEST_SIZE or side % 2 == 0:
        raise ArgumentError(f"size is {side}: give an odd number from 1 to {_LARGEST_SIZE}")
    if ridge is not None and check_number(ridge, "ridge") < 0:
        raise ArgumentError(f"ridge is {ridge}: give a number from 0")
    threads = check_workers(workers)
    if not len(pairs):
        raise ArgumentError("pairs is empty: give at least one picture before and after")
    channels = []
    for number, (before, after) in enumerate(pairs, 1):
        try:
            channels.append(_planes(before, after, side))
        except ArgumentError as error:
            if len(pairs) > 1:
                raise ArgumentError(f"pair {number}: {error}") from error
            raise
    if each and len({len(planes) for planes in channels}) > 1:
        raise ArgumentError("the pairs have different numbers of channels: learn one for all")
    if each:
        groups = [list(planes) for planes in zip(*channels, strict=True)]
    else:
        groups = [[plane for planes in channels for plane in planes]]
    return tuple(
        _learned(planes, side, offset, ridge, f"{name}-{number}" if each else name, threads)
        for number, planes in enumerate(groups)
    )


def _planes(before: Array | Image, after: Array | Image, side: int) -> list[Plane]:
    (first, first_white), (second, white) = _pixels(before), _pixels(after)
    if first.shape != second.shape:
        raise ArgumentError(
            f"the pictures of a pair are {_shape(first)} and {_shape(second)}: give two of one"
            " size and with the same channels"
        )
    if min(first.shape[:2]) < side:
        raise ArgumentError(f"a picture of {_shape(first)} is smaller than the kernel: {side}")
    reach = side // 2
    low, high = _ends(second, white)
    unit = 255 / white
    inner = second[reach : len(second) - reach, reach : second.shape[1] - reach]
    valid = (inner > low) & (inner < high)
    rounding = _FLOAT_ROUNDING if second.dtype.kind == "f" else unit / math.sqrt(12)
    return [
        Plane(
            first[..., c],
            inner[..., c],
            valid[..., c],
            (255 / first_white, unit),
            (low * unit, high * unit),
            rounding,
        )
        for c in range(first.shape[2])
    ]


def _shape(values: Array) -> str:
    channels = values.shape[2]
    return f"{values.shape[1]}x{values.shape[0]} with {channels} channel{'s' * (channels != 1)}"


def _pixels(picture: Array | Image) -> tuple[Array, int]:
    """Return (rows, columns, channels) without alpha, and the value that stands for white."""
    alpha = isinstance(picture, Image) and picture.alpha
    if is_masked(picture) and np.ma.is_masked(picture):
        raise refuse_gaps("learn_kernel")
    given = picture.pixels if isinstance(picture, Image) else as_array(picture)
    pixels = check_image(given)
    pixels = pixels[..., :-1] if alpha else pixels
    is_real = pixels.dtype.kind == "f"
    if is_real and not np.isfinite(pixels).all():
        raise ArgumentError("a picture holds NaN or infinity: learn from finite values")
    white = 1 if is_real or given.dtype == np.bool_ else limits_of(pixels.dtype)[1]
    return pixels, white


def _ends(pixels: Array, white: int) -> tuple[float, float]:
    """Return the values at which pixels may have been cut off."""
    if pixels.dtype.kind == "f":
        # of floats nobody knows; where values end with black and white, that is no chance
        low, high = float(pixels.min()), float(pixels.max())
        return (0.0 if low == 0 else -math.inf), (1.0 if high == 1 else math.inf)
    lowest, _ = limits_of(pixels.dtype)
    return float(lowest), float(white)


def _learned(
    planes: list[Plane], side: int, offset: bool, ridge: float | None, name: str, workers: int
) -> Learned:
    size = (side, side)
    found = fitted(planes, size, offset, ridge, workers)
    signed: Signed = "clamp"
    # what derivatives answer is often shown as absolute values, which no kernel makes by itself
    if not found.linear and not offset and all(plane.ends[0] == 0 for plane in planes):
        again = fitted(with_signs(planes, size, workers), size, offset, ridge, workers)
        if again.linear and again.curved <= _STRAIGHT and again.fit.uncertain <= OPEN:
            found, signed = again, "abs"
    fit = found.fit
    kernel = Kernel(
        name,
        fit.weights.reshape(size),
        offset=fit.offset,
        signed=signed,
        description=f"Learned from {found.pixels} pixels, R squared {found.r_squared:.4f}",
        source="convfilter learn",
    )
    return Learned(
        kernel,
        fit.errors.reshape(size),
        fit.offset_error,
        found.r_squared,
        fit.condition,
        found.pixels,
        fit.residual,
        found.curved,
        found.strange,
        fit.uncertain <= OPEN,
        found.linear,
    )
