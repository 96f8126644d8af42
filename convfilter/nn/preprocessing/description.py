"""What has to be done to a picture before a network sees it, in memory and in files.

In a safetensors file it stands as JSON in the metadata under `KEY`. Beside a file of any format,
``resnet50.npz`` say, it may stand as TOML in ``resnet50.toml``:

    resize = 256                    # the short side; or [rows, columns]; left out: as it is
    crop = [224, 224]               # rows and columns out of the middle; left out: all
    interpolation = "bilinear"      # or "bicubic", "box", "hamming", "lanczos", "nearest"
    rounding = "down"               # of the long side; or "nearest"
    range = [0, 1]                  # what black and white become
    mean = [0.485, 0.456, 0.406]    # then taken away, a number for each channel or one for all
    std = [0.229, 0.224, 0.225]     # then divided by
    channels = "RGB"                # or "BGR", or "grey"
    labels = ["tench", "goldfish"]  # of the outputs, in their order; left out: not known
"""

from __future__ import annotations

import json
import math
import os
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, cast, get_args

from convfilter.errors import ArgumentError, NetworkError, UnknownNameError, reason_of, shown
from convfilter.nn.preprocessing.words import Channels, Interpolation, Rounding

__all__ = ["KEY", "Preprocessing", "assumed_for", "beside", "read_toml"]

KEY = "convfilter.preprocessing"
"""Under which a file of weights keeps the description."""

_WORDS = {"interpolation": Interpolation, "rounding": Rounding, "channels": Channels}

_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of red, green and blue in ImageNet's pictures."""

_LARGEST_SIDE = 16384

_LARGEST_FILE = 16_000_000
"""Bytes of a TOML file; that of a thousand labels has fifty thousand."""


@dataclass(frozen=True)
class Preprocessing:
    """What is done to a picture, in this order.

    Attributes
    ----------
    resize : the length of its short side in pixels, or (rows, columns), or None where it stays
    crop : (rows, columns) taken out of the middle, or None for all
    interpolation : how it is resized, always antialiased (Pillow's filters)
    rounding : of the long side to whole pixels, "down" as torchvision, or to the "nearest" as
        TensorFlow and OpenCV
    range : the numbers that black and white become
    mean, std : taken away and divided by, one of each channel or one for all
    channels : "RGB", "BGR" or "grey"
    labels : of the outputs, or none where they are not known

    Raises
    ------
    ArgumentError
        For what is out of range.

    Examples
    --------
    >>> Preprocessing(resize=256, crop=(224, 224), mean=(0.5,), std=(0.25,)).summary
    'short side 256 (bilinear), centre crop 224x224, range 0 to 1, mean 0.5, std 0.25, RGB'
    """

    resize: int | tuple[int, int] | None = None
    crop: tuple[int, int] | None = None
    interpolation: Interpolation = "bilinear"
    rounding: Rounding = "down"
    range: tuple[float, float] = (0.0, 1.0)
    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)
    channels: Channels = "RGB"
    labels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name, value in (("resize", self.resize), ("crop", self.crop)):
            sides = value if isinstance(value, tuple) else () if value is None else (value,)
            if not all(_is_whole(side) and 1 <= side <= _LARGEST_SIDE for side in sides):
                raise ArgumentError(f"{name} is of 1 to {_LARGEST_SIDE} pixels, not {value}")
        for name, known in _WORDS.items():
            if getattr(self, name) not in get_args(known):
                raise UnknownNameError(name, str(getattr(self, name)), get_args(known))
        maps = len(self.channels) if self.channels != "grey" else 1
        for name in ("mean", "std", "range"):
            numbers = getattr(self, name)
            if name != "range" and len(numbers) not in (1, maps):
                raise ArgumentError(f"{name} has {len(numbers)} numbers for {maps} channels")
            if not all(_is_number(number) and math.isfinite(number) for number in numbers):
                raise ArgumentError(f"{name} has to consist of finite numbers, not {numbers}")
        if not all(self.std):
            raise ArgumentError("std has a 0, by which nothing can be divided")

    @property
    def maps(self) -> int:
        """How many channels the network is given."""
        return 1 if self.channels == "grey" else 3

    @property
    def summary(self) -> str:
        """All but the labels, in one line."""
        if self.resize is None:
            size = "as large as it is"
        elif isinstance(self.resize, int):
            how = self.interpolation + ", long side rounded" * (self.rounding == "nearest")
            size = f"short side {self.resize} ({how})"
        else:
            size = f"{self.resize[0]}x{self.resize[1]} ({self.interpolation})"
        crop = "" if self.crop is None else f", centre crop {self.crop[0]}x{self.crop[1]}"
        low, high = self.range
        return (
            f"{size}{crop}, range {low:g} to {high:g}, mean {_row(self.mean)},"
            f" std {_row(self.std)}, {self.channels}"
        )

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Preprocessing:
        """Return the description that a TOML or JSON table holds.

        Raises
        ------
        ArgumentError, UnknownNameError
            For fields that there are not, and values that do not fit them.
        """
        known = [field.name for field in fields(cls)]
        for name in values:
            if name not in known:
                raise UnknownNameError("field of preprocessing", str(name), known)
        return cls(**{name: _READ[name](name, value) for name, value in values.items()})

    @classmethod
    def parse(cls, text: str) -> Preprocessing:
        """Return the description that the metadata of a file holds as JSON."""
        try:
            values = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ArgumentError(f"is no JSON ({error})") from error
        if not isinstance(values, dict):
            raise ArgumentError("is no table of fields")
        return cls.of(values)

    def to_json(self) -> str:
        """Return the description as the metadata of a file holds it."""
        return json.dumps(asdict(self), ensure_ascii=False)

    def to_toml(self) -> str:
        """Return the description as a file beside the weights holds it."""
        # texts, numbers and lists of them are written in TOML as they are in JSON
        return "".join(
            f"{name} = {json.dumps(value, ensure_ascii=False)}\n"
            for name, value in asdict(self).items()
            if value not in (None, ())
        )


