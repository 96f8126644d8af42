"""The command `nn predict`: what pictures show, as a network sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from convfilter.cli.commands.networks import (
    Pictures,
    classifier,
    explain_option,
    network_options,
    recursive_option,
    say_explained,
    title,
)
from convfilter.cli.options import Command, flag

if TYPE_CHECKING:
    from convfilter.nn.classifying import Guess

__all__ = ["SUMMARY", "command"]

SUMMARY = "Tell what pictures show: the five most probable classes of each."

_HELP = f"""\
{SUMMARY}

Without --model the network is LeNet-5, which reads a handwritten digit, dark on light or light on
dark. INPUT is a picture, a folder of pictures, or a dash (-) for standard input.
"""


def command() -> Command:
    """Return the command that classifies pictures."""
    return Command(
        "predict",
        callback=_run,
        help=_HELP,
        short_help=SUMMARY,
        options_metavar="[OPTIONS]",
        arguments=[click.Argument(["paths"], nargs=-1, metavar="INPUT...", required=False)],
        sections=[
            ("Options of the network", network_options()),
            ("Options", [recursive_option(), flag("--json", "print JSON"), explain_option()]),
        ],
    )


def _run(paths: tuple[str, ...], json: bool, recursive: bool, explain: bool, **params: Any) -> int:
    pictures = Pictures(paths, recursive=recursive)
    made = classifier(params)
    if explain:
        say_explained(made.network)
    records: list[dict[str, Any]] = []
    if not json:
        print(title(made, params))
    for found in pictures.each(made.guesses):
        if found.error is not None:
            continue
        if json:
            records.append(_record(found.name, made.network.name, found.result))
        else:
            print("\n".join((found.name, *map(_line, found.result))), flush=True)
    if json:
        from convfilter.cli.commands.listing import print_json

        print_json(records)
    return pictures.exit_code()


def _line(guess: Guess) -> str:
    return f"  {guess.probability:.4f}  {guess.index:>4}  {guess.label or ''}".rstrip()


def _record(name: str, model: str, guesses: list[Guess]) -> dict[str, Any]:
    return {
        "input": name,
        "model": model,
        "top": [
            {"index": guess.index, "label": guess.label, "probability": guess.probability}
            for guess in guesses
        ],
    }
