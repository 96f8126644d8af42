"""How a network is declared, and found by its name."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from convfilter.errors import UnknownNameError
from convfilter.nn.graph import Graph


@dataclass(frozen=True)
class Model:
    """A network by name.

    Attributes
    ----------
    name : as it is asked for
    summary : what it is, in one line
    source : the paper or the program that it follows
    build : makes its graph
    scaling : the mean that its published weights want taken away from pictures of 0 to 1, and what
        they want them divided by, where that is not what is usual
    """

    name: str
    summary: str
    source: str
    build: Callable[[], Graph]
    scaling: tuple[float, float] | None = None


_declared: dict[str, Model] = {}


def model(
    name: str, summary: str, source: str, *, scaling: tuple[float, float] | None = None
) -> Callable[[Callable[[], Graph]], Callable[[], Graph]]:
    """Declare the network that a function makes."""

    def declare(build: Callable[[], Graph]) -> Callable[[], Graph]:
        _declared[name] = Model(name, summary, source, build, scaling)
        return build

    return declare


def all_models() -> dict[str, Model]:
    """Return every network by its name, those of a module in its order."""
    package = __name__.rpartition(".")[0]
    for module in pkgutil.iter_modules(import_module(package).__path__):
        import_module(f"{package}.{module.name}")
    order = sorted(_declared.values(), key=lambda declared: declared.build.__module__)
    return {declared.name: declared for declared in order}


def names() -> list[str]:
    """Return the names of all networks."""
    return [*all_models()]


def scaling_of(name: str) -> tuple[float, float] | None:
    """Return what the published weights of a network want unusual; None for any other name."""
    known = all_models().get(name)
    return None if known is None else known.scaling


def get(name: str) -> Graph:
    """Return the network of a name.

    Raises
    ------
    UnknownNameError
        Where there is none; the message says which are near.
    """
    check_name(name)
    return all_models()[name].build()


def check_name(name: str) -> None:
    """Check that a network has this name.

    Raises
    ------
    UnknownNameError
        None has; the message says which are near.
    """
    known = all_models()
    if name not in known:
        raise UnknownNameError("network", name, known)
