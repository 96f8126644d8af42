"""The group `nn`: its commands are the modules that are there."""

from __future__ import annotations

import json

import click
import pytest

from convfilter.cli.commands import make
from convfilter.nn import models
from tests.cli.conftest import Runner


def group() -> click.Group:
    made = make("nn")
    assert isinstance(made, click.Group)
    return made


NAMES = group().list_commands(click.Context(group()))


def test_help_lists_every_command_with_what_it_does(convfilter: Runner) -> None:
    ended = convfilter("nn", "--help")
    assert ended.code == 0
    lines = ended.text.partition("Commands:")[2].split("\n  ")[1:]
    found = dict(line.split(None, 1) for line in lines if not line.startswith(" "))
    assert [*found] == NAMES
    assert all(summary.strip() for summary in found.values())


@pytest.mark.parametrize("name", NAMES)
def test_every_command_explains_itself(convfilter: Runner, name: str) -> None:
    ended = convfilter("nn", name, "--help")
    assert (ended.code, ended.err) == (0, "")
    assert ended.text.startswith(f"Usage: convfilter nn {name} ")


def test_an_unknown_command_is_refused_with_those_that_are_near(convfilter: Runner) -> None:
    ended = convfilter("nn", "lits")
    assert ended.code == 2
    assert ended.err == (
        "convfilter nn: there is no command 'lits'; did you mean list?"
        " (try 'convfilter nn --help')\n"
    )


def test_the_list_names_every_network(convfilter: Runner) -> None:
    lines = convfilter("nn", "list").text.splitlines()
    assert [line.split()[0] for line in lines] == models.names()
    assert all(len(line) <= 100 for line in lines)
    described = json.loads(convfilter("nn", "list", "--json").text)
    assert [each["name"] for each in described] == models.names()
    assert {each["parameters"] for each in described} >= {60_000, 61_706}
    assert described[0]["input"] == [3, 227, 227]
