"""The engine: arrays in, arrays out. It knows no file, no kernel's name and no command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convfilter.engine.correlate import convolve, correlate, correlate_bank, plan
from convfilter.engine.geometry import BORDERS, PADDINGS, Border, Padding
from convfilter.engine.plan import Plan, recorded_plans
from convfilter.lazy import exports

if TYPE_CHECKING:
    from convfilter.engine.edges import canny, hysteresis, non_maximum_suppression, trace_edges
    from convfilter.engine.noise import noise_sigma
    from convfilter.engine.pooling import pool
    from convfilter.engine.rank import maximum, median, minimum, percentile
    from convfilter.engine.smooth import bilateral, nl_means

__all__ = [
    "BORDERS",
    "PADDINGS",
    "Border",
    "Padding",
    "Plan",
    "bilateral",
    "canny",
    "convolve",
    "correlate",
    "correlate_bank",
    "hysteresis",
    "maximum",
    "median",
    "minimum",
    "nl_means",
    "noise_sigma",
    "non_maximum_suppression",
    "percentile",
    "plan",
    "pool",
    "recorded_plans",
    "trace_edges",
]

_HOMES = {
    "bilateral": "smooth",
    "canny": "edges",
    "hysteresis": "edges",
    "maximum": "rank",
    "median": "rank",
    "minimum": "rank",
    "nl_means": "smooth",
    "noise_sigma": "noise",
    "non_maximum_suppression": "edges",
    "percentile": "rank",
    "pool": "pooling",
    "trace_edges": "edges",
}


# a correlation, which most commands are, has no use for these
__getattr__, __dir__ = exports(__name__, __all__, _HOMES)
