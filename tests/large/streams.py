"""Pipelines run part by part, to be held against the whole."""

from __future__ import annotations

import itertools
from random import Random
from typing import Any, NamedTuple

import numpy as np

from convfilter.errors import ConvfilterError
from convfilter.large.parts import FigureNeededError, NotInPartsError, Parts, Rectangle
from convfilter.picture.image import Image
from convfilter.pipeline import Pipeline
from convfilter.runtime.checks import Array
from tests.batch.recipes.drawn import step, written

MOST_PASSES = 40

DTYPES = ("uint8", "uint16", "int16", "float32", "float64")


class Case(NamedTuple):
    """A picture, what becomes of it, and the parts in which it does."""

    pipeline: Pipeline
    image: Image
    how: dict[str, Any]
    rows: int
    columns: int | None

    def whole(self) -> Array:
        """Return the result as ever."""
        return self.pipeline(self.image, **self.how, workers=1).pixels

    def parts(self) -> Parts:
        """Return what makes the parts."""
        pixels, alpha = self.image.pixels, self.image.alpha
        uneven = alpha and bool((pixels[..., -1] != pixels[0, 0, -1]).any())
        mode = self.how["alpha"]
        return Parts(
            self.pipeline,
            pixels.shape,
            pixels.dtype,
            alpha=alpha,
            alpha_mode=mode,
            uneven=uneven,
            linear=self.how["linear"],
            bounded=self.how["bounded"],
        )

    def in_parts(self) -> Array:
        """Return the result, put together of its parts."""
        return streamed(self.parts(), self.image.pixels, self.rows, self.columns)

    def __str__(self) -> str:
        pixels = self.image.pixels
        kind = f"{pixels.shape} {pixels.dtype}{' alpha' if self.image.alpha else ''}"
        return f"{self.pipeline!r} of {kind}, {self.how}, {self.rows} by {self.columns}"


def streamed(parts: Parts, pixels: Array, rows: int, columns: int | None = None) -> Array:
    """Return what parts make of a picture, rectangle by rectangle."""
    height, width = parts.shape[:2]
    wide = columns or width
    rectangles = [
        Rectangle((top, min(height, top + rows)), (left, min(width, left + wide)))
        for top, left in itertools.product(range(0, height, rows), range(0, width, wide))
    ]
    output = np.empty(parts.shape, parts.dtype)
    for _ in range(MOST_PASSES):
        levels, is_known = dict(parts.findings.levels), True
        for rectangle in rectangles:
            reads = parts.reads(rectangle)
            part = np.ascontiguousarray(pixels[slice(*reads.rows), slice(*reads.columns)])
            try:
                made = parts.make(part, rectangle, workers=1)
            except FigureNeededError:
                is_known = False
                continue
            output[slice(*rectangle.rows), slice(*rectangle.columns)] = made
        if not is_known:
            parts.findings.conclude()
        elif levels == parts.findings.levels:
            return output
    raise AssertionError("no pass was the last")


def drawn(seed: int) -> Case:
    """Draw a chain of filters or kernels, with some of their parameters, a picture and parts."""
    random = Random(seed)
    while True:
        steps = [step(random) for _ in range(random.choice([1, 1, 2, 2, 3, 4]))]
        try:
            text = " | ".join(written(*each) for each in steps)
            pipeline = Pipeline.parse(text)
        except ConvfilterError:
            continue  # values that do not go together
        image = _picture(random)
        is_signed = image.dtype.kind == "i"
        how = {
            "alpha": random.choice([None, None, "keep", "filter", "drop"]) if image.alpha else None,
            "linear": not is_signed and random.random() < 0.1,
            "bounded": random.choice([None, None, True]),
        }
        rows = random.choice([1, 7, 64])
        columns = random.choice([None, None, 5, 23])
        return Case(pipeline, image, how, rows, columns)


def _picture(random: Random) -> Image:
    shape = random.randint(9, 150), random.randint(9, 60)
    values = np.random.default_rng(random.getrandbits(32))
    channels, alpha = random.choice([(0, False), (0, False), (3, False), (2, True), (4, True)])
    dtype = np.dtype(random.choice(DTYPES))
    if dtype.kind == "i" and alpha:
        dtype = np.dtype(np.uint8)
    whole = values.random((*shape, channels) if channels else shape)
    if random.random() < 0.3:
        whole = np.round(whole)  # as scans are, and masks
    if alpha:
        kind = random.choice(["even", "uneven", "clear"])
        plane = values.choice([0.0, 0.5, 1.0], shape)
        whole[..., -1] = plane if kind == "uneven" else float(kind == "even")
    if dtype.kind == "f":
        pixels = whole.astype(dtype)
        if random.random() < 0.15:
            pixels[..., 0] *= dtype.type(1e30)
            if alpha:
                pixels[..., -1] = whole[..., -1]
        if random.random() < 0.1:
            spot = values.integers(0, shape[0]), values.integers(0, shape[1])
            bad = dtype.type(random.choice([np.nan, np.inf]))
            pixels[spot] = np.array([bad] * (channels - 1) + [1]) if alpha else bad
    else:
        limits = np.iinfo(dtype)
        pixels = np.rint(limits.min + whole * (limits.max - limits.min)).astype(dtype)
    return Image(pixels, alpha=alpha)


__all__ = ["Case", "NotInPartsError", "drawn", "streamed"]
