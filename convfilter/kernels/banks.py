"""Banks: kernels that together describe texture and edges, for features.

A bank is a row of responses. Each is the absolute response of one kernel, or those of several
joined, so that no response is negative. Kernels are scaled so that a picture from 0 to 1 gives
responses from 0 to about 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import combinations_with_replacement
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from convfilter.errors import ArgumentError, UnknownNameError, listed
from convfilter.kernels import shapes
from convfilter.kernels.catalog import get as kernel_called
from convfilter.kernels.catalog import names as kernel_names
from convfilter.kernels.files import find
from convfilter.kernels.kernel import Kernel

__all__ = ["Bank", "Response", "get", "names", "of", "summaries"]

Weights = NDArray[np.float64]

_LAWS = {
    "l5": (1, 4, 6, 4, 1),
    "e5": (-1, -2, 0, 2, 1),
    "s5": (-1, 0, 2, 0, -1),
    "w5": (-1, 2, 0, -2, 1),
    "r5": (1, -4, 6, -4, 1),
}
"""Level, edge, spot, wave and ripple, whose products are Laws' masks."""

_GABOR_WAVELENGTHS = (4, 8, 16)
_GABOR_BANDWIDTH = 0.56
"""Sigma in wavelengths, for one octave."""

_GABOR_ASPECT = 1.0
"""Round Gaussians: longer ones told textures apart no better, and took eight times as long."""

_GABOR_DIRECTIONS = 8

_LM_DIRECTIONS = 6
_LM_ELONGATION = 3
_LM_ORIENTED = tuple(math.sqrt(2) ** power for power in (1, 2, 3))
_LM_ROUND = tuple(math.sqrt(2) ** power for power in (1, 2, 3, 4))
_LM_REACH = 24
"""Of the 49x49 pixels of the largest kernels."""

_TRUNCATE = 5.0
"""Standard deviations, beyond which weights are below 0.0001 of the largest."""


class Response(NamedTuple):
    """What is made of a picture by one kernel, or by several of one shape.

    Attributes
    ----------
    name : such as ``laws-l5e5``
    kernels : float64 arrays (rows, columns), for correlation
    combine : how their responses become one, as in `correlate_bank`
        ``abs`` is of one kernel, ``l1`` adds absolute values, ``l2`` is the root of the sum of
        squares.
    """

    name: str
    kernels: tuple[Weights, ...]
    combine: Literal["abs", "l1", "l2"]


class Bank(NamedTuple):
    """A named row of responses.

    Attributes
    ----------
    name, description, source : of the bank
    responses : in their order
    """

    name: str
    description: str
    source: str
    responses: tuple[Response, ...]


class _Declared(NamedTuple):
    description: str
    source: str
    responses: Callable[[], Iterator[Response]]


def get(name: str) -> Bank:
    """Return the bank called `name`.

    Raises
    ------
    UnknownNameError
        There is none; the message gives the nearest names.

    Examples
    --------
    >>> [response.name for response in get("sobel").responses]
    ['sobel-0', 'sobel-45', 'sobel-90', 'sobel-135']
    """
    if name not in _BANKS:
        raise UnknownNameError("bank", name, names())
    return _made(name)


def names() -> list[str]:
    """Return the names of all banks."""
    return list(_BANKS)


def summaries() -> dict[str, str]:
    """Return the one-line description of every bank by name."""
    return {name: declared.description for name, declared in _BANKS.items()}


def of(spec: str | Sequence[str | Kernel]) -> Bank:
    """Return the bank that is meant: banks and kernels, one after the other.

    Parameters
    ----------
    spec : names of banks, names of kernels of the catalogue, files of kernels, in a sequence that
        may hold a `Kernel` too, or in a text with commas between them
        The offset of a kernel is left out, and its weights are divided by the sum of their absolute
        values.

    Raises
    ------
    UnknownNameError
        Neither a bank, nor a kernel, nor a file has a name that is given.
    KernelError
        A file cannot be understood.
    ArgumentError
        Nothing is given, or two responses would have one name.

    Examples
    --------
    >>> [response.name for response in of("sobel-x, laplacian-4").responses]
    ['sobel-x', 'laplacian-4']
    """
    parts = spec.split(",") if isinstance(spec, str) else list(spec)
    parts = [part.strip() if isinstance(part, str) else part for part in parts]
    if not parts or "" in parts:
        raise ArgumentError(
            f"a name of the bank is empty: give {listed(names(), 'or')}, or kernels"
        )
    responses = tuple(response for part in parts for response in _of_part(part))
    seen: set[str] = set()
    for response in responses:
        if response.name in seen:
            raise ArgumentError(f"{response.name!r} is given twice: name each kernel once")
        seen.add(response.name)
    name = ",".join(part if isinstance(part, str) else part.name for part in parts)
    if name in _BANKS:
        return _made(name)
    return Bank(name, "Banks and kernels by name", "", responses)


def _of_part(part: str | Kernel) -> tuple[Response, ...]:
    if isinstance(part, Kernel):
        return (_alone(part.name, part.array),)
    if part in _BANKS:
        return _made(part).responses
    if not any(sign.isalpha() for sign in part):
        raise ArgumentError(f"{part!r} is no name: put weights into a file, and name it")
    try:
        kernel = find(part)
    except UnknownNameError:
        raise UnknownNameError("bank or kernel", part, [*names(), *kernel_names()]) from None
    return (_alone(kernel.name, kernel.array),)


