"""Weights from parameters: Gaussians and what is made of them, disk, motion, Gabor, emboss.

All return float64 matrices for correlation, with the origin in the middle and odd sides.
Lengths are in pixels. Angles are in degrees, counterclockwise from the direction to the right,
as one draws them on paper (so 90 points to the top row).
"""

from __future__ import annotations

import functools
import math

import numpy as np
from numpy.typing import NDArray

from convfilter.errors import ArgumentError
from convfilter.runtime.numbers import POSITIVE, Range, check_number, check_number_pair

__all__ = [
    "MAX_TAPS",
    "difference_of_gaussians",
    "disk",
    "emboss",
    "gabor",
    "gaussian",
    "laplacian_of_gaussian",
    "motion",
]

MAX_TAPS = 2**24
"""Kernels of more weights than this are not made."""

Weights = NDArray[np.float64]


def gaussian(sigma: float | tuple[float, float], truncate: float = 4.0) -> Weights:
    """Return a Gaussian, the outer product of two sampled ones; it sums to 1.

    Parameters
    ----------
    sigma : standard deviation in pixels, one number or (down the rows, along the columns)
        At least 0, which leaves that direction alone.
    truncate : reach in standard deviations, above 0

    Raises
    ------
    ArgumentError, ArgumentTypeError
        For a value that is out of range or no number, and for more than `MAX_TAPS` weights.

    Examples
    --------
    >>> gaussian(2).shape
    (17, 17)
    """
    sigmas = check_number_pair(sigma, "sigma", Range(0))
    truncate = check_number(truncate, "truncate", POSITIVE)
    down, along = (_radius(each, truncate) for each in sigmas)
    _check_taps("sigma", 2 * down + 1, 2 * along + 1)
    return np.outer(_remembered_bell(down, sigmas[0]), _remembered_bell(along, sigmas[1]))


def laplacian_of_gaussian(sigma: float | tuple[float, float], truncate: float = 4.0) -> Weights:
    """Return the Laplacian of a Gaussian (Marr & Hildreth 1980), negative in the middle.

    Both second derivatives are the sampled Gaussian times the Hermite polynomial of order 2,
    orthogonalised on the samples (Koenderink & van Doorn 1987 for the family). So the sum of the
    weights is 0 and the answer on the bowl (x * x + y * y) / 2 is exactly 2, the Laplacian of the
    bowl. No factor of sigma is applied. At least three taps serve each direction, however small
    sigma is.

    Parameters
    ----------
    sigma : standard deviation in pixels, one number or (down the rows, along the columns), above 0
    truncate : reach in standard deviations, above 0

    Raises
    ------
    ArgumentError, ArgumentTypeError
        As `gaussian`.
    """
    sigmas = check_number_pair(sigma, "sigma", POSITIVE)
    truncate = check_number(truncate, "truncate", POSITIVE)
    down, along = (max(_radius(each, truncate), 1) for each in sigmas)
    _check_taps("sigma", 2 * down + 1, 2 * along + 1)
    of_rows = np.outer(_second_derivative(down, sigmas[0]), _bell(along, sigmas[1]))
    of_columns = np.outer(_bell(down, sigmas[0]), _second_derivative(along, sigmas[1]))
    return of_rows + of_columns


def difference_of_gaussians(
    sigma: float | tuple[float, float], ratio: float = 1.6, truncate: float = 4.0
) -> Weights:
    """Return a Gaussian of `sigma` minus one of `ratio * sigma`; it sums to 0.

    With the ratio 1.6 of Marr & Hildreth (1980) it comes close to the Laplacian of a Gaussian
    with the sign turned: positive in the middle.

    Parameters
    ----------
    sigma : standard deviation in pixels, one number or (down the rows, along the columns), above 0
    ratio : wide standard deviation by the narrow one, above 1
    truncate : reach of both in standard deviations of the wide one, above 0

    Raises
    ------
    ArgumentError, ArgumentTypeError
        As `gaussian`, and where both Gaussians are a single pixel.
    """
    ratio = check_number(ratio, "ratio", Range(above=1))
    narrow = check_number_pair(sigma, "sigma", POSITIVE)
    truncate = check_number(truncate, "truncate", POSITIVE)
    wide = check_number_pair((narrow[0] * ratio, narrow[1] * ratio), "ratio times sigma")
    down, along = (max(1, _radius(each, truncate)) for each in wide)
    _check_taps("sigma", 2 * down + 1, 2 * along + 1)
    inner, outer = (np.outer(_bell(down, s[0]), _bell(along, s[1])) for s in (narrow, wide))
    weights = inner - outer
    if not weights.any():
        raise ArgumentError("sigma is too small: both Gaussians are a single pixel")
    return weights


