"""Write the parts of the documentation that are read from the code: `python docs/generate.py`.

`docs/filters.md` comes from the declarations of the filters, `docs/kernels.md` from the catalogue,
`docs/scene.png` from the sample scene, and the table of speed in the README from the results of the
benchmark. `convfilter/formats/declaring/index.py` and the tables of `docs/formats.md` come from the
declarations of the formats. With `--check` nothing is written: the exit code says whether all is up
to date.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
from typing import Any

import formats_parts
import numpy as np

import convfilter
from convfilter import filters, kernels
from convfilter.filters.parameters import Parameter, written

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"


def filters_page() -> str:
    """Return the reference of all filters as Markdown."""
    lines = [
        "# Filters",
        "",
        "Each is a command, `convfilter NAME INPUT OUTPUT`, and a Python function,"
        " `convfilter.filters.name(image)`. Intensities are on the scale 0 to 255, whatever the"
        " image; with `--linear` they are of [linear light](formats.md#linear-light).",
    ]
    shared: dict[str, Parameter] = {}
    families: dict[str, list[str]] = {}
    for entry in filters.index().values():
        families.setdefault(entry.family, []).append(entry.name)
    for family, members in sorted(families.items()):
        lines += ["", f"## {family.capitalize()}"]
        for name in sorted(members):
            declared = filters.get(name)
            lines += ["", f"### {name}", "", declared.description]
            own = [p for p in declared.parameters if not p.spec.shared]
            rest = [p for p in declared.parameters if p.spec.shared]
            shared.update({p.name: p for p in rest})
            if own:
                lines += ["", *table(own)]
            if rest:
                listed = ", ".join(f"`{p.name}` ({text(p)})" for p in rest)
                lines += ["", f"Shared options and their defaults here: {listed}."]
    lines += ["", "## Shared options", "", "| option | meaning | range |", "|---|---|---|"]
    lines += [f"| `{p.name}` | {cell(p.spec.help)} | {reach(p)} |" for p in shared.values()]
    return "\n".join(lines) + "\n"


def table(parameters: list[Parameter]) -> list[str]:
    """Return the table of a filter's own parameters."""
    rows = [f"| `{p.name}` | {cell(p.spec.help)} | {text(p)} | {reach(p)} |" for p in parameters]
    return ["| parameter | meaning | default | range |", "|---|---|---|---|", *rows]


def text(parameter: Parameter) -> str:
    """Return a parameter's default as a person would read it."""
    if parameter.required:
        return "required"
    if parameter.default is None:
        return parameter.spec.automatic or "none"
    return written(parameter.default)


def reach(parameter: Parameter) -> str:
    """Return a parameter's choices or range."""
    return ", ".join(parameter.choices) or parameter.range


def cell(words: str) -> str:
    """Return text that may stand in a cell of a Markdown table."""
    return words.replace("|", "\\|")


def kernels_page() -> str:
    """Return the catalogue of kernels as Markdown."""
    lines = [
        "# Kernels",
        "",
        "Laid on the image as printed (correlation); the effective kernel is scale × weights."
        " `convfilter NAME INPUT OUTPUT` runs one, `convfilter.kernels.get(name)` returns it.",
    ]
    for name in kernels.names():
        kernel = kernels.get(name)
        lines += ["", f"## {name}", "", f"{kernel.description}. Source: {kernel.source}."]
        lines += ["", "```text", *matrix(kernel.weights), "```", ""]
        facts = [f"scale {kernel.scale:.12g}", f"shown by `{kernel.signed}`"]
        if kernel.offset:
            facts.insert(1, f"offset {kernel.offset:g}")
        lines.append(", ".join(facts).capitalize() + ".")
    return "\n".join(lines) + "\n"


def matrix(weights: np.ndarray[Any, Any]) -> list[str]:
    """Return the weights as lines of aligned columns."""
    cells = [[f"{weight:.6g}" for weight in row] for row in weights]
    width = max(len(entry) for row in cells for entry in row)
    return [" ".join(entry.rjust(width) for entry in row) for row in cells]


