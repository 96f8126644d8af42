"""The steps of pipelines: what they are, and how they are read from text and from TOML."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from convfilter import filters, kernels
from convfilter.errors import ConvfilterError, KernelError, PipelineError, UnknownNameError
from convfilter.filters.declare import true_name
from convfilter.filters.declaring.lengths import has_lengths

if TYPE_CHECKING:
    from convfilter.filters.declare import Filter
    from convfilter.toml import Document

__all__ = ["Step", "as_toml", "find", "parse_step", "split", "step_of", "steps_of"]


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

    @property
    def has_lengths(self) -> bool:
        """Whether a parameter is a length, which is pixels as soon as their spacing is known."""
        return has_lengths(value for _, value in self.given)

    def __str__(self) -> str:
        import shlex

        from convfilter.filters.declaring.values import written

        words = [self.name, *(f"{key}={shlex.quote(written(value))}" for key, value in self.given)]
        return " ".join(words)


def find(name: str) -> tuple[Filter, dict[str, Any]]:
    """Return the filter of this name, or `convolve` and the kernel of this name."""
    asked = true_name(name)
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


def as_toml(step: Step) -> str:
    """Return a step as a table of a TOML file, with what was stated."""
    from convfilter.filters.declaring.values import plain
    from convfilter.toml import table

    return table("[[step]]", {"filter": step.name, **{k: plain(v) for k, v in step.given}})


def step_of(step: Any) -> Step:
    """Return a step that is given by its name, by (name, parameters), or as it is.

    Raises
    ------
    PipelineError
        For anything else; and the errors of `Step.of`.
    """
    if isinstance(step, Step):
        return step
    if isinstance(step, str):
        return Step.of(step)
    if isinstance(step, (tuple, list)) and len(step) == 2:
        name, given = step
        if isinstance(name, str) and isinstance(given, Mapping):
            return Step.of(name, given)
    raise PipelineError(f"{step!r} is not a step: give a name or (name, {{parameter: value}})")


def split(text: str) -> list[str]:
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


def parse_step(number: int, text: str) -> Step:
    """Return the step that is written as a name and assignments.

    Raises
    ------
    PipelineError
        With the number and the name of the step.
    """
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


def steps_of(document: Document) -> list[Step]:
    """Return the steps of a TOML file: a table ``[[step]]`` each.

    Raises
    ------
    PipelineError
        There is none, or one cannot be understood; the message has the line.
    """
    tables = document.tables.get("step")
    if not isinstance(tables, list) or not tables:
        raise PipelineError(f"{document.place('step')}: give one [[step]] table for each step")
    return [_step_of(document, number, each) for number, each in enumerate(tables, 1)]


def _step_of(document: Document, number: int, said: Any) -> Step:
    place: tuple[str | int, ...] = ("step", number - 1)
    if not isinstance(said, dict) or not isinstance(said.get("filter"), str):
        raise PipelineError(f'{document.place(*place)}: step {number} needs filter = "name"')
    name, at = said["filter"], "filter"
    try:
        stated = {}
        find(name)
        for at, value in said.items():
            if at != "filter":
                key = at.replace("-", "_")
                found, _ = _find_with(name, {key: at})
                parameter = next(p for p in found.parameters if p.name == key)
                if parameter.kind == "kernel" and isinstance(value, str):
                    _check_kernel_name(document, value)
                stated[key] = parameter.read(value)
        at = "filter"
        return Step.of(name, stated)
    except ConvfilterError as error:
        where = document.place(*place, at)
        raise PipelineError(f"{where}: step {number}, {name}: {error}") from error


def _check_kernel_name(document: Document, name: str) -> None:
    if not document.names_files and name not in kernels.names():
        raise KernelError(f"no kernel of the catalogue is called {name!r}, and files are not read")