def disk(radius: float) -> Weights:
    """Return a disk: each weight is the area of its pixel that the circle covers; sum 1.

    The circle of the point spread of a defocused lens (Gonzalez & Woods, Digital Image
    Processing).

    Parameters
    ----------
    radius : of the circle in pixels, above 0; up to 0.5 the kernel is a single 1

    Raises
    ------
    ArgumentError, ArgumentTypeError
        For a radius that is out of range or no number, and for more than `MAX_TAPS` weights.
    """
    radius = check_number(radius, "radius", POSITIVE)
    reach = max(0, math.ceil(radius - 0.5))
    _check_taps("radius", 2 * reach + 1, 2 * reach + 1)
    if reach == 0:
        return np.ones((1, 1))
    # the area of the quarter of the circle below and left of each corner of the pixels
    corners = np.arange(reach + 1, dtype=np.float64) + 0.5
    quarter = np.zeros((reach + 2, reach + 2))
    quarter[1:, 1:] = _quarter_area(corners[:, np.newaxis], corners[np.newaxis, :], radius)
    covered = np.clip(np.diff(np.diff(quarter, axis=0), axis=1), 0.0, 1.0)
    # rounding leaves traces beyond the circle and between mirrored pixels
    nearest = np.concatenate(([0.0], corners[:-1]))
    covered[np.hypot(nearest[:, np.newaxis], nearest[np.newaxis, :]) >= radius] = 0.0
    covered = (covered + covered.T) / 2.0
    # the first row and column hold half pixels, which their mirror images complete
    covered[0, :] *= 2.0
    covered[:, 0] *= 2.0
    index = np.abs(np.arange(-reach, reach + 1))
    weights = covered[np.ix_(index, index)]
    return np.asarray(weights / math.fsum(weights.flat), dtype=np.float64)


def motion(length: float, angle: float = 0.0) -> Weights:
    """Return a line through the middle, as a camera moved evenly would draw a point; sum 1.

    The line is as long as `length` pixels and one pixel wide; a weight falls linearly to 0 over
    one pixel of distance from its axis, which runs between the middles of its first and last
    pixel. Lengths that are odd at angles of 0 and 90 degrees give equal weights.

    Parameters
    ----------
    length : in pixels, at least 1
    angle : direction in degrees; turned by 180 it is the same

    Raises
    ------
    ArgumentError, ArgumentTypeError
        For a value that is out of range or no number, and for more than `MAX_TAPS` weights.
    """
    length = check_number(length, "length", Range(1, unit="pixels"))
    cosine, sine = _direction("angle", angle)
    half = (length - 1) / 2
    across, up = (math.ceil(half * abs(part)) for part in (cosine, sine))
    _check_taps("length", 2 * across + 1, 2 * up + 1)
    x, y = _grid(across, up)
    along = np.abs(x * cosine + y * sine) - half
    aside = x * sine - y * cosine
    weights = np.clip(1.0 - np.hypot(np.maximum(along, 0.0), aside), 0.0, None)
    return np.asarray(weights / math.fsum(weights.flat), dtype=np.float64)


def gabor(
    sigma: float,
    wavelength: float,
    angle: float = 0.0,
    *,
    phase: float = 0.0,
    aspect: float = 0.5,
    truncate: float = 3.0,
    zero_mean: bool = True,
) -> Weights:
    """Return a Gabor function: a wave under a Gaussian (Daugman 1985).

    The kernel is scaled to answer 1 on the wave of its own wavelength, direction and phase.

    Parameters
    ----------
    sigma : standard deviation of the Gaussian along the wave, in pixels, above 0
    wavelength : of the wave, in pixels, at least 2
    angle : direction in degrees in which the wave runs, its stripes at right angles to it
    phase : in degrees; 0 is a bright bar in the middle, 90 an edge that falls towards `angle`
    aspect : sigma along the wave divided by sigma along the stripes, above 0
    truncate : reach in standard deviations, above 0
    zero_mean : subtract the Gaussian times a constant so that a flat field is answered with 0
        (Lee 1996)

    Raises
    ------
    ArgumentError, ArgumentTypeError
        For a value that is out of range or no number, and where the wave vanishes on the pixels or
        under a Gaussian too narrow for it.
    """
    sigma, aspect = check_number(sigma, "sigma", POSITIVE), check_number(aspect, "aspect", POSITIVE)
    wavelength = check_number(wavelength, "wavelength", Range(2, unit="pixels"))
    truncate = check_number(truncate, "truncate", POSITIVE)
    cosine, sine = _direction("angle", angle)
    in_phase, in_quadrature = _direction("phase", phase)
    beside = check_number(sigma / aspect, "sigma divided by aspect")
    reach_x = math.hypot(sigma * cosine, beside * sine)
    reach_y = math.hypot(sigma * sine, beside * cosine)
    across, up = _radius(reach_x, truncate), _radius(reach_y, truncate)
    _check_taps("sigma", 2 * across + 1, 2 * up + 1)
    x, y = _grid(across, up)
    along = x * cosine + y * sine
    aside = y * cosine - x * sine
    bell = np.exp(-0.5 * ((along / sigma) ** 2 + (aside / beside) ** 2))
    turns = along * (2.0 * math.pi / wavelength)
    wave = np.cos(turns) * in_phase - np.sin(turns) * in_quadrature
    weights = bell * wave
    if zero_mean:
        weights -= bell * (math.fsum(weights.flat) / math.fsum(bell.flat))
    gain = float(np.sum(weights * wave))
    if gain < 1e-9 * float(np.sum(bell)):
        raise ArgumentError(
            f"a gabor kernel of wavelength {wavelength:g}, sigma {sigma:g} and phase {phase:g}"
            " vanishes: use another phase, a shorter wavelength or a larger sigma"
        )
    return np.asarray(weights / gain, dtype=np.float64)