def scene() -> convfilter.Image:
    """Return the README's picture: the scene, its edges, its relief, and the scene blurred."""
    picture = convfilter.read(ROOT / "sample_images" / "scene.png")
    small = convfilter.Pipeline.parse("mean-pool size=2")(picture)
    chains = (
        "gaussian-blur sigma=1 | sobel",
        "gaussian-blur sigma=1 | emboss",
        "gaussian-blur sigma=5",
    )
    parts = [
        small.pixels,
        *(convfilter.Pipeline.parse(f"{c} | mean-pool size=2")(picture).pixels for c in chains),
    ]
    rows = [np.hstack(parts[:2]), np.hstack(parts[2:])]
    return small.with_pixels(np.ascontiguousarray(np.vstack(rows)))


SHOWN_TABLE = "4000x3000, 2 threads"
SHOWN_ROWS = (
    "Sobel magnitude, grey",
    "sharpen 3x3",
    "any 7x7, uint8",
    "any 25x25, uint8",
    "Gaussian, sigma 2",
    "median 5x5",
    "2x2 max pool, grey",
    "bilateral, 9 wide, RGB",
    "nl-means 7 in 21, RGB, at most 1 megapixel",
    "Canny",
)
SHOWN_PEERS = ("opencv", "scipy", "pillow")


def speed() -> str:
    """Return the README's part of the benchmark's results, as a table."""
    results = (ROOT / "benchmarks" / "RESULTS.md").read_text(encoding="utf-8")
    part = results.partition(f"## {SHOWN_TABLE}\n")[2].partition("\n## ")[0]
    table = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in part.splitlines()
        if line.startswith("| ")
    ]
    rows = {cells[0]: dict(zip(table[0], cells, strict=True)) for cells in table[1:]}
    lines = [f"| work | convfilter | {' | '.join(SHOWN_PEERS)} |", "|---" * 5 + "|"]
    for name in SHOWN_ROWS:
        row = rows[name]
        cells = [name, row["least ms"], *(row[peer] for peer in SHOWN_PEERS)]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def readme() -> str:
    """Return the README with the number of kernels and the benchmark's table of speed."""
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    page = re.sub(r"\d+ named kernels", f"{len(kernels.names())} named kernels", page)
    marked = re.compile(r"(?<=<!-- speed -->\n).*(?=<!-- /speed -->)", re.DOTALL)
    return marked.sub(lambda _: speed(), page)


def main() -> None:
    """Write or check every generated part."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, say what is stale")
    check = parser.parse_args().check
    stale = []
    pages = {
        DOCS / "filters.md": filters_page(),
        DOCS / "kernels.md": kernels_page(),
        DOCS / "formats.md": formats_parts.page((DOCS / "formats.md").read_text("utf-8")),
        formats_parts.INDEX: formats_parts.index(),
        ROOT / "README.md": readme(),
    }
    for path, wanted in pages.items():
        if not path.exists() or path.read_text(encoding="utf-8") != wanted:
            stale.append(path)
            if not check:
                path.write_text(wanted, encoding="utf-8")
    picture, path = scene(), DOCS / "scene.png"
    if not path.exists() or not close(convfilter.read(path).pixels, picture.pixels):
        stale.append(path)
        if not check:
            convfilter.write(picture, path)
    for path in stale:
        print(f"{path.relative_to(ROOT)}: {'stale' if check else 'written'}")
    sys.exit(1 if check and stale else 0)


def close(first: np.ndarray[Any, Any], second: np.ndarray[Any, Any]) -> bool:
    """Tell whether two pictures differ by rounding only, as they may between processors."""
    if first.shape != second.shape:
        return False
    return int(np.abs(first.astype(int) - second.astype(int)).max()) <= 1


if __name__ == "__main__":
    main()
