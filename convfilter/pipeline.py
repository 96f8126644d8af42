"""Chains of filters: from Python, from one line of text, from a TOML file."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from convfilter import filters, kernels
from convfilter.errors import ConvfilterError, PipelineError, UnknownNameError
from convfilter.filters.parameters import written

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from convfilter.filters.chains import AlphaMode
    from convfilter.filters.declare import Filter
    from convfilter.filters.pixels import Array, Pixels
    from convfilter.images import Image

LARGEST_FILE = 1 << 20
"""Bytes of a recipe."""


@dataclass(frozen=True)
class Step:
    """One filter with the values of all its parameters; `name` may also be that of a kernel.

    `given` are the parameters that were stated, as they were.
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
        found, preset = find(name)
        known = [p.name for p in found.parameters if p.name not in preset]
        for parameter in given or {}:
            if parameter not in known:
                raise UnknownNameError(f"parameter of {name}", parameter, known)
        values = found.bind({**(given or {}), **preset})
        return cls(name, found, values, tuple((given or {}).items()))

    def __str__(self) -> str:
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


class Pipeline:
    """A chain of filters, called with an array or an `Image`.

    Between the steps pixels are float32 (float64 for float64 arrays) and signed responses raw; they
    are shown, rounded and saturated once, at the end. So is opacity.

    Parameters
    ----------
    steps : names of filters or kernels, or pairs (name, parameters), or `Step`s

    Raises
    ------
    PipelineError
        For a chain without steps or a step that cannot be understood; the errors of `Step.of`.
    """

    def __init__(self, steps: Iterable[str | tuple[str, Mapping[str, Any]] | Step]) -> None:
        if isinstance(steps, str):
            raise PipelineError(f"{steps!r} is text: use Pipeline.parse")
        self.steps = tuple(_step(step) for step in steps)
        if not self.steps:
            raise PipelineError("the pipeline has no steps: name at least one filter")

    @classmethod
    def parse(cls, text: str) -> Pipeline:
        """Read a chain such as ``gaussian-blur sigma=2 | sobel | max-pool size=2``.

        A value with spaces is quoted: ``convolve kernel="0 -1 0, -1 5 -1, 0 -1 0"``.
        """
        return cls(_parse_step(number, part) for number, part in enumerate(_split(text), 1))

    @classmethod
    def load(cls, path: str | Path) -> Pipeline:
        """Read a chain from a TOML file: one ``[[step]]`` each, with ``filter = "…"`` and values.

        Raises
        ------
        PipelineError
            When the file cannot be read or understood.
        """
        return cls(_recipe(Path(path)))

    @overload
    def __call__(
        self, image: Image, *, workers: int | None = None, alpha: AlphaMode = "weigh"
    ) -> Image: ...
    @overload
    def __call__(
        self, image: ArrayLike, *, workers: int | None = None, alpha: AlphaMode = "weigh"
    ) -> Array: ...
    def __call__(
        self, image: Image | ArrayLike, *, workers: int | None = None, alpha: AlphaMode = "weigh"
    ) -> Image | Array:
        """Run all steps over an array (H, W) or (H, W, C), or over an `Image`.

        `alpha` says what becomes of opacity, as for a single filter.
        """
        from convfilter.filters.pixels import Pixels
        from convfilter.images import Image

        if isinstance(image, Image):
            pixels = Pixels.of(image.pixels, alpha=image.alpha, alpha_mode=alpha, workers=workers)
            result = self._run(pixels)
            return image.with_pixels(result.finish(), alpha=result.has_alpha)
        return self._run(Pixels.of(image, alpha_mode=alpha, workers=workers)).finish()

    def __repr__(self) -> str:
        return f"Pipeline.parse({' | '.join(map(str, self.steps))!r})"

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
    alpha: AlphaMode = "weigh",
    **given: Any,
) -> Image: ...
@overload
def apply(
    name: str,
    image: ArrayLike,
    *,
    workers: int | None = None,
    alpha: AlphaMode = "weigh",
    **given: Any,
) -> Array: ...
def apply(
    name: str,
    image: Image | ArrayLike,
    *,
    workers: int | None = None,
    alpha: AlphaMode = "weigh",
    **given: Any,
) -> Image | Array:
    """Run one filter, or one kernel of the catalogue, over an array or an `Image`.

    ``apply("gaussian-blur", image, sigma=2)`` is ``filters.gaussian_blur(image, sigma=2)``.
    """
    return Pipeline([(name, given)])(image, workers=workers, alpha=alpha)


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
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise PipelineError(f"step {number}, {text.strip()!r}: a quote is not closed") from error
    if not words:
        raise PipelineError(f"step {number} is empty: name a filter between the bars")
    name, *assignments = words
    try:
        found, _ = find(name)
        given: dict[str, str] = {}
        for assignment in assignments:
            key, equals, value = assignment.partition("=")
            if not equals:
                raise PipelineError(f"{assignment!r} is not parameter=value")
            if key in given:
                raise PipelineError(f"{key} is given twice")
            given[key] = value
        return Step.of(name, found.parse(given))
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
        raise PipelineError(f"{path}: {error.strerror or error}") from error
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
