"""Options that many filters share, each declared once, and groups of them that belong together."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, dataclass_transform

from convfilter.engine.window.axes import Padding
from convfilter.engine.window.borders import PATTERNS, Border
from convfilter.filters.declaring.parameters import IntegerPair, Spec

__all__ = [
    "BorderOptions",
    "Channels",
    "Dilation",
    "Options",
    "Signed",
    "SignedAbs",
    "SignedMode",
    "SignedOffset",
    "Window",
    "shown_by",
]

Channels = Annotated[
    Literal["each", "luma"],
    Spec(
        "each: every colour channel for itself; luma: brightness only (a picture keeps its colours,"
        " a response is grey)",
        shared=True,
    ),
]
SignedMode = Literal["raw", "abs", "offset", "clamp", "scale"]
SIGNED_HELP = (
    "what becomes of negative responses at this step: raw: they stay, which needs an output of"
    " floats; abs: their size; offset: around middle grey; clamp: black; scale: lowest to black and"
    " highest to white"
)


def shown_by(word: str) -> Spec:
    """Return what is said of `signed` where a response that no word is given for has this one."""
    automatic = f"{word} at the end, raw where the output holds negative values"
    return Spec(SIGNED_HELP, automatic=automatic, shared=True)


Signed = Annotated[SignedMode, Spec(SIGNED_HELP, shared=True)]
SignedAbs = Annotated[SignedMode | None, shown_by("abs")]
SignedOffset = Annotated[SignedMode | None, shown_by("offset")]
BorderOption = Annotated[
    Border,
    Spec(f"what stands beyond the edge: {PATTERNS}", shared=True),
]
Fill = Annotated[
    float,
    Spec(
        "value beyond the edge for the border constant, nan in pictures of floats",
        0,
        255,
        "0 to 255",
        shared=True,
        nan=True,
    ),
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


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Options:
    """A group of options: annotated class attributes are its fields, their values the defaults.

    An argument of a filter whose type is such a group stands for all its fields. Type checkers take
    a group for a dataclass; it is none, because making one takes as long as a small filter.
    """

    _defaults: ClassVar[dict[str, Any]] = {}

    def __init_subclass__(cls) -> None:
        own = {name: value for name, value in vars(cls).items() if not name.startswith("_")}
        cls._defaults = {**cls._defaults, **own}

    def __init__(self, **values: Any) -> None:
        unknown = values.keys() - self._defaults.keys()
        if unknown:
            raise TypeError(f"{type(self).__name__} has no option {min(unknown)}")
        vars(self).update(values)

    @classmethod
    def defaults(cls) -> dict[str, Any]:
        """Return the defaults of all options by name, those of the base class first."""
        return dict(cls._defaults)

    def as_arguments(self) -> dict[str, Any]:
        """Return the values of all options by name."""
        return {**self._defaults, **vars(self)}


class BorderOptions(Options):
    """What stands beyond the edge of the image."""

    border: BorderOption = "reflect"
    fill: Fill = 0.0


class Window(BorderOptions):
    """How a window walks over the image."""

    stride: Stride = 1
    padding: PaddingOption = "same"
    dilation: Dilation = 1
