"""What a release says of itself: `python -m tools.release v0.1.0` prints its part of the changelog.

It stops with an error where the tag, the version of the package and the changelog do not agree.
"""

from __future__ import annotations

import argparse
import re
import sys

import convfilter
from tools.generate import ROOT


def notes(tag: str, version: str, changelog: str) -> str:
    """Return the part of a changelog that a tag stands for.

    Raises
    ------
    ValueError
        The tag is not that of the version, or the changelog has no dated part of it.
    """
    if tag != f"v{version}":
        raise ValueError(f"the tag is {tag}, the version of the package {version}")
    heading = rf"^## \[{re.escape(version)}\] - \d{{4}}-\d\d-\d\d\n(.*?)(?=^## |\Z)"
    part = re.search(heading, changelog, re.MULTILINE | re.DOTALL)
    if part is None or not part[1].strip():
        raise ValueError(f"CHANGELOG.md has no part '## [{version}] - year-month-day'")
    return part[1].strip() + "\n"


def main() -> None:
    """Print the notes of the release that a tag stands for."""
    parser = argparse.ArgumentParser(prog="python -m tools.release", description=__doc__)
    parser.add_argument("tag", help="such as v0.1.0")
    tag = parser.parse_args().tag
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    try:
        print(notes(tag, convfilter.__version__, changelog), end="")
    except ValueError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
