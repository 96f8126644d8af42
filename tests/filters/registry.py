"""What tests need to know of filters, read from their declarations."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

import pytest

from convfilter import filters, kernels
from convfilter.errors import ConvfilterError
from convfilter.filters.declaring.parameters import Parameter

NAMES = filters.names()


def needed(name: str, kernel: str = "sobel-x") -> dict[str, Any]:
    """Return values for the parameters of a filter that have no default; all are kernels."""
    return {each.name: kernel for each in filters.get(name).parameters if each.required}


def beside(name: str, parameter: str) -> dict[str, Any]:
    """Return what else has to be given for a parameter of a filter to have a meaning."""
    sums = parameter == "signed" and "sum" in getattr(_known(name).get("norm"), "choices", ())
    return {"norm": "sum"} if sums else {}


def word_at_the_end(name: str) -> str | None:
    """Return the word that shows a filter's response at the end, if none is given.

    None where nothing is left to be shown.
    """
    signed = _known(name).get("signed")
    if signed is None or signed.default is not None:
        return None
    word = signed.spec.automatic.partition(" at the end")[0]
    return kernels.get(needed(name)["kernel"]).signed if word == "that of the kernel" else word


def shown(name: str) -> dict[str, Any]:
    """Return parameters with which a filter gives floats what it gives integers without them."""
    word = None if beside(name, "signed") else word_at_the_end(name)
    return {} if word is None else {"signed": word}


def declaring(*wanted: str) -> list[str]:
    """Return the names of the filters that declare all these parameters."""
    return [name for name in NAMES if {*wanted} <= {*_known(name)}]


def of_family(family: str) -> list[str]:
    """Return the names of the filters that one module declares."""
    return [name for name, entry in filters.index().items() if entry.family == family]


def keeping_size() -> list[str]:
    """Return the names of the filters that give as many pixels as they are given."""
    return [name for name in NAMES if strides_of(name, bound(name)) == (1, 1)]


def choices(name: str, parameter: str) -> tuple[str, ...]:
    """Return the choices of a parameter."""
    return _known(name)[parameter].choices


def strides_of(name: str, values: dict[str, Any]) -> tuple[int, int]:
    """Return the steps down and along the picture, from one output of a filter to the next."""
    stride = _known(name).get("stride")
    if stride is None or stride.spec.unit != "pixels":
        return 1, 1
    if values["stride"] is not None:
        return as_pair(values["stride"])
    assert stride.spec.automatic == "size"
    return as_pair(values["size"])


def as_pair(value: Any) -> tuple[int, int]:
    """Return a pair, or twice what is none."""
    return value if isinstance(value, tuple) else (value, value)


def bound(name: str, **given: Any) -> dict[str, Any]:
    """Return checked values of all parameters."""
    return filters.get(name).bind({**needed(name), **given})


def variants(name: str) -> Iterator[dict[str, Any]]:
    """Yield parameters that differ from the defaults in at most one: each choice, near numbers."""
    yield needed(name)
    for parameter in filters.get(name).parameters:
        for value in _others(parameter):
            try:
                parameter.check(value)
            except ConvfilterError:
                continue  # not odd, say, or beyond the range
            yield {**needed(name), **beside(name, parameter.name), parameter.name: value}


def case(name: str, given: dict[str, Any]) -> Any:
    """Return a filter and parameters as a case of a test; other ones than the defaults are slow."""
    shown = "-".join(f"{key}={value}" for key, value in given.items())
    marks = () if given == needed(name) else pytest.mark.slow
    return pytest.param(name, given, id=f"{name}-{shown}", marks=marks)


def _others(parameter: Parameter) -> list[Any]:
    default, step = parameter.default, 2 if parameter.spec.odd else 1
    match parameter.kind:
        case "choice":
            return [choice for choice in parameter.choices if choice != default]
        case "flag":
            return [not default]
        case "number" if default is None:
            return [2.5, 60]
        case "integer" | "integer-pair" if default is None:
            return [1, 2, *([(1, 2)] if parameter.kind == "integer-pair" else [])]
        case "integer":
            return [default + step]
        case "integer-pair":
            return [default + step, (default, default + step), (default + step, default)]
        case "number" | "number-pair":
            pairs = [(default, default * 1.7)] if parameter.kind == "number-pair" else []
            return [default * 0.6, default * 1.7, default + 1, *pairs]
        case "padding":
            return ["valid", "full", 2, ((1, 0), (0, 3))]
        case "kernel":
            # any kernel where one is asked for; else one that may take the place of the default
            return [
                "gaussian-3",
                "laplacian-8",
                *(["roberts-x", "1 2 -3 1"] if parameter.required else []),
            ]
    raise AssertionError(parameter.kind)


@functools.cache
def _known(name: str) -> dict[str, Parameter]:
    return {each.name: each for each in filters.get(name).parameters}
