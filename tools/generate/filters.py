"""What is written from the declarations of filters: the index, the stub, the page of the docs."""

from __future__ import annotations

import builtins
import importlib
import pkgutil
import re
from collections.abc import Iterator

from convfilter import filters
from convfilter.filters import declare
from convfilter.filters.declare import Filter
from convfilter.filters.declaring.documentation import default_in_words
from convfilter.filters.declaring.index import INDEX
from convfilter.filters.declaring.parameters import Parameter
from convfilter.filters.declaring.run_options import RUN_OPTIONS
from tools.generate import COMMAND

WIDTH = 100


def all_filters() -> dict[str, Filter]:
    """Return the filters that the modules of the room declare, sorted by name."""
    for module in pkgutil.iter_modules(filters.__path__):
        importlib.import_module(f"{filters.__name__}.{module.name}")
    return dict(sorted(declare.declared().items()))


def use_fresh_index() -> None:
    """Let this process know every filter that is declared, whatever the index says."""
    INDEX.clear()
    INDEX.update({name: (each.family, each.summary) for name, each in all_filters().items()})
    declare.index.cache_clear()


def index() -> str:
    """Return the module by which filters are known before they are imported."""
    lines = [
        f'"""Every filter by name: its family and its summary. Written by `{COMMAND}`."""',
        "",
        "from __future__ import annotations",
        "",
        "INDEX: dict[str, tuple[str, str]] = {",
    ]
    for name, found in all_filters().items():
        family, summary = f'"{found.family}"', _quoted(found.summary)
        entry = f'    "{name}": ({family}, {summary}),'
        if len(entry) <= WIDTH:
            lines.append(entry)
            continue
        line = f"        {summary},"
        too_long = "  # noqa: E501" if len(line) > WIDTH else ""
        lines += [f'    "{name}": (', f"        {family},", f"{line}{too_long}", "    ),"]
    return "\n".join([*lines, "}", ""])


def stub() -> str:
    """Return what editors and type checkers read in place of the package's own module."""
    first = str(filters.__doc__).partition("\n")[0]
    lines = [
        f'"""{first}"""',
        "",
        f"# Written by `{COMMAND}`.",
        "",
        "from os import PathLike",
        "from typing import Any, Literal",
        "",
        "from numpy.typing import ArrayLike, NDArray",
        "",
        "from convfilter.engine.window.axes import Padding",
        "from convfilter.filters.declare import get as get",
        "from convfilter.filters.declare import index as index",
        "from convfilter.filters.declare import names as names",
        "from convfilter.kernels import Kernel",
        "",
    ]
    for found in all_filters().values():
        lines += _function(found)
        if found.function.__name__ != found.__name__:
            lines += [f"{found.function.__name__} = {found.__name__}", ""]
    lines += [f"{alias} = {name.replace('-', '_')}" for alias, name in declare.ALIASES.items()]
    return "\n".join(lines).rstrip() + "\n"


def _function(found: Filter) -> Iterator[str]:
    shadows = "  # noqa: A001" if hasattr(builtins, found.__name__) else ""
    yield f"def {found.__name__}({shadows}"
    yield "    image: ArrayLike,"
    yield "    *,"
    for parameter in (*found.parameters, *RUN_OPTIONS):
        yield from _argument(parameter)
    yield ") -> NDArray[Any]:"
    first, *rest = str(found.__doc__).splitlines()
    yield f'    r"""{first}' if "\\" in str(found.__doc__) else f'    """{first}'
    for line in rest:
        yield f"    {line}" if line else ""
    yield '    """'
    yield ""


TYPES = {
    "number": "float",
    "integer": "int",
    "number-pair": "float | tuple[float, float]",
    "integer-pair": "int | tuple[int, int]",
    "flag": "bool",
    "padding": "Padding",
    "kernel": "str | PathLike[str] | ArrayLike | Kernel",
    "text": "str",
    "mask": "ArrayLike",
}


def _argument(parameter: Parameter) -> Iterator[str]:
    default = "" if parameter.required else f" = {_literal(parameter.default)}"
    if parameter.kind != "choice":
        none = " | None" if parameter.optional else ""
        kind = TYPES[parameter.kind]
        if parameter.is_length:  # which stands for each of its numbers
            kind = re.sub(r"float|int", r"\g<0> | str", kind)
        yield f"    {parameter.name}: {kind}{none}{default},"
        return
    choices = [f'"{choice}"' for choice in parameter.choices]
    choices += [choice for choice in parameter.choices if choice.isdigit()]  # taken as numbers, too
    choices += ["None"] if parameter.optional else []
    line = f"    {parameter.name}: Literal[{', '.join(choices)}]{default},"
    if len(line) <= WIDTH:
        yield line
    else:
        yield f"    {parameter.name}: Literal["
        yield f"        {', '.join(choices)}"
        yield f"    ]{default},"


def _literal(value: object) -> str:
    return _quoted(value) if isinstance(value, str) else repr(value)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def page() -> str:
    """Return the reference of all filters as Markdown."""
    lines = [
        "# Filters",
        "",
        "Each is a command, `convfilter NAME INPUT OUTPUT`, and a Python function,"
        " `convfilter.filters.name(image)`. Intensities are on the scale 0 to 255, whatever the"
        " image; with `--linear` they are of [linear light](formats.md#linear-light).",
    ]
    shared: dict[str, Parameter] = {}
    families: dict[str, list[Filter]] = {}
    for found in all_filters().values():
        families.setdefault(found.family, []).append(found)
    for family, members in sorted(families.items()):
        lines += ["", f"## {family.replace('_', ' ').capitalize()}"]
        for found in members:
            lines += ["", f"### {found.name}", "", found.description, "", found.alpha_in_words]
            own = [p for p in found.parameters if not p.spec.shared]
            rest = [p for p in found.parameters if p.spec.shared]
            shared.update({p.name: p for p in rest})
            if own:
                lines += ["", *_table(own)]
            if rest:
                listed = ", ".join(f"`{p.name}` ({_default(p)})" for p in rest)
                lines += ["", f"Shared options and their defaults here: {listed}."]
    lines += ["", "## Shared options", "", "| option | meaning | range |", "|---|---|---|"]
    lines += [f"| `{p.name}` | {_cell(p.spec.help)} | {_range(p)} |" for p in shared.values()]
    return "\n".join(lines) + "\n"


def _table(parameters: list[Parameter]) -> list[str]:
    """Return the table of a filter's own parameters."""
    rows = [
        f"| `{p.name}` | {_cell(p.spec.help)} | {_default(p)} | {_range(p)} |" for p in parameters
    ]
    return ["| parameter | meaning | default | range |", "|---|---|---|---|", *rows]


def _default(parameter: Parameter) -> str:
    return "required" if parameter.required else default_in_words(parameter)


def _range(parameter: Parameter) -> str:
    return ", ".join(parameter.choices) or parameter.range


def _cell(words: str) -> str:
    """Return text that may stand in a cell of a Markdown table."""
    return words.replace("|", "\\|")
