"""What is wrong with an ONNX file, gathered so that one message tells all of it."""

from __future__ import annotations

from convfilter.errors import NetworkError, listed

__all__ = ["Problems", "RefusedError", "named", "printable"]

_EXAMPLES = 3
"""So many nodes are named of those that have the same thing wrong."""

_LONGEST_NAME = 60


class RefusedError(Exception):
    """A node, or a tensor, is not supported or not right; the message says what of it."""


class Problems:
    """Reasons, each with the names of the nodes that it is said of."""

    def __init__(self, where: str) -> None:
        self._where = where
        self._nodes: dict[str, list[str]] = {}

    def add(self, reason: str, node: str = "") -> None:
        """Take down what is wrong with a node, or with the whole file."""
        nodes = self._nodes.setdefault(reason, [])
        if node:
            nodes.append(named(node))

    def check(self) -> None:
        """Raise NetworkError that names everything that is wrong, if anything is."""
        if self._nodes:
            said = (_said(reason, nodes) for reason, nodes in self._nodes.items())
            raise NetworkError(f"{self._where}: {'; '.join(said)}")


def _said(reason: str, nodes: list[str]) -> str:
    if not nodes:
        return reason
    more = len(nodes) - _EXAMPLES
    shown = [*nodes[:_EXAMPLES], f"{more} more"] if more > 0 else nodes
    return f"{reason} (at {listed(shown)})"


def named(name: str) -> str:
    """Return a name from a file for a message: short, and on one line whatever it holds."""
    name = printable(name)
    return repr(name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}...")


def printable(name: str) -> str:
    """Return a name with question marks for what would break a line."""
    return "".join(letter if letter.isprintable() else "?" for letter in name)
