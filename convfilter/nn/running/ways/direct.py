"""Convolutions as sums of products, read where the maps lie: no window is copied."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from convfilter.nn.running.convolving import Convolving
from convfilter.nn.running.layout import CONVOLUTION
from convfilter.nn.running.operation import Room, Step, Way, address, constant, lying, make
from convfilter.nn.running.processor import lanes, tallest_tile, whole_vectors
from convfilter.nn.running.values import FLOAT
from convfilter.nn.running.ways.packing import pack, spread_groups

LOOP = "nn.running.loops.convolution.convolve"

TILE = "nn.running.loops.tiles.multiply"

LONGEST_SUM = 1024
"""Products that are added up in one number: what it loses grows with them."""

LARGEST_WEIGHTS = 3 << 17
"""Bytes of weights that stay in a core's cache beside what they are multiplied by."""

LARGEST_INPUT = 1 << 18
"""Bytes of maps that do."""

NANOSECONDS_PER_PRODUCT = 0.0085
"""Of tiles of products, one thread."""


def ways(operation: Convolving) -> Iterator[Way]:
    """Yield the way."""

    def steps(room: Room) -> Iterator[Step]:
        yield _step(operation, room)

    yield Way("direct", _cost(operation), steps, operation.look_beyond)


def _cost(operation: Convolving) -> float:
    # short tiles keep the processor less busy
    columns, tall = operation.output.columns, tallest_tile()
    if operation.layer.window.kernel == (1, 1):
        columns *= operation.output.rows
    tiles = -(-columns // tall)
    height = columns / tiles
    return operation.products * NANOSECONDS_PER_PRODUCT * (1 + max(0.0, 10 - height) / 20)


def _step(operation: Convolving, room: Room) -> Step:
    given, out, layer = operation.inputs[0], operation.output, operation.layer
    window = layer.window
    weight, groups = spread_groups(operation.weight, layer.groups, 2 * lanes())
    key = "direct", operation.layers[0], operation.scale.tobytes()
    (packed,) = room.once(key, lambda: pack(weight, operation.scale, room.threads))
    maps, of_group, kernel_rows, kernel_columns = weight.shape
    bias, kept_bias = constant(np.broadcast_to(operation.shift, (maps,)), whole_vectors(maps))
    taps, tap, length = kernel_columns, window.dilation[1] * given.pixel, of_group
    if of_group == given.pixel and window.dilation[1] == 1:
        taps, tap, length = 1, 0, kernel_columns * of_group
    tap_rows, tap_row = kernel_rows, window.dilation[0] * given.row
    parts, part = 1, 0
    if tap_rows > 1 and tap_rows * taps * length > LONGEST_SUM:
        parts, part, tap_rows = tap_rows, tap_row, 1
    elif tap_rows * taps == 1 and length > LONGEST_SUM:
        parts = next(
            n for n in range(2, length + 1) if length % n == 0 and length // n <= LONGEST_SUM
        )
        length //= parts
        part = length
    rows, columns = out.rows, out.columns
    values = [given, out, *([operation.residual] if operation.residual is not None else [])]
    is_simple = (
        window.kernel == (1, 1) and window.stride == (1, 1) and not any(map(any, operation.pads))
    )
    if is_simple and all(value.is_flat for value in values):
        rows, columns = 1, rows * columns
    tiles = -(-columns // tallest_tile())
    height = -(-columns // tiles)
    tiles = -(-columns // height)
    panels = packed.shape[0]
    tile_chunks, panel_chunks = _chunks(operation, packed.nbytes, rows * tiles, panels)
    record = make(
        CONVOLUTION,
        tile=room.address(TILE),
        input=operation.start(),
        row=window.stride[0] * given.row,
        pixel=window.stride[1] * given.pixel,
        parts=parts,
        part=part,
        tap_rows=tap_rows,
        tap_row=tap_row,
        taps=taps,
        tap=tap,
        length=length,
        weights=address(packed),
        panel=packed.shape[1],
        bias=bias,
        **lying(out, "output"),
        **operation.residual_fields(),
        group_panels=panels // groups,
        group=of_group,
        rows=rows,
        tiles=tiles,
        height=height,
        last=columns - (tiles - 1) * height,
        vectors=whole_vectors(maps) // lanes(),
        tile_chunks=tile_chunks,
        panel_chunks=panel_chunks,
        low=operation.low,
        high=operation.high,
    )
    return operation.step(
        "direct",
        LOOP,
        record,
        packed,
        kept_bias,
        chunks=tile_chunks * panel_chunks,
    )


def _chunks(operation: Convolving, weight_bytes: int, tiles: int, panels: int) -> tuple[int, int]:
    """Return into how many chunks tiles and panels are cut."""
    given = operation.inputs[0]
    input_bytes = given.rows * given.row * FLOAT
    wanted = max(1, min(16, operation.products // 400_000))
    if weight_bytes <= LARGEST_WEIGHTS:
        return min(tiles, max(wanted, -(-input_bytes // LARGEST_INPUT))), 1
    tile_chunks = min(tiles, -(-input_bytes // (2 * LARGEST_INPUT)))
    return tile_chunks, min(panels, max(-(-wanted // tile_chunks), 8))
