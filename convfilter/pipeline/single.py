"""One filter, or one kernel of the catalogue, by its name: run, or prepared."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, overload

from convfilter.pipeline.pipeline import Pipeline, recent_calls

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, DTypeLike

    from convfilter.filters.declaring.run_options import AlphaMode
    from convfilter.filters.preparing.prepared import Prepared
    from convfilter.picture.image import Image
    from convfilter.runtime.checks import Array

__all__ = ["apply", "prepare"]

MOST_REMEMBERED = 64
"""Pipelines of one step that are remembered."""


@overload
def apply(
    name: str,
    image: Image,
    *,
    workers: int | None = None,
    alpha: AlphaMode | None = None,
    nodata: float | None = None,
    mask: ArrayLike | None = None,
    linear: bool = False,
    **given: Any,
) -> Image: ...
@overload
def apply(
    name: str,
    image: ArrayLike,
    *,
    workers: int | None = None,
    alpha: AlphaMode | None = None,
    axes: str | None = None,
    channel_axis: int | None = None,
    nodata: float | None = None,
    mask: ArrayLike | None = None,
    linear: bool = False,
    **given: Any,
) -> Array: ...
def apply(
    name: str,
    image: Image | ArrayLike,
    *,
    workers: int | None = None,
    alpha: AlphaMode | None = None,
    axes: str | None = None,
    channel_axis: int | None = None,
    nodata: float | None = None,
    mask: ArrayLike | None = None,
    linear: bool = False,
    **given: Any,
) -> Image | Array:
    """Run one filter, or one kernel of the catalogue, over an array or an `Image`.

    ``apply("gaussian-blur", image, sigma=2)`` is ``filters.gaussian_blur(image, sigma=2)``. With
    `linear` it runs in linear light; `Pipeline` explains that, and what `alpha`, `axes`,
    `channel_axis`, `nodata` and `mask` are.
    """
    how: dict[str, Any] = {"axes": axes, "channel_axis": channel_axis, "linear": linear}
    how |= {"workers": workers, "alpha": alpha, "nodata": nodata, "mask": mask}
    return _pipeline_of(name, given)(image, **how)


def prepare(
    name: str,
    shape: tuple[int, ...],
    dtype: DTypeLike,
    *,
    workers: int | None = None,
    alpha: AlphaMode | None = None,
    axes: str | None = None,
    channel_axis: int | None = None,
    nodata: float | None = None,
    linear: bool = False,
    **given: Any,
) -> Prepared:
    """Make one filter, or one kernel of the catalogue, ready for arrays of one shape and dtype.

    `Pipeline.prepare` explains what that is good for, and all arguments but those of the filter:

    >>> import numpy as np
    >>> blur = prepare("gaussian-blur", (28, 28), np.float32, sigma=1)
    >>> blur(np.ones((28, 28), np.float32)).shape
    (28, 28)
    """
    how: dict[str, Any] = {"axes": axes, "channel_axis": channel_axis, "linear": linear}
    how |= {"workers": workers, "alpha": alpha, "nodata": nodata}
    return Pipeline([(name, given)]).prepare(shape, dtype, **how)


class _Place:
    """Where the pipeline of one step is kept."""

    def __init__(self, *key: object) -> None:
        self.pipeline: Pipeline | None = None


_places = functools.lru_cache(maxsize=MOST_REMEMBERED)(_Place)


def _pipeline_of(name: str, given: Mapping[str, Any]) -> Pipeline:
    """Return the pipeline of one step, the same for the same arguments."""
    recent = recent_calls()
    key = recent.key_of(given) if isinstance(name, str) else None
    if key is None:
        return Pipeline([(name, given)])
    place = _places(name, key)
    if place.pipeline is not None:
        return place.pipeline
    pipeline = Pipeline([(name, given)])
    if not recent.names_file(pipeline.steps[0].filter, given):
        place.pipeline = pipeline
    return pipeline
