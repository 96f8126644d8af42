"""Fast, exact image filters: a 2-D convolution engine, a command line and a Python library."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from convfilter.lazy import ARRAYS, exports
from convfilter.picture import notebooks

if TYPE_CHECKING:
    from convfilter import dask, engine, features, filters, kernels, nn
    from convfilter.batch.filtering import FileResult, filter_files
    from convfilter.batch.recipes.recipe import Recipe
    from convfilter.engine import (
        bilateral,
        canny,
        convolve,
        correlate,
        correlate_bank,
        hysteresis,
        maximum,
        median,
        minimum,
        nl_means,
        noise_sigma,
        non_maximum_suppression,
        percentile,
        plan,
        pool,
        trace_edges,
    )
    from convfilter.errors import ConvfilterError
    from convfilter.features.learning import Learned, learn_kernel
    from convfilter.files.reading import read
    from convfilter.files.writing import write
    from convfilter.picture.image import Image
    from convfilter.pipeline import Pipeline, Prepared, apply, prepare

__version__ = "0.1.0"


def _png_of(image: Image) -> bytes | None:
    from convfilter.files.showing import png_of

    return png_of(image)


notebooks.hand_down(_png_of)


def _over_dask(*given: Any, **said: Any) -> Any:
    from convfilter.dask.arrays import map_called

    return map_called(*given, **said)


ARRAYS["dask"] = _over_dask

_HOMES = {
    "ConvfilterError": "errors",
    "FileResult": "batch.filtering",
    "Image": "picture.image",
    "Learned": "features.learning",
    "Pipeline": "pipeline",
    "Prepared": "filters.preparing.prepared",
    "Recipe": "batch.recipes.recipe",
    "apply": "pipeline",
    "bilateral": "engine",
    "canny": "engine",
    "convolve": "engine",
    "correlate": "engine",
    "correlate_bank": "engine",
    "filter_files": "batch.filtering",
    "hysteresis": "engine",
    "learn_kernel": "features.learning",
    "maximum": "engine",
    "median": "engine",
    "minimum": "engine",
    "nl_means": "engine",
    "noise_sigma": "engine",
    "non_maximum_suppression": "engine",
    "percentile": "engine",
    "plan": "engine",
    "pool": "engine",
    "prepare": "pipeline",
    "read": "files.reading",
    "trace_edges": "engine",
    "write": "files.writing",
}
_ROOMS = ("dask", "engine", "errors", "features", "filters", "images", "kernels", "nn", "pipeline")

__all__ = [
    "ConvfilterError",
    "FileResult",
    "Image",
    "Learned",
    "Pipeline",
    "Prepared",
    "Recipe",
    "apply",
    "bilateral",
    "canny",
    "convolve",
    "correlate",
    "correlate_bank",
    "dask",
    "engine",
    "features",
    "filter_files",
    "filters",
    "hysteresis",
    "kernels",
    "learn_kernel",
    "maximum",
    "median",
    "minimum",
    "nl_means",
    "nn",
    "noise_sigma",
    "non_maximum_suppression",
    "percentile",
    "plan",
    "pool",
    "prepare",
    "read",
    "trace_edges",
    "write",
]


if not TYPE_CHECKING:  # which would believe in any name
    # rooms are opened when somebody enters, so that the import alone costs next to nothing
    __getattr__, __dir__ = exports(__name__, [*__all__, "__version__"], _HOMES, _ROOMS)
