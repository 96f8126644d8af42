"""The files of the package as they are read for the tests of its architecture."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = "convfilter"
PACKAGE = Path(__file__).resolve().parent.parent / ROOT


@dataclass(frozen=True)
class Import:
    """One imported module, absolute."""

    module: str
    line: int

    @property
    def name(self) -> str:
        """The dotted name without the package's own; that of another package as it is."""
        return self.module.removeprefix(f"{ROOT}.")


@dataclass(frozen=True)
class Source:
    """A file of the package under its dotted name, without the package's own."""

    name: str
    path: Path
    is_package: bool

    @property
    def room(self) -> str:
        """The floor's name: the first part of the dotted name."""
        return self.name.partition(".")[0]

    @functools.cached_property
    def text(self) -> str:
        """What is written in it."""
        return self.path.read_text("utf-8")

    @functools.cached_property
    def tree(self) -> ast.Module:
        """What is written in it, parsed."""
        return ast.parse(self.text)

    def within(self, place: str) -> bool:
        """Tell whether the file is this module or inside this package.

        ``*.loops`` is every module and package of the name ``loops``, wherever it is.
        """
        if place.startswith("*."):
            return place[2:] in self.name.split(".")
        return f"{self.name}.".startswith(f"{place}.")

    def literals(self) -> Iterator[tuple[int, str]]:
        """Yield every text in the file with its line, docstrings excepted."""
        alone = {id(node.value) for node in ast.walk(self.tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(self.tree):
            is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
            if is_text and id(node) not in alone:
                yield node.lineno, node.value

    def imports(self, known: set[str]) -> Iterator[Import]:
        """Yield what the file imports, in functions and for types too.

        `known` are all modules of the package: what is taken from a package and is one of them is
        named in full.
        """
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield Import(alias.name, node.lineno)
            elif isinstance(node, ast.ImportFrom):
                base = _base(self, node)
                for alias in node.names:
                    full = f"{base}.{alias.name}"
                    is_module = full.removeprefix(f"{ROOT}.") in known or base == ROOT
                    yield Import(full if is_module else base, node.lineno)


def sources(package: Path) -> list[Source]:
    """List the Python files of a package."""
    found = []
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package).with_suffix("").parts
        is_package = parts[-1] == "__init__" and len(parts) > 1
        found.append(Source(".".join(parts[:-1] if is_package else parts), path, is_package))
    return found


def circles(edges: Mapping[str, set[str]]) -> list[list[str]]:
    """Return the circles that a walk along the edges runs into."""
    found: list[list[str]] = []
    done: set[str] = set()

    def walk(name: str, path: list[str]) -> None:
        if name in path:
            found.append([*path[path.index(name) :], name])
        elif name not in done:
            for following in sorted(edges.get(name, ())):
                walk(following, [*path, name])
            done.add(name)

    for name in sorted(edges):
        walk(name, [])
    return found


def _base(source: Source, node: ast.ImportFrom) -> str:
    """Return the module that names are taken from, absolute."""
    if not node.level:
        return node.module or ""
    own = [ROOT, *source.name.split(".")]
    up = node.level - (1 if source.is_package else 0)
    return ".".join([*own[: len(own) - up], *([node.module] if node.module else [])])
