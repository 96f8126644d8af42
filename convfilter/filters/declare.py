"""`@declare.filter` and the registry: a filter is declared by one typed function alone."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from convfilter.errors import ArgumentError, ArgumentTypeError, UnknownNameError
from convfilter.filters.declaring.index import INDEX

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from convfilter.filters.declaring.options import Options
    from convfilter.filters.declaring.parameters import Parameter
    from convfilter.filters.declaring.reach import AlphaRule, Reach
    from convfilter.filters.pixels.picture import Pixels
    from convfilter.runtime.checks import Array

__all__ = ["Filter", "IndexEntry", "Values", "declared", "filter", "get", "index", "names"]

ALIASES = {"correlate": "convolve"}  # what networks call convolution is correlation
Values = Mapping[str, Any]
"""The checked values of all parameters of a filter, by name."""


class Filter:
    """A declared filter: call it with an image, or run it as a step of a pipeline.

    Attributes
    ----------
    name : as on the command line, "gaussian-blur"
    family : the module that declares it
    summary, description : first line and whole of the docstring of its function
    parameters : every parameter, with kind, range, unit and default
    response : its result is a response (edges, say), not a picture to keep the colours of
    neutral : at its defaults it may leave a picture as it is
    few_values : its result knows few values, whatever the depth of the picture
    mixes : its result mixes channels, so that none of them is filtered for itself
    """

    def __init__(
        self,
        function: Callable[..., Pixels],
        *,
        reach: Reach | Callable[[Values], Reach],
        alpha: AlphaRule | Callable[[Values], AlphaRule],
        response: bool,
        neutral: bool,
        few_values: bool,
        mixes: bool,
        keeps_masks: bool | Callable[[Values], bool],
        takes_gaps: bool | Callable[[Values], bool],
    ) -> None:
        self.function = function
        self.name = _declared_name(function)
        self.family = function.__module__.rpartition(".")[2]
        self.response = response
        self.neutral = neutral
        self.few_values = few_values
        self.mixes = mixes
        self._reach = reach
        self._alpha = alpha
        self._keeps_masks = keeps_masks
        self._takes_gaps = takes_gaps
        # as a function of the package has them
        self.__module__ = __package__
        self.__name__ = self.__qualname__ = function.__name__.rstrip("_")

    def __repr__(self) -> str:
        return f"<filter {self.name}>"

    def __reduce__(self) -> str:
        return self.__name__  # an attribute of the package

    def __call__(self, image: ArrayLike, **given: Any) -> Array:
        """Filter an array or an `Image`; `help` of a filter says what its arguments mean."""
        return _calling()(self, image, given)

    @functools.cached_property
    def description(self) -> str:
        """The docstring of its function."""
        import inspect

        return inspect.getdoc(self.function) or ""

    @property
    def summary(self) -> str:
        """The first line of its docstring."""
        return (self.function.__doc__ or "").partition("\n")[0]

    @functools.cached_property
    def _read(self) -> tuple[tuple[Parameter, ...], dict[str, type[Options]]]:
        # not before it is asked for: a command imports a family, and runs one filter of it
        from convfilter.filters.declaring.reading import read_parameters

        return read_parameters(self.function)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Every parameter, its own ones first."""
        return self._read[0]

    if not TYPE_CHECKING:  # which would believe in any attribute

        def __getattr__(self, name: str) -> Any:
            # of filters, not of the class, whose signature is another one
            if name == "__signature__":
                from convfilter.filters.declaring.documentation import signature

                return signature(self.parameters)
            raise AttributeError(f"{self!r} has no attribute {name!r}", name=name, obj=self)

    def reach(self, values: Values) -> Reach:
        """Return what an output looks at, for the values of all parameters as `bind` returns them.

        That is what `run` looks at; how a signed response is shown where no word is given, is
        decided once, at the end of a pipeline.
        """
        reach, dilation = _told(self._reach, values), values.get("dilation", 1)
        reach = reach if dilation == 1 else reach.dilated(dilation)
        if values.get("signed") == "scale":  # by the largest and the smallest value
            from convfilter.filters.declaring.reach import for_a_figure

            reach = for_a_figure(reach)
        return cast("Reach", reach)

    def rows_around(self, values: Values) -> int | None:
        """Return how many rows above and below it an output row looks at, at most.

        None where that may be any, or where output rows are not those of the picture.
        """
        reach = self.reach(values)
        stays = values.get("stride", 1) in (1, (1, 1)) and values.get("padding", "same") == "same"
        if reach.whole or not stays or values.get("border") == "wrap":
            return None
        return max(reach.above, reach.below)

    def alpha_rule(self, values: Values) -> AlphaRule:
        """Return what becomes of alpha, for the values of all parameters as `bind` returns them."""
        return cast("AlphaRule", _told(self._alpha, values))

    @property
    def alpha_in_words(self) -> str:
        """What becomes of alpha, in a sentence."""
        from convfilter.filters.declaring.documentation import alpha_in_words

        return alpha_in_words(self._alpha)

    def run(self, pixels: Pixels, values: Values) -> Pixels:
        """Run as a step of a pipeline, with what `bind` returned: raw values in, raw values out."""
        from convfilter.filters.pixels.values import ignoring_infinities

        if pixels.present is not None and not self.takes_gaps(values):
            from convfilter.runtime.missing import refuse_gaps

            raise refuse_gaps(self.name)
        with ignoring_infinities():
            result = self._run(pixels, values)
            if pixels.is_mask:
                result = result.changed(is_mask=self.keeps_mask(pixels, values))
            if pixels.beside is None or self.mixes:
                return result
            return result.changed(beside=self._run(pixels.beside, values))

    def takes_gaps(self, values: Values) -> bool:
        """Tell whether it looks at what is there alone; what cannot refuses pictures with gaps."""
        return bool(_told(self._takes_gaps, values))

    def keeps_mask(self, pixels: Pixels, values: Values) -> bool:
        """Tell whether black and white alone come of a picture that holds nothing else."""
        if self.few_values or not _told(self._keeps_masks, values):
            return self.few_values
        if values.get("border") == "constant" and values["fill"] not in (0, 255):
            return False
        in_luma = (self.mixes and not self.response) or values.get("channels") == "luma"
        return not (in_luma and pixels.has_luma)

    def _run(self, pixels: Pixels, values: Values) -> Pixels:
        result = self._run_of_channels(pixels, values)
        word = values.get("signed")
        return result if word is None else result.as_word_says(word)

    def _run_of_channels(self, pixels: Pixels, values: Values) -> Pixels:
        of_luma = values.get("channels") == "luma"
        luma = pixels.luma() if of_luma else pixels
        arguments = dict(values)
        for name, group in self._read[1].items():
            arguments[name] = group(**{field: arguments.pop(field) for field in group.defaults()})
        if pixels.alpha is None:
            result = self.function(luma, **arguments)
        else:
            # grey has no other channels, but alpha is kept as it is beside colours
            of_grey = of_luma and luma is pixels and not self.response
            keeps = of_grey or self.alpha_rule(values) == "keeps"
            result = self.function(luma.keeping_alpha() if keeps else luma, **arguments)
            result = result.changed(keeps_alpha=pixels.keeps_alpha)
        if luma is pixels or self.response:
            return result
        if result.colour.shape != luma.colour.shape:
            raise ArgumentError(
                f"{self.name}: --channels luma keeps the colour of every pixel, so the size must"
                " stay: use --stride 1 and --padding same, or --channels each"
            )
        change = result.values - luma.values
        # a change of brightness, and of nothing else
        changed = result.with_colour(pixels.values + change[:, :, None], alpha=pixels.alpha)
        return changed.missing_as(pixels, luma)

    def bind(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return every parameter with its checked value, defaults filled in.

        Raises
        ------
        UnknownNameError
            For a parameter or a choice that there is not.
        ArgumentError, ArgumentTypeError
            For a value out of range or of the wrong type, and where one is needed and missing.
        """
        checks = ((name, self._parameter(name, name).check, value) for name, value in given.items())
        return self.complete({name: check(value) for name, check, value in checks})

    def parse(self, given: Mapping[str, str]) -> dict[str, Any]:
        """Return the checked values of parameters that a person wrote as text; raises as `bind`."""
        names = {written: written.replace("-", "_") for written in given}
        known = {written: self._parameter(name, written) for written, name in names.items()}
        return {names[written]: known[written].parse(text) for written, text in given.items()}

    def complete(self, checked: Values) -> dict[str, Any]:
        """Return every parameter, of those that are not given the default."""
        values = {**self._defaults, **checked}
        for name, parameter in self._known.items():
            if name not in values:
                raise ArgumentError(f"{self.name} needs {name}: {parameter.spec.help}")
        return values

    @functools.cached_property
    def _known(self) -> dict[str, Parameter]:
        return {parameter.name: parameter for parameter in self.parameters}

    @functools.cached_property
    def _defaults(self) -> dict[str, Any]:
        return {each.name: each.checked_default for each in self.parameters if not each.required}

    def _parameter(self, name: str, written: str) -> Parameter:
        """Return the parameter of this name; refuse others, as they were written."""
        if name not in self._known:
            raise UnknownNameError(f"parameter of {self.name}", written, self._known)
        return self._known[name]

    def to_dict(self) -> dict[str, Any]:
        """Return the description that `convfilter filters --json` prints."""
        return {
            "name": self.name,
            "summary": self.summary,
            "family": self.family,
            "parameters": [parameter.to_dict() for parameter in self.parameters],
        }


class _Documentation:
    """The docstring: of the class its own, of each filter what its declaration says."""

    def __init__(self, of_class: str | None) -> None:
        self._of_class = of_class

    def __get__(self, instance: Filter | None, owner: type[Filter]) -> str | None:
        if instance is None:
            return self._of_class
        from convfilter.filters.declaring.documentation import docstring

        return docstring(instance.description, instance.parameters, instance.alpha_in_words)


Filter.__doc__ = cast("str", _Documentation(Filter.__doc__))

_declared: dict[str, Filter] = {}


def filter(  # noqa: A001 - always written declare.filter
    *,
    reach: Reach | Callable[[Values], Reach],
    alpha: AlphaRule | Callable[[Values], AlphaRule],
    response: bool = False,
    neutral: bool = False,
    few_values: bool = False,
    mixes: bool = False,
    keeps_masks: bool | Callable[[Values], bool] = False,
    takes_gaps: bool | Callable[[Values], bool] = True,
) -> Callable[[Callable[..., Pixels]], Filter]:
    """Declare a filter: ``@declare.filter(...)`` above ``def gaussian_blur(image, window, *, …)``.

    The first argument is the picture (`Pixels`). Every other one is annotated with
    ``Annotated[type, Spec(…)]`` or is a group of options such as `Window`. For a parameter named
    `channels` nothing has to be done: the function gets either all channels or the luma. Nor for
    one named `signed`: the function marks its response by the word that shows it at the end, and a
    word that is given is applied to what it returns. The arguments here are what no parameter
    tells, and what tests prove of each filter.

    Parameters
    ----------
    reach : how far around a pixel the filter looks: a `Reach`, or a function of its parameters
        Tiles of large pictures are cut by it. A dilation is counted already.
    alpha : "smooths", "keeps" or "point" (`AlphaRule` says what they mean), or a function
        With "keeps" the function gets a picture whose alpha nothing smooths.
    response, neutral, few_values, mixes : as the attributes of `Filter`
    keeps_masks : whether, of a channel that is black and white alone, one comes that is so too
        Or a function of the parameters. Of `few_values` it is known.
    takes_gaps : whether it can look at those values alone that are there, or a function
    """

    def declare(function: Callable[..., Pixels]) -> Filter:
        made = Filter(
            function,
            reach=reach,
            alpha=alpha,
            response=response,
            neutral=neutral,
            few_values=few_values,
            mixes=mixes,
            keeps_masks=keeps_masks,
            takes_gaps=takes_gaps,
        )
        if _declared.setdefault(made.name, made) is not made:
            raise ArgumentTypeError(f"two filters are called {made.name}")
        return made

    return declare


@functools.cache
def _calling() -> Callable[[Filter, ArrayLike, dict[str, Any]], Array]:
    # an import in each call would take half a microsecond
    from convfilter.filters.preparing.recent import call

    return call


def _told(rule: Any, values: Values) -> Any:
    """Return what a declaration tells: itself, or a function of the parameters."""
    return rule(values) if callable(rule) else rule


def _declared_name(function: Callable[..., Any]) -> str:
    """Return the name of the filter that a function declares: `open_` is "open"."""
    return function.__name__.rstrip("_").replace("_", "-")


class IndexEntry:
    """What is known of a filter without importing it."""

    __slots__ = ("family", "name", "summary")

    def __init__(self, name: str, family: str, summary: str) -> None:
        self.name = name
        self.family = family
        self.summary = summary


@functools.cache
def index() -> dict[str, IndexEntry]:
    """Return every filter by name, without importing one of them.

    So the command line can list and complete filters, and import only the family that it needs.
    """
    return {name: IndexEntry(name, *known) for name, known in INDEX.items()}


def true_name(name: str) -> str:
    """Return a name as the index has it, if it is that of a filter."""
    return ALIASES.get(asked := name.replace("_", "-"), asked)


def names() -> list[str]:
    """Return the names of all filters, sorted."""
    return list(INDEX)


def get(name: str) -> Filter:
    """Return a filter by its name, "gaussian-blur" or "gaussian_blur".

    Raises
    ------
    UnknownNameError
        When there is none; the message gives the nearest names.
    """
    asked = true_name(name)
    if asked not in INDEX:
        raise UnknownNameError("filter", name, names())
    if asked not in _declared:
        family, _ = INDEX[asked]
        import_module(f"{__package__}.{family}")
    return _declared[asked]


def declared() -> dict[str, Filter]:
    """Return every filter of the modules that have been imported, by name."""
    return dict(_declared)
