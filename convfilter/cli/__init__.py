"""The command `convfilter`, made from the declarations of the filters: it knows none by name."""

from __future__ import annotations

import gc
import os
import sys
import warnings
from collections.abc import Sequence
from typing import NoReturn

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command with the arguments given, or those of the process, and exit with its code."""
    # the BLAS below NumPy would start threads for each CPU; nothing here multiplies large matrices
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # starting makes many objects and no garbage: looking for it would take 10 ms
    gc.set_threshold(100_000)
    if not sys.warnoptions:
        # warnings speak to programmers; what a person must know is said in words of its own
        warnings.simplefilter("ignore")
    try:
        from convfilter.cli.main import run
        from convfilter.cli.output import guard_descriptors

        if arguments is None:
            guard_descriptors()
        code = run(sys.argv[1:] if arguments is None else arguments)
    except KeyboardInterrupt:  # while the modules were still being loaded
        code = 130
    if arguments is None:
        _leave(code)
    sys.exit(code)


def _leave(code: int) -> None:
    """End the process at once, without the 20 ms that taking every module apart takes.

    Threads may still be at work where it was interrupted twice; files that are not whole are taken
    away. Whoever measures or debugs gets the usual end.
    """
    if sys.gettrace() is not None or sys.getprofile() is not None:
        return
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            try:
                stream.flush()
            except (OSError, ValueError):
                break
    from convfilter.cli.signals import leave

    leave(code)
