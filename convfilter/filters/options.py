"""Options that many filters share, each declared once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from convfilter.engine.window.axes import Padding
from convfilter.engine.window.borders import Border
from convfilter.filters.parameters import IntegerPair, Spec

Channels = Annotated[
    Literal["each", "luma"],
    Spec(
        "each: every colour channel for itself; luma: brightness only (a picture keeps its colours,"
        " a response is grey)",
        shared=True,
    ),
]
SignedMode = Literal["abs", "offset", "clamp", "scale"]
SIGNED_HELP = (
    "how negative responses are shown: abs: their size; offset: around middle grey; clamp: as"
    " black; scale: lowest to black and highest to white"
)
Signed = Annotated[SignedMode, Spec(SIGNED_HELP, shared=True)]
BorderOption = Annotated[
    Border,
    Spec(
        "what stands beyond the edge: constant (fill), edge (aaa|abcd|ddd), reflect"
        " (dcb|abcd|cba), symmetric (cba|abcd|dcb), wrap (bcd|abcd|abc)",
        shared=True,
    ),
]
Fill = Annotated[
    float,
    Spec("value beyond the edge for the border constant", 0, 255, "0 to 255", shared=True),
]
Stride = Annotated[
    IntegerPair,
    Spec("step from one output to the next", 1, 65536, "pixels", shared=True),
]
Dilation = Annotated[
    IntegerPair,
    Spec("distance between neighbouring taps", 1, 65536, "pixels", shared=True),
]
PaddingOption = Annotated[
    Padding,
    Spec(
        "rows and columns added around: same, valid, full, or 1, 2 or 4 numbers",
        kind="padding",
        shared=True,
    ),
]


@dataclass(frozen=True)
class BorderOptions:
    """What stands beyond the edge of the image."""

    border: BorderOption = "reflect"
    fill: Fill = 0.0


@dataclass(frozen=True)
class Window(BorderOptions):
    """How a window walks over the image."""

    stride: Stride = 1
    padding: PaddingOption = "same"
    dilation: Dilation = 1