def read_toml(path: str | os.PathLike[str]) -> Preprocessing:
    """Return the description of a TOML file.

    Raises
    ------
    NetworkError
        It cannot be read, or what it says cannot be understood.
    """
    place = Path(path)
    try:
        with place.open("rb") as file:
            text = file.read(_LARGEST_FILE + 1)
        if len(text) > _LARGEST_FILE:
            raise NetworkError(f"{shown(place)}: is no description of preprocessing: too long")
        return Preprocessing.of(tomllib.loads(text.decode()))
    except OSError as error:
        raise NetworkError(f"{shown(place)}: cannot be read: {reason_of(error)}") from error
    except RecursionError as error:
        raise NetworkError(f"{shown(place)}: is no TOML: nested too deeply") from error
    except (ValueError, UnknownNameError) as error:
        raise NetworkError(f"{shown(place)}: {error}") from error


def beside(path: str | os.PathLike[str], texts: Mapping[str, str]) -> Preprocessing | None:
    """Return the description that comes with a file of weights; None where there is none.

    A TOML file beside it comes before the metadata `texts` in it, so that it can be corrected.
    """
    place = Path(path)
    table = place.with_suffix(".toml")
    if table.is_file():
        return read_toml(table)
    if KEY not in texts:
        return None
    try:
        return Preprocessing.parse(texts[KEY])
    except (ArgumentError, UnknownNameError) as error:
        raise NetworkError(f"{shown(place)}: its preprocessing: {error}") from error


def assumed_for(
    shape: tuple[int, ...], scaling: tuple[float, float] | None = None
) -> Preprocessing:
    """Return the rule for a network of whose preprocessing nothing is known.

    With three channels that by which torchvision's weights for ImageNet were made: the short side
    is 8/7 of the crop, 256 for 224. Otherwise pictures are stretched to the input, with values from
    0 to 1.

    Parameters
    ----------
    shape : (maps, rows, columns) that the network is given
    scaling : mean and std, where those of ImageNet's pictures are not what its weights want
    """
    maps, rows, columns = shape
    if maps == 3:
        mean, std = ((each,) for each in scaling) if scaling else (_MEAN, _STD)
        return Preprocessing(
            resize=round(min(rows, columns) * 8 / 7) if rows == columns else (rows, columns),
            crop=(rows, columns),
            mean=mean,
            std=std,
        )
    return Preprocessing(resize=(rows, columns), channels="grey")


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _row(numbers: tuple[float, ...]) -> str:
    return ", ".join(f"{number:g}" for number in numbers)


def _pair(name: str, value: Any) -> tuple[Any, Any]:
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        raise ArgumentError(f"{name} has to be a pair, not {value!r}")
    return value[0], value[1]


def _size(name: str, value: Any) -> int | tuple[int, int] | None:
    if isinstance(value, (list, tuple)):
        return _pair(name, value)
    if value is None or _is_whole(value):
        return cast("int | None", value)
    raise ArgumentError(f"{name} has to be a number of pixels or a pair, not {value!r}")


def _crop(name: str, value: Any) -> tuple[int, int] | None:
    size = _size(name, value)
    return (size, size) if isinstance(size, int) else size


def _numbers(name: str, value: Any) -> tuple[float, ...]:
    numbers = value if isinstance(value, (list, tuple)) else [value]
    if not numbers or not all(map(_is_number, numbers)):
        raise ArgumentError(f"{name} has to consist of numbers, not {value!r}")
    return tuple(map(float, numbers))


def _range(name: str, value: Any) -> tuple[float, float]:
    low, high = _numbers(name, _pair(name, value))
    return low, high


def _labels(name: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, (list, tuple)) or not all(isinstance(word, str) for word in value):
        raise ArgumentError(f"{name} has to be a list of texts")
    return tuple(value)


def _word(_: str, value: Any) -> str:
    return str(value)


_READ: Mapping[str, Any] = {
    "resize": _size,
    "crop": _crop,
    "interpolation": _word,
    "rounding": _word,
    "range": _range,
    "mean": _numbers,
    "std": _numbers,
    "channels": _word,
    "labels": _labels,
}
