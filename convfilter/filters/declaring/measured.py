"""Lengths made pixels of a picture, by the spacing that it states."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from convfilter.errors import ArgumentError
from convfilter.filters.declaring.lengths import Length, is_length
from convfilter.filters.declaring.parameters import Parameter

if TYPE_CHECKING:
    from fractions import Fraction

    from convfilter.picture.spacing import Spacing

__all__ = ["in_pixels"]


def in_pixels(
    parameters: Iterable[Parameter], values: Mapping[str, Any], spacing: Spacing | None
) -> dict[str, Any]:
    """Return checked values of parameters with pixels in place of lengths such as 0.5um.

    `spacing` is how far pixels of the picture lie apart, None if nobody knows. Whole numbers, and
    odd ones, are the nearest. One length becomes a pair where pixels lie farther apart one way than
    the other.

    Raises
    ------
    ArgumentError
        The spacing is not known or is no length; the number of pixels is out of range; pixels are
        not square, and the parameter is a single number.
    """
    of = {parameter.name: parameter for parameter in parameters}
    return {
        name: _in_pixels(of[name], value, spacing) if is_length(value) else value
        for name, value in values.items()
    }


def _in_pixels(parameter: Parameter, value: Any, spacing: Spacing | None) -> Any:
    parts = value if isinstance(value, tuple) else (value, value)
    given = ",".join(str(part) for part in (value if isinstance(value, tuple) else (value,)))
    what = f"{parameter.name} is {given}"
    way_out = f"give {parameter.name} in pixels"
    if spacing is None:
        raise ArgumentError(
            f"{what}, and the picture does not state how far its pixels lie apart: {way_out}"
        )
    metres = spacing.metres
    if metres is None:
        raise ArgumentError(
            f"{what}, which is a length, and the picture states the spacing of its pixels in"
            f" {spacing.unit}: {way_out}"
        )
    rows, columns = (
        _nearest(parameter, part.metres / step) if isinstance(part, Length) else part
        for part, step in zip(parts, metres, strict=True)
    )
    is_pair = isinstance(value, tuple)
    if rows != columns and not is_pair and not parameter.kind.endswith("pair"):
        raise ArgumentError(
            f"{what}, which is {rows:.6g} pixels down and {columns:.6g} along a row, since pixels"
            f" lie {spacing} apart, and it takes one number: {way_out}"
        )
    try:
        return parameter.check((rows, columns) if is_pair or rows != columns else rows)
    except ArgumentError as error:
        raise ArgumentError(f"{what}, and pixels lie {spacing} apart: {error}") from None


def _nearest(parameter: Parameter, pixels: Fraction) -> float | int:
    if not parameter.kind.startswith("integer"):
        try:
            return float(pixels)
        except OverflowError:
            return float("inf")
    if parameter.spec.odd:
        return 2 * round((pixels - 1) / 2) + 1
    return round(pixels)
