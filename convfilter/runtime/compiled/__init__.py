"""Compiled loops: declared beside their source, compiled once, kept, linked, called."""

from __future__ import annotations

from convfilter.runtime.compiled.link import Loop, announcing, expect, loop, rehearsing

__all__ = ["Loop", "announcing", "expect", "loop", "rehearsing"]
