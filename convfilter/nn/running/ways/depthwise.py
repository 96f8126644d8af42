"""Convolutions in which each output map looks at one input map: vectors of maps."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from convfilter.nn.running.convolving import Convolving
from convfilter.nn.running.layout import DEPTHWISE
from convfilter.nn.running.operation import Room, Step, Way, chunks_for, constant, lying, make
from convfilter.nn.running.processor import lanes, whole_vectors

NAME = "depthwise"

LOOP = "nn.running.loops.convolution.convolve_depthwise"


def ways(operation: Convolving) -> Iterator[Way]:
    """Yield the way, where it is one."""
    maps = operation.inputs[0].maps

    def steps(room: Room) -> Iterator[Step]:
        yield _step(operation)

    if operation.layer.groups == maps == operation.layer.maps and maps > 1:
        yield Way(NAME, 0.0, steps, operation.look_beyond)


def _step(operation: Convolving) -> Step:
    given, out, window = operation.inputs[0], operation.output, operation.layer.window
    maps = out.maps
    padded = whole_vectors(maps)
    taps = window.kernel[0] * window.kernel[1]
    arranged = np.zeros((taps, padded), np.float32)
    arranged[:, :maps] = operation.weight.reshape(maps, taps).T * operation.scale
    weights, kept = constant(arranged)
    bias, kept_bias = constant(np.broadcast_to(operation.shift, (maps,)), padded)
    record = make(
        DEPTHWISE,
        input=operation.start(),
        row=window.stride[0] * given.row,
        pixel=window.stride[1] * given.pixel,
        tap_rows=window.kernel[0],
        tap_row=window.dilation[0] * given.row,
        taps=window.kernel[1],
        tap=window.dilation[1] * given.pixel,
        weights=weights,
        vectors=padded // lanes(),
        bias=bias,
        **lying(out, "output"),
        **operation.residual_fields(),
        rows=out.rows,
        columns=out.columns,
        chunks=chunks_for(out.rows * out.row, out.rows),
        low=operation.low,
        high=operation.high,
    )
    return operation.step(NAME, LOOP, record, kept, kept_bias)
