"""What OME-Zarr says of an image in several resolutions, and what it says of the result.

The metadata are those of the NGFF specification, 0.4 (zarr 2) and 0.5 (zarr 3, below "ome"); 0.5
differs from 0.4 in the place alone. Knows no zarr: these are dictionaries as JSON has them.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from convfilter.errors import ImageError
from convfilter.picture.spacing import Spacing
from convfilter.picture.tags import Grid

__all__ = ["Multiscale", "multiscale_of", "said_of_result"]

IN_WORDS = {"time": "T", "channel": "C"}


class Multiscale(NamedTuple):
    """One image in several resolutions.

    Attributes
    ----------
    paths : of its arrays, the full resolution first
    axes : a letter each, as pipelines name them
    units : of the axes, "" where nothing is said
    scales : of the full resolution, along each axis; 1 where nothing is said
    method : how the smaller ones were made, in the words of the metadata, or ""
    """

    paths: tuple[str, ...]
    axes: str
    units: tuple[str, ...]
    scales: tuple[float, ...]
    method: str

    @property
    def spacing(self) -> Spacing | None:
        """How far rows and columns lie apart, if it is said."""
        rows, columns = self.axes.index("Y"), self.axes.index("X")
        unit = self.units[rows]
        if not unit or unit != self.units[columns]:
            return None
        return Spacing.of(self.scales[rows], self.scales[columns], unit)


def multiscale_of(attributes: Mapping[str, Any]) -> Multiscale | None:
    """Return what attributes of a group say of an image; None where they say nothing of one.

    Raises
    ------
    ImageError
        What they say cannot be understood, or they are of a plate, or of several images.
    """
    said = attributes.get("ome", attributes)
    if not isinstance(said, Mapping):
        return None
    for word, what in (
        ("plate", "a plate"),
        ("well", "a well"),
        ("bioformats2raw.layout", "series"),
    ):
        if word in said:
            raise ImageError(f"holds {what} of several images: give one of them, a folder within")
    scales = said.get("multiscales")
    if scales is None:
        return None
    try:
        if len(scales) > 1:
            raise ImageError(f"holds {len(scales)} images in one group, of which none is chosen")
        (image,) = scales
        datasets = image["datasets"]
        paths = tuple(str(each["path"]) for each in datasets)
        axes = image["axes"]
        letters = _letters([_axis(each) for each in axes])
        units = tuple(str(_axis(each).get("unit") or "") for each in axes)
        steps = _steps(image, datasets[0], len(letters))
        method = str(image.get("type") or "")
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise ImageError(f"has multiscales that cannot be understood: {error!r}") from error
    if not paths:
        raise ImageError("has multiscales without datasets")
    return Multiscale(paths, letters, units, steps, method)


def _axis(said: Any) -> Mapping[str, Any]:
    """Return an axis as 0.4 says it; before, axes were names."""
    return {"name": said} if isinstance(said, str) else dict(said)


def _letters(axes: Sequence[Mapping[str, Any]]) -> str:
    """Return a letter for each axis: that of its name, or by its type."""
    names = [str(axis["name"]) for axis in axes]
    if all(len(name) == 1 for name in names):
        return "".join(names).upper()
    in_space = [n for n, axis in enumerate(axes) if axis.get("type") == "space"]
    letters = [IN_WORDS.get(str(axis.get("type")), "") for axis in axes]
    for number, letter in zip(reversed(in_space), "XYZ", strict=False):
        letters[number] = letter
    if "" in letters:
        raise ValueError(f"axes {', '.join(names)}")
    return "".join(letters)


def _steps(image: Mapping[str, Any], dataset: Mapping[str, Any], count: int) -> tuple[float, ...]:
    """Return the scales of a resolution: its own times those of the whole image."""
    steps = [1.0] * count
    for said in (dataset, image):
        for each in said.get("coordinateTransformations") or ():
            if each.get("type") == "scale" and "scale" in each:
                scale = zip(steps, each["scale"], strict=True)
                steps = [step * float(further) for step, further in scale]
    return tuple(steps)


def said_of_result(
    attributes: Mapping[str, Any], image: Multiscale, levels: int, grid: Grid | None
) -> dict[str, Any]:
    """Return the attributes of a result: all that the input's say, on the grid of the result.

    Where every second pixel is left, pixels lie twice as far apart, and the first one lies where
    the middle of the first window did.

    Parameters
    ----------
    attributes, image : of the input
    levels : how many resolutions there are
    grid : where pixels of the result lie on those of the input; None where nobody knows
    """
    result = copy.deepcopy(dict(attributes))
    said: dict[str, Any] = result.get("ome", result)
    (multiscale,) = said["multiscales"]
    del multiscale["datasets"][levels:]
    if grid is None or (grid.step == (1, 1) and grid.first == (0, 0)):
        return result
    places = image.axes.index("Y"), image.axes.index("X")
    first = _transformed(multiscale["datasets"][0], len(image.axes))
    for dataset in multiscale["datasets"]:
        scale, translation = _transformed(dataset, len(image.axes))
        for axis, step, offset in zip(places, grid.step, grid.first, strict=True):
            own = translation[axis] - first[1][axis]
            translation[axis] = first[1][axis] + offset * first[0][axis] + own * step
            scale[axis] *= step
        made: list[dict[str, Any]] = [{"type": "scale", "scale": scale}]
        if any(translation):
            made.append({"type": "translation", "translation": translation})
        dataset["coordinateTransformations"] = made
    return result


def _transformed(dataset: Mapping[str, Any], count: int) -> tuple[list[float], list[float]]:
    """Return the scale and the translation of a resolution."""
    scale, translation = [1.0] * count, [0.0] * count
    for each in dataset.get("coordinateTransformations") or ():
        if each.get("type") == "scale":
            scale = [float(value) for value in each["scale"]]
        elif each.get("type") == "translation":
            translation = [float(value) for value in each["translation"]]
    return scale, translation
