"""The floors of the house: who may import whom, and what starting up may not import at all."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from convfilter.formats.declaring.index import SUMMARIES

PACKAGE = Path(__file__).resolve().parent.parent / "convfilter"
ROOT = "convfilter"
FLOORS = {
    "errors": 0,
    "lazy": 0,
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
    "batch": 6,
    "cli": 8,
}
ENTRANCES = ("__init__", "__main__")
LONGEST = 400
MOST_MODULES = 12
DIVIDED = ("colour", "files", "formats", "picture")
"""Rooms of few modules, in which an import counts for circles wherever it stands."""
FORMAT_NAMES = re.compile(rf"\b({'|'.join(SUMMARIES)})\b")
FORMAT_SUFFIXES = {suffix for summary in SUMMARIES.values() for suffix in summary.suffixes}
CONFINED = {
    "numba": ("engine.loops", "formats.png.loops", "runtime.compiled"),
    "llvmlite": ("runtime.compiled",),
    "PIL": ("formats", "colour"),
    "isal": ("formats",),
    "simplejpeg": ("formats",),
    "click": ("cli",),
    "rich": ("cli", "batch"),
}


@dataclass(frozen=True)
class Import:
    """One imported module, absolute, and whether importing the file imports it too."""

    module: str
    line: int
    at_start: bool


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

    def within(self, prefix: str) -> bool:
        """Tell whether the file is this module or inside this package."""
        return f"{self.name}.".startswith(f"{prefix}.")


def sources(package: Path) -> list[Source]:
    """List the Python files of a package."""
    found = []
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package).with_suffix("").parts
        is_package = parts[-1] == "__init__" and len(parts) > 1
        found.append(Source(".".join(parts[:-1] if is_package else parts), path, is_package))
    return found


def imports(source: Source, known: set[str]) -> Iterator[Import]:
    """Yield what a file imports, in functions too; modules taken from packages by full name."""

    def resolve(node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        own = [ROOT, *source.name.split(".")]
        up = node.level - (1 if source.is_package else 0)
        return ".".join([*own[: len(own) - up], *([node.module] if node.module else [])])

    def visit(node: ast.AST, at_start: bool) -> Iterator[Import]:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(alias.name, node.lineno, at_start)
        elif isinstance(node, ast.ImportFrom):
            base = resolve(node)
            for alias in node.names:
                full = f"{base}.{alias.name}"
                is_module = full.removeprefix(f"{ROOT}.") in known or base == ROOT
                yield Import(full if is_module else base, node.lineno, at_start)
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            for statement in node.body:
                yield from visit(statement, at_start=False)
            for otherwise in node.orelse:
                yield from visit(otherwise, at_start)
        else:
            inside = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            for child in ast.iter_child_nodes(node):
                yield from visit(child, at_start and not inside)

    yield from visit(ast.parse(source.path.read_text("utf-8")), at_start=True)


def violations(package: Path) -> list[str]:
    """List everything in a package that breaks the rules."""
    files = sources(package)
    known = {source.name for source in files}
    found: list[str] = []
    edges: dict[str, set[str]] = {}
    for source in files:
        taken = list(imports(source, known))
        found += _size_and_name(source)
        found += _format_names(source)
        for taken_import in taken:
            problem = _floor(source, taken_import) or _confinement(source, taken_import)
            if problem:
                found.append(f"{source.name}:{taken_import.line} {problem}")
        everywhere = source.room in DIVIDED
        names = {t.module.removeprefix(f"{ROOT}.") for t in taken if t.at_start or everywhere}
        edges[source.name] = (names & known) - {source.name}
    found += _crowded(files)
    return found + [f"circle: {' -> '.join(circle)}" for circle in circles(edges)]


def _size_and_name(source: Source) -> Iterator[str]:
    lines = len(source.path.read_text("utf-8").splitlines())
    if lines > LONGEST:
        yield f"{source.name} has {lines} lines, more than {LONGEST}"
    if source.path.stem == "utils":
        yield f"{source.name} is called utils, which says nothing"


def _crowded(files: list[Source]) -> Iterator[str]:
    """Yield the folders of divided rooms that have too many modules."""
    modules = Counter(
        source.name.rpartition(".")[0]
        for source in files
        if source.room in DIVIDED and not source.is_package
    )
    for folder, count in modules.items():
        if count > MOST_MODULES:
            yield f"{folder} has {count} modules, more than {MOST_MODULES}"


def _format_names(source: Source) -> Iterator[str]:
    """Yield the strings, docstrings excepted, that name a picture format outside its room."""
    if source.within("formats"):
        return
    tree = ast.parse(source.path.read_text("utf-8"))
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
            continue
        text = node.value
        # kernels have files of their own, with a suffix that arrays have too
        is_suffix = text.lower() in FORMAT_SUFFIXES and source.room != "kernels"
        is_name = FORMAT_NAMES.search(text) or text.upper() in SUMMARIES
        if (is_suffix or is_name) and id(node) not in docstrings:
            yield f"{source.name}:{node.lineno} names a format: {text!r}"


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


def _confinement(source: Source, taken: Import) -> str | None:
    library = taken.module.partition(".")[0]
    if library in CONFINED and not any(source.within(place) for place in CONFINED[library]):
        return f"imports {library}, which only {' and '.join(CONFINED[library])} may"
    return None


def circles(edges: dict[str, set[str]]) -> list[list[str]]:
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


def test_package_keeps_to_its_floors() -> None:
    assert violations(PACKAGE) == []


def test_every_room_is_known() -> None:
    rooms = {source.room for source in sources(PACKAGE)} - set(ENTRANCES)
    assert rooms <= set(FLOORS)


BAD_TREES = {
    "upwards": ({"engine/a.py": "from convfilter.files import read"}, "not on a lower floor"),
    "upwards in a function": (
        {"engine/a.py": "def f():\n    import convfilter.cli.main"},
        "not on a lower floor",
    ),
    "sideways": ({"kernels/a.py": "from convfilter import engine"}, "not on a lower floor"),
    "relative": ({"filters/a.py": "from ..pipeline import Pipeline"}, "not on a lower floor"),
    "relative from a package": (
        {"filters/__init__.py": "from ..files import read"},
        "not on a lower floor",
    ),
    "root": ({"cli/a.py": "from convfilter import apply"}, "no room below"),
    "whole package": ({"cli/a.py": "import convfilter"}, "no room below"),
    "new room": ({"attic/a.py": "import convfilter.errors"}, "is no room"),
    "numba": ({"engine/a.py": "def f():\n    from numba import njit"}, "imports numba"),
    "llvmlite": ({"engine/loops/a.py": "import llvmlite.binding"}, "imports llvmlite"),
    "pillow": ({"filters/a.py": "from PIL import Image"}, "imports PIL"),
    "click": ({"batch/a.py": "import click"}, "imports click"),
    "rich": ({"pipeline.py": "from rich import print"}, "imports rich"),
    "long": ({"engine/a.py": "x = 1\n" * 401}, "has 401 lines"),
    "utils": ({"engine/utils.py": ""}, "utils"),
    "crowded": ({f"formats/tiff/a{n}.py": "" for n in range(13)}, "formats.tiff has 13 modules"),
    "format's name": (
        {"files/a.py": "def f(n):\n    return n == 'PNG'"},
        "files.a:2 names a format",
    ),
    "format's name in words": ({"cli/a.py": "x = f'quality of {1} JPEG'"}, "names a format"),
    "format's name in small letters": ({"batch/a.py": "x = {'tiff': 1}"}, "names a format"),
    "format's suffix": ({"batch/a.py": "x = '.webp'"}, "names a format"),
    "pictures know no file": ({"picture/a.py": "from convfilter.formats import a"}, "lower floor"),
    "formats know no files": ({"formats/a.py": "from convfilter.files import a"}, "lower floor"),
    "the face is for others": ({"files/a.py": "from convfilter.images import read"}, "lower floor"),
    "circle in a function": (
        {
            "formats/a.py": "def f():\n    from convfilter.formats import b",
            "formats/b.py": "from convfilter.formats.a import f",
        },
        "circle: formats.a -> formats.b -> formats.a",
    ),
    "circle of types": (
        {
            "files/a.py": "if TYPE_CHECKING:\n    from convfilter.files import b",
            "files/b.py": "from convfilter.files.a import f",
        },
        "circle: files.a -> files.b -> files.a",
    ),
    "circle": (
        {
            "engine/a.py": "from convfilter.engine.b import x",
            "engine/b.py": "from convfilter.engine import c",
            "engine/c.py": "try:\n    import convfilter.engine.a\nfinally:\n    pass",
        },
        "circle: engine.a -> engine.b -> engine.c -> engine.a",
    ),
    "circle through the package": (
        {
            "engine/__init__.py": "from .a import x",
            "engine/a.py": "from convfilter.engine import y",
        },
        "circle: engine -> engine.a -> engine",
    ),
}


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
    lazily = "def f():\n    from convfilter.engine.a import g"
    for_types = "if TYPE_CHECKING:\n    from convfilter.engine.a import T"
    plant(
        tmp_path,
        {
            "__init__.py": "from convfilter.cli import main",
            "errors.py": "import enum",
            "engine/__init__.py": "from convfilter.engine.a import g",
            "engine/a.py": "from convfilter.engine import b, c\nfrom ..errors import E",
            "engine/b.py": lazily,
            "engine/c.py": for_types,
            "engine/loops/a.py": "import numba",
            "runtime/compiled/link.py": "import numba, llvmlite",
            "formats/a.py": "import PIL.Image\nx = 'PNG'",
            "kernels/a.py": "x = '.npy'",
            "files/a.py": '"""Of PNG."""\n\ndef f():\n    """Of PNG, too."""',
            "cli/a.py": "import click, rich\nfrom convfilter import __version__, engine",
        },
    )
    assert violations(tmp_path) == []


def modules_after(code: str) -> set[str]:
    """Run Python code in a fresh interpreter; return the top-level modules that it has loaded."""
    listing = "\nimport sys\nprint('loaded', *{m.partition('.')[0] for m in sys.modules})"
    command = [sys.executable, "-c", code + listing]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return set(run.stdout.splitlines()[-1].split()[1:])


def test_import_is_light() -> None:
    loaded = modules_after("import convfilter")
    assert "convfilter" in loaded
    assert not loaded & {"numba", "llvmlite", "scipy", "PIL", "click", "rich"}


def test_help_is_light() -> None:
    code = (
        "from convfilter.cli import main\n"
        "try:\n"
        "    main(['--help'])\n"
        "except SystemExit as stop:\n"
        "    assert not stop.code, stop.code\n"
    )
    loaded = modules_after(code)
    assert "click" in loaded
    assert not loaded & {"numba", "llvmlite", "scipy", "PIL", "numpy", "rich"}


def test_engine_is_loaded_without_numba() -> None:
    loaded = modules_after("import convfilter.engine")
    assert not loaded & {"numba", "llvmlite", "scipy", "PIL", "click", "rich"}
