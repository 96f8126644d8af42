"""The floors of the house: who may import whom, who may know what, and what a start imports."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from convfilter import filters, kernels
from convfilter.images import FORMATS, SUFFIXES

PACKAGE = Path(__file__).resolve().parent.parent / "convfilter"
ROOT = "convfilter"
FLOORS = {
    "errors": 0,
    "lazy": 0,
    "runtime": 1,
    "engine": 2,
    "kernels": 2,
    "images": 3,
    "filters": 3,
    "nn": 3,
    "pipeline": 4,
    "batch": 6,
    "cli": 8,
}
ENTRANCES = ("__init__", "__main__")
LONGEST = 400
FULLEST = 12
"""Modules of a folder besides `__init__`."""

HELD = ("runtime", "pipeline", "batch", "cli")
"""Rooms whose folders are no fuller, and whose circles count wherever an import stands."""
CONFINED = {
    "numba": ("engine.loops", "runtime.compiled"),
    "llvmlite": ("runtime.compiled",),
    "PIL": ("images",),
    "isal": ("images",),
    "simplejpeg": ("images",),
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
        for taken_import in taken:
            problem = _floor(source, taken_import) or _confinement(source, taken_import)
            if problem:
                found.append(f"{source.name}:{taken_import.line} {problem}")
        counts = [t for t in taken if t.at_start or source.room in HELD]
        names = {t.module.removeprefix(f"{ROOT}.") for t in counts}
        edges[source.name] = (names & known) - {source.name}
    found += _full_folders(files)
    return found + [f"circle: {' -> '.join(circle)}" for circle in circles(edges)]


def _full_folders(files: list[Source]) -> Iterator[str]:
    modules = Counter(source.path.parent for source in files if not source.is_package)
    for source in files:
        count = modules[source.path.parent]
        if source.is_package and source.room in HELD and count > FULLEST:
            yield f"{source.name} has {count} modules, more than {FULLEST}"


def _size_and_name(source: Source) -> Iterator[str]:
    lines = len(source.path.read_text("utf-8").splitlines())
    if lines > LONGEST:
        yield f"{source.name} has {lines} lines, more than {LONGEST}"
    if source.path.stem == "utils":
        yield f"{source.name} is called utils, which says nothing"


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
    "upwards": ({"engine/a.py": "from convfilter.images import read"}, "not on a lower floor"),
    "upwards in a function": (
        {"engine/a.py": "def f():\n    import convfilter.cli.main"},
        "not on a lower floor",
    ),
    "sideways": ({"kernels/a.py": "from convfilter import engine"}, "not on a lower floor"),
    "relative": ({"filters/a.py": "from ..pipeline import Pipeline"}, "not on a lower floor"),
    "relative from a package": (
        {"filters/__init__.py": "from ..images import read"},
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
    "circle": (
        {
            "engine/a.py": "from convfilter.engine.b import x",
            "engine/b.py": "from convfilter.engine import c",
            "engine/c.py": "try:\n    import convfilter.engine.a\nfinally:\n    pass",
        },
        "circle: engine.a -> engine.b -> engine.c -> engine.a",
    ),
    "circle of imports in functions": (
        {
            "cli/a.py": "def f():\n    from convfilter.cli.b import x",
            "cli/b.py": "if TYPE_CHECKING:\n    from convfilter.cli import a",
        },
        "circle: cli.a -> cli.b -> cli.a",
    ),
    "full folder": (
        {"batch/inner/__init__.py": "", **{f"batch/inner/m{n}.py": "" for n in range(13)}},
        "batch.inner has 13 modules",
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
            "images/a.py": "import PIL.Image",
            "cli/a.py": "import click, rich\nfrom convfilter import __version__, engine",
        },
    )
    assert violations(tmp_path) == []


FACES = ("batch", "cli")
"""The rooms that do the same whatever filters and formats there are."""


def literals(source: Source) -> Iterator[tuple[int, str]]:
    """Yield every text in a file with its line."""
    for node in ast.walk(ast.parse(source.path.read_text("utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


def names_in_faces(package: Path) -> list[str]:
    """List the texts that are names of filters, kernels or formats, where none may be known."""
    known = {*filters.names(), *kernels.names()}
    known |= {name.lower() for name in FORMATS} | set(SUFFIXES)
    return [
        f"{source.name}:{line} {text!r}"
        for source in sources(package)
        if source.room in FACES
        for line, text in literals(source)
        if text.lower().replace("_", "-") in known
    ]


def test_the_faces_know_no_filter_and_no_format_by_name() -> None:
    assert names_in_faces(PACKAGE) == []


def test_a_name_in_a_face_is_seen(tmp_path: Path) -> None:
    text = 'f("gaussian_blur")\nif name in ("PNG", ".jpg", "sobel-x", "shown as png"): pass'
    plant(tmp_path, {"cli/a.py": text, "filters/a.py": text})
    seen = [line.partition(" ")[2] for line in names_in_faces(tmp_path)]
    assert sorted(seen) == ["'.jpg'", "'PNG'", "'gaussian_blur'", "'sobel-x'"]


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
