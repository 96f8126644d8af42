"""Faults put into decoders: in processes that do jobs, some files hang, crash or take memory.

A folder that holds this as `sitecustomize.py` goes before others on PYTHONPATH; so every Python of
the run imports it. What a file does stands in its name.
"""

from __future__ import annotations

from pathlib import Path

__all__ = ["PROGRAM", "install"]

PROGRAM = """
import os, sys, threading, time

def faulty():
    from convfilter.files import reading
    read = reading.read

    def read_or_fail(source, **given):
        name = os.path.basename(str(source))
        if "hang" in name:
            while True:
                time.sleep(60)
        if "spin" in name:
            import re
            re.match("(a*)*b", "a" * 60)  # which keeps the interpreter lock
        if "crash" in name:
            import ctypes
            ctypes.string_at(0)
        if "swell" in name:
            held = []
            while True:
                held.append(bytearray(os.urandom(1 << 20) * 8))
        return read(source, **given)

    reading.read = read_or_fail

if any("worker import serve" in argument for argument in sys.orig_argv):
    import builtins
    original = builtins.__import__

    def importing(name, *given, **named):
        module = original(name, *given, **named)
        if name == "convfilter.batch.work" and hasattr(module, "__path__"):
            builtins.__import__ = original
            faulty()
        return module

    builtins.__import__ = importing
"""


def install(folder: Path) -> dict[str, str]:
    """Put the faults into a folder, and return what is added to the environment."""
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(PROGRAM)
    return {"PYTHONPATH": str(folder)}
