"""Packages that break one rule of the house each, and what the guard says of them."""

BAD_TREES = {
    "upwards": ({"engine/a.py": "from convfilter.files import read"}, "not on a lower floor"),
    "upwards in a function": (
        {"engine/a.py": "def f():\n    import convfilter.cli.main"},
        "not on a lower floor",
    ),
    "upwards for types": (
        {"engine/a.py": "if TYPE_CHECKING:\n    from convfilter.cli import main"},
        "not on a lower floor",
    ),
    "sideways": ({"kernels/a.py": "from convfilter import engine"}, "not on a lower floor"),
    "relative": ({"filters/a.py": "from ..pipeline import Pipeline"}, "not on a lower floor"),
    "relative from a package": (
        {"filters/__init__.py": "from ..files import read"},
        "not on a lower floor",
    ),
    "pictures know no file": ({"picture/a.py": "from convfilter.formats import a"}, "lower floor"),
    "formats know no files": ({"formats/a.py": "from convfilter.files import a"}, "lower floor"),
    "the face is for others": ({"files/a.py": "from convfilter.images import read"}, "lower floor"),
    "root": ({"cli/a.py": "from convfilter import apply"}, "no room below"),
    "whole package": ({"cli/a.py": "import convfilter"}, "no room below"),
    "new room": ({"attic/a.py": "import convfilter.errors"}, "is no room"),
    "up within a room": (
        {"filters/pixels/a.py": "def f():\n    from convfilter.filters.declare import g"},
        "not below it in the room",
    ),
    "up to a family": (
        {"filters/declaring/a.py": "from convfilter.filters.blur import g"},
        "not below it in the room",
    ),
    "from family to family": (
        {"engine/rank/a.py": "if TYPE_CHECKING:\n    from convfilter.engine.pooling.b import g"},
        "not below it in the room",
    ),
    "up from a family": (
        {"engine/fold/a.py": "def f():\n    from convfilter.engine.chain import g"},
        "not below it in the room",
    ),
    "numba": ({"engine/a.py": "def f():\n    from numba import njit"}, "imports numba"),
    "llvmlite": ({"engine/loops/a.py": "import llvmlite.binding"}, "imports llvmlite"),
    "pillow": ({"filters/a.py": "from PIL import Image"}, "imports PIL"),
    "click": ({"batch/a.py": "import click"}, "imports click"),
    "rich": ({"batch/a.py": "from rich import print"}, "imports rich"),
    "long": ({"engine/a.py": "x = 1\n" * 401}, "has 401 lines"),
    "utils": ({"engine/utils.py": ""}, "utils"),
    "crowded": ({f"formats/tiff/a{n}.py": "" for n in range(13)}, "tiff has 13 modules"),
    "crowded entrance": ({f"cli/a{n}.py": "" for n in range(13)}, "cli has 13 modules"),
    "code in a face": ({"images/__init__.py": "def read(): ..."}, "images:1 is code"),
    "format's name": (
        {"files/a.py": "def f(n):\n    return n == 'PNG'"},
        "files.a:2 names a format",
    ),
    "format's name in words": ({"cli/a.py": "x = f'quality of {1} JPEG'"}, "names a format"),
    "format's name in small letters": ({"batch/a.py": "x = {'tiff': 1}"}, "names a format"),
    "format's suffix": ({"batch/a.py": "x = '.webp'"}, "names a format"),
    "filter's name": ({"cli/a.py": "f('gaussian_blur')"}, "names a filter or kernel"),
    "kernel's name": ({"batch/a.py": "x = 'sobel-x'"}, "names a filter or kernel"),
    "file written": ({"formats/a.py": "with open('a', 'wb') as f: ..."}, "writes a file"),
    "file written to by a path": ({"batch/a.py": "path.open(mode='r+')"}, "writes a file"),
    "file written at once": ({"cli/a.py": "p.write_text('words')"}, "writes a file"),
    "loop of another room": (
        {"formats/a.py": "loop('engine.loops.box.mean')"},
        "asks for a loop of another room",
    ),
    "loop of another part of a room": (
        {"engine/edges/a.py": "loop(f'engine.window.loops.rows.{name}')"},
        "asks for a loop of another room",
    ),
    "import of loops": (
        {
            "engine/fold/a.py": "from convfilter.engine.fold.loops.b import f",
            "engine/fold/loops/b.py": "import numba",
        },
        "which only loops may",
    ),
    "import of a room's only module of loops": (
        {
            "formats/png/a.py": "def f():\n    from convfilter.formats.png import loops",
            "formats/png/loops.py": "import numba",
        },
        "which only loops may",
    ),
    "module that no key sees": (
        {
            "engine/fold/loops/__init__.py": "",
            "engine/fold/loops/a.py": "from convfilter.engine.fold.loops import b",
            "engine/fold/loops/b.py": "",
        },
        "engine.fold.loops.a:1 does not name a module in full",
    ),
    "relative import that no key sees": (
        {"engine/fold/loops/a.py": "from ..layout import B", "engine/fold/layout.py": "B = 1"},
        "does not name a module in full",
    ),
    "import beneath loops that no key sees": (
        {
            "engine/fold/loops/a.py": "from convfilter.engine.fold.layout import B",
            "engine/fold/layout.py": "from .numbers import B",
            "engine/fold/numbers.py": "B = 1",
        },
        "engine.fold.layout:1 does not name a module in full",
    ),
    "circle": (
        {
            "kernels/a.py": "from convfilter.kernels.b import x",
            "kernels/b.py": "from convfilter.kernels import c",
            "kernels/c.py": "try:\n    import convfilter.kernels.a\nfinally:\n    pass",
        },
        "circle: kernels.a -> kernels.b -> kernels.c -> kernels.a",
    ),
    "circle in a function": (
        {
            "formats/a.py": "def f():\n    from convfilter.formats import b",
            "formats/b.py": "from convfilter.formats.a import f",
        },
        "circle: formats.a -> formats.b -> formats.a",
    ),
    "circle of types": (
        {
            "cli/a.py": "def f():\n    from convfilter.cli.b import x",
            "cli/b.py": "if TYPE_CHECKING:\n    from convfilter.cli import a",
        },
        "circle: cli.a -> cli.b -> cli.a",
    ),
    "circle through the package": (
        {
            "engine/__init__.py": "from .a import x",
            "engine/a.py": "from convfilter.engine import y",
        },
        "circle: engine -> engine.a -> engine",
    ),
}
