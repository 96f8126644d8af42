"""The house: who may import whom, how much a room holds, and who may know what by name."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from convfilter import filters, kernels
from convfilter.formats.declaring.index import SUMMARIES
from tests.bad_trees import BAD_TREES
from tests.sources import PACKAGE, ROOT, Import, Source, circles, sources

FLOORS = {
    "dtypes": 0,
    "errors": 0,
    "lazy": 0,
    "toml": 1,
    "__pyinstaller": 0,
    "runtime": 1,
    "picture": 1,
    "engine": 2,
    "kernels": 2,
    "formats": 2,
    "colour": 2,
    "files": 3,
    "filters": 3,
    "nn": 3,
    "images": 4,
    "pipeline": 4,
    "large": 5,
    "plots": 5,
    "features": 5,
    "dask": 6,
    "batch": 7,
    "web": 8,
    "cli": 9,
}
"""Every room, also those that are to be built: a file imports from its own and from lower ones."""

ENTRANCES = ("__init__", "__main__")
"""What stands above all floors."""

OTHERS = "*"

INNER_FLOORS = {
    "engine": (
        {"window"},
        {"planning"},
        {"replay"},
        {"operation"},
        {"correlation", "fold"},
        {OTHERS},
        {"chain", "explain"},
    ),
    "filters": (
        {"declaring"},
        {"pixels"},
        {"preparing"},
        {"declare"},
        {"convolution", "edges"},
        {OTHERS},
    ),
    "nn": ({"layers"}, {"graph"}, {OTHERS}, {"network"}, {"training", "classifying"}),
}
"""The floors within a room: a part imports from those below, and from none beside it.

