"""Digits as MNIST has them, and the weights of the LeNet-5 that reads them.

>>> import numpy as np
>>> from convfilter.nn import digits
>>> pixels = np.full((40, 40), 255, np.uint8)
>>> pixels[8:32, 18:22] = 0  # a one, dark on light
>>> digits.as_input(digits.read_digit(pixels)).shape
(1, 32, 32)
"""

from __future__ import annotations

from convfilter.nn.digits.reading import read_digit
from convfilter.nn.digits.shipped import MEAN, NAME, STD, as_input, weights

__all__ = ["MEAN", "NAME", "STD", "as_input", "read_digit", "weights"]
