"""Compiled loops: declared beside their source, compiled once, kept, and called."""

from __future__ import annotations

from convfilter.runtime.compiled.loading import Loop, announcing, expect, loop, prepare, rehearsing

__all__ = ["Loop", "announcing", "expect", "loop", "prepare", "rehearsing"]
