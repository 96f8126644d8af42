"""Compiled loops: declared beside their source, compiled once, kept, linked, called."""

from __future__ import annotations

from convfilter.runtime.compiled.link import Loop, bound, loop

__all__ = ["Loop", "bound", "loop"]
