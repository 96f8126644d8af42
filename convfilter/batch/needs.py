"""Which loops jobs may need: what jobs do is rehearsed, on small pictures of every kind.

Nobody lists loops by hand. A filter is run at its defaults and with every choice taken once, as
small pictures and as large ones are planned, and filters are run one after the other, as in a
pipeline. What else a picture may bring, such as NaN or dtypes that few files hold, is left to the
first use.
"""

from __future__ import annotations

import functools
import io
import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from convfilter import filters, kernels
from convfilter.engine.planning import reckoning_for, recorded_plans
from convfilter.errors import ConvfilterError
from convfilter.pipeline import Pipeline, find
from convfilter.runtime.compiled import Request, Requests, rehearsing

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from convfilter.filters.declare import Filter
    from convfilter.picture.image import Image

__all__ = ["of_files", "of_filter", "of_filters", "of_pairs"]

DTYPES = {"uint8": 1, "uint16": 1, "float32": 200}
"""Of the pixels, as most files hold them, and what their values are divided by."""

CHANNELS = (1, 3, 4)
"""Grey, colour, colour with alpha."""

SIDE = 10
"""Rows and columns of the pictures."""

MORE = (1, 2, 5, 20)
"""What is added to whole numbers. These reach all loops of windows of up to some 250 pixels."""

SMALL, LARGE = 1, 1500
"""Rows and columns of the pictures that they stand for."""


def of_filters(names: Sequence[str]) -> Requests:
    """Return the loops that commands take which run these filters or kernels.

    All filters together are run in pairs as well.
    """
    known = {name: of_filter(name) for name in names}
    pairs = of_pairs(known) if set(filters.names()) <= set(names) else {}
    return _together([of_files(), *known.values(), pairs])


def of_files() -> Requests:
    """Return the loops that reading and writing takes, in every format."""
    from convfilter.files.reading import read
    from convfilter.files.writing import write
    from convfilter.formats import FORMATS

    def write_and_read(name: str, picture: Image) -> None:
        file = io.BytesIO()
        write(picture, file, format=name)
        read(io.BytesIO(file.getvalue()))

    return _together(
        _rehearsed(SMALL, write_and_read, name, picture)
        for name, picture in itertools.product(FORMATS, _pictures())
    )


def of_filter(name: str) -> Requests:
    """Return the loops that a filter or a kernel takes."""
    declared, preset = find(name)
    base, *others = _variants(declared, preset)
    opaque = [picture for picture in _pictures() if not picture.alpha]
    grey = [picture for picture in opaque if picture.channels == 1]
    in_light = Pipeline([(declared.name, base)])
    calls: list[tuple[Callable[..., object], dict[str, Any], list[Image]]] = [
        (declared, base, _pictures()),
        (in_light, {"linear": True}, _pictures()),
        # how gaps are looked for, and how they are left out
        (declared, {**base, "nodata": 1.0}, opaque),
        (declared, {**base, "nodata": math.nan}, opaque),
        (declared, {**base, "mask": _mask()}, opaque),
        # how colours are weighed by alpha does not depend on the other parameters
        *((declared, values, opaque) for values in others),
        *((declared, {**values, "mask": _mask()}, grey) for values in others),
    ]
    return _together(
        _rehearsed(side, run, picture, workers=1, **values)
        for run, values, pictures in calls
        for picture, side in itertools.product(pictures, (SMALL, LARGE))
    )


def of_pairs(known: Mapping[str, Requests]) -> Requests:
    """Return the loops that filters take in one pass with others, after them and before them.

    `known` holds what each takes alone: those that take the same are alike in this as well.
    """
    alike: dict[frozenset[Request], str] = {}
    for name, loops in known.items():
        alike.setdefault(frozenset(loops), name)
    candidates = [
        name for name in alike.values() if not any(p.required for p in find(name)[0].parameters)
    ]
    links = [name for name in candidates if _goes_in_one_pass(name, name)]
    # some are worth a pass only beside others, for which the first of those stands
    links += [
        name
        for name in candidates
        if name not in links and links and _goes_in_one_pass(links[0], name)
    ]
    pictures = [picture.pixels[:, :, 0] for picture in _pictures() if picture.channels == 1]
    return _together(
        _rehearsed(LARGE, Pipeline(pair), pixels, workers=1)
        for pair in itertools.product(links, repeat=2)
        for pixels in pictures
    )


def _goes_in_one_pass(*pair: str) -> bool:
    """Tell whether the engine runs two filters in one pass over a large picture."""
    with recorded_plans() as plans:
        _rehearsed(LARGE, Pipeline(pair), _pictures()[0], workers=1)
    return any(plan.in_one_pass for plan in plans)


def _rehearsed(side: int, run: Callable[..., object], *given: Any, **named: Any) -> Requests:
    """Return the loops that a call takes, as it is planned for pictures of this side."""
    # what is refused needs no loops
    with rehearsing() as needed, reckoning_for(side), suppress(ConvfilterError):
        run(*given, **named)
    return needed


def _together(parts: Iterable[Requests]) -> Requests:
    together: Requests = {}
    for part in parts:
        together |= part
    return together


@functools.cache
def _pictures() -> list[Image]:
    """Return pictures of all kinds, with alpha that is not everywhere the same."""
    from convfilter.picture.image import Image

    random = np.random.default_rng(0)
    return [
        Image(
            (random.integers(0, 200, (SIDE, SIDE, channels)) / unit).astype(dtype),
            alpha=channels == 4,
        )
        for dtype, unit in DTYPES.items()
        for channels in CHANNELS
    ]


def _mask() -> NDArray[np.bool_]:
    """Return a mask that leaves something out."""
    there = np.ones((SIDE, SIDE), np.bool_)
    there[::3, ::4] = False
    return there


def _variants(declared: Filter, preset: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the defaults with each kernel that a filter needs, then other values one at a time.

    Every choice and flag, and some larger whole numbers: a radius may choose the algorithm.
    """
    needed = [p.name for p in declared.parameters if p.required and p.name not in preset]
    bases = [{**preset, **dict.fromkeys(needed, name)} for name in kernels.names() if needed]
    yield from bases or [preset]
    base = bases[0] if bases else preset
    for parameter in declared.parameters:
        options: tuple[Any, ...] = parameter.choices
        if parameter.kind == "flag":
            options = (not parameter.default,)
        elif parameter.kind.startswith("integer") and isinstance(parameter.default, int):
            options = tuple(parameter.default + more for more in MORE)
        for option in options:
            if option != parameter.default:
                yield {**base, parameter.name: option}
