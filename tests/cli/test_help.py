"""Help and suggestions: made from the declarations, complete for each of them."""

from __future__ import annotations

import click
import pytest

import convfilter as package
from convfilter import filters, kernels
from convfilter.cli.commands import SUMMARIES
from convfilter.cli.group import Commands
from convfilter.cli.options import help_text
from convfilter.filters.declaring.parameters import REQUIRED, Parameter, Spec
from tests.cli.conftest import Runner
from tests.examples import every

COMMANDS = sorted({*filters.names(), *kernels.names(), *SUMMARIES})


def test_help_names_every_filter_and_counts_the_kernels(convfilter: Runner) -> None:
    ended = convfilter("--help")
    assert ended.code == 0
    assert not ended.err
    words = ended.text.split()
    assert set(filters.names()) <= set(words)
    alone = set(kernels.names()) - set(filters.names())
    assert f"{len(alone)} kernels" in ended.text
    assert convfilter("-h").text == ended.text


def test_no_command_prints_help_as_a_message(convfilter: Runner) -> None:
    ended = convfilter()
    assert ended.code == 2
    assert ended.out == b""
    assert ended.err.strip() == convfilter("--help").text.strip()


def test_version(convfilter: Runner) -> None:
    ended = convfilter("--version")
    assert (ended.code, ended.text) == (0, f"convfilter {package.__version__}\n")


@pytest.mark.parametrize("name", every(2, COMMANDS))
def test_every_command_explains_itself(convfilter: Runner, name: str) -> None:
    ended = convfilter(name, "--help")
    assert ended.code == 0, ended.err
    assert f"Usage: convfilter {name} " in ended.text
    assert "-h, --help" in ended.text
    if name in filters.names():
        for parameter in filters.get(name).parameters:
            assert f"{parameter.option} " in ended.text


@pytest.mark.parametrize("name", every(2, COMMANDS))
def test_no_option_is_there_twice(name: str) -> None:
    group = Commands()
    command = group.get_command(click.Context(group), name)
    assert command is not None
    written = [w for p in command.params for w in (*p.opts, *p.secondary_opts)]
    assert len(written) == len(set(written))
    names = [p.name for p in command.params]
    assert len(names) == len(set(names))


def test_every_command_is_listed_and_unknown_ones_are_none() -> None:
    group = Commands()
    context = click.Context(group)
    assert sorted(group.list_commands(context)) == COMMANDS
    assert group.get_command(context, "gaussian_blur") is not None
    assert group.get_command(context, "nothing") is None


def test_options_stand_in_groups_with_range_unit_and_default(convfilter: Runner) -> None:
    text = " ".join(convfilter("gaussian-blur", "--help").text.split())
    own, engine = text.index("Options of the filter:"), text.index("Options of the engine:")
    files = text.index("Options about files:")
    assert own < text.index("--sigma") < engine < text.index("--border") < files
    assert (
        engine
        < text.index("--alpha [weigh|keep|filter|drop]")
        < text.index("--workers")
        < files
        < text.index("--overwrite")
    )
    assert "or a length; default: 2]" in text


def test_a_kernel_is_the_filter_that_convolves(convfilter: Runner) -> None:
    text = convfilter("sobel-x", "--help").text
    assert kernels.summaries()["sobel-x"] in text
    assert "--offset" in text
    assert "--kernel" not in text


