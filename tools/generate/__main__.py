"""Write all files that are made from declarations: `python -m tools.generate`.

With `--check` nothing is written: the exit code says whether all is up to date.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping

import convfilter
from tools.generate import COMMAND, ROOT, filters, formats, kernels, manual, readme

TEXTS: Mapping[str, Callable[[], str]] = {
    "convfilter/filters/declaring/index.py": filters.index,
    "convfilter/filters/__init__.pyi": filters.stub,
    "convfilter/formats/declaring/index.py": formats.index,
    "convfilter/kernels/tables.py": kernels.tables,
    manual.PLACE: manual.page,
    "docs/filters.md": filters.page,
    "docs/formats.md": formats.page,
    "docs/kernels.md": kernels.page,
    "README.md": readme.page,
}
"""The files that are written, whole or in parts, and what they are to hold."""

SCENE = "docs/scene.png"


def stale_files(*, write: bool) -> list[str]:
    """Return the files that are not what they are to be; write them, if that is wanted."""
    kernels.use_fresh_tables()
    filters.use_fresh_index()
    stale = []
    for name, wanted in TEXTS.items():
        path, text = ROOT / name, wanted()
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
            if write:
                path.write_text(text, encoding="utf-8")
    picture, path = readme.scene(), ROOT / SCENE
    if not path.exists() or not readme.close(convfilter.read(path).pixels, picture.pixels):
        stale.append(SCENE)
        if write:
            convfilter.write(picture, path)
    return stale


def main() -> None:
    """Write or check every generated file."""
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, say what is stale")
    check = parser.parse_args().check
    stale = stale_files(write=not check)
    for name in stale:
        print(f"{name}: {'stale' if check else 'written'}")
    sys.exit(1 if check and stale else 0)


if __name__ == "__main__":
    main()
