"""The kernel itself: weights with the scale and offset that belong to them."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from convfilter.errors import ArgumentTypeError, KernelError

__all__ = ["Kernel", "Signed", "Symmetry", "check_number", "check_signed", "check_weights"]

Signed = Literal["abs", "offset", "clamp"]
Symmetry = Literal["symmetric", "antisymmetric", "none"]

# Two weights count as equal when they differ by less than this part of the largest one.
_TOLERANCE = 1e-12


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Kernel:
    """Weights laid on the image as printed (correlation), with their scale and offset.

    The effective kernel is `scale * weights`, and a filter answers
    `offset + sum(image * scale * weights)`.

    - name: what the kernel is called.
    - weights: two-dimensional, any real numbers; kept as read-only float64.
    - scale: factor of all weights.
    - offset: added to the response, on the 8-bit scale 0 to 255 whatever the image.
    - signed: how negative responses are shown: `"abs"` takes the absolute value, `"offset"`
        puts zero at mid-grey, `"clamp"` leaves them to the picture, most of which hold none.
    - description: one line.
    - source: the paper or book that the weights come from.

    Raises KernelError: the weights are empty, ragged, not two-dimensional or not finite numbers,
    or another value cannot be used.
    """

    name: str
    weights: NDArray[np.float64]
    scale: float = 1.0
    offset: float = 0.0
    signed: Signed = "clamp"
    description: str = ""
    source: str = ""

    def __post_init__(self) -> None:
        try:
            weights = check_weights(self.weights)
            scale = check_number("scale", self.scale)
            offset = check_number("offset", self.offset)
            signed = check_signed(self.signed)
            if not math.isfinite(float(np.abs(weights).max()) * scale):
                raise KernelError("scale times weights is beyond float64; make them smaller")
        except KernelError as error:
            raise KernelError(f"kernel {self.name!r}: {error}") from None
        checked = {"weights": weights, "scale": scale, "offset": offset, "signed": signed}
        for key, value in checked.items():
            object.__setattr__(self, key, value)

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
        # Through the constructor, so that a copy or an unpickled kernel is read-only too.
        return Kernel, tuple(getattr(self, field.name) for field in dataclasses.fields(self))

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

    @cached_property
    def is_integer(self) -> bool:
        """Whether every entry of `weights` is a whole number (`scale` aside)."""
        return bool((self.weights == np.rint(self.weights)).all())

    def replace(self, **changes: Any) -> Kernel:
        """Return the kernel with other values for some of its fields."""
        return dataclasses.replace(self, **changes)

    def scaled(self, factor: float) -> Kernel:
        """Return the kernel with its scale multiplied by `factor`."""
        return self.replace(scale=self.scale * check_number("factor", factor))

    def flipped(self) -> Kernel:
        """Return the kernel turned by 180 degrees: correlation becomes convolution."""
        return self.replace(name=f"{self.name}-flipped", weights=self.weights[::-1, ::-1])

    def rotated(self, steps: int = 1) -> Kernel:
        """Return the kernel turned counterclockwise by `steps` times 45 degrees.

        Every concentric square ring of side n is shifted by (n - 1) / 2 of its cells per step,
        as in the compass kernels of Kirsch (1971): `kirsch-n` becomes `-nw`, then `-w`. Negative
        steps turn clockwise. Eight steps give the same weights again.

        Raises KernelError: the kernel is not square or its side is even.
        ArgumentTypeError: `steps` is not a whole number.
        """
        if isinstance(steps, bool) or not isinstance(steps, (int, np.integer)):
            raise ArgumentTypeError(f"steps must be a whole number, not {_shown(steps)}")
        rows, columns = self.shape
        if rows != columns or rows % 2 == 0:
            raise KernelError(
                f"kernel {self.name!r} is {rows}x{columns}: only square kernels of odd size "
                "(3x3, 5x5, ...) can be turned in steps of 45 degrees"
            )
        steps = int(steps) % 8
        if steps == 0:
            return self
        turned = self.weights.copy()
        for inset in range(rows // 2):
            side = rows - 2 * inset
            ring = _ring(inset, side)
            turned[ring] = np.roll(self.weights[ring], -steps * (side - 1) // 2)
        return self.replace(name=f"{self.name}-turned-{45 * steps}", weights=turned)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain values for JSON; whole numbers are integers."""
        return {
            "name": self.name,
            "weights": [[_plain(weight) for weight in row] for row in self.weights.tolist()],
            "scale": _plain(self.scale),
            "offset": _plain(self.offset),
            "signed": self.signed,
            "description": self.description,
            "source": self.source,
        }


def check_weights(values: object) -> NDArray[np.float64]:
    """Return `values` as a read-only float64 matrix, or raise a KernelError that says why not."""
    if isinstance(values, (str, bytes, Mapping)):
        raise KernelError("weights must be rows of numbers")
    if isinstance(values, Sequence):
        values = _check_rows(values)
    array = np.asarray(values)
    if array.dtype.kind not in "biuf":
        raise KernelError(f"weights must be real numbers, not {array.dtype}")
    if array.size == 0:
        raise KernelError("holds no weights; give at least one row with one number")
    if array.ndim != 2:
        raise KernelError(f"weights must have 2 dimensions (rows and columns), not {array.ndim}")
    with np.errstate(over="ignore"):  # a long double may exceed float64; found just below
        matrix = array.astype(np.float64) + 0.0  # no negative zeros
    if not np.isfinite(matrix).all():
        row, column = (int(index) for index in np.argwhere(~np.isfinite(matrix))[0])
        raise KernelError(
            f"row {row + 1}, column {column + 1} is {matrix[row, column]}; "
            "every weight must be a finite number"
        )
    return _read_only(matrix)


def check_number(what: str, value: object) -> float:
    """Return `value` as a finite float, or raise a KernelError that names it `what`."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(
        value, (int, float, np.integer, np.floating)
    ):
        raise KernelError(f"{what} must be a number, not {_shown(value)}")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise KernelError(f"{what} must be a finite number that fits into float64")
    return number


def check_signed(value: object) -> Signed:
    """Return `value` if it is one of the ways to show negative responses."""
    for choice in get_args(Signed):
        if value == choice:
            known: Signed = choice
            return known
    choices = ", ".join(get_args(Signed))
    raise KernelError(f"signed must be one of {choices}, not {_shown(value)}")


def _check_rows(rows: Sequence[Any]) -> list[list[float]]:
    """Check nested sequences row by row, so that the message can say which row is wrong."""
    if not rows:
        raise KernelError("holds no weights; give at least one row with one number")
    checked: list[list[float]] = []
    for number, row in enumerate(rows, start=1):
        if isinstance(row, np.ndarray) and row.ndim == 1:
            row = row.tolist()
        if not isinstance(row, Sequence) or isinstance(row, (str, bytes)):
            raise KernelError(f"row {number} must be a list of numbers, not {_shown(row)}")
        if not row:
            raise KernelError(f"row {number} is empty; every row needs the same number of weights")
        if checked and len(row) != len(checked[0]):
            entries = "1 entry" if len(row) == 1 else f"{len(row)} entries"
            raise KernelError(
                f"row {number} has {entries} where row 1 has {len(checked[0])}; "
                "every row needs the same number of weights"
            )
        checked.append(
            [
                check_number(f"row {number}, column {column}", entry)
                for column, entry in enumerate(row, start=1)
            ]
        )
    return checked


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


def _shown(value: object) -> str:
    text = " ".join(repr(value).split())
    return text if len(text) <= 40 else f"{text[:37]}..."
