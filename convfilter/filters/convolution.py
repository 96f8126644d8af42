"""Correlation with any kernel: named, from a file, or given."""

from __future__ import annotations

from os import PathLike
from typing import Annotated

from numpy.typing import ArrayLike

from convfilter.filters import declare
from convfilter.filters.declare import Values
from convfilter.filters.declaring.options import Channels, SignedMode, Window, shown_by
from convfilter.filters.declaring.parameters import Spec
from convfilter.filters.declaring.reach import AlphaRule, Reach, around
from convfilter.filters.declaring.values import kernel_of
from convfilter.filters.pixels.picture import Pixels
from convfilter.filters.pixels.windows import correlate
from convfilter.kernels import Kernel

KernelOption = Annotated[
    str | PathLike[str] | ArrayLike | Kernel,
    Spec("name of a kernel, a file, or rows such as 0 -1 0, -1 5 -1, 0 -1 0", kind="kernel"),
]


def _reach(values: Values) -> Reach:
    return around(kernel_of(values["kernel"]).shape)


def _alpha_rule(values: Values) -> AlphaRule:
    """Weights of one sign smooth alpha as they do colours; those of both signs keep it."""
    weights = kernel_of(values["kernel"]).weights
    return "keeps" if (weights > 0).any() and (weights < 0).any() else "smooths"


@declare.filter(reach=_reach, alpha=_alpha_rule, response=True)
def convolve(
    image: Pixels,
    window: Window,
    *,
    kernel: KernelOption,
    scale: Annotated[
        float | None,
        Spec("factor of the weights", -1e6, 1e6, automatic="that of the kernel"),
    ] = None,
    offset: Annotated[
        float | None,
        Spec("added to the response", -1e6, 1e6, "0 to 255", automatic="that of the kernel"),
    ] = None,
    flip: Annotated[
        bool, Spec("turn the kernel by 180 degrees: convolution as mathematics defines it")
    ] = False,
    channels: Channels = "each",
    signed: Annotated[SignedMode | None, shown_by("that of the kernel")] = None,
) -> Pixels:
    """Correlate with any kernel: one of the catalogue, of a file, or given as text or array.

    The kernel is laid on the picture as printed and the products are added; `flip` turns it first.
    `offset` is on the scale 0 to 255 whatever the depth of the picture.
    """
    chosen = kernel_of(kernel)
    weights = (chosen.flipped() if flip else chosen).weights
    return correlate(
        image,
        weights,
        window,
        scale=chosen.scale if scale is None else scale,
        offset=chosen.offset if offset is None else offset,
        # a kernel that clamps expects no negative response, so it leaves open how one is shown
        signed=None if chosen.signed == "clamp" else chosen.signed,
    )
