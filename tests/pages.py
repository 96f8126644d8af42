"""The written pages of the project, as tests read them."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text("utf-8")
    for folder in (".", ".github", "benchmarks", "docs", "sample_images")
    for path in sorted((ROOT / folder).glob("*.md"))
}
"""What is in every page, by its path."""


def blocks(text: str, language: str) -> list[str]:
    """Return the fenced blocks of a language, from top to bottom."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def prose(text: str) -> str:
    """Return a page without its fenced blocks."""
    return re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)


def anchors(text: str) -> set[str]:
    """Return what the headings of a page are linked by."""
    headings = re.findall(r"^#+ (.+)$", prose(text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
