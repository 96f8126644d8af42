"""Convolutions as sums of products, read where the maps lie."""

import numpy as np

from convfilter.nn.running.layout import CONVOLUTION, DEPTHWISE
from convfilter.runtime.compiled.addresses import call, view
from convfilter.runtime.compiled.declare import loop
from convfilter.runtime.compiled.instructions.records import records
from convfilter.runtime.compiled.vectors import (
    fill,
    lanes,
    larger,
    load,
    multiply_add,
    smaller,
    store,
)

FLOAT = 4
"""Bytes of a number."""


@loop("i8 arguments, i8 chunk, i8 thread -> i8")
def convolve(arguments, chunk, thread):
    """Compute some tiles of some panels of output maps.

    The parts of the sums come one after the other; all but the first are added to what is there.
    """
    c = records(arguments, 1, CONVOLUTION)[0]
    panels = (c.vectors + 1) // 2
    all_tiles = c.rows * c.tiles
    panel_chunk, tile_chunk = chunk // c.tile_chunks, chunk % c.tile_chunks
    first_panel = panels * panel_chunk // c.panel_chunks
    last_panel = panels * (panel_chunk + 1) // c.panel_chunks
    first = all_tiles * tile_chunk // c.tile_chunks
    last = all_tiles * (tile_chunk + 1) // c.tile_chunks
    maps = 2 * lanes(np.float32)
    nothing, everything = np.float32(-np.inf), np.float32(np.inf)
    for panel in range(first_panel, last_panel):
        wide = min(2, c.vectors - 2 * panel)
        step = c.tap_rows * c.taps * c.length * wide * lanes(np.float32)
        begin = c.input + FLOAT * (panel // c.group_panels * c.group)
        for part in range(c.parts):
            weights = c.weights + FLOAT * (panel * c.panel + part * step)
            is_last = part == c.parts - 1
            low, high = (c.low, c.high) if is_last else (nothing, everything)
            y, x = first // c.tiles, first % c.tiles
            for _ in range(first, last):
                height = c.last if x == c.tiles - 1 else c.height
                place = begin + FLOAT * (part * c.part + y * c.row + x * c.height * c.pixel)
                out = c.output + FLOAT * (
                    y * c.output_row + x * c.height * c.output_pixel + panel * maps
                )
                base = out if part > 0 else c.bias + FLOAT * panel * maps
                base_step = c.output_pixel if part > 0 else 0
                residual = c.residual if is_last else 0
                if residual != 0:
                    residual += FLOAT * (
                        y * c.residual_row + x * c.height * c.residual_pixel + panel * maps
                    )
                call(
                    c.tile,
                    (
                        height,
                        wide,
                        place,
                        c.pixel,
                        c.tap_rows,
                        c.tap_row,
                        c.taps,
                        c.tap,
                        c.length,
                        weights,
                        base,
                        base_step,
                        out,
                        c.output_pixel,
                        residual,
                        c.residual_pixel,
                        low,
                        high,
                    ),
                )
                x += 1
                if x == c.tiles:
                    x, y = 0, y + 1
    return 0


@loop("i8 arguments, i8 chunk, i8 thread -> i8")
def convolve_depthwise(arguments, chunk, thread):
    """Compute some rows of a convolution in which each output map looks at one input map."""
    c = records(arguments, 1, DEPTHWISE)[0]
    size = lanes(np.float32)
    low, high = fill(c.low), fill(c.high)
    bias = view(c.bias, c.vectors * size, np.float32)
    weights = view(c.weights, c.tap_rows * c.taps * c.vectors * size, np.float32)
    reach = c.vectors * size
    for y in range(c.rows * chunk // c.chunks, c.rows * (chunk + 1) // c.chunks):
        for x in range(c.columns):
            start = c.input + FLOAT * (y * c.row + x * c.pixel)
            out = view(
                c.output + FLOAT * (y * c.output_row + x * c.output_pixel), reach, np.float32
            )
            for k in range(0, reach, size):
                total = load(bias, k)
                for p in range(c.tap_rows):
                    for q in range(c.taps):
                        place = view(start + FLOAT * (p * c.tap_row + q * c.tap), reach, np.float32)
                        weight = load(weights, (p * c.taps + q) * reach + k)
                        total = multiply_add(load(place, k), weight, total)
                if c.residual != 0:
                    at = c.residual + FLOAT * (y * c.residual_row + x * c.residual_pixel)
                    total = total + load(view(at, reach, np.float32), k)
                store(out, k, smaller(high, larger(total, low)))
    return 0
