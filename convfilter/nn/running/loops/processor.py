"""What the loops of this machine were made for; only they know, since Numba chose it."""

import numpy as np

from convfilter.runtime.compiled.declare import loop
from convfilter.runtime.compiled.instructions.tiles import TALLEST
from convfilter.runtime.compiled.vectors import lanes


@loop("i8 of_tiles -> i8")
def register(of_tiles):
    """Return the numbers of a vector, or the pixels of the tallest tile."""
    return TALLEST if of_tiles else lanes(np.float32)