@cache
def _made(name: str) -> Bank:
    declared = _BANKS[name]
    return Bank(name, declared.description, declared.source, tuple(declared.responses()))


def _alone(name: str, weights: Weights) -> Response:
    total = float(np.abs(weights).sum())
    if not 0 < total < math.inf:
        raise ArgumentError(f"kernel {name!r}: the sum of its absolute weights is {total:g}")
    return Response(name, (weights / total,), "abs")


def _sobel() -> Iterator[Response]:
    """Yield Sobel's kernel turned to four directions, in which the brightness changes."""
    kernel = kernel_called("sobel-x")
    for turn in range(4):
        yield _alone(f"sobel-{45 * turn}", kernel.rotated(turn).array)


def _gabor() -> Iterator[Response]:
    """Yield pairs of an even and an odd wave, whose lengths are the energy of Adelson & Bergen."""
    for wavelength in _GABOR_WAVELENGTHS:
        for turn in range(_GABOR_DIRECTIONS):
            angle = 180 * turn / _GABOR_DIRECTIONS
            even, odd = (
                shapes.gabor(
                    _GABOR_BANDWIDTH * wavelength,
                    wavelength,
                    angle,
                    phase=phase,
                    aspect=_GABOR_ASPECT,
                )
                for phase in (0, 90)
            )
            yield Response(f"gabor-{wavelength}-{angle:g}", (even, odd), "l2")


def _laws() -> Iterator[Response]:
    """Yield products of two vectors; a mask and the same one turned by 90 degrees are averaged."""
    for (first, down), (second, along) in combinations_with_replacement(_LAWS.items(), 2):
        mask = np.outer(down, along).astype(np.float64)
        mask /= np.abs(mask).sum()
        if first == second:
            yield Response(f"laws-{first}{second}", (mask,), "abs")
        else:
            turned = np.ascontiguousarray(mask.T)
            yield Response(f"laws-{first}{second}", (mask / 2, turned / 2), "l1")


def _leung_malik() -> Iterator[Response]:
    """Yield edges and bars, the first and second derivatives of long Gaussians, spots, Gaussians.

    Spots are Laplacians of Gaussians. All but the Gaussians sum to 0.
    """
    for order, kind in ((1, "edge"), (2, "bar")):
        for sigma in _LM_ORIENTED:
            for turn in range(_LM_DIRECTIONS):
                angle = 180 * turn // _LM_DIRECTIONS
                yield _alone(f"lm-{kind}-{sigma:.3g}-{angle}", _derivative(sigma, order, angle))
    for sigma in (*_LM_ROUND, *(3 * sigma for sigma in _LM_ROUND)):
        yield _alone(f"lm-spot-{sigma:.3g}", _spot(sigma))
    for sigma in _LM_ROUND:
        yield _alone(f"lm-gaussian-{sigma:.3g}", shapes.gaussian(sigma, _TRUNCATE))


def _derivative(sigma: float, order: int, angle: int) -> Weights:
    """Return a derivative along `angle` of a Gaussian that is three times as long across it."""
    x, y = _pixels(_LM_ELONGATION * sigma)
    radians = math.radians(angle)
    along = (x * math.cos(radians) + y * math.sin(radians)) / sigma
    across = (y * math.cos(radians) - x * math.sin(radians)) / (_LM_ELONGATION * sigma)
    bell = np.exp(-0.5 * (along**2 + across**2))
    return _balanced(bell * (along if order == 1 else along**2 - 1))


def _spot(sigma: float) -> Weights:
    x, y = _pixels(sigma)
    distance = (x**2 + y**2) / sigma**2
    return _balanced(np.exp(-0.5 * distance) * (distance - 2))


def _balanced(weights: Weights) -> Weights:
    """Return weights that sum to 0."""
    balanced: Weights = weights - weights.mean()
    return balanced


def _pixels(longest: float) -> tuple[Weights, Weights]:
    """Return x to the right and y to the top, as far as a Gaussian reaches."""
    reach = min(_LM_REACH, math.ceil(_TRUNCATE * longest))
    line = np.arange(-reach, reach + 1, dtype=np.float64)
    return line[np.newaxis, :], -line[:, np.newaxis]


_BANKS = {
    "sobel": _Declared(
        "Gradients in four directions",
        "Sobel & Feldman, A 3x3 isotropic gradient operator for image processing, 1968",
        _sobel,
    ),
    "gabor": _Declared(
        "Energy of waves of 4, 8 and 16 pixels in eight directions",
        "Daugman, Uncertainty relation for resolution in space, spatial frequency, and orientation"
        " optimized by two-dimensional visual cortical filters, 1985; Adelson & Bergen,"
        " Spatiotemporal energy models for the perception of motion, 1985",
        _gabor,
    ),
    "laws": _Declared(
        "Laws' 25 masks of texture, those that differ by a quarter turn joined to 15 responses",
        "Laws, Textured image segmentation, dissertation, University of Southern California 1980",
        _laws,
    ),
    "lm": _Declared(
        "Leung and Malik's 48 kernels: 18 edges, 18 bars, 8 spots and 4 Gaussians",
        "Leung & Malik, Representing and recognizing the visual appearance of materials using"
        " three-dimensional textons, 2001",
        _leung_malik,
    ),
}
