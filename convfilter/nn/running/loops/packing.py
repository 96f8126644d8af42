"""Weights in the order in which tiles of products read them, evaluated at points if asked for."""

import numpy as np
from numba.extending import register_jitable

from convfilter.nn.running.layout import PACK
from convfilter.runtime.compiled.addresses import view
from convfilter.runtime.compiled.declare import OPTIONS, loop
from convfilter.runtime.compiled.instructions.records import records

FLOAT, DOUBLE = 4, 8
"""Bytes of a number."""

BLOCK = 16
"""Input maps that are arranged at once: what is written of them stays in the cache."""


@register_jitable(**OPTIONS)
def _arrange(p, weights, scale, out, there, wide):
    """Write tap after tap, and input map after input map of each."""
    of_map = p.inputs * p.taps
    for begin in range(0, p.inputs, BLOCK):
        end = min(begin + BLOCK, p.inputs)
        for t in range(p.taps):
            for lane in range(wide):
                if lane < there:
                    factor = scale[lane]
                    for k in range(begin, end):
                        value = factor * weights[lane * of_map + k * p.taps + t]
                        out[(t * p.inputs + k) * wide + lane] = np.float32(value)
                else:
                    for k in range(begin, end):
                        out[(t * p.inputs + k) * wide + lane] = np.float32(0)


@register_jitable(**OPTIONS)
def _evaluate(p, weights, scale, out, taps, there, wide):
    """Write the sums of the taps of each input map, as the rows of the matrix weigh them.

    `taps` is memory for the nine taps of a panel.
    """
    matrix = view(p.matrix, p.positions * 9, np.float64)
    of_map = p.inputs * 9
    for k in range(9 * wide):
        taps[k] = 0.0
    for k in range(p.inputs):
        for lane in range(there):
            for t in range(9):
                taps[t * wide + lane] = scale[lane] * weights[lane * of_map + k * 9 + t]
        for position in range(p.positions):
            m = matrix[position * 9 : position * 9 + 9]
            row = out[position * p.position + k * wide :]
            for lane in range(wide):
                total = m[0] * taps[lane]
                for t in range(1, 9):
                    total += m[t] * taps[t * wide + lane]
                row[lane] = np.float32(total)


@loop("i8 arguments, i8 first, i8 last -> i8")
def pack(arguments, first, last):
    """Write some panels: the weights of two vectors of output maps, the last one maybe of one."""
    p = records(arguments, 1, PACK)[0]
    for panel in range(first, last):
        begin = panel * p.wide
        wide = min(p.wide, p.padded - begin)
        there = min(wide, p.maps - begin)
        of_map = p.inputs * p.taps
        weights = view(p.weights + FLOAT * begin * of_map, there * of_map, np.float32)
        scale = view(p.scale + DOUBLE * begin, there, np.float64)
        length = (max(p.positions, 1) - 1) * p.position + p.panel
        out = view(p.output + FLOAT * panel * p.panel, length, np.float32)
        if p.matrix == 0:
            _arrange(p, weights, scale, out, there, wide)
        else:
            taps = view(p.scratch + DOUBLE * panel * 9 * p.wide, 9 * p.wide, np.float64)
            _evaluate(p, weights, scale, out, taps, there, wide)
    return 0
