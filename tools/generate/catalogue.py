"""What is written from the catalogue of kernels: the page of the docs."""

from __future__ import annotations

from typing import Any

import numpy as np

from convfilter import kernels


def kernels_page() -> str:
    """Return the catalogue of kernels as Markdown."""
    lines = [
        "# Kernels",
        "",
        "Laid on the image as printed (correlation); the effective kernel is scale × weights."
        " `convfilter NAME INPUT OUTPUT` runs one, `convfilter.kernels.get(name)` returns it.",
    ]
    for kernel in kernels.all_kernels():
        lines += ["", f"## {kernel.name}", "", f"{kernel.description}. Source: {kernel.source}."]
        lines += ["", "```text", *_matrix(kernel.weights), "```", ""]
        facts = [f"scale {kernel.scale:.12g}", f"shown by `{kernel.signed}`"]
        if kernel.offset:
            facts.insert(1, f"offset {kernel.offset:g}")
        lines.append(", ".join(facts).capitalize() + ".")
    return "\n".join(lines) + "\n"


def _matrix(weights: np.ndarray[Any, Any]) -> list[str]:
    """Return the weights as lines of aligned columns."""
    cells = [[f"{weight:.6g}" for weight in row] for row in weights]
    width = max(len(entry) for row in cells for entry in row)
    return [" ".join(entry.rjust(width) for entry in row) for row in cells]
