"""Digits as MNIST has them, and the weights of the LeNet-5 that reads them.

>>> from convfilter.nn import digits
>>> digit = digits.read_digit(pixels)
>>> digit is None or digits.as_input(digit).shape == (1, 32, 32)
True
"""

from __future__ import annotations

from convfilter.nn.digits.reading import read_digit
from convfilter.nn.digits.shipped import MEAN, NAME, STD, as_input, weights

__all__ = ["MEAN", "NAME", "STD", "as_input", "read_digit", "weights"]
