"""Options made from parameters, and help that shows them in groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from convfilter.errors import ConvfilterError, listed
from convfilter.filters.declaring.parameters import FileName, Parameter, Text

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    AnyType = click.ParamType[Any]
else:
    AnyType = click.ParamType

__all__ = [
    "COMMAND_PATH",
    "COMPLETING",
    "CONTEXT_SETTINGS",
    "AnyPath",
    "Command",
    "Section",
    "Value",
    "flag",
    "given_values",
    "needs_command",
    "offered",
    "option_of",
    "reworded",
]

_METAVARS = {
    "number": "NUMBER",
    "integer": "N",
    "number-pair": "NUMBER[,NUMBER]",
    "integer-pair": "N[,N]",
    "padding": "PADDING",
    "kernel": "KERNEL",
    "text": "TEXT",
}

COMPLETING = "_CONVFILTER_COMPLETE"
"""The variable by which a shell asks for what may follow."""

CONTEXT_SETTINGS: dict[str, Any] = {"help_option_names": ["-h", "--help"], "max_content_width": 100}

COMMAND_PATH = "convfilter.command_path"
"""Where a context keeps the name of the command that runs, for messages."""

Section = tuple[str, Sequence[click.Option]]


class Value(AnyType):
    """The type of an option: the parameter itself reads, checks and refuses what is written."""

    name = "value"

    def __init__(self, parameter: Parameter) -> None:
        self.parameter = parameter

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the checked value; a bad one is a usage error in the parameter's own words."""
        if not isinstance(value, str):
            return value
        try:
            checked = self.parameter.parse(value)
        except ConvfilterError as error:
            raise click.UsageError(reworded(error, self.parameter), ctx) from error
        return checked

    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str:
        """Return what stands for the value in the help."""
        if isinstance(self.parameter, Text):
            return self.parameter.metavar
        if self.parameter.choices:
            return f"[{'|'.join(self.parameter.choices)}]"
        return _METAVARS[self.parameter.kind]

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Return the choices, or the names of kernels, that begin with what is there."""
        parameter = self.parameter
        if parameter.kind == "kernel":
            from click.shell_completion import CompletionItem

            from convfilter import kernels

            named = offered(kernels.summaries(), incomplete)
            return named or [CompletionItem(incomplete, type="file")]
        if isinstance(parameter, FileName):
            from click.shell_completion import CompletionItem

            return [CompletionItem(incomplete, type="file")]
        if isinstance(parameter, Text):
            return offered(dict.fromkeys(parameter.words), incomplete.lower())
        words = parameter.choices
        if parameter.kind == "padding":
            words = ("same", "valid", "full")
        if parameter.optional:
            words = (*words, "auto")
        return offered(dict.fromkeys(words), incomplete)


class AnyPath(AnyType):
    """The type of a path that is taken as it is written; what is wrong with it is told later.

    Click's own looks for a translation of its name, and asks the system for every path.
    """

    name = "path"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Leave it to the shell to complete names of files."""
        from click.shell_completion import CompletionItem

        return [CompletionItem(incomplete, type="file")]


class Option(click.Option):
    """An option that has no default but "not said"; where it is not written nothing is asked.

    Click asks the environment, a map of defaults and the type, for each of many options at each
    start. The words of an option that is made from a parameter are put together when help is asked
    for.
    """

    parameter: Parameter | None = None
    _help: str | None = None

    @property
    def help(self) -> str | None:
        """What it does."""
        return self._help if self.parameter is None else help_text(self.parameter)

    @help.setter  # noqa: A003 - what click calls it
    def help(self, text: str | None) -> None:
        self._help = text

    def handle_parse_result(
        self, ctx: click.Context, opts: Mapping[str, Any], args: list[str]
    ) -> tuple[Any, list[str]]:
        """Take what was written; without that, False of a flag and None of others."""
        if self.name is None or self.name in opts or self.required:
            return super().handle_parse_result(ctx, opts, args)
        ctx.set_parameter_source(self.name, ParameterSource.DEFAULT)
        ctx.params[self.name] = value = False if self.is_flag else None
        return value, args


