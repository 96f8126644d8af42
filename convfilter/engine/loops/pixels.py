"""Bytes of pixels moved from one arrangement to another."""

import numpy as np

from convfilter.runtime.compiled.declare import loop


@loop("const u2[:] source, u2[:] out")
def drop_fourth(source, out):
    """Leave out every fourth byte.

    Four words of two bytes, low byte first, become three; `out` is a multiple of three words long.
    """
    for x in range(out.shape[0] // 3):
        second, third, fourth = source[4 * x + 1], source[4 * x + 2], source[4 * x + 3]
        out[3 * x] = source[4 * x]
        out[3 * x + 1] = np.uint16((second & 0xFF) | (np.int64(third & 0xFF) << 8))
        out[3 * x + 2] = np.uint16((third >> 8) | (np.int64(fourth & 0xFF) << 8))


@loop("const u2[:] source, u2[:] out")
def insert_fourth(source, out):
    """Put a byte of 255 behind every third one: the way back from `drop_fourth`.

    `source` is a multiple of three words long, `out` a third longer.
    """
    for x in range(source.shape[0] // 3):
        first, second, third = source[3 * x], source[3 * x + 1], source[3 * x + 2]
        out[4 * x] = first
        out[4 * x + 1] = np.uint16((second & 0xFF) | 0xFF00)
        out[4 * x + 2] = np.uint16((second >> 8) | (np.int64(third & 0xFF) << 8))
        out[4 * x + 3] = np.uint16((third >> 8) | 0xFF00)
