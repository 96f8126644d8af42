"""Pipelines of filters: from Python, from one line of text, from a TOML file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache, partial
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, overload

from convfilter.errors import PipelineError
from convfilter.lazy import ARRAYS
from convfilter.pipeline.steps import Step, as_toml, parse_step, split, step_of, steps_of

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, DTypeLike

    from convfilter.filters.declaring.run_options import AlphaMode
    from convfilter.filters.pixels.picture import Pixels
    from convfilter.filters.preparing.prepared import Prepared
    from convfilter.picture.image import Image
    from convfilter.runtime.checks import Array


class Pipeline:
    """Filters that run one after the other, called with an array or an `Image`.

    Between the steps pixels are float32 (float64 for float64 arrays), rounded and saturated once,
    at the end. So is alpha. Signed responses travel raw and are shown at the end, unless a step
    says by its `signed` what becomes of them there; in floats and int16 they stay raw.

    Parameters
    ----------
    steps : names of filters or kernels, or pairs (name, parameters), or `Step`s

    Raises
    ------
    PipelineError
        For a pipeline without steps or a step that cannot be understood; the errors of `Step.of`.
    """

    def __init__(self, steps: Iterable[str | tuple[str, Mapping[str, Any]] | Step]) -> None:
        if isinstance(steps, str):
            raise PipelineError(f"{steps!r} is text: use Pipeline.parse")
        self.steps = tuple(map(step_of, steps))
        if not self.steps:
            raise PipelineError("the pipeline has no steps: name at least one filter")
        self._has_lengths = any(step.has_lengths for step in self.steps)

    @classmethod
    def parse(cls, text: str) -> Pipeline:
        """Read a pipeline such as ``gaussian-blur sigma=2 | sobel | max-pool size=2``.

        A value with spaces is quoted: ``convolve kernel="0 -1 0, -1 5 -1, 0 -1 0"``.
        """
        return cls(parse_step(number, part) for number, part in enumerate(split(text), 1))

    @classmethod
    def load(cls, path: str | Path) -> Pipeline:
        """Read a pipeline from a TOML file: a ``[[step]]`` each, with ``filter = "…"`` and values.

        `convfilter.Recipe` reads those that say more.

        Raises
        ------
        PipelineError
            When the file cannot be read or understood; the message has the line.
        """
        from convfilter.toml import Document

        document = Document.load(Path(path))
        for name in document.tables.keys() - {"step"}:
            raise PipelineError(
                f"{document.place(name)}: give [[step]] tables and nothing else, no {name}:"
                " convfilter.Recipe reads files that say more"
            )
        return cls(steps_of(document))

    def to_toml(self) -> str:
        """Return the text of the file of which `load` makes the same pipeline."""
        return "\n".join(map(as_toml, self.steps))

    @overload
    def __call__(
        self,
        image: Image,
        *,
        workers: int | None = None,
        alpha: AlphaMode | None = None,
        nodata: float | None = None,
        mask: ArrayLike | None = None,
        linear: bool = False,
        bounded: bool | None = None,
    ) -> Image: ...
    @overload
    def __call__(
        self,
        image: ArrayLike,
        *,
        workers: int | None = None,
        alpha: AlphaMode | None = None,
        axes: str | None = None,
        channel_axis: int | None = None,
        nodata: float | None = None,
        mask: ArrayLike | None = None,
        linear: bool = False,
        bounded: bool | None = None,
    ) -> Array: ...
    def __call__(
        self,
        image: Image | ArrayLike,
        *,
        workers: int | None = None,
        alpha: AlphaMode | None = None,
        axes: str | None = None,
        channel_axis: int | None = None,
        nodata: float | None = None,
        mask: ArrayLike | None = None,
        linear: bool = False,
        bounded: bool | None = None,
    ) -> Image | Array:
        """Run all steps over an array (H, W) or (H, W, C), or over all frames of an `Image`.

        Parameters
        ----------
        image : array or Image
            Of a Dask array the result is one as well, `convfilter.dask.map_pipeline` says which.
        workers : threads; None for all CPUs
        alpha : what becomes of alpha, as for a single filter
            Of an array it says that the last channel is alpha; an `Image` says so itself.
        axes, channel_axis : what the axes of an array are, as for a single filter
        nodata, mask : what of the picture is missing, as for a single filter
            Of an `Image` the result has `nodata` where it is missing, as the picture had it; where
            only a mask says so, NaN in floats, and 0 in integers, which a note tells.
        linear : filter in linear light
            The colours are decoded by the tone curves of the picture's ICC profile, those of an
            array and of pictures without one by sRGB's; all steps run on floats of 0 to 1, in
            float64 where float32 would show; the result is encoded by the same curves and rounded
            once. Intensities, such as a threshold, are then of linear light on the scale 0 to 255.
        bounded : whether the result is for something that holds nothing below black
            Then signed responses are shown at the end, as each filter says, else they stay raw.
            None: they are shown in unsigned integers and stay raw in floats and int16. True is for
            floats that become a file of integers.

        Raises
        ------
        ImageError
            With `linear`: for a profile that is damaged, has no such curves or does not fit.
        ArgumentError, ArgumentTypeError
            For an image that cannot be filtered, and axes that do not fit it. With `linear`: for
            int16, which has no white. With ``signed="raw"`` in a step: where negative values come
            to the end, and the result holds none.
        UnknownNameError
            For an `alpha` that there is not.
        """
        if isinstance(image, _image_class()):
            from convfilter.filters.pixels.entering import refuse_axes

            refuse_axes(axes, channel_axis)
            gaps = {"nodata": nodata, "mask": mask}
            how: dict[str, Any] = {"alpha": alpha, "workers": workers, **gaps}
            return self._over_frames(image, linear, bounded, **how)

        if self._has_lengths:
            self.measured(None)  # which refuses them
        said: dict[str, Any] = {"alpha": alpha, "nodata": nodata, "mask": mask}
        said |= {"axes": axes, "channel_axis": channel_axis}
        named = {name: value for name, value in said.items() if value is not None}
        always = {"workers": workers, "linear": linear, "bounded": bounded}
        of_others = ARRAYS.get(type(image).__module__.partition(".")[0])
        if of_others is not None:
            lazy: Array = of_others(image, self, named, **always)
            return lazy
        known = recent_calls().entry(self, {**always, **named}, image)
        if known is not None and known.quick is not None:
            result: Array | None = known.quick(image, None)
            if result is not None:
                return result
        if named and named.keys() <= {"axes", "channel_axis"}:
            alone = partial(self.__call__, workers=workers, linear=linear, bounded=bounded)
            result = recent_calls().by_pictures(alone, image, axes=axes, channel_axis=channel_axis)
            if result is not None:
                return result
        from convfilter.filters.pixels.entering import filtered

        if known is not None and not named and not linear:
            known.trace(self._steps(bounded), image)
        finish = partial(self._finished, profile=None, linear=linear, bounded=bounded)
        result = filtered(image, finish, workers=workers, **said)
        if known is not None:
            known.was_done = True
        return result

    def prepare(
        self,
        shape: tuple[int, ...],
        dtype: DTypeLike,
        *,
        workers: int | None = None,
        alpha: AlphaMode | None = None,
        axes: str | None = None,
        channel_axis: int | None = None,
        nodata: float | None = None,
        linear: bool = False,
        bounded: bool | None = None,
    ) -> Prepared:
        """Make the pipeline ready for many arrays of one shape and dtype.

        A call of what is returned gives the bits that the pipeline gives, and takes less time for
        small pictures, which are those of up to 64 KB:

        >>> import numpy as np
        >>> blur = Pipeline(["gaussian-blur"]).prepare((28, 28), np.uint8)
        >>> blur(np.full((28, 28), 7, np.uint8)).max()
        np.uint8(7)

        Steps that decide by the values of a picture, such as `normalize`, and thresholds that are
        found automatically, run as ever. So do larger pictures, alpha and linear light.

        Parameters
        ----------
        shape, dtype : of the arrays
        workers, alpha, axes, channel_axis, nodata, linear, bounded : as for a call

        Returns
        -------
        Prepared, to be called with an array, and with `out=` for the memory of its result

        Raises
        ------
        ArgumentError, ArgumentTypeError, UnknownNameError
            For what no array of this shape and dtype could be filtered with, as a call raises them.
        """
        from convfilter.filters.preparing.prepared import Prepared, check_shape
        from convfilter.runtime.array_axes import layout_of

        said: dict[str, Any] = {"workers": workers, "linear": linear, "bounded": bounded}
        said |= {"axes": axes, "channel_axis": channel_axis, "alpha": alpha, "nodata": nodata}
        layout = layout_of(check_shape(shape), axes, channel_axis)
        is_plain = layout.is_picture and not linear and alpha is None and nodata is None
        return Prepared(
            self,
            self.prepare,
            {name: value for name, value in said.items() if value is not None},
            self._steps(bounded) if is_plain else None,
            shape,
            dtype,
        )

    def _steps(self, bounded: bool | None) -> Callable[[Pixels], Pixels]:
        """Return what runs all steps, for an output that is `bounded` or not."""
        if bounded is None:
            return self._run
        return lambda pixels: self._run(pixels.going_into(bounded=bounded))

    def _over_frames(self, image: Image, linear: bool, bounded: bool | None, **how: Any) -> Image:
        """Run over all frames; `how` are arguments of `filtered_frame`."""
        from convfilter.engine.planning import rehearse
        from convfilter.filters.pixels.entering import some_of
        from convfilter.runtime.compiled import Foresight

        def run_on(part: Array) -> None:
            mask = None if how["mask"] is None else some_of(how["mask"], part)
            alone = {**how, "workers": 1, "mask": mask}
            self._each_frame(image.with_pixels(part), linear, bounded, **alone)

        with Foresight(lambda: rehearse(image.pixels, run_on)):
            return self._each_frame(image, linear, bounded, **how)

    def _each_frame(self, image: Image, linear: bool, bounded: bool | None, **how: Any) -> Image:
        from convfilter.filters.pixels.entering import filtered_frame

        of_animation = image.metadata.icc_profile

        def filtered(frame: Image) -> Image:
            profile = frame.metadata.icc_profile if frame.timing is None else of_animation
            measured = self.measured(frame)
            finish = partial(measured._finished, profile=profile, linear=linear, bounded=bounded)
            return measured.placed(frame, filtered_frame(frame, finish, **how))

        return image.map(filtered)

    def placed(self, frame: Image, made: Image) -> Image:
        """Return what was made of a picture, with the places of its pixels in its metadata."""
        said = frame.metadata
        if made.shape[:2] == frame.shape[:2] or not (said.tags or said.density or frame.spacing):
            return made
        from dataclasses import replace

        from convfilter.pipeline.grid import on_grid

        return replace(made, metadata=on_grid(frame, self.steps))

    def lengths_in(self, image: Image) -> tuple[str, ...]:
        """Return a line for each parameter that is a length: how many pixels of a picture it is."""
        if not self._has_lengths:
            return ()
        from convfilter.pipeline.grid import lengths_in_words

        return lengths_in_words(self.steps, image)

    def measured(self, frame: Image | None) -> Pipeline:
        """Return the pipeline with pixels of a picture in place of lengths; an array has none."""
        if not self._has_lengths:
            return self
        from convfilter.pipeline.grid import steps_in_pixels

        return Pipeline(steps_in_pixels(self.steps, frame))

    def _finished(
        self, pixels: Pixels, profile: bytes | None, linear: bool, bounded: bool | None
    ) -> tuple[Array, bool]:
        """Return the finished picture, and whether its last channel is alpha."""
        from convfilter.filters.pixels.bands import finished

        if bounded is not None:
            pixels = pixels.going_into(bounded=bounded)
        run = self.running(linear=linear, profile=profile)
        return finished(pixels, run, self.rows_around, in_floats=linear)

    def running(self, *, linear: bool, profile: bytes | None) -> Callable[[Pixels], Pixels]:
        """Return what runs all steps over a picture, in linear light or not."""
        return partial(self._in_light, profile=profile) if linear else self._run

    def rows_around(self) -> int | None:
        """Return how many rows above and below it an output row looks at, None for any."""
        total = 0
        for step in self.steps:
            rows = step.filter.rows_around(step.parameters)
            if rows is None:
                return None
            total += rows
        return total

    def __repr__(self) -> str:
        return f"Pipeline.parse({' | '.join(map(str, self.steps))!r})"

    def _in_light(self, pixels: Pixels, profile: bytes | None) -> Pixels:
        """Run on the light of the colours, decoded and encoded by the curves of a profile."""
        from convfilter.colour.linear import Transfer

        dtype, white, workers = pixels.dtype, pixels.white, pixels.workers
        channels = pixels.colour.shape[2] if pixels.colour.ndim == 3 else 1
        transfer = Transfer.of(profile, channels)
        light = transfer.decode(pixels.colour, workers)
        alpha = pixels.alpha
        if alpha is not None:
            alpha = (alpha / white).astype(light.dtype)
        decoded = pixels.with_colour(light, white=1.0, dtype=light.dtype, alpha=alpha)
        result = self._run(decoded)
        colour, alpha = result.planes()
        if alpha is not None and result.beside is None:
            alpha = alpha * white
        colour = transfer.encode(colour, dtype, workers)
        shown = {"white": white, "dtype": dtype, "signed": None}
        return result.with_colour(colour, **shown, alpha=alpha, beside=None)

    def _run(self, pixels: Pixels) -> Pixels:
        for step in self.steps:
            pixels.pass_on()
            pixels = step.filter.run(pixels, step.parameters)
        return pixels


@cache
def _image_class() -> type[Image]:
    from convfilter.picture.image import Image

    return Image


@cache
def recent_calls() -> ModuleType:
    """Return what remembers calls, without an import in each of them."""
    from convfilter.filters.preparing import recent

    return recent
