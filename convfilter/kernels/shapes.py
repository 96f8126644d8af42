"""Weights from parameters: Gaussians and their derivatives, disk, motion, Gabor, emboss.

All return float64 matrices for correlation, with the origin in the middle and odd sides.
Lengths are in pixels. Angles are in degrees, counterclockwise from the direction to the right,
as one draws them on paper (so 90 points to the top row).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from convfilter.errors import ArgumentError, ArgumentTypeError

__all__ = [
    "MAX_TAPS",
    "difference_of_gaussians",
    "disk",
    "emboss",
    "gabor",
    "gaussian",
    "gaussian_derivative",
    "gaussian_taps",
    "laplacian_of_gaussian",
    "motion",
]

MAX_TAPS = 2**24

Weights = NDArray[np.float64]


def gaussian_taps(sigma: float, truncate: float = 4.0) -> Weights:
    """Return the sampled Gaussian of one dimension: `2 * int(truncate * sigma + 0.5) + 1` taps.

    - sigma: standard deviation, above 0.
    - truncate: reach in standard deviations, above 0.

    The taps add up to 1. Raises ArgumentError for values out of range.
    """
    sigma = _positive("sigma", sigma)
    radius = _radius(sigma, truncate)
    _check_taps("sigma", 2 * radius + 1)
    taps = _bell(radius, sigma)
    return taps / math.fsum(taps)


def gaussian(sigma: float | tuple[float, float], truncate: float = 4.0) -> Weights:
    """Return a Gaussian, the outer product of two sampled ones; it sums to 1.

    - sigma: standard deviation, one number or (down the rows, along the columns), above 0.
    - truncate: reach in standard deviations, above 0.

    Raises ArgumentError or ArgumentTypeError: a value is out of range or no number, or the kernel
    would have more than `MAX_TAPS` weights.
    """
    down, along = _pair(sigma)
    _check_taps("sigma", *(2 * _radius(each, truncate) + 1 for each in (down, along)))
    return np.outer(gaussian_taps(down, truncate), gaussian_taps(along, truncate))


def gaussian_derivative(
    sigma: float | tuple[float, float],
    order: tuple[int, int] = (0, 1),
    truncate: float = 4.0,
) -> Weights:
    """Return a derivative of a Gaussian: smoothing and differentiation in one kernel.

    `order` is (down the rows, along the columns), each 0, 1 or 2. Every factor is the sampled
    Gaussian times the Hermite polynomial of its order, orthogonalised on the samples (Koenderink
    & van Doorn 1987 for the family), so that derivatives of small polynomials are exact: order 1
    answers 1 on the ramp x and 0 on a flat field, order 2 answers 1 on x * x / 2 and 0 on ramps
    and flat fields. Down the rows, the derivative is positive where values grow downwards.
    At least three taps serve a derivative, however small sigma is.

    Raises ArgumentError or ArgumentTypeError: as `gaussian`, or `order` is not a pair of 0, 1 and
    2.
    """
    down, along = _pair(sigma)
    orders = _orders(order)
    radii = [_reach(s, truncate, n) for s, n in zip((down, along), orders, strict=True)]
    _check_taps("sigma", *(2 * radius + 1 for radius in radii))
    factors = [
        _derivative_taps(s, radius, n)
        for s, radius, n in zip((down, along), radii, orders, strict=True)
    ]
    return np.outer(factors[0], factors[1])


def laplacian_of_gaussian(sigma: float | tuple[float, float], truncate: float = 4.0) -> Weights:
    """Return the Laplacian of a Gaussian (Marr & Hildreth 1980), negative in the middle.

    The sum of the two second derivatives of `gaussian_derivative`: it sums to 0, and its answer
    on the bowl (x * x + y * y) / 2 is exactly 2, the Laplacian of the bowl. No factor of sigma
    is applied.

    Raises ArgumentError or ArgumentTypeError: as `gaussian`.
    """
    down, along = _pair(sigma)
    radii = [_reach(each, truncate, 2) for each in (down, along)]
    _check_taps("sigma", *(2 * radius + 1 for radius in radii))
    bells = [_derivative_taps(s, radius, 0) for s, radius in zip((down, along), radii, strict=True)]
    bends = [_derivative_taps(s, radius, 2) for s, radius in zip((down, along), radii, strict=True)]
    return np.outer(bends[0], bells[1]) + np.outer(bells[0], bends[1])


def difference_of_gaussians(
    sigma: float | tuple[float, float], ratio: float = 1.6, truncate: float = 4.0
) -> Weights:
    """Return a Gaussian of `sigma` minus one of `ratio * sigma`; it sums to 0.

    With the ratio 1.6 of Marr & Hildreth (1980) it comes close to the Laplacian of a Gaussian
    with the sign turned: positive in the middle. `ratio` is above 1; both Gaussians reach
    `truncate` times the wider sigma.

    Raises ArgumentError or ArgumentTypeError: as `gaussian`, or `ratio` is not above 1.
    """
    ratio = _real("ratio", ratio)
    if ratio <= 1:
        raise ArgumentError(f"ratio must be above 1, not {ratio:g}")
    narrow = _pair(sigma)
    wide = tuple(_positive("ratio times sigma", each * ratio) for each in narrow)
    radii = [max(1, _radius(each, truncate)) for each in wide]
    _check_taps("sigma", *(2 * radius + 1 for radius in radii))
    inner, outer = (
        np.outer(*(_derivative_taps(s, r, 0) for s, r in zip(sigmas, radii, strict=True)))
        for sigmas in (narrow, wide)
    )
    weights = inner - outer
    if not weights.any():
        raise ArgumentError("sigma is too small: both Gaussians are a single pixel")
    return weights


def disk(radius: float) -> Weights:
    """Return a disk: each weight is the area of its pixel that the circle covers; sum 1.

    The circle of the point spread of a defocused lens (Gonzalez & Woods, Digital Image
    Processing). `radius` is above 0; up to 0.5 the kernel is a single 1.

    Raises ArgumentError or ArgumentTypeError: `radius` is out of range or no number.
    """
    radius = _positive("radius", radius)
    reach = max(0, math.ceil(radius - 0.5))
    _check_taps("radius", 2 * reach + 1, 2 * reach + 1)
    if reach == 0:
        return np.ones((1, 1))
    # Area of the quarter of the circle below and left of each corner of the pixels.
    corners = np.arange(reach + 1, dtype=np.float64) + 0.5
    quarter = np.zeros((reach + 2, reach + 2))
    quarter[1:, 1:] = _quarter_area(corners[:, np.newaxis], corners[np.newaxis, :], radius)
    covered = np.clip(np.diff(np.diff(quarter, axis=0), axis=1), 0.0, 1.0)
    # Rounding leaves traces beyond the circle and between mirrored pixels.
    nearest = np.concatenate(([0.0], corners[:-1]))
    covered[np.hypot(nearest[:, np.newaxis], nearest[np.newaxis, :]) >= radius] = 0.0
    covered = (covered + covered.T) / 2.0
    # The first row and column hold half pixels, which their mirror images complete.
    covered[0, :] *= 2.0
    covered[:, 0] *= 2.0
    index = np.abs(np.arange(-reach, reach + 1))
    weights = covered[np.ix_(index, index)]
    return np.asarray(weights / math.fsum(weights.flat), dtype=np.float64)


def motion(length: float, angle: float = 0.0) -> Weights:
    """Return a line through the middle, as a camera moved evenly would draw a point; sum 1.

    The line is as long as `length` pixels and one pixel wide; a weight falls linearly to 0 over
    one pixel of distance from its axis, which runs between the middles of its first and last
    pixel. Lengths that are odd at angles of 0 and 90 degrees give equal weights. `length` is at
    least 1; turning `angle` by 180 degrees changes nothing.

    Raises ArgumentError or ArgumentTypeError: a value is out of range or no number.
    """
    length = _real("length", length)
    if length < 1:
        raise ArgumentError(f"length must be at least 1 pixel, not {length:g}")
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

    - sigma: standard deviation of the Gaussian along the wave, above 0.
    - wavelength: of the wave, at least 2.
    - angle: direction in which the wave runs; its stripes stand at right angles to it.
    - phase: degrees; 0 is a bright bar in the middle, 90 an edge that falls towards `angle`.
    - aspect: sigma along the wave divided by sigma along the stripes, above 0.
    - truncate: reach in standard deviations.
    - zero_mean: subtract the Gaussian times a constant so that a flat field is answered with 0
        (Lee 1996).

    The kernel is scaled to answer 1 on the wave of its own wavelength, direction and phase.

    Raises ArgumentError or ArgumentTypeError: a value is out of range or no number, or the wave
    vanishes on the pixels or under a Gaussian too narrow for it.
    """
    sigma, aspect = _positive("sigma", sigma), _positive("aspect", aspect)
    wavelength = _real("wavelength", wavelength)
    if wavelength < 2:
        raise ArgumentError(f"wavelength must be at least 2 pixels, not {wavelength:g}")
    cosine, sine = _direction("angle", angle)
    in_phase, in_quadrature = _direction("phase", phase)
    beside = _positive("sigma divided by aspect", sigma / aspect)
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
            f"a gabor kernel of wavelength {wavelength:g}, sigma {sigma:g} and phase {phase:g} "
            "vanishes; use another phase, a shorter wavelength or a larger sigma"
        )
    return np.asarray(weights / gain, dtype=np.float64)


