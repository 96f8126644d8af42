"""The command `convfilter`, made from the declarations of the filters: it knows none by name."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import NoReturn

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command with the arguments given, or those of the process, and exit with its code."""
    try:
        from convfilter.cli.main import run

        code = run(sys.argv[1:] if arguments is None else arguments)
    except KeyboardInterrupt:  # while the modules were still being loaded
        code = 130
    sys.exit(code)
