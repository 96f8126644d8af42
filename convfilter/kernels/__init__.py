"""Kernels: named ones from the catalogue, given ones from text and files, shapes, and banks.

>>> from convfilter import kernels
>>> kernels.get("sobel-x")
Kernel('sobel-x', 3x3, scale=1.0, offset=0.0, signed='abs')
>>> kernels.find("0 -1 0, -1 5 -1, 0 -1 0").sum
1.0
>>> kernels.shapes.gaussian(sigma=2).shape
(17, 17)

All follow the convention of correlation: a kernel is laid on the image as printed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from convfilter.lazy import exports

if TYPE_CHECKING:
    from convfilter.kernels import banks, shapes
    from convfilter.kernels.catalog import all_kernels, get, kinds, names, summaries
    from convfilter.kernels.files import find, from_array, load
    from convfilter.kernels.kernel import Kernel
    from convfilter.kernels.text import parse

__all__ = [
    "Kernel",
    "all_kernels",
    "banks",
    "find",
    "from_array",
    "get",
    "kinds",
    "load",
    "names",
    "parse",
    "shapes",
    "summaries",
]

# Names are listed without NumPy, so each one is imported when it is first asked for.
_HOMES = {
    "Kernel": "kernel",
    "all_kernels": "catalog",
    "find": "files",
    "from_array": "files",
    "get": "catalog",
    "kinds": "catalog",
    "load": "files",
    "names": "catalog",
    "parse": "text",
    "summaries": "catalog",
}

if not TYPE_CHECKING:  # which would believe in any name
    __getattr__, __dir__ = exports(__name__, __all__, _HOMES, ["banks", "shapes"])
