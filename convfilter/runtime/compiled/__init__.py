"""Compiled loops: declared beside their source, compiled once, kept, and called."""

from __future__ import annotations

from convfilter.runtime.compiled.keys import Request
from convfilter.runtime.compiled.loading import (
    Loop,
    announced,
    announcing,
    compile_all,
    expect,
    is_compiling,
    loop,
    missing,
    prepare,
    waiting_timed,
)
from convfilter.runtime.compiled.rehearsal import Foresight, Requests, is_rehearsal, rehearsing

__all__ = [
    "Foresight",
    "Loop",
    "Request",
    "Requests",
    "announced",
    "announcing",
    "compile_all",
    "expect",
    "is_compiling",
    "is_rehearsal",
    "loop",
    "missing",
    "prepare",
    "rehearsing",
    "waiting_timed",
]
