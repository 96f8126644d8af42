"""The command `convfilter`, made from the declarations of the filters: it knows none by name."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
from typing import NoReturn

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command with the arguments given, or those of the process, and exit with its code."""
    if not sys.warnoptions:
        # warnings speak to programmers; what a person must know is said in words of its own
        warnings.simplefilter("ignore")
    try:
        from convfilter.cli.main import run

        code = run(sys.argv[1:] if arguments is None else arguments)
    except KeyboardInterrupt:  # while the modules were still being loaded
        code = 130
    sys.exit(code)