What is not named has its place where the star is: families, on which no other family builds.
"""

FACES_WITHOUT_CODE = ("images",)
"""Rooms that only give names of other rooms to the public."""

FACES = ("batch", "web", "cli")
"""Rooms that do the same whatever filters and kernels there are."""

LONGEST = 400
"""Lines of a file."""

MOST_MODULES = 12
"""Modules of a folder besides `__init__`."""

CONFINED = {
    "numba": ("*.loops", "runtime.compiled"),
    "llvmlite": ("runtime.compiled",),
    "PIL": ("formats", "colour.named", "nn.preprocessing", "nn.sheets"),
    "isal": ("formats",),
    "simplejpeg": ("formats",),
    "pi_heif": ("formats.extras",),
    "rawpy": ("formats.extras",),
    "imagecodecs": ("formats.extras",),
    "OpenEXR": ("formats.extras",),
    "pypdfium2": ("formats.extras",),
    "click": ("cli",),
    "rich": ("cli",),
    "watchfiles": ("batch.watching",),
    "fsspec": ("files.storage", "dask"),
    "dask": ("dask", "batch.running"),
    "distributed": ("dask", "batch.running"),
    "zarr": ("dask",),
}
"""Where other packages may be imported; those that are not listed, anywhere."""

WRITERS = {
    "batch.journal.lines": "the journal, which grows",
    "files.replace": "every result",
    "batch.running.isolated.worker": "answers, to the process that started it",
    "runtime.compiled": "the cache, which keeps rules of its own, and pipes to other processes",
    "formats.jpeg": "a file in memory, which has no name",
}
"""What may open a file for writing, and which; all others hand their bytes on."""

WRITING_MODE = re.compile(r"[rwax]?[bt+]*")

FORMAT_NAMES = re.compile(rf"\b({'|'.join(SUMMARIES)})\b")
FORMAT_SUFFIXES = {suffix for summary in SUMMARIES.values() for suffix in summary.suffixes}
LOOP = re.compile(r"(\w+(?:\.\w+)*)\.loops\.")


def violations(package: Path) -> list[str]:
    """List everything in a package that breaks the rules."""
    files = sources(package)
    known = {source.name for source in files}
    found: list[str] = []
    edges: dict[str, set[str]] = {}
    for source in files:
        taken = list(source.imports(known))
        for check in (
            _size_and_name,
            _code_of_a_face,
            _format_names,
            _filter_names,
            _loops,
            _writers,
        ):
            found += check(source)
        for each in taken:
            for rule in (_floor, _inner_floor, _confined, _import_of_loops):
                problem = rule(source, each)
                if problem:
                    found.append(f"{source.name}:{each.line} {problem}")
                    break
        edges[source.name] = ({each.name for each in taken} & known) - {source.name}
    found += _crowded(files)
    found += _unkeyed(files, edges)
    return found + [f"circle: {' -> '.join(circle)}" for circle in circles(edges)]


def _size_and_name(source: Source) -> Iterator[str]:
    lines = len(source.text.splitlines())
    if lines > LONGEST:
        yield f"{source.name} has {lines} lines, more than {LONGEST}"
    if source.path.stem == "utils":
        yield f"{source.name} is called utils, which says nothing"


def _crowded(files: list[Source]) -> Iterator[str]:
    folders = Counter(source.path.parent for source in files if source.path.stem != "__init__")
    for folder, count in folders.items():
        if count > MOST_MODULES:
            yield f"{folder.name} has {count} modules, more than {MOST_MODULES}"


def _code_of_a_face(source: Source) -> Iterator[str]:
    if source.room in FACES_WITHOUT_CODE:
        for node in ast.walk(source.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
                yield f"{source.name}:{node.lineno} is code in a room that only gives names"


def _format_names(source: Source) -> Iterator[str]:
    """Yield the texts that name a picture format outside its room."""
    if source.within("formats"):
        return
    for line, text in source.literals():
        # kernels have files of their own, with a suffix that arrays have too
        is_suffix = text.lower() in FORMAT_SUFFIXES and source.room != "kernels"
        if is_suffix or FORMAT_NAMES.search(text) or text.upper() in SUMMARIES:
            yield f"{source.name}:{line} names a format: {text!r}"


def _filter_names(source: Source) -> Iterator[str]:
    """Yield the texts that are names of filters or kernels where none may be known."""
    if source.room in FACES:
        known = {*filters.names(), *kernels.names()}
        for line, text in source.literals():
            if text.lower().replace("_", "-") in known:
                yield f"{source.name}:{line} names a filter or kernel: {text!r}"


def _loops(source: Source) -> Iterator[str]:
    """Yield the texts that name a compiled loop of another room, or of another part of a room."""
    for line, text in source.literals():
        named = LOOP.match(text)
        if named and named[1].partition(".")[0] in FLOORS and not source.within(named[1]):
            yield f"{source.name}:{line} asks for a loop of another room: {text!r}"


def _writers(source: Source) -> Iterator[str]:
    """Yield the calls that write a file, where no file may be written."""
    if any(source.within(room) or source.name == room for room in WRITERS):
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            given = [*node.args, *(keyword.value for keyword in node.keywords)]
            texts = [value.value for value in given if isinstance(value, ast.Constant)]
            modes = [t for t in texts if isinstance(t, str) and WRITING_MODE.fullmatch(t)]
            opens = name in ("open", "fdopen") and any(set(mode) & set("wax+") for mode in modes)
            of_help = getattr(getattr(node.func, "value", None), "id", "") == "formatter"
            at_once = name in ("write_bytes", "write_text", "tofile", "mkstemp") and not of_help
            if opens or at_once:
                yield f"{source.name}:{node.lineno} writes a file, past files.replace"


def _import_of_loops(source: Source, taken: Import) -> str | None:
    """Refuse what would import Numba at run time: loops are asked for by name."""
    if "loops" in taken.name.split(".") and not source.within("*.loops"):
        return f"imports {taken.module}, which only loops may"
    return None


def _unkeyed(files: list[Source], edges: Mapping[str, set[str]]) -> Iterator[str]:
    """Yield the imports that the key of a compiled loop does not see.

    A key is made of the modules that loops are made of, as far as their imports name them in full.
    """
    by_name = {source.name: source for source in files}
    waiting = [source.name for source in files if source.within("*.loops")]
    reached = set(waiting)
    while waiting:
        source = by_name[waiting.pop()]
        for node in ast.walk(source.tree):
            if isinstance(node, ast.ImportFrom):
                module = f"{node.module}".removeprefix(f"{ROOT}.")
                of_package = module not in by_name or by_name[module].is_package
                if node.level or (f"{node.module}.".startswith(f"{ROOT}.") and of_package):
                    what = ast.unparse(node)
                    yield f"{source.name}:{node.lineno} does not name a module in full: {what}"
        found = edges[source.name] - reached
        reached |= found
        waiting += found


def _floor(source: Source, taken: Import) -> str | None:
    if taken.module.partition(".")[0] != ROOT or source.room in ENTRANCES:
        return None
    if taken.module == f"{ROOT}.__version__":
        return None
    room = taken.module.removeprefix(ROOT).lstrip(".").partition(".")[0]
    if room not in FLOORS:
        return f"imports {taken.module}, which is no room below"
    if source.room not in FLOORS:
        return f"is in {source.room}, which is no room"
    if room != source.room and FLOORS[room] >= FLOORS[source.room]:
        return f"imports {taken.module}, which is not on a lower floor"
    return None


def _inner_floor(source: Source, taken: Import) -> str | None:
    floors = INNER_FLOORS.get(source.room, ())
    inside = source.name != source.room and taken.name.startswith(f"{source.room}.")
    if not floors or not inside:
        return None
    own, other = source.name.split(".")[1], taken.name.split(".")[1]

    def height(part: str) -> int:
        heights = {name: height for height, floor in enumerate(floors) for name in floor}
        return heights.get(part, heights.get(OTHERS, 0))

    if own != other and height(other) >= height(own):
        return f"imports {taken.module}, which is not below it in the room"
    return None


def _confined(source: Source, taken: Import) -> str | None:
    library = taken.module.partition(".")[0]
    if library in CONFINED and not any(source.within(place) for place in CONFINED[library]):
        return f"imports {library}, which only {' and '.join(CONFINED[library])} may"
    return None


def test_the_house_keeps_to_its_rules() -> None:
    assert violations(PACKAGE) == []


def test_every_room_is_known() -> None:
    rooms = {source.room for source in sources(PACKAGE)} - set(ENTRANCES)
    assert rooms <= set(FLOORS)


def test_rooms_with_rules_of_their_own_are_there() -> None:
    files = sources(PACKAGE)
    assert {source.room for source in files} >= {*FACES_WITHOUT_CODE, *INNER_FLOORS}
    parts = {tuple(source.name.split(".")[:2]) for source in files}
    named = {(room, part) for room, floors in INNER_FLOORS.items() for part in set().union(*floors)}
    assert {(room, part) for room, part in named if part != OTHERS} <= parts


def plant(package: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = package / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


@pytest.mark.parametrize(("files", "expected"), BAD_TREES.values(), ids=BAD_TREES.keys())
def test_guard_sees(tmp_path: Path, files: dict[str, str], expected: str) -> None:
    plant(tmp_path, files)
    found = violations(tmp_path)
    assert len(found) == 1
    assert expected in found[0]


def test_guard_lets_good_houses_stand(tmp_path: Path) -> None:
    lazily = "def f():\n    from convfilter.engine.window.a import g"
    for_types = "if TYPE_CHECKING:\n    from convfilter.engine.fold.a import T"
    plant(
        tmp_path,
        {
            "__init__.py": "from convfilter.cli import main",
            "errors.py": "import enum",
            "engine/__init__.py": "from convfilter.engine.chain import g",
            "engine/window/a.py": "from ...errors import E",
            "engine/operation.py": lazily,
            "engine/fold/a.py": "loop('engine.fold.loops.a.g')",
            "engine/fold/layout.py": "B = 1",
            "engine/fold/loops/a.py": "import numba\nfrom convfilter.engine.fold.layout import B",
            "engine/rank/a.py": for_types,
            "engine/chain.py": "from convfilter.engine.rank.a import g",
            "runtime/compiled/build.py": "import numba, llvmlite",
            "formats/a.py": "import PIL.Image\nx = 'PNG'",
            "kernels/a.py": "x = '.npy'",
            "files/a.py": '"""Of PNG."""\n\ndef f():\n    """Of PNG, too."""',
            "images/__init__.py": "from convfilter.files.a import f\n__all__ = ['f']",
            "filters/declare.py": "from convfilter.filters.pixels import a\nx = 'sobel'",
            "filters/edges.py": "from convfilter.filters import declare",
            "filters/canny.py": "from convfilter.filters.edges import NORMS",
            "cli/a.py": "import click, rich\nfrom convfilter import __version__, engine",
            "cli/b.py": '"""As sobel does."""\nx = "shown as it is"',
        },
    )
    assert violations(tmp_path) == []
