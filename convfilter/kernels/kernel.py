"""The kernel itself: weights with the scale and offset that belong to them."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Any, Literal, NoReturn, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convfilter.errors import ArgumentError, ArgumentTypeError, KernelError
from convfilter.runtime.checks import check_kernel
from convfilter.runtime.numbers import check_integer, check_number, shortened

__all__ = ["Kernel", "Signed", "Symmetry", "check_signed"]

Signed = Literal["abs", "offset", "clamp"]
Symmetry = Literal["symmetric", "antisymmetric", "none"]

_TOLERANCE = 1e-12
"""Two weights count as equal when they differ by less than this part of the largest one."""


class Kernel:
    """Weights laid on the image as printed (correlation), with their scale and offset.

    The effective kernel is `scale * weights`, and a filter answers
    `offset + sum(image * scale * weights)`. A kernel never changes; `replace` makes another one.

    Attributes
    ----------
    name : what the kernel is called
    weights : float64 array (rows, columns), read-only; any real numbers are taken for it
    scale : factor of all weights
    offset : added to the response, on the 8-bit scale 0 to 255 whatever the image
    signed : how negative responses are shown
        ``abs`` takes the absolute value, ``offset`` puts zero at mid-grey, ``clamp`` leaves them to
        the picture, most of which hold none.
    description : one line
    source : the paper or book that the weights come from

    Raises
    ------
    KernelError
        When the weights are empty, ragged, not two-dimensional or not finite numbers, or another
        value cannot be used.

    Examples
    --------
    >>> Kernel("mean", [[1, 1], [1, 1]], scale=1 / 4).array.tolist()
    [[0.25, 0.25], [0.25, 0.25]]
    """

    name: str
    weights: NDArray[np.float64]
    scale: float
    offset: float
    signed: Signed
    description: str
    source: str

    def __init__(
        self,
        name: str,
        weights: ArrayLike,
        scale: float = 1.0,
        offset: float = 0.0,
        signed: Signed = "clamp",
        description: str = "",
        source: str = "",
    ) -> None:
        try:
            checked = check_kernel(weights)
            values = {
                "name": name,
                "weights": _read_only(checked + 0.0),  # a copy without negative zeros
                "scale": check_number(scale, "scale"),
                "offset": check_number(offset, "offset"),
                "signed": check_signed(signed),
                "description": description,
                "source": source,
            }
            if not math.isfinite(float(np.abs(checked).max()) * scale):
                raise KernelError("scale times weights is beyond float64: make them smaller")
        except (ArgumentError, ArgumentTypeError) as error:
            raise KernelError(f"kernel {name!r}: {error}") from None
        vars(self).update(values)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError("a kernel never changes: make another one with replace")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError("a kernel never changes: make another one with replace")

    def __repr__(self) -> str:
        rows, columns = self.shape
        return (
            f"Kernel({self.name!r}, {rows}x{columns}, scale={self.scale!r}, "
            f"offset={self.offset!r}, signed={self.signed!r})"
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Kernel):
            return NotImplemented
        return self.to_dict() == other.to_dict()

    def __hash__(self) -> int:
        return hash((self.name, self.shape, self.weights.tobytes(), self.scale, self.offset))

    def __reduce__(self) -> tuple[type[Kernel], tuple[Any, ...]]:
        # through the constructor, so that a copy or an unpickled kernel is read-only too
        return Kernel, tuple(self._fields().values())

    def _fields(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "weights": self.weights,
            "scale": self.scale,
            "offset": self.offset,
            "signed": self.signed,
            "description": self.description,
            "source": self.source,
        }

    @cached_property
    def array(self) -> NDArray[np.float64]:
        """The effective kernel, `scale * weights`: float64, read-only."""
        return _read_only(self.scale * self.weights)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        rows, columns = self.weights.shape
        return rows, columns

    @cached_property
    def sum(self) -> float:
        """The sum of the effective weights: the answer on a flat field of ones, offset aside."""
        return self.scale * math.fsum(self.weights.flat)

    @cached_property
    def rank(self) -> int:
        """Numeric rank: how many separable kernels have to be added to make this one."""
        largest = float(np.abs(self.weights).max())
        return int(np.linalg.matrix_rank(self.weights / largest)) if largest else 0

    @property
    def separable(self) -> bool:
        """Whether the kernel is a column times a row, to the precision of float64."""
        return self.rank <= 1

    @property
    def symmetry(self) -> Symmetry:
        """What a turn by 180 degrees does: nothing, turn the sign, or neither."""
        limit = _TOLERANCE * float(np.abs(self.weights).max())
        turned = self.weights[::-1, ::-1]
        if (np.abs(self.weights - turned) <= limit).all():
            return "symmetric"
        if (np.abs(self.weights + turned) <= limit).all():
            return "antisymmetric"
        return "none"

    def replace(self, **changes: Any) -> Kernel:
        """Return the kernel with other values for some of its fields."""
        return Kernel(**{**self._fields(), **changes})

    def flipped(self) -> Kernel:
        """Return the kernel turned by 180 degrees: correlation becomes convolution."""
        return self.replace(name=f"{self.name}-flipped", weights=self.weights[::-1, ::-1])

    def rotated(self, steps: int = 1) -> Kernel:
        """Return the kernel turned counterclockwise by `steps` times 45 degrees.

        Every concentric square ring of side n is shifted by (n - 1) / 2 of its cells per step,
        as in the compass kernels of Kirsch (1971): `kirsch-n` becomes `-nw`, then `-w`. Negative
        steps turn clockwise. Eight steps give the same weights again.

        Raises
        ------
        KernelError
            When the kernel is not square or its side is even.
        ArgumentTypeError
            When `steps` is not a whole number.
        """
        turns = check_integer(steps, "steps") % 8
        rows, columns = self.shape
        if rows != columns or rows % 2 == 0:
            raise KernelError(
                f"kernel {self.name!r} is {rows}x{columns}: only square kernels of odd size "
                "(3x3, 5x5, ...) can be turned in steps of 45 degrees"
            )
        if turns == 0:
            return self
        turned = self.weights.copy()
        for inset in range(rows // 2):
            side = rows - 2 * inset
            ring = _ring(inset, side)
            turned[ring] = np.roll(self.weights[ring], -turns * (side - 1) // 2)
        return self.replace(name=f"{self.name}-turned-{45 * turns}", weights=turned)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain values for JSON; whole numbers are integers."""
        return {
            **self._fields(),
            "weights": [[_plain(weight) for weight in row] for row in self.weights.tolist()],
            "scale": _plain(self.scale),
            "offset": _plain(self.offset),
        }


def check_signed(value: object) -> Signed:
    """Return `value` if it is one of the ways to show negative responses, or raise KernelError."""
    for choice in get_args(Signed):
        if value == choice:
            known: Signed = choice
            return known
    choices = ", ".join(get_args(Signed))
    raise KernelError(f"signed is {shortened(value)}: give one of {choices}")


def _ring(inset: int, side: int) -> tuple[list[int], list[int]]:
    """Return the rows and columns of a square ring, clockwise from its top left corner."""
    first, last = inset, inset + side - 1
    steps = range(side - 1)
    cells = [(first, first + step) for step in steps]
    cells += [(first + step, last) for step in steps]
    cells += [(last, last - step) for step in steps]
    cells += [(last - step, first) for step in steps]
    return [row for row, _ in cells], [column for _, column in cells]


def _read_only(array: NDArray[np.float64]) -> NDArray[np.float64]:
    array = np.ascontiguousarray(array)
    array.flags.writeable = False
    return array


def _plain(value: float) -> int | float:
    return int(value) if value.is_integer() and abs(value) < 2**53 else value
