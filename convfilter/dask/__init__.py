"""Pipelines over Dask arrays and zarr stores, chunk by chunk: an extra, `convfilter[dask]`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convfilter.lazy import exports

if TYPE_CHECKING:
    from convfilter.dask.arrays import map_pipeline

_HOMES = {"map_pipeline": "arrays"}

__all__ = ["map_pipeline"]

if not TYPE_CHECKING:  # which would believe in any name
    __getattr__, __dir__ = exports(__name__, __all__, _HOMES)
