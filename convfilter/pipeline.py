"""Pipelines of filters: from Python, from one line of text, from a TOML file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, overload

from convfilter import filters, kernels
from convfilter.errors import ConvfilterError, PipelineError, UnknownNameError, reason_of
from convfilter.filters.declaring.parameters import written

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from convfilter.filters.declare import Filter
    from convfilter.filters.declaring.run_options import AlphaMode
    from convfilter.filters.pixels.picture import Pixels
    from convfilter.picture.image import Image
    from convfilter.runtime.checks import Array

LARGEST_FILE = 1 << 20
"""Bytes of a recipe."""


class Step(NamedTuple):
    """One filter with the values of all its parameters.

    Attributes
    ----------
    name : of the filter, or of a kernel of the catalogue
    filter : the filter that runs
    parameters : the values of all parameters, checked
    given : the parameters that were stated, checked
    """

    name: str
    filter: Filter
    parameters: Mapping[str, Any]
    given: tuple[tuple[str, Any], ...] = ()

    @classmethod
    def of(cls, name: str, given: Mapping[str, Any] | None = None) -> Step:
        """Find the filter, or the kernel, of this name and check its parameters.

        Raises
        ------
        UnknownNameError
            For a name, parameter or choice that there is not, with the nearest ones.
        ArgumentError, ArgumentTypeError
            For a value out of range or of the wrong type.
        """
        stated = given or {}
        found, preset = _find_with(name, stated)
        return cls._with(name, found, stated, found.bind({**stated, **preset}))

    @classmethod
    def parse(cls, name: str, texts: Mapping[str, str]) -> Step:
        """Do the same with values that a person wrote as text; raises the same errors."""
        found, preset = _find_with(name, {key.replace("-", "_"): key for key in texts})
        stated = found.parse(texts)
        return cls._with(name, found, stated, found.bind({**stated, **preset}))

    @classmethod
    def _with(
        cls, name: str, found: Filter, stated: Iterable[str], values: Mapping[str, Any]
    ) -> Step:
        return cls(name, found, values, tuple((key, values[key]) for key in stated))

    def __str__(self) -> str:
        import shlex

        words = [self.name, *(f"{key}={shlex.quote(written(value))}" for key, value in self.given)]
        return " ".join(words)


def find(name: str) -> tuple[Filter, dict[str, Any]]:
    """Return the filter of this name, or `convolve` and the kernel of this name."""
    asked = name.replace("_", "-")
    if asked in filters.index():
        return filters.get(asked), {}
    if asked in kernels.names():
        return filters.get("convolve"), {"kernel": asked}
    raise UnknownNameError("filter or kernel", name, [*filters.names(), *kernels.names()])


def _find_with(name: str, given: Mapping[str, Any]) -> tuple[Filter, dict[str, Any]]:
    """Do what `find` does, and refuse parameters that are given with the name of a kernel."""
    found, preset = find(name)
    known = [each.name for each in found.parameters if each.name not in preset]
    for parameter in given:
        if parameter not in known:
            raise UnknownNameError(f"parameter of {name}", parameter, known)
    return found, preset


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
        self.steps = tuple(_step(step) for step in steps)
        if not self.steps:
            raise PipelineError("the pipeline has no steps: name at least one filter")

    @classmethod
    def parse(cls, text: str) -> Pipeline:
        """Read a pipeline such as ``gaussian-blur sigma=2 | sobel | max-pool size=2``.

        A value with spaces is quoted: ``convolve kernel="0 -1 0, -1 5 -1, 0 -1 0"``.
        """
        return cls(_parse_step(number, part) for number, part in enumerate(_split(text), 1))

    @classmethod
    def load(cls, path: str | Path) -> Pipeline:
        """Read a pipeline from a TOML file: a ``[[step]]`` each, with ``filter = "…"`` and values.

        Raises
        ------
        PipelineError
            When the file cannot be read or understood.
        """
        return cls(_recipe(Path(path)))

    @overload
    def __call__(
        self,
        image: Image,
        *,
        workers: int | None = None,
        alpha: AlphaMode | None = None,
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
        linear: bool = False,
        bounded: bool | None = None,
    ) -> Image | Array:
        """Run all steps over an array (H, W) or (H, W, C), or over all frames of an `Image`.

        Parameters
        ----------
        image : array or Image
        workers : threads; None for all CPUs
        alpha : what becomes of alpha, as for a single filter
            Of an array it says that the last channel is alpha; an `Image` says so itself.
        axes, channel_axis : what the axes of an array are, as for a single filter
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
        from convfilter.filters.pixels.entering import filtered, refuse_axes
        from convfilter.picture.image import Image

        if isinstance(image, Image):
            refuse_axes(axes, channel_axis)
            return self._over_frames(image, linear, bounded, alpha_mode=alpha, workers=workers)

        finish = partial(self._finished, profile=None, linear=linear, bounded=bounded)
        said: dict[str, Any] = {"alpha": alpha, "axes": axes, "channel_axis": channel_axis}
        return filtered(image, finish, workers=workers, **said)

    def _over_frames(self, image: Image, linear: bool, bounded: bool | None, **how: Any) -> Image:
        """Run over all frames; `how` are arguments of `Pixels.of`."""
        from convfilter.engine.planning import rehearse
        from convfilter.runtime.compiled import Foresight

        def run_on(part: Array) -> None:
            self._each_frame(image.with_pixels(part), linear, bounded, **{**how, "workers": 1})

        with Foresight(lambda: rehearse(image.pixels, run_on)):
            return self._each_frame(image, linear, bounded, **how)

    def _each_frame(self, image: Image, linear: bool, bounded: bool | None, **how: Any) -> Image:
        from convfilter.filters.pixels.picture import Pixels

        of_animation = image.metadata.icc_profile

        def filtered(frame: Image) -> Image:
            pixels = Pixels.of(frame.pixels, alpha=frame.alpha, **how)
            profile = frame.metadata.icc_profile if frame.timing is None else of_animation
            result, has_alpha = self._finished(pixels, profile, linear, bounded)
            return frame.with_pixels(result, alpha=has_alpha)

        return image.map(filtered)

    def _finished(
        self, pixels: Pixels, profile: bytes | None, linear: bool, bounded: bool | None
    ) -> tuple[Array, bool]:
        """Return the finished picture, and whether its last channel is alpha."""
        from convfilter.filters.pixels.bands import finished

        if bounded is not None:
            pixels = pixels.going_into(bounded=bounded)
        run = partial(self._in_light, profile=profile) if linear else self._run
        return finished(pixels, run, self._rows_around, in_floats=linear)

    def _rows_around(self) -> int | None:
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


