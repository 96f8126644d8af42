"""Pipelines of filters: from Python, from one line of text, from a TOML file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convfilter.lazy import exports
from convfilter.pipeline.pipeline import Pipeline
from convfilter.pipeline.steps import Step, find

if TYPE_CHECKING:
    from convfilter.filters.preparing.prepared import Prepared
    from convfilter.pipeline.single import apply, prepare

_HOMES = {
    "Prepared": ".filters.preparing.prepared",
    "apply": "single",
    "prepare": "single",
}

__all__ = ["Pipeline", "Prepared", "Step", "apply", "find", "prepare"]

if not TYPE_CHECKING:  # which would believe in any name
    __getattr__, __dir__ = exports(__name__, __all__, _HOMES)
