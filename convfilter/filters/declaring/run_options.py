"""Options of every run of a filter or a pipeline, which are parameters of no filter."""

from __future__ import annotations

from typing import Literal, get_args

from convfilter.filters.declaring.parameters import Parameter, Spec
from convfilter.runtime.threads import MOST_WORKERS

__all__ = ["ALPHA", "WORKERS", "AlphaMode"]

AlphaMode = Literal["weigh", "keep", "filter", "drop"]
ALPHA = Parameter(
    "alpha",
    "choice",
    "weigh",
    Spec(
        "what becomes of alpha, the transparency: weigh: colours count as far as they are visible,"
        " and what smooths colours smooths alpha alike; keep: the same colours, alpha as it was;"
        " filter: alpha is one more colour; drop: alpha is taken away first"
    ),
    get_args(AlphaMode),
)
WORKERS = Parameter(
    "workers",
    "integer",
    None,
    Spec(
        "threads for each picture; the result does not depend on them",
        1,
        MOST_WORKERS,
        automatic="all CPUs",
    ),
)
