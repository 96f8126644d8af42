"""Compiled loops: declared beside their source, compiled once, kept, linked, called."""

from __future__ import annotations

from convfilter.runtime.compiled.link import Loop, announcing, loop
from convfilter.runtime.compiled.rehearsal import Foresight, is_rehearsal, rehearsing

__all__ = ["Foresight", "Loop", "announcing", "is_rehearsal", "loop", "rehearsing"]
