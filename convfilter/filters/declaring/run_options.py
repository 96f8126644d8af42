"""Options of every run of a filter or a pipeline, which are parameters of no filter."""

from __future__ import annotations

from typing import Any, Literal, get_args

from convfilter.filters.declaring.parameters import Parameter, Spec, Text
from convfilter.runtime.threads import MOST_WORKERS

__all__ = [
    "ALPHA",
    "AXES",
    "CHANNEL_AXIS",
    "MASK",
    "NODATA",
    "RUN_OPTIONS",
    "WORKERS",
    "AlphaMode",
]

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


class _Nodata(Parameter):
    """A number of any size, NaN or infinity."""

    def check(self, value: Any) -> Any:
        """Return the number as a float, or raise an error that names the parameter."""
        if value is None:
            return None
        from convfilter.runtime.missing import check_nodata

        return check_nodata(value)


NODATA = _Nodata(
    "nodata",
    "number",
    None,
    Spec(
        "the value that stands for no data, as it stands in the picture, or nan: windows look only"
        " at what is there, and where one holds nothing the result is that value again",
        automatic="what the file states, if anything",
    ),
)
MASK = Parameter(
    "mask",
    "mask",
    None,
    Spec(
        "True, or other than 0, where the picture holds something; of its rows and columns, or one"
        " for each value. What is masked of a masked array of NumPy is missing as well. Without"
        " nodata the result is a masked array",
        automatic="everything is there",
    ),
)
RUN_OPTIONS = (WORKERS, ALPHA, AXES, CHANNEL_AXIS, NODATA, MASK)
"""The options of each call of a filter, in order."""
