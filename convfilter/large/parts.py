"""A pipeline over a picture of which only parts are in memory, with the bits of the whole."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from convfilter.engine.planning import placed, reckoning_for
from convfilter.engine.window.borders import reads_far_side
from convfilter.engine.window.placing import (
    FigureNeededError,
    Findings,
    NotInPartsError,
    Place,
    Within,
)
from convfilter.errors import listed
from convfilter.filters.declaring.reach import Reach
from convfilter.filters.declaring.run_options import AlphaMode
from convfilter.filters.pixels.bands import rows_of_band
from convfilter.filters.pixels.picture import Pixels
from convfilter.large.spans import Laid, Line, lines_of
from convfilter.pipeline import Pipeline
from convfilter.pipeline.steps import Step
from convfilter.runtime.checks import Array
from convfilter.runtime.compiled import rehearsing

__all__ = ["FigureNeededError", "NotInPartsError", "Parts", "Rectangle", "Span"]

Span = tuple[int, int]
"""The first of some rows or columns, and the one after the last."""

MOST_MORE = 64
"""Times that a part is made larger, so that no two steps give pictures of one size by chance."""


class Rectangle(NamedTuple):
    """Some rows and columns of a picture."""

    rows: Span
    columns: Span

    @property
    def shape(self) -> tuple[int, int]:
        """How many rows and columns there are."""
        return self.rows[1] - self.rows[0], self.columns[1] - self.columns[0]


class Parts:
    """A pipeline, made ready for the parts of a picture (H, W) or (H, W, C).

    For a rectangle of the output, `reads` says which rectangle of the picture it is made from, and
    `make` makes it of that. What comes out has the bits that the pipeline would give for the whole
    picture. Parts may be made in any order, and twice.

    Where the whole decides by a figure, such as the extremes for `normalize`, `passes` is above 0:
    the picture has to be gone through before. That is done by `make` as well: it raises
    `FigureNeededError` after it has looked at a part; when that has been done for parts that cover
    the output once, `findings.conclude()` is called, and so on, until nothing is raised. Values may
    also ask for another arithmetic than was planned, as infinities do: then `findings.levels`
    changes, and parts that have been made before have to be made again.

    Attributes
    ----------
    shape, dtype : of the finished picture
    has_alpha : whether its last channel is alpha
    passes : how often the picture has to be gone through for figures; NaN and infinity aside
    findings : what parts have found out about the whole
    """

    def __init__(
        self,
        pipeline: Pipeline,
        shape: tuple[int, ...],
        dtype: DTypeLike,
        *,
        alpha: bool = False,
        alpha_mode: AlphaMode | None = None,
        uneven: bool = False,
        linear: bool = False,
        profile: bytes | None = None,
        bounded: bool | None = None,
    ) -> None:
        """Take what the picture is, and what is said of it.

        Parameters
        ----------
        pipeline : what becomes of the picture; lengths are pixels already
        shape, dtype : of the picture
        alpha : whether its last channel is alpha
        alpha_mode : what becomes of alpha
        uneven : whether some pixels are more opaque than others
        linear, profile : whether it is filtered in linear light, by the curves of an ICC profile
        bounded : as for `Pipeline`

        Raises
        ------
        NotInPartsError
            Where a step needs the whole picture in memory; the message has the way out.
        ArgumentError
            For what the pipeline would refuse as well.
        """
        self._pipeline = pipeline
        self._given = tuple(shape), np.dtype(dtype)
        self._alpha = alpha, alpha_mode
        self._uneven = alpha and uneven and alpha_mode not in ("filter", "drop")
        self._bounded = bounded
        self._run = pipeline.running(linear=linear, profile=profile)
        self.findings = Findings()
        height, width = shape[:2]
        reaches = [_reach_of(step) for step in pipeline.steps]
        self._lines = lines_of(pipeline.steps, reaches, (height, width))
        self._around = pipeline.rows_around() if self._uneven or linear else None
        self._band: int | None = None
        self.passes = 0
        self._rehearse()

    @property
    def rows(self) -> Line:
        """How windows walk down the picture."""
        return self._lines[0]

    def reads(self, output: Rectangle) -> Rectangle:
        """Return the rectangle of the picture that a rectangle of the output is made from."""
        if self._band is not None:
            first, last = self._bands(output.rows)
            return Rectangle(self._rows_of_band(first)[1], (0, self._given[0][1]))._replace(
                rows=(self._rows_of_band(first)[1][0], self._rows_of_band(last - 1)[1][1])
            )
        rows, columns = self._lay(output)
        return Rectangle(rows.reads, columns.reads)

    def make(self, part: Array, output: Rectangle, *, workers: int | None = None) -> Array:
        """Return a rectangle of the output, made of the part of the picture that it reads.

        Raises
        ------
        FigureNeededError
            When a figure of the whole is not known yet; what the part tells of it is known now.
        ArgumentError
            For what the pipeline refuses.
        """
        pixels = self._pixels(part, workers)
        if self._band is not None:
            return self._made_in_bands(pixels, output)
        rows, columns = self._lay(output)
        within = Within(self._places(rows, columns), self.findings, looks=False)
        with placed(within):
            made = self._run(pixels).finish()
        (top, bottom), (left, right) = rows.own[-1], columns.own[-1]
        return made[top:bottom, left:right]

    def alone(self) -> Parts:
        """Return the same with findings of its own: what one part finds changes no other then."""
        parts = copy.copy(self)
        parts.findings = Findings()
        return parts

    def _pixels(self, part: Array, workers: int | None) -> Pixels:
        alpha, mode = self._alpha
        pixels = Pixels.of(part, alpha=alpha, alpha_mode=mode, workers=workers)
        pixels = pixels.changed(of_uneven=self._uneven)
        return pixels if self._bounded is None else pixels.going_into(bounded=self._bounded)

    def _lay(self, output: Rectangle) -> tuple[Laid, Laid]:
        """Return the part that a rectangle of the output is made from, along both axes."""
        down, along = self._lines
        across = output.columns
        if any(down.grains):  # rows of tiles are made as a whole
            across = 0, along.sizes[-1]
        for more in range(MOST_MORE):
            rows = down.lay(output.rows, more)
            columns = along.lay(across, more, output.columns)
            if self._are_apart(rows, columns):
                break
        return rows, columns

    def _are_apart(self, rows: Laid, columns: Laid) -> bool:
        """Tell whether each size of a picture on the way stands for one place."""
        places: dict[tuple[int, int], tuple[Any, ...]] = {}
        both = zip(rows.sizes, columns.sizes, strict=True)
        for stage, size in enumerate(both):
            place = self._place(rows, columns, stage)
            if places.setdefault(size, place) != place:
                return False
        return True

    def _places(self, rows: Laid, columns: Laid) -> dict[tuple[int, int], Place]:
        both = enumerate(zip(rows.sizes, columns.sizes, strict=True))
        return {size: self._place(rows, columns, stage) for stage, size in both}

    def _place(self, rows: Laid, columns: Laid, stage: int) -> Place:
        down, along = self._lines
        return Place(
            (rows.origins[stage], columns.origins[stage]),
            (down.sizes[stage], along.sizes[stage]),
            (rows.own[stage], columns.own[stage]),
        )

    # in bands of rows, as the pipeline itself runs large pictures of floats

    def _bands(self, rows: Span) -> Span:
        assert self._band is not None
        return rows[0] // self._band, -(-rows[1] // self._band)

    def _rows_of_band(self, number: int) -> tuple[Span, Span]:
        """Return the rows of a band, and those that it is made from."""
        assert self._band is not None
        assert self._around is not None
        height = self._given[0][0]
        start, stop = number * self._band, min(height, (number + 1) * self._band)
        return (start, stop), (max(0, start - self._around), min(height, stop + self._around))

    def _made_in_bands(self, pixels: Pixels, output: Rectangle) -> Array:
        first, last = self._bands(output.rows)
        origin = self._rows_of_band(first)[1][0]
        height, width = self._given[0][:2]
        made = []
        with reckoning_for(math.isqrt(height * width)):
            for number in range(first, last):
                (start, stop), (above, below) = self._rows_of_band(number)
                part = pixels.part(above - origin, below - origin, uneven=self._uneven)
                made.append(self._run(part).finish()[start - above : stop - above])
        whole = made[0] if len(made) == 1 else np.concatenate(made)
        first_row = self._rows_of_band(first)[0][0]
        rows = slice(output.rows[0] - first_row, output.rows[1] - first_row)
        return whole[rows, slice(*output.columns)]

    @property
    def pixel_bytes(self) -> int:
        """Bytes of a pixel of the picture."""
        shape, dtype = self._given
        return int(dtype.itemsize * math.prod(shape[2:]))

    @property
    def row_bytes(self) -> tuple[int, int]:
        """Bytes of a row of the picture, and of one of the output."""
        of_output = self.dtype.itemsize * math.prod(self.shape[1:])
        return self._given[0][1] * self.pixel_bytes, int(of_output)

    def whole_bands(self, rows: int) -> int:
        """Return so many rows of the output, or a few more or less, as are best made together."""
        unit = self._band or max(set().union(*self._lines[0].grains), default=1)
        return max(1, rows // unit) * unit if unit > 1 else rows

    def try_out(self, output: Rectangle, *, workers: int | None = None) -> None:
        """Make a rectangle of the output of a blank picture, to see what that takes."""
        reads = self.reads(output)
        part = _stand_in((*reads.shape, *self._given[0][2:]), self._given[1])
        pixels = self._pixels(part, workers)
        if self._band is not None:
            self._made_in_bands(pixels, output)
            return
        places = self._places(*self._lay(output))
        with placed(Within(places, Findings(), looks=True)):
            self._run(pixels).finish()

    def rehearse(self) -> None:
        """Do with some pixels what is done with parts, so that loops are known that it needs."""
        part, places = self._least()
        with placed(Within(places, Findings(), looks=True)):
            self._run(self._pixels(part, 1)).finish()

    def _least(self) -> tuple[Array, dict[tuple[int, int], Place]]:
        """Return some pixels for the smallest part, and where its pictures lie."""
        laid = self._lay(Rectangle((0, 1), (0, 1)))
        part = _stand_in((*(each.reads[1] for each in laid), *self._given[0][2:]), self._given[1])
        rows, columns = (
            each._replace(own=tuple((0, size) for size in each.sizes)) for each in laid
        )
        return part, self._places(rows, columns)

    def _rehearse(self) -> None:
        """Find out, on some pixels, what the steps give, which tiles they use and what they ask."""
        part, places = self._least()

        def within() -> Within:
            return Within(places, Findings(), looks=True)

        with rehearsing():
            pixels = self._pixels(part, 1)
            found: list[list[int]] = []
            for step in self._pipeline.steps:
                with _named(step), placed(within()) as looking:
                    pixels = step.filter.run(pixels, step.parameters)
                    _ = pixels.colour
                found.append(looking.grains)
            with placed(within()) as looking:
                result = self._run(self._pixels(part, 1))
                is_scaled = result.signed == "scale" and result.bounded
                made = result.finish()
        self.has_alpha = result.has_alpha
        self.dtype = made.dtype
        heights = [line.sizes[-1] for line in self._lines]
        self.shape = (*heights, *made.shape[2:])
        if self._around is not None and not is_scaled:
            height, width = self._given[0][:2]
            self._band = rows_of_band(height, width, self._around)
        if self._band is None:
            self.passes = len(looking.asked)
            self._note_grains(found, looking.grains)

    def _note_grains(self, of_steps: list[list[int]], together: list[int]) -> None:
        """Take note of the tiles that steps use, each by itself or joined with others."""
        unknown = {*together} - {grain for found in of_steps for grain in found}
        down = self._lines[0]
        for stage, found in enumerate(of_steps):
            has_window = down.walks[stage].near + down.walks[stage].far > 0
            down.grains[stage] = frozenset(found) | (unknown if has_window else set())


class _named:  # noqa: N801 - used as a word before a block
    """Says in errors about what cannot be done in parts which step it is."""

    def __init__(self, step: Step) -> None:
        self._step = step

    def __enter__(self) -> None:
        return

    def __exit__(self, _kind: Any, error: BaseException | None, _traceback: Any) -> None:
        if isinstance(error, NotInPartsError):
            raise NotInPartsError(f"{self._step.name}: {error}") from None


def _reach_of(step: Step) -> Reach:
    """Return what an output of a step looks at; refuse what needs the whole picture."""
    values = step.parameters
    reach = step.filter.reach(values)
    if values.get("border") is not None and reads_far_side(values["border"]):
        window = (reach.known or reach).window
        if window != (1, 1):
            raise NotInPartsError(
                f"{step.name}: the border {values['border']} shows what lies at the other end of"
                " the picture: choose another border"
            )
    if not reach.whole:
        return reach
    if reach.known is not None:
        return reach.known
    wanted = _wanted(step)
    way_out = f": give {listed(wanted, 'and')}" if wanted else ""
    raise NotInPartsError(f"{step.name} looks at the whole picture at once{way_out}")


def _wanted(step: Step) -> list[str]:
    """Return which parameters have to be given so that a step can be done in parts."""
    found = {
        each.name: each.choices[0] if each.choices else each.spec.range.nearest(1)
        for each in step.filter.parameters
        if each.spec.automatic and step.parameters[each.name] is None
    }

    def would_do(names: Iterable[str]) -> bool:
        given = {name: found[name] for name in names}
        return not step.filter.reach({**step.parameters, **given}).whole

    wanted = set(found)
    if not would_do(wanted):
        return []
    for name in found:
        if would_do(wanted - {name}):
            wanted.remove(name)
    return [name for name in found if name in wanted]


def _stand_in(shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    return np.full(shape, 0.5 if dtype.kind == "f" else 1, dtype)