def emboss(angle: float = 135.0, strength: float = 1.0) -> Weights:
    """Return a 3x3 relief kernel that is lit from the direction `angle`; it sums to 0.

    Prewitt's two gradients, mixed for the light (Schlag, "Fast embossing effects on raster
    image data", Graphics Gems IV, 1994). Bright places stand out: slopes that rise away from
    the light are bright. The positive weights add up to `strength` (above 0), which is the
    answer on a step from 0 to 1 that faces the light. Shown with an offset of 128.

    Raises ArgumentError or ArgumentTypeError: a value is out of range or no number.
    """
    strength = _positive("strength", strength)
    cosine, sine = _direction("angle", angle)
    x, y = _grid(1, 1)
    weights = -(x * cosine + y * sine)
    return np.asarray(weights * (2.0 * strength / np.abs(weights).sum()), dtype=np.float64) + 0.0


def _bell(radius: int, sigma: float) -> Weights:
    with np.errstate(over="ignore", under="ignore"):  # far tails are 0
        distance = np.arange(-radius, radius + 1) / sigma
        return np.asarray(np.exp(-0.5 * distance * distance), dtype=np.float64)


def _derivative_taps(sigma: float, radius: int, order: int) -> Weights:
    """Return one factor of a derivative; its moments are exact, see `gaussian_derivative`."""
    # Below a tenth of a pixel the neighbours' weights underflow, while the limit is reached
    # long before: differences of neighbouring pixels.
    bell = _bell(radius, max(sigma, 0.1) if order else sigma)
    bell /= math.fsum(bell)
    if order == 0:
        return bell
    x = np.arange(-radius, radius + 1, dtype=np.float64)
    squares = x * x
    variance = math.fsum(squares * bell)
    if order == 1:
        return x * bell / variance
    bend = (squares - variance) * bell
    return bend * (2.0 / math.fsum(squares * bend))


