"""Activations, numbers of each map, and several inputs combined, place by place."""

import numpy as np

from convfilter.nn.running.layout import (
    AFFINE,
    CLIP,
    LEAKY,
    MAXIMUM,
    POINTWISE,
    PRODUCT,
    SIGMOID,
    SUM,
    TANH,
)
from convfilter.nn.running.loops.powers import hyperbolic_tangent, sigmoid
from convfilter.runtime.compiled.addresses import view
from convfilter.runtime.compiled.declare import loop
from convfilter.runtime.compiled.instructions.records import records
from convfilter.runtime.compiled.vectors import lanes

FLOAT = 4
"""Bytes of a number."""


@loop("i8 arguments, i8 chunk, i8 thread -> i8")
def pointwise(arguments, chunk, thread):
    """Compute some rows; `how` says what."""
    p = records(arguments, 1, POINTWISE)[0]
    n = p.vectors * lanes(np.float32)
    slope, amplitude, low, high = p.slope, p.amplitude, p.low, p.high
    how = p.how
    for y in range(p.rows * chunk // p.chunks, p.rows * (chunk + 1) // p.chunks):
        for x in range(p.columns):
            a = view(p.input + FLOAT * (y * p.row + x * p.pixel), n, np.float32)
            b = view(p.second + FLOAT * (y * p.second_row + x * p.second_pixel), n, np.float32)
            out = view(p.output + FLOAT * (y * p.output_row + x * p.output_pixel), n, np.float32)
            if how == CLIP:
                for k in range(n):
                    number = low if a[k] < low else a[k]
                    out[k] = high if number > high else number
            elif how == LEAKY:
                for k in range(n):
                    out[k] = a[k] * slope if a[k] < np.float32(0) else a[k]
            elif how == TANH:
                for k in range(n):
                    out[k] = amplitude * hyperbolic_tangent(slope * a[k])
            elif how == SIGMOID:
                for k in range(n):
                    out[k] = sigmoid(a[k])
            elif how == AFFINE:
                weight, bias = view(p.weight, n, np.float32), view(p.bias, n, np.float32)
                for k in range(n):
                    out[k] = a[k] * weight[k] + bias[k]
            elif how == SUM:
                for k in range(n):
                    out[k] = a[k] + b[k]
            elif how == PRODUCT:
                for k in range(n):
                    out[k] = a[k] * b[k]
            elif how == MAXIMUM:
                for k in range(n):
                    is_second = b[k] > a[k] or b[k] != b[k]
                    out[k] = b[k] if is_second else a[k]
    return 0