def needs_command() -> None:
    """Refuse a group that is called without one of its commands, and name them.

    Raises
    ------
    click.UsageError
        No command was given.
    """
    context = click.get_current_context()
    group = context.command
    if context.invoked_subcommand is None and isinstance(group, click.Group):
        known = listed(group.list_commands(context), "or")
        raise click.UsageError(f"a command is missing: {known}", context)


def offered(words: Mapping[str, str | None], incomplete: str) -> list[CompletionItem]:
    """Return the words that begin with what is there, each with the help that it has."""
    from click.shell_completion import CompletionItem

    return [
        CompletionItem(word, help=text)
        for word, text in words.items()
        if word.startswith(incomplete)
    ]


def reworded(error: ConvfilterError, parameter: Parameter) -> str:
    """Return the message with the parameter named as the option that a person writes."""
    text = str(error)
    if text.startswith(f"{parameter.name} "):
        return parameter.option + text[len(parameter.name) :]
    if f" of {parameter.name} " in text:
        return text.replace(f" of {parameter.name} ", f" of {parameter.option} ", 1)
    return text if parameter.option in text else f"{parameter.option}: {text}"


def flag(name: str, text: str, *also: str) -> click.Option:
    """Return an option that is there or not; `also` are further ways to write it, such as -j."""
    key = name.removeprefix("--").replace("-", "_")
    return Option([*also, name, key], is_flag=True, default=False, help=text)


def option_of(parameter: Parameter, *names: str) -> click.Option:
    """Return the option for a parameter; `names` are further ways to write it, such as -j."""
    written = parameter.option
    if parameter.kind == "flag":
        declared = [f"{written}/--no-{written.removeprefix('--')}", parameter.name]
        option = Option(declared, is_flag=True, required=parameter.required)
    else:
        declared = [*names, written, parameter.name]
        option = Option(declared, type=Value(parameter), required=parameter.required)
    option.parameter = parameter
    return option


def help_text(parameter: Parameter) -> str:
    """Return the help with range, unit and default in brackets."""
    from convfilter.filters.declaring.values import written

    spec = parameter.spec
    asides = parameter.limits
    if parameter.required:
        pass  # click says so itself
    elif parameter.default is None:
        asides.append(f"default: {spec.automatic}")
    else:
        asides.append(f"default: {written(parameter.default)}")
        if spec.automatic is not None:
            asides.append(f"auto: {spec.automatic}")
    return f"{spec.help}  [{'; '.join(asides)}]" if asides else spec.help


def given_values(context: click.Context, parameters: Sequence[Parameter]) -> dict[str, Any]:
    """Return the values that were written on the command line, by the name of their parameter."""
    return {
        parameter.name: context.params[parameter.name]
        for parameter in parameters
        if context.get_parameter_source(parameter.name) is ParameterSource.COMMANDLINE
    }


class Command(click.Command):
    """A command whose help shows its options in named groups."""

    def __init__(self, *args: Any, sections: Sequence[Section], **named: Any) -> None:
        self.sections = sections
        options = [option for _, group in sections for option in group]
        named["params"] = [*named.pop("arguments", ()), *options]
        named.setdefault("context_settings", CONTEXT_SETTINGS)
        super().__init__(*args, **named)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse; an error that click raises without saying where gets this command's name."""
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            error.ctx = error.ctx or ctx
            raise

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; errors will begin with its name."""
        ctx.meta[COMMAND_PATH] = ctx.command_path
        return super().invoke(ctx)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write each group under its title, and the help option with the last."""
        sections = [(title, [*group]) for title, group in self.sections if group]
        helper = self.get_help_option(ctx)
        if helper is not None:
            if not sections:
                sections.append(("Options", []))
            sections[-1][1].append(helper)
        for title, group in sections:
            with formatter.section(title):
                records = [option.get_help_record(ctx) for option in group]
                formatter.write_dl([record for record in records if record is not None])