def _quarter_area(x: Weights, y: Weights, radius: float) -> Weights:
    """Return the area of the circle within 0..x and 0..y, for x and y of at least 0."""
    x, y = np.minimum(x, radius), np.minimum(y, radius)
    # Up to `start` the rectangle is as high as y, from there on as the circle.
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
    degrees = math.fmod(_real(name, angle), 360.0)
    quarters, rest = divmod(degrees, 90.0)
    cosine, sine = math.cos(math.radians(rest)), math.sin(math.radians(rest))
    if rest == 45.0:
        sine = cosine
    for _ in range(int(quarters) % 4):
        cosine, sine = -sine, cosine
    return cosine, sine


def _pair(sigma: float | tuple[float, float]) -> tuple[float, float]:
    if isinstance(sigma, (tuple, list)):
        if len(sigma) != 2:
            raise ArgumentError(f"sigma must be one number or two, not {len(sigma)}")
        return _positive("sigma", sigma[0]), _positive("sigma", sigma[1])
    number = _positive("sigma", sigma)
    return number, number


def _orders(order: tuple[int, int]) -> tuple[int, int]:
    if isinstance(order, (tuple, list)) and len(order) == 2:
        down, along = order
        if all(type(each) is int and 0 <= each <= 2 for each in (down, along)):
            return down, along
    raise ArgumentError(f"order must be a pair of 0, 1 or 2, such as (0, 1), not {order!r}")


def _radius(sigma: float, truncate: float) -> int:
    reach = _positive("truncate", truncate) * sigma + 0.5
    if not math.isfinite(reach):
        raise ArgumentError("sigma times truncate is not finite; use a smaller sigma")
    return int(reach)


def _reach(sigma: float, truncate: float, order: int) -> int:
    return max(_radius(sigma, truncate), 1 if order else 0)


def _check_taps(name: str, *sides: int) -> None:
    if math.prod(sides) > MAX_TAPS:
        raise ArgumentError(
            f"{name} is too large: the kernel would have more than {MAX_TAPS} weights; "
            f"use a smaller {name}"
        )


def _positive(name: str, value: float) -> float:
    number = _real(name, value)
    if number <= 0:
        raise ArgumentError(f"{name} must be above 0, not {number:g}")
    return number


def _real(name: str, value: float) -> float:
    if isinstance(value, (bool, np.bool_)) or not isinstance(
        value, (int, float, np.integer, np.floating)
    ):
        raise ArgumentTypeError(f"{name} must be a number, not {type(value).__name__}")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise ArgumentError(f"{name} must be finite, not {number}")
    return number
