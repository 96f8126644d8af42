"""The engine: arrays in, arrays out. It knows no file, no kernel's name and no command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convfilter.engine.correlation.correlate import convolve, correlate, correlate_bank
from convfilter.engine.planning import Plan, recorded_plans
from convfilter.engine.window.axes import PADDINGS, Padding
from convfilter.engine.window.borders import BORDERS, Border
from convfilter.lazy import exports

if TYPE_CHECKING:
    from convfilter.engine.edge_preserving.bilateral import bilateral
    from convfilter.engine.edge_preserving.nl_means import nl_means
    from convfilter.engine.edges.canny import canny
    from convfilter.engine.edges.edges import hysteresis, non_maximum_suppression, trace_edges
    from convfilter.engine.explain import plan
    from convfilter.engine.noise import noise_sigma
    from convfilter.engine.pooling.pool import pool
    from convfilter.engine.rank.rank import maximum, median, minimum, percentile

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
    "bilateral": "edge_preserving.bilateral",
    "canny": "edges.canny",
    "hysteresis": "edges.edges",
    "maximum": "rank.rank",
    "median": "rank.rank",
    "minimum": "rank.rank",
    "nl_means": "edge_preserving.nl_means",
    "noise_sigma": "noise",
    "non_maximum_suppression": "edges.edges",
    "percentile": "rank.rank",
    "plan": "explain",
    "pool": "pooling.pool",
    "trace_edges": "edges.edges",
}

if not TYPE_CHECKING:
    # a correlation, which most commands are, has no use for these
    __getattr__, __dir__ = exports(__name__, __all__, _HOMES)
