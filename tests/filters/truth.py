"""Truth images: what every filter, at its defaults, makes of one small photograph.

``python -m tests.filters.truth`` lists the filters whose result has left its truth image;
``python -m tests.filters.truth --write`` writes those images anew, and one sheet to look at.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from convfilter import filters
from tests.filters.pictures import Array, rgb

FOLDER = Path(__file__).with_name("truth")
REQUIRED = "kirsch-nw"
STRAY = 0.002
"""Share of the values that may differ by more than one step of 8 bits."""


def made(name: str) -> Array:
    """Return what a filter makes of the photograph."""
    declared = filters.get(name)
    result: Array = declared(rgb(), **{p.name: REQUIRED for p in declared.parameters if p.required})
    return result


def kept(name: str) -> Array | None:
    """Return the truth image of a filter, if there is one."""
    path = FOLDER / f"{name}.png"
    return np.asarray(Image.open(path)) if path.exists() else None


def agree(result: Array, truth: Array | None) -> bool:
    """Tell whether a result is its truth image, but for rounding and a stray decision."""
    if truth is None or result.shape != truth.shape:
        return False
    return bool(np.mean(np.abs(result.astype(int) - truth) > 1) <= STRAY)


def main() -> None:
    """List, or write anew, the truth images that are not as they were."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write the images that changed")
    write = parser.parse_args().write
    sheet = []
    for name in filters.names():
        result = made(name)
        sheet.append(result)
        if agree(result, kept(name)):
            continue
        print(name)
        if write:
            FOLDER.mkdir(exist_ok=True)
            Image.fromarray(result).save(FOLDER / f"{name}.png", optimize=True)
    if write:
        for path in FOLDER.glob("*.png"):
            if path.stem not in filters.names():
                path.unlink()
        print(_sheet(sheet))


def _sheet(results: list[Array]) -> Path:
    side, across = rgb().shape[0] + 4, 9
    paper = Image.new("RGB", (across * side, -(-len(results) // across) * side), "navy")
    for number, result in enumerate(results):
        paper.paste(
            Image.fromarray(result), (number % across * side + 2, number // across * side + 2)
        )
    path = Path(tempfile.gettempdir()) / "convfilter-truth.png"
    paper.save(path)
    return path


if __name__ == "__main__":
    main()
