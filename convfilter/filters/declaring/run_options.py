"""Options of every run of a filter or a pipeline, which are parameters of no filter."""

from __future__ import annotations

from typing import Literal, get_args

from convfilter.filters.declaring.parameters import Parameter, Spec, Text
from convfilter.runtime.threads import MOST_WORKERS

__all__ = ["ALPHA", "AXES", "CHANNEL_AXIS", "RUN_OPTIONS", "WORKERS", "AlphaMode"]

AlphaMode = Literal["weigh", "keep", "filter", "drop"]
ALPHA = Parameter(
    "alpha",
    "choice",
    None,
    Spec(
        "what becomes of alpha, the transparency: weigh: colours count as far as they are visible,"
        " and what smooths colours smooths alpha alike; keep: the same colours, alpha as it was;"
        " filter: alpha is one more colour; drop: alpha is taken away first. Of an array it says"
        " that the last channel is alpha, which no array tells by itself",
        automatic="weigh for pictures with alpha; an array has none",
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


def _axes(text: str) -> str:
    from convfilter.runtime.array_axes import check_axes

    return check_axes(text)


AXES = Text(
    "axes",
    None,
    Spec(
        "what the axes of an array are, a letter each, such as ZYX, TZCYX or YXC: Y rows, X"
        " columns, C channels; every other axis is a stack of pictures, each done by itself",
        automatic="YX, or YXC of at most 4 channels",
    ),
    _axes,
    "AXES",
)
CHANNEL_AXIS = Parameter(
    "channel_axis",
    "integer",
    None,
    Spec(
        "which axis of an array holds the channels, in place of axes: the last two of the others"
        " are rows and columns, any before them a stack",
        automatic="as axes says",
    ),
)
RUN_OPTIONS = (WORKERS, ALPHA, AXES, CHANNEL_AXIS)
"""The options of each call of a filter, in order."""
