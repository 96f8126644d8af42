"""The commands `filters` and `kernels`: lists for people and as JSON, complete."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from convfilter import filters, kernels
from tests.cli.conftest import Runner


def test_the_lists_as_json(convfilter: Runner) -> None:
    listed = json.loads(convfilter("filters", "--json").out)
    assert [entry["name"] for entry in listed] == filters.names()
    keys = {"name", "type", "default", "minimum", "maximum", "unit", "choices", "help"}
    for entry in listed:
        assert entry["summary"]
        assert all(set(parameter) == keys for parameter in entry["parameters"])
    one = json.loads(convfilter("filters", "sobel", "--json").out)
    assert one == next(entry for entry in listed if entry["name"] == "sobel")
    listed = json.loads(convfilter("kernels", "--json").out)
    assert [entry["name"] for entry in listed] == kernels.names()
    fields = {"name", "weights", "scale", "offset", "signed", "description", "source"}
    assert all(set(entry) == fields for entry in listed)
    one = json.loads(convfilter("kernels", "sobel-x", "--json").out)
    assert one["weights"] == [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]
    assert one["properties"] == {
        "size": "3x3",
        "sum": 0,
        "rank": 1,
        "separable": True,
        "symmetry": "antisymmetric",
    }


def test_the_lists_for_people(convfilter: Runner) -> None:
    listed = convfilter("filters").text
    assert all(f"  {name} " in listed for name in filters.names())
    listed = convfilter("kernels").text
    assert all(f"  {name} " in listed for name in kernels.names())
    shown = convfilter("filters", "gaussian-blur").text
    assert "sigma" in shown
    assert "number-pair" in shown
    assert ", required" in convfilter("filters", "convolve").text


def test_a_kernel_is_shown_with_weights_properties_and_source(convfilter: Runner) -> None:
    text = convfilter("kernels", "sobel-x").text
    assert "  -1   0   1\n  -2   0   2\n  -1   0   1\n" in text
    for row in ("sum         0", "separable   yes", "scale       1", "signed      abs"):
        assert row in text
    assert kernels.get("sobel-x").source in text
    assert "scale       1/16" in convfilter("kernels", "gaussian-3").text
    for name in kernels.names():
        assert convfilter("kernels", name).code == 0


def test_a_kernel_in_a_file_is_shown_too(convfilter: Runner, folder: Path) -> None:
    Path("mine.txt").write_text("0.5 0.25\n0.25 0\n", "utf-8")
    assert "  0.5  1/4\n  1/4    0\n" in convfilter("kernels", "mine.txt").text


@pytest.mark.parametrize(("command", "name"), [("kernels", "sobelx"), ("filters", "sobell")])
def test_unknown_names_in_the_lists(convfilter: Runner, command: str, name: str) -> None:
    for extra in ((), ("--json",)):
        ended = convfilter(command, name, *extra)
        assert ended.code == 2
        assert ended.out == b""
        assert "did you mean sobel" in ended.err
