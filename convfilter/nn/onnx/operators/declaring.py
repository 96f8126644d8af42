"""The operators that there are, by name."""

from __future__ import annotations

from collections.abc import Callable

from convfilter.nn.onnx.building import Operand, Place

__all__ = ["OPERATORS", "operator"]

Import = Callable[[Place], Operand]

OPERATORS: dict[str, Import] = {}
"""What makes layers of each operator."""


def operator(name: str) -> Callable[[Import], Import]:
    """Declare that a function makes layers of the operator of a name."""

    def declare(function: Import) -> Import:
        OPERATORS[name] = function
        return function

    return declare
