"""Another Python that is started to help this one, with the same modules to import."""

from __future__ import annotations

import sys
from pathlib import Path

__all__ = ["can_start_processes", "command_for"]


def can_start_processes() -> bool:
    """Tell whether there is a Python to start."""
    return bool(sys.executable) and not getattr(sys, "frozen", False)


def command_for(module: str, function: str) -> list[str] | None:
    """Return the command that calls a function of a module in a process of its own.

    None where there is no Python to start, as in a program made by PyInstaller.
    """
    if not can_start_processes():
        return None
    # by the paths of this process alone: nothing is imported from a folder of pictures
    paths = [str(Path(path).absolute()) for path in sys.path]
    code = f"import sys; sys.path[:] = {paths!r}\nfrom {module} import {function}; {function}()"
    return [sys.executable, *_flags(), "-c", code]


def _flags() -> list[str]:
    """Return how Python is started: as this process was, without warnings."""
    letters = {
        "isolated": "I",
        "ignore_environment": "E",
        "no_user_site": "s",
        "no_site": "S",
    }
    given = [f"-{letter}" for name, letter in letters.items() if getattr(sys.flags, name)]
    given += [f"-{'O' * sys.flags.optimize}"] if sys.flags.optimize else []
    given += ["-B"] if sys.dont_write_bytecode else []
    given += [f"-Xpycache_prefix={sys.pycache_prefix}"] if sys.pycache_prefix else []
    return [*given, "-P", "-Wignore"]
