"""Tiles of products as a loop of their own: they are compiled once for all that multiplies."""

from convfilter.runtime.compiled.declare import loop
from convfilter.runtime.compiled.instructions.tiles import multiply_tile


@loop(
    "i8 height, i8 width, i8 input, i8 pixel, i8 rows, i8 row, i8 taps, i8 tap, i8 length,"
    " i8 weights, i8 base, i8 base_step, i8 output, i8 output_step, i8 residual, i8 residual_step,"
    " f4 low, f4 high -> i8"
)
def multiply(
    height,
    width,
    place,
    pixel,
    rows,
    row,
    taps,
    tap,
    length,
    weights,
    base,
    base_step,
    output,
    output_step,
    residual,
    residual_step,
    low,
    high,
):
    """Store the sums of products of a tile (see `instructions.tiles`)."""
    return multiply_tile(
        height,
        width,
        place,
        pixel,
        rows,
        row,
        taps,
        tap,
        length,
        weights,
        base,
        base_step,
        output,
        output_step,
        residual,
        residual_step,
        low,
        high,
    )
