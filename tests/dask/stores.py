"""Stores of zarr to try filters on: plain arrays, and OME-Zarr images with smaller resolutions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["make_array", "make_image"]

UNITS = {"T": "second", "Z": "micrometer", "Y": "micrometer", "X": "micrometer"}
KINDS = {"T": "time", "C": "channel"}
SCALES = {"T": 2.0, "C": 1.0, "Z": 1.5, "Y": 0.5, "X": 0.25}


def make_array(
    place: Path | str,
    values: np.ndarray[Any, Any],
    chunks: Sequence[int],
    version: int,
    **said: Any,
) -> None:
    """Make a store of one array."""
    import zarr

    how: dict[str, Any] = {"zarr_format": version, "chunks": tuple(chunks), **said}
    zarr.create_array(str(place), shape=values.shape, dtype=values.dtype, **how)[...] = values


def make_image(
    place: Path | str,
    values: np.ndarray[Any, Any],
    axes: str,
    chunks: Sequence[int],
    version: int,
    *,
    levels: int = 2,
    labels: bool = False,
    **said: Any,
) -> None:
    """Make an OME-Zarr image, 0.4 with version 2 of zarr, 0.5 with 3; levels are means."""
    import zarr

    how: dict[str, Any] = {"chunks": tuple(chunks), **said}
    if version == 2:
        how["chunk_key_encoding"] = {"name": "v2", "separator": "/"}
    root = zarr.create_group(str(place), zarr_format=version)
    datasets = []
    level = values
    for number in range(levels):
        root.create_array(str(number), shape=level.shape, dtype=level.dtype, **how)[...] = level
        scale = [SCALES[a] * (2**number if a in "YX" else 1) for a in axes]
        transformations: list[dict[str, Any]] = [{"type": "scale", "scale": scale}]
        if number:
            moved = [SCALES[a] * (2**number - 1) / 2 if a in "YX" else 0.0 for a in axes]
            transformations.append({"type": "translation", "translation": moved})
        datasets.append({"path": str(number), "coordinateTransformations": transformations})
        level = halved(level, axes)
    multiscales = [
        {
            "name": "scene",
            "axes": [
                {"name": a.lower(), "type": KINDS.get(a, "space")}
                | ({"unit": UNITS[a]} if a in UNITS else {})
                for a in axes
            ],
            "datasets": datasets,
        }
    ]
    colours = [{"label": f"dye {n}", "color": "00FF00"} for n in range(2)]
    about: dict[str, Any] = {"multiscales": multiscales, "omero": {"channels": colours}}
    if version == 2:
        multiscales[0]["version"] = "0.4"
        root.attrs.update(about)
    else:
        root.attrs.update({"ome": {"version": "0.5", **about}, "lab": "here"})
    if labels:
        root.create_group("labels")


def halved(values: np.ndarray[Any, Any], axes: str) -> np.ndarray[Any, Any]:
    """Return means of 2x2 pixels, rounded, of even rows and columns."""
    rows, columns = axes.index("Y"), axes.index("X")
    made = values.astype(np.float64)
    for axis in (rows, columns):
        length = made.shape[axis] // 2 * 2
        first = made.take(range(0, length, 2), axis)
        made = (first + made.take(range(1, length, 2), axis)) / 2
    return (np.rint(made) if values.dtype.kind != "f" else made).astype(values.dtype)
