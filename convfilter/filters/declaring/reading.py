"""Parameters read from the signature of a filter: nothing else states them."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from convfilter.filters.declaring.options import Options
from convfilter.filters.declaring.parameters import REQUIRED, Kind, Parameter, Spec

__all__ = ["read_parameters"]


def read_parameters(
    function: Callable[..., Any],
) -> tuple[tuple[Parameter, ...], dict[str, type[Options]]]:
    """Return the parameters that a filter's signature declares, and its groups of options.

    The first argument is the picture. An argument whose type is a group of `Options` stands for the
    parameters that are its fields. A filter's own parameters come first, shared ones after them.
    """
    hints = get_type_hints(function, include_extras=True)
    found: list[Parameter] = []
    groups: dict[str, type[Options]] = {}
    for name, default in _arguments(function):
        annotation = hints[name]
        if isinstance(annotation, type) and issubclass(annotation, Options):
            groups[name] = annotation
            inner = get_type_hints(annotation, include_extras=True)
            found += [_parameter(n, inner[n], d) for n, d in annotation.defaults().items()]
        else:
            found.append(_parameter(name, annotation, default))
    own = [parameter for parameter in found if not parameter.spec.shared]
    return (*own, *(parameter for parameter in found if parameter.spec.shared)), groups


def _arguments(function: Callable[..., Any]) -> Iterator[tuple[str, Any]]:
    """Yield the arguments after the first with their defaults; `inspect` takes ten times longer."""
    code = function.__code__
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    of_last = function.__defaults__ or ()
    defaults = dict(zip(names[code.co_argcount - len(of_last) :], of_last, strict=False))
    defaults |= function.__kwdefaults__ or {}
    for name in names[1:]:
        yield name, defaults.get(name, REQUIRED)


def _parameter(name: str, annotation: Any, default: Any) -> Parameter:
    if get_origin(annotation) is not Annotated:
        raise TypeError(f"parameter {name} must be Annotated with a Spec")
    bare, *extras = get_args(annotation)
    specs = [extra for extra in extras if isinstance(extra, Spec)]
    if len(specs) != 1:
        raise TypeError(f"parameter {name} must be Annotated with exactly one Spec")
    spec = specs[0]
    options = [option for option in _union_members(bare) if option is not type(None)]
    choices: tuple[str, ...] = ()
    if len(options) == 1 and get_origin(options[0]) is Literal:
        choices = get_args(options[0])
    parameter = Parameter(name, spec.kind or _kind(name, options), default, spec, choices)
    if default is not REQUIRED and parameter.kind != "kernel":  # which would read the catalogue
        parameter.check(default)
    return parameter


def _union_members(annotation: Any) -> tuple[Any, ...]:
    if get_origin(annotation) in (Union, types.UnionType):
        return get_args(annotation)
    return (annotation,)


def _kind(name: str, options: list[Any]) -> Kind:
    pair = any(get_origin(option) is tuple for option in options)
    plain = [option for option in options if get_origin(option) is not tuple]
    if len(plain) == 1:
        if get_origin(plain[0]) is Literal:
            return "choice"
        if plain[0] is bool:
            return "flag"
        if plain[0] is float:
            return "number-pair" if pair else "number"
        if plain[0] is int:
            return "integer-pair" if pair else "integer"
    raise TypeError(f"parameter {name} has a type that leaves its kind open: state it in its Spec")
