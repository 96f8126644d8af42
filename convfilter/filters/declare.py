"""`@filter` and the registry: a filter is declared by one typed function, and nowhere else."""

from __future__ import annotations

import functools
import importlib
import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from convfilter.errors import ArgumentError, ArgumentTypeError, UnknownNameError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from convfilter.filters.chains import AlphaMode
    from convfilter.filters.pixels import Array, Pixels

Needs = Literal["pixel", "neighbourhood", "image"]


class Filter:
    """A declared filter: call it with an image, or run it as a step of a chain.

    Attributes
    ----------
    name : as on the command line, "gaussian-blur"
    family : the module that declares it
    summary, description : first line and whole of the function's docstring
    parameters : every parameter, with kind, range, unit and default
    response : its result is a response (edges, say), not a picture to keep the colours of
    neutral : at its defaults it may leave a picture as it is
    needs : what a value of the result depends on: the pixel, its neighbourhood, or the whole image
    few_values : its result knows few values, whatever the depth of the picture
    mixes : its result mixes channels, so that none of them is filtered for itself
    """

    def __init__(
        self,
        function: Callable[..., Pixels],
        *,
        response: bool,
        neutral: bool,
        needs: Needs,
        few_values: bool,
        mixes: bool,
    ) -> None:
        from convfilter.filters.parameters import read_parameters

        self.function = function
        self.name = function.__name__.rstrip("_").replace("_", "-")
        self.family = function.__module__.rpartition(".")[2]
        self.description = inspect.getdoc(function) or ""
        self.summary = self.description.partition("\n")[0]
        self.response = response
        self.neutral = neutral
        self.needs = needs
        self.few_values = few_values
        self.mixes = mixes
        self.parameters, self._bundles = read_parameters(function)
        self.__name__ = function.__name__.rstrip("_")
        self.__doc__ = self.description
        self.__signature__ = self._signature()

    def __repr__(self) -> str:
        return f"<filter {self.name}>"

    def __reduce__(self) -> tuple[Callable[[str], Filter], tuple[str]]:
        return get, (self.name,)

    def __call__(
        self,
        image: ArrayLike,
        *,
        workers: int | None = None,
        alpha: AlphaMode = "weigh",
        **given: Any,
    ) -> Array:
        """Filter an image.

        Parameters
        ----------
        image : array (H, W) or (H, W, C) of uint8, uint16, int16, float32 or float64
            Of two and of four channels the last is opacity. Floats span 0 to 1.
        workers : threads; None for all CPUs
        alpha : what becomes of opacity
            ``weigh``: colours count as far as they are seen; what smooths (blurs, ranks, pools,
            denoising) softens opacity alike, all else leaves it alone. ``keep``: the same colours,
            opacity as it was, sampled or pooled only where the size changes. ``filter``: opacity
            is one more colour, and hidden colours count. ``drop``: opacity is taken away first.
        given : the filter's parameters by name

        Returns
        -------
        array of the image's dtype

        Raises
        ------
        ArgumentError, ArgumentTypeError, UnknownNameError
            For parameters that the filter does not have, or values out of range.
        """
        from convfilter.filters.pixels import Pixels

        return self.run(Pixels.of(image, alpha_mode=alpha, workers=workers), given).finish()

    def run(self, pixels: Pixels, given: Mapping[str, Any]) -> Pixels:
        """Run as one step of a chain: raw values in, raw values out."""
        from convfilter.filters.pixels import quiet

        with quiet():
            result = self._run(pixels, given)
            if pixels.beside is None or self.mixes:
                return result
            return replace(result, beside=self._run(pixels.beside, given))

    def _run(self, pixels: Pixels, given: Mapping[str, Any]) -> Pixels:
        values = self.bind(given)
        of_luma = values.get("channels") == "luma"
        luma = pixels.luma() if of_luma else pixels
        arguments = dict(values)
        for name, bundle in self._bundles.items():
            arguments[name] = bundle(**{f: arguments.pop(f) for f in bundle.__dataclass_fields__})  # type: ignore[attr-defined]
        if of_luma and luma is pixels and pixels.alpha is not None and not self.response:
            # grey has no other channels, but alpha is kept as it is beside colours
            result = self.function(pixels.keeping_alpha(), **arguments)
            return replace(result, keeps_alpha=pixels.keeps_alpha)
        result = self.function(luma, **arguments)
        if luma is pixels or self.response:
            return result
        if result.colour.shape != luma.colour.shape:
            raise ArgumentError(
                f"{self.name}: --channels luma keeps the colour of every pixel, so the size must"
                " stay: use --stride 1 and --padding same, or --channels each"
            )
        change = result.values - luma.values
        # a change of brightness, and of nothing else
        return result.with_colour(pixels.values + change[:, :, None], alpha=pixels.alpha)

    def bind(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return every parameter with its checked value, defaults filled in."""
        known = {parameter.name: parameter for parameter in self.parameters}
        for name in given:
            if name not in known:
                raise UnknownNameError(f"parameter of {self.name}", name, known)
        values = {}
        for name, parameter in known.items():
            if name not in given and parameter.required:
                raise ArgumentError(f"{self.name} needs {name}: {parameter.spec.help}")
            values[name] = (
                parameter.check(given[name]) if name in given else parameter.checked_default
            )
        return values

    def parse(self, given: Mapping[str, str]) -> dict[str, Any]:
        """Return the values of parameters that a person wrote as text."""
        known = {parameter.name: parameter for parameter in self.parameters}
        values = {}
        for written, text in given.items():
            name = written.replace("-", "_")
            if name not in known:
                raise UnknownNameError(f"parameter of {self.name}", written, known)
            values[name] = known[name].parse(text)
        return values

    def to_dict(self) -> dict[str, Any]:
        """Return the description that `convfilter filters --json` prints."""
        return {
            "name": self.name,
            "summary": self.summary,
            "family": self.family,
            "parameters": [parameter.to_dict() for parameter in self.parameters],
        }

    def _signature(self) -> inspect.Signature:
        keyword = inspect.Parameter.KEYWORD_ONLY
        image = inspect.Parameter("image", inspect.Parameter.POSITIONAL_ONLY)
        own = [
            inspect.Parameter(parameter.name, keyword, default=parameter.default)
            for parameter in self.parameters
        ]
        of_chain = [
            inspect.Parameter("workers", keyword, default=None),
            inspect.Parameter("alpha", keyword, default="weigh"),
        ]
        return inspect.Signature([image, *own, *of_chain])


_declared: dict[str, Filter] = {}


def filter(  # noqa: A001 - always written declare.filter
    *,
    response: bool = False,
    neutral: bool = False,
    needs: Needs = "neighbourhood",
    few_values: bool = False,
    mixes: bool = False,
) -> Callable[[Callable[..., Pixels]], Filter]:
    """Declare a filter: ``@declare.filter()`` above ``def gaussian_blur(image, window, *, …)``.

    The first argument is the picture (`Pixels`). Every other one is annotated with
    ``Annotated[type, Spec(…)]`` or is a bundle of options such as `Window`. A parameter named
    `channels` is served here: the function sees either all channels or the luma. The arguments
    here are those attributes of a `Filter` that no parameter tells.
    """

    def declare(function: Callable[..., Pixels]) -> Filter:
        made = Filter(
            function,
            response=response,
            neutral=neutral,
            needs=needs,
            few_values=few_values,
            mixes=mixes,
        )
        if _declared.setdefault(made.name, made) is not made:
            raise ArgumentTypeError(f"two filters are called {made.name}")
        return made

    return declare


@dataclass(frozen=True)
class Entry:
    """What the index knows of a filter without importing it."""

    name: str
    family: str
    summary: str


_DECLARATION = re.compile(
    r"""^@declare\.filter\([^)]*\)\ndef\ (?P<name>\w+)\(  # the declaration
    .*?\)\ ->\ Pixels:\n                                # its parameters
    \ +r?\"{3}(?P<summary>[^\n"]+)                       # the first line of its docstring
    """,
    re.MULTILINE | re.DOTALL | re.VERBOSE,
)
"""How every filter is written; the tests hold the index against the filters themselves."""


@functools.cache
def index() -> dict[str, Entry]:
    """Return every filter by name, read from the sources without importing one of them.

    So the command line can list and complete filters, and import only the family that it needs.
    """
    entries: dict[str, Entry] = {}
    for path in sorted(Path(__file__).parent.glob("*.py")):
        for declared in _DECLARATION.finditer(path.read_text(encoding="utf-8")):
            name = declared["name"].rstrip("_").replace("_", "-")
            entries[name] = Entry(name, path.stem, declared["summary"])
    return entries


def names() -> list[str]:
    """Return the names of all filters, sorted."""
    return sorted(index())


def get(name: str) -> Filter:
    """Return a filter by its name, "gaussian-blur" or "gaussian_blur"."""
    asked = name.replace("_", "-")
    entry = index().get(asked)
    if entry is None:
        raise UnknownNameError("filter", name, names())
    importlib.import_module(f"convfilter.filters.{entry.family}")
    return _declared[asked]