def emboss(angle: float = 135.0, strength: float = 1.0) -> Weights:
    """Return a 3x3 relief kernel that is lit from the direction `angle`; it sums to 0.

    Prewitt's two gradients, mixed for the light (Schlag, "Fast embossing effects on raster
    image data", Graphics Gems IV, 1994). Bright places stand out: slopes that rise away from
    the light are bright. Shown with an offset of 128.

    Parameters
    ----------
    angle : where the light comes from, in degrees
    strength : sum of the positive weights, above 0: the answer on a step from 0 to 1 that faces
        the light

    Raises
    ------
    ArgumentError, ArgumentTypeError
        For a value that is out of range or no number.
    """
    strength = check_number(strength, "strength", POSITIVE)
    cosine, sine = _direction("angle", angle)
    x, y = _grid(1, 1)
    weights = -(x * cosine + y * sine)
    return np.asarray(weights * (2.0 * strength / np.abs(weights).sum()), dtype=np.float64) + 0.0


def _bell(radius: int, sigma: float) -> Weights:
    """Return the sampled Gaussian; its taps add up to 1, and there is one where sigma is 0."""
    if radius == 0:
        return np.ones(1)
    with np.errstate(over="ignore", under="ignore"):  # far tails are 0
        distance = np.arange(-radius, radius + 1) / sigma
        taps: Weights = np.exp(-0.5 * distance * distance)
    return taps / math.fsum(taps)


_remembered_bell = functools.lru_cache(maxsize=16)(_bell)
"""To make one takes longer than to blur a small picture; nobody writes to what it returns."""


def _second_derivative(radius: int, sigma: float) -> Weights:
    """Return the second derivative of the Gaussian, exact for polynomials of degree 2."""
    # below a tenth of a pixel the neighbours' weights underflow, while the limit is reached
    # long before: differences of neighbouring pixels
    bell = _bell(radius, max(sigma, 0.1))
    squares = np.arange(-radius, radius + 1, dtype=np.float64) ** 2
    bend = (squares - math.fsum(squares * bell)) * bell
    return bend * (2.0 / math.fsum(squares * bend))


def _quarter_area(x: Weights, y: Weights, radius: float) -> Weights:
    """Return the area of the circle within 0..x and 0..y, for x and y of at least 0."""
    x, y = np.minimum(x, radius), np.minimum(y, radius)
    # up to `start` the rectangle is as high as y, from there on as the circle
    start = np.minimum(np.sqrt(radius * radius - y * y), x)
    return y * start + _below_circle(x, radius) - _below_circle(start, radius)


def _below_circle(x: Weights, radius: float) -> Weights:
    height = np.sqrt(np.maximum(radius * radius - x * x, 0.0))
    return 0.5 * (x * height + radius * radius * np.arcsin(np.minimum(x / radius, 1.0)))


def _grid(across: int, up: int) -> tuple[Weights, Weights]:
    """Return x to the right and y to the top for every pixel, 0 in the middle."""
    x = np.arange(-across, across + 1, dtype=np.float64)[np.newaxis, :]
    y = np.arange(up, -up - 1, -1, dtype=np.float64)[:, np.newaxis]
    return x, y


def _direction(name: str, angle: float) -> tuple[float, float]:
    """Return cosine and sine of degrees, exact for multiples of 90 and alike for those of 45."""
    degrees = math.fmod(check_number(angle, name), 360.0)
    quarters, rest = divmod(degrees, 90.0)
    cosine, sine = math.cos(math.radians(rest)), math.sin(math.radians(rest))
    if rest == 45.0:
        sine = cosine
    for _ in range(int(quarters) % 4):
        cosine, sine = -sine, cosine
    return cosine, sine


def _radius(sigma: float, truncate: float) -> int:
    reach = truncate * sigma + 0.5
    if not math.isfinite(reach):
        raise ArgumentError("sigma times truncate is not finite: use a smaller sigma")
    return int(reach)


def _check_taps(name: str, *sides: int) -> None:
    if math.prod(sides) > MAX_TAPS:
        raise ArgumentError(
            f"{name} is too large: the kernel would have more than {MAX_TAPS} weights;"
            f" use a smaller {name}"
        )
