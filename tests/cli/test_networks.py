"""The group `nn`: its commands are the modules that are there."""

from __future__ import annotations

import json
from pathlib import Path

import click
import onnx
import pytest

from convfilter.cli.commands import make
from convfilter.nn import models
from tests.cli.conftest import Runner
from tests.nn.onnx.small import model, node, saved


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


@pytest.mark.parametrize("name", ["nn", "cache"])
def test_a_group_without_a_command_names_those_that_it_has(convfilter: Runner, name: str) -> None:
    made = make(name)
    assert isinstance(made, click.Group)
    known = made.list_commands(click.Context(made))
    ended = convfilter(name)
    assert (ended.code, ended.out, len(ended.lines)) == (2, b"", 1)
    assert ended.err == (
        f"convfilter {name}: a command is missing: {', '.join(known[:-1])} or {known[-1]}"
        f" (try 'convfilter {name} --help')\n"
    )


def test_the_list_names_every_network(convfilter: Runner) -> None:
    lines = convfilter("nn", "list").text.splitlines()
    assert [line.split()[0] for line in lines] == models.names()
    assert all(len(line) <= 100 for line in lines)
    described = json.loads(convfilter("nn", "list", "--json").text)
    assert [each["name"] for each in described] == models.names()
    assert {each["parameters"] for each in described} >= {60_000, 61_706}
    assert described[0]["input"] == [3, 227, 227]


def test_the_summary_of_a_network(convfilter: Runner) -> None:
    ended = convfilter("nn", "summary", "lenet5")
    assert (ended.code, ended.err) == (0, "")
    assert ended.text.startswith("lenet5, for pictures of 32x32, 1 map\n")
    assert "Connections    340,908" in ended.text
    summary = json.loads(convfilter("nn", "summary", "lenet5", "--json").text)
    assert (summary["parameters"], summary["connections"]) == (60_000, 340_908)
    assert [layer["alias"] for layer in summary["layers"] if layer["alias"]] == [
        *("C1", "S2", "C3", "S4", "C5", "F6", "Out")
    ]


def test_the_summary_of_a_written_layer(convfilter: Runner) -> None:
    ended = convfilter("nn", "summary", "--input", "150x100x3", "conv 5 200", "--json")
    summary = json.loads(ended.text)
    assert (summary["parameters"], summary["multiply_adds"]) == (15_200, 225_000_000)
    assert summary["layers"][0]["dense_weights_per_map"] == 675_000_000


def test_the_summary_for_another_size(convfilter: Runner) -> None:
    text = convfilter("nn", "summary", "squeezenet", "--input", "227x227x3", "--json").text
    assert json.loads(text)["layers"][0]["size"] == [113, 113]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["resnet5"], "convfilter nn summary: no network is called 'resnet5'; did you mean res"),
        (["conv 5 200"], "convfilter nn summary: --input is needed with layers that are written"),
        (
            ["conf 5 200", "--input", "9x9x3"],
            "convfilter nn summary: no layer is called 'conf'; did you mean conv",
        ),
        (["alexnet", "--input", "0x3x3"], "convfilter nn summary: --input must be rows, columns"),
        (["alexnet", "--input", "9x9x3"], "convfilter nn summary: layer 'conv1': a convolution:"),
        (
            ["lenet5", "--input", "40x40x1"],
            "convfilter nn summary: lenet5 has weights for pictures",
        ),
        (
            ["resnet18", "--input", "64x64x1"],
            "convfilter nn summary: resnet18 has weights for pict",
        ),
        ([], "convfilter nn summary: NETWORK is missing"),
    ],
)
def test_what_cannot_be_summed_up_is_one_line(
    convfilter: Runner, arguments: list[str], message: str
) -> None:
    ended = convfilter("nn", "summary", *arguments)
    assert ended.code == 2
    assert ended.out == b""
    assert ended.err.startswith(message)
    assert len(ended.lines) == 1


def test_the_summary_of_an_onnx_file(convfilter: Runner) -> None:
    light = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light"
    summary = json.loads(
        convfilter("nn", "summary", light / "light_squeezenet.onnx", "--json").text
    )
    own = json.loads(convfilter("nn", "summary", "squeezenet", "--json").text)
    for figure in ("parameters", "multiply_adds", "parameter_bytes"):
        assert summary[figure] == own[figure]


def test_the_summary_of_an_onnx_file_that_leaves_sizes_open(
    convfilter: Runner, tmp_path: Path
) -> None:
    path = saved(model([node("Relu", "x")], shape=("N", 3, "H", "W")), tmp_path)
    ended = convfilter("nn", "summary", path)
    assert ended.code == 1
    assert "leaves the size of its input open (N, 3, ?, ?): say which it is" in ended.err
    ended = convfilter("nn", "summary", path, "--input", "20x30x3", "--json")
    assert json.loads(ended.text)["layers"][-1]["size"] == [20, 30]


def test_a_missing_file_is_one_line(convfilter: Runner) -> None:
    ended = convfilter("nn", "summary", "missing.onnx")
    assert (ended.code, ended.lines) == (
        1,
        ["convfilter nn summary: missing.onnx: No such file or directory"],
    )