@overload
def apply(
    name: str,
    image: Image,
    *,
    workers: int | None = None,
    alpha: AlphaMode | None = None,
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
    linear: bool = False,
    **given: Any,
) -> Image | Array:
    """Run one filter, or one kernel of the catalogue, over an array or an `Image`.

    ``apply("gaussian-blur", image, sigma=2)`` is ``filters.gaussian_blur(image, sigma=2)``. With
    `linear` it runs in linear light; `Pipeline` explains that, and what `alpha`, `axes` and
    `channel_axis` are.
    """
    how: dict[str, Any] = {"axes": axes, "channel_axis": channel_axis, "linear": linear}
    return Pipeline([(name, given)])(image, workers=workers, alpha=alpha, **how)


def _step(step: Any) -> Step:
    if isinstance(step, Step):
        return step
    if isinstance(step, str):
        return Step.of(step)
    if isinstance(step, (tuple, list)) and len(step) == 2:
        name, given = step
        if isinstance(name, str) and isinstance(given, Mapping):
            return Step.of(name, given)
    raise PipelineError(f"{step!r} is not a step: give a name or (name, {{parameter: value}})")


def _split(text: str) -> list[str]:
    """Split at the bars that stand outside quotes."""
    parts, quote = [""], ""
    for character in text:
        if quote or character in "\"'":
            quote = "" if character == quote else quote or character
        if character == "|" and not quote:
            parts.append("")
        else:
            parts[-1] += character
    return parts


def _parse_step(number: int, text: str) -> Step:
    import shlex

    try:
        words = shlex.split(text)
    except ValueError as error:
        raise PipelineError(f"step {number}, {text.strip()!r}: a quote is not closed") from error
    if not words:
        raise PipelineError(f"step {number} is empty: name a filter between the bars")
    name, *assignments = words
    try:
        given: dict[str, str] = {}
        for assignment in assignments:
            key, equals, value = assignment.partition("=")
            if not equals:
                raise PipelineError(f"{assignment!r} is not parameter=value")
            if key in given:
                raise PipelineError(f"{key} is given twice")
            given[key] = value
        return Step.parse(name, given)
    except ConvfilterError as error:
        raise PipelineError(f"step {number}, {name}: {error}") from error


def _recipe(path: Path) -> list[Step]:
    import tomllib

    try:
        if path.stat().st_size > LARGEST_FILE:
            raise PipelineError(f"{path}: a recipe has at most {LARGEST_FILE} bytes")
        with path.open("rb") as file:
            recipe = tomllib.load(file)
    except OSError as error:
        raise PipelineError(f"{path}: {reason_of(error)}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise PipelineError(f"{path}: not a TOML file: {error}") from error
    tables = recipe.pop("step", None)
    if recipe or not isinstance(tables, list) or not tables:
        raise PipelineError(f"{path}: give one [[step]] table for each step, and nothing else")
    steps = []
    for number, table in enumerate(tables, 1):
        if not isinstance(table, dict) or not isinstance(table.get("filter"), str):
            raise PipelineError(f'{path}: step {number} needs filter = "name"')
        given = {key.replace("-", "_"): value for key, value in table.items() if key != "filter"}
        try:
            steps.append(Step.of(table["filter"], given))
        except ConvfilterError as error:
            raise PipelineError(f"{path}: step {number}, {table['filter']}: {error}") from error
    return steps