@pytest.mark.parametrize(
    ("spec", "default", "expected"),
    [
        (Spec("help", 0, 10, "pixels"), 1.0, "help  [0 to 10 pixels or a length; default: 1]"),
        (Spec("help", 0, 255, "0 to 255"), 0, "help  [0 to 255; default: 0]"),
        (
            Spec("help", -9, 9, "0 to 255"),
            0.5,
            "help  [-9 to 9 on the scale 0 to 255; default: 0.5]",
        ),
        (Spec("help", minimum=1), (2, 3), "help  [at least 1; default: 2,3]"),
        (Spec("help", maximum=1e6), REQUIRED, "help  [at most 1000000]"),
        (Spec("help", unit="degrees"), 1, "help  [degrees; default: 1]"),
        (Spec("help", odd=True, automatic="guessed"), None, "help  [odd; default: guessed]"),
        (Spec("help", automatic="guessed"), True, "help  [default: yes; auto: guessed]"),
        (Spec("help"), REQUIRED, "help"),
    ],
)
def test_help_of_a_parameter(spec: Spec, default: object, expected: str) -> None:
    assert help_text(Parameter("name", "number", default, spec)) == expected


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("sobell", "a.png"), "there is no filter or kernel 'sobell'; did you mean sobel"),
        (("gausian-blur",), "did you mean gaussian-blur"),
        (("kirsch-nn",), "kirsch-n"),
        (("photo.png", "x.png"), "name the filter first"),
        (("-",), "name the filter first"),
        (("--sigma", "2"), "options follow the name of the filter"),
        (("sobel", "--nrom", "l1"), "there is no option --nrom; did you mean --norm"),
        (("sobel", "--norm", "l3"), "--norm: no norm is called 'l3': choose from l2, l1, max"),
        (("sobel", "--border", "reflekt"), "did you mean reflect"),
        (("sobel", "--format", "pgn"), "did you mean pnm, png"),
        (("sobel", "--background", "whit"), "not a colour"),
        (("gaussian-blur", "--sigma", "-1"), "--sigma is -1: give a value from 0 to"),
        (("gaussian-blur", "--sigma", "two"), "--sigma is 'two': give a number"),
        (("gaussian-blur", "--sigma", "nan"), "--sigma is nan"),
        (("gaussian-blur", "--sigma"), "'--sigma' requires an argument"),
        (("box-blur", "--radius", "1.5"), "--radius is '1.5': give a whole number"),
        (("bilateral", "--size", "4"), "--size is 4: give an odd number"),
        (("sobel", "--stride", "0"), "--stride is 0"),
        (("sobel", "--stride", "9" * 30), "--stride is"),
        (("sobel", "--padding", "sane"), "did you mean same"),
        (("sobel", "--padding", "1,2,3"), "--padding is '1,2,3'"),
        (("sobel", "--jobs", "0"), "--jobs is 0"),
        (("sobel", "--workers", "many"), "--workers is 'many': give a whole number"),
        (("sobel", "--alpha", "kep"), "--alpha: no alpha is called 'kep'; did you mean keep"),
        (("pipe", "--alpha", "none"), "choose from weigh, keep, filter, drop"),
        (("sobel", "--quality", "101"), "--quality is 101: give a value from 1 to 100"),
        (("sobel", "--compress", "smal"), "no compress is called 'smal'; did you mean small"),
        (("sobel", "--max-pixels", "0"), "--max-pixels is 0: give at least 1"),
        (("convolve", "in.png", "out.png"), "--kernel is needed: name of a kernel"),
        (("convolve", "--kernel", "sobelx"), "did you mean sobel-x"),
        (("convolve", "--kernel", "1 nan"), "not a finite number"),
        (("convolve", "--kernel", "1 2, 3"), "row 2 has 1 entry where row 1 has 2"),
        (("convolve", "--kernel", "0 0, 0 0"), "all weights are 0"),
        (("convolve", "--kernel", ""), "--kernel"),
        (("convolve", "--kernel", "nope.toml"), "nope.toml: there is no such file"),
        (("sobel",), "give an input, a file or a folder"),
        (("pipe",), "PIPELINE is missing"),
        (("filters", "a", "b"), "unexpected extra argument"),
    ],
)
def test_wrong_usage_is_one_line_with_the_way_out(
    convfilter: Runner, arguments: tuple[str, ...], words: str
) -> None:
    ended = convfilter(*arguments)
    assert ended.code == 2, ended.err
    assert ended.out == b""
    assert len(ended.lines) == 1
    assert ended.err.startswith("convfilter")
    assert words in ended.err
    path = f"convfilter {arguments[0]}" if arguments[0] in COMMANDS else "convfilter"
    assert ended.err.rstrip().endswith(f"(try '{path} --help')")


def test_the_version_has_a_short_name(convfilter: Runner) -> None:
    assert convfilter("-V").text == convfilter("--version").text != ""
