"""The rooms of the filters: no circle wherever an import stands, one direction, few modules."""

from __future__ import annotations

import pytest

from tests.test_architecture import PACKAGE, ROOT, circles, imports, sources

ORDER = ("declaring", "pixels", "declare", "families")
"""The rooms from below: each imports from itself and from those before it."""

MOST_MODULES = 12


def edges(room: str) -> dict[str, set[str]]:
    """Return which modules of a room import which, in functions and for types too."""
    files = sources(PACKAGE)
    known = {source.name for source in files}
    found = {}
    for source in files:
        if source.within(room):
            taken = {each.module.removeprefix(f"{ROOT}.") for each in imports(source, known)}
            found[source.name] = {name for name in taken & known if name != source.name}
    return found


def part(module: str) -> str:
    """Return the room within the filters that a module belongs to."""
    first = module.split(".")[1]
    return first if first in ORDER else "families"


@pytest.mark.parametrize("room", ["filters", "kernels"])
def test_there_are_no_circles(room: str) -> None:
    assert circles(edges(room)) == []


def test_imports_run_downwards() -> None:
    for module, taken in edges("filters").items():
        if module == "filters":
            continue
        for other in taken:
            if other.startswith("filters."):
                assert ORDER.index(part(other)) <= ORDER.index(part(module)), (module, other)


def test_folders_hold_few_modules() -> None:
    for folder in (PACKAGE / "filters", *(PACKAGE / "filters").iterdir(), PACKAGE / "kernels"):
        if folder.is_dir():
            modules = [path for path in folder.glob("*.py") if path.stem != "__init__"]
            assert len(modules) <= MOST_MODULES
