"""Options of whole chains, which are parameters of no filter; light enough for every `--help`."""

from __future__ import annotations

from typing import Literal, get_args

from convfilter.filters.parameters import Parameter, Spec

AlphaMode = Literal["weigh", "keep", "filter", "drop"]
ALPHA = Parameter(
    "alpha",
    "choice",
    "weigh",
    Spec(
        "what becomes of transparency: weigh: colours count as far as they are seen, and what"
        " smooths softens alpha alike; keep: the same colours, alpha as it was; filter: alpha is"
        " one more colour; drop: alpha is taken away first"
    ),
    get_args(AlphaMode),
)
