"""Whether some values stand for no data."""

import numpy as np

from convfilter.runtime.compiled.declare import loop

AT_ONCE = 4096
"""Values that are looked at before anything is decided: vectors know no way out."""


@loop("const S[:] values, S code -> i8")
def hold(values, code):
    """Tell whether some values are equal to a number."""
    count = values.shape[0]
    for start in range(0, count, AT_ONCE):
        part = values[start : min(start + AT_ONCE, count)]
        found = np.uint8(0)
        for x in range(part.shape[0]):
            found = np.uint8(found | np.uint8(part[x] == code))
        if found != 0:
            return 1
    return 0


@loop("const S[:] values -> i8")
def hold_nan(values):
    """Tell whether some values are NaN."""
    count = values.shape[0]
    for start in range(0, count, AT_ONCE):
        part = values[start : min(start + AT_ONCE, count)]
        found = np.uint8(0)
        for x in range(part.shape[0]):
            value = part[x]
            found = np.uint8(found | np.uint8(value != value))
        if found != 0:
            return 1
    return 0
