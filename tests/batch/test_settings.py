"""What can be said about a job: defaults, checks, and that every face says the same."""

from __future__ import annotations

import inspect
import itertools
from typing import Any, get_args, get_type_hints

import pytest

import convfilter
from convfilter.batch.settings import OPTIONS, Settings, checked, completed
from convfilter.cli.files import engine_options, file_sections
from convfilter.errors import ArgumentError, ArgumentTypeError, ConvfilterError, UnknownNameError
from convfilter.filters.declaring.parameters import Text


def test_nothing_said_gives_every_default() -> None:
    settings = checked({})
    assert settings == completed({})
    assert set(settings) == set(OPTIONS) == set(Settings.__annotations__)
    for name, option in OPTIONS.items():
        assert option.name == name
        assert settings[name] == option.default  # type: ignore[literal-required]
        assert option.check(option.default) == option.default


def test_the_type_of_every_field_allows_its_default_and_its_choices() -> None:
    for name, hint in get_type_hints(Settings).items():
        kinds = {hint, *get_args(hint)}
        kinds.update(*map(get_args, kinds.copy()))
        default = OPTIONS[name].default
        assert default in kinds or type(default) in kinds, name
        assert all(choice in kinds or str in kinds for choice in OPTIONS[name].choices), name


def test_the_command_line_offers_all_of_them_and_shows_their_help() -> None:
    sections = [options for _, options in file_sections()]
    offered = {option.name: option for option in itertools.chain(engine_options(), *sections)}
    assert set(offered) == {*OPTIONS, "explain", "quiet", "save_recipe", "files_from", "dry_run"}
    for name, option in OPTIONS.items():
        assert option.option in offered[name].opts
        assert (offered[name].help or "").startswith(option.spec.help)


def test_python_offers_all_of_them_and_shows_their_help() -> None:
    parameters = inspect.signature(convfilter.filter_files).parameters
    named = {p.name: p.default for p in parameters.values() if p.kind is p.KEYWORD_ONLY}
    assert named == {name: option.default for name, option in OPTIONS.items()}
    text = inspect.getdoc(convfilter.filter_files) or ""
    words = " ".join(text.split())
    assert "OPTIONS" not in words
    for name, option in OPTIONS.items():
        assert f"\n{name} : " in text
        assert option.spec.help in words
        assert option.range in words


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"depth": 16}, "16"),
        ({"format": ".jpg"}, "JPEG"),
        ({"frames": 3}, "3"),
        ({"frames": range(2)}, "0,1"),
        ({"frames": iter([4, 5])}, "4,5"),
        ({"frames": "0-3"}, "0-3"),
        ({"background": "#102030"}, "#102030"),
        ({"quality": 7}, 7),
        ({"quality": None}, None),
        ({"in_place": True}, True),
    ],
)
def test_values_are_kept_in_their_proper_form(given: dict[str, Any], kept: object) -> None:
    ((name, _),) = given.items()
    assert checked(given)[name] == kept  # type: ignore[literal-required]


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"qualty": 3}, UnknownNameError, "did you mean quality?"),
        ({"explain": True}, UnknownNameError, "no option is called 'explain'"),
        ({"quality": 101}, ArgumentError, "quality is 101: give a value from 1 to 100"),
        ({"quality": "best"}, ArgumentTypeError, "give a whole number"),
        ({"workers": 0}, ArgumentError, "workers is 0"),
        ({"overwrite": 1}, ArgumentTypeError, "overwrite is 1: give True or False"),
        ({"overwrite": None}, ArgumentTypeError, "give True or False"),
        ({"depth": "12"}, UnknownNameError, "choose from 8, 16, float"),
        ({"compress": "smal"}, UnknownNameError, "did you mean small"),
        ({"alpha": "kep"}, UnknownNameError, "did you mean keep"),
        ({"format": "pgn"}, UnknownNameError, "did you mean pnm, png"),
        ({"format": 3}, ArgumentTypeError, "format is 3: give text"),
        ({"background": "whit"}, ArgumentError, "is not a colour"),
        ({"background": None}, ArgumentTypeError, "background is None: give text"),
        ({"frames": "two"}, ArgumentError, "is no choice of frames"),
        ({"frames": 1.5}, ArgumentTypeError, "frames is 1.5: give text"),
        ({"frames": [-1]}, ArgumentError, "is no choice of frames"),
        ({"scheduler": "tcp"}, ArgumentError, "give local, or an address"),
        (
            {"scheduler": "tcp://me:hush@host:1"},
            ArgumentError,
            "scheduler has a name or a password",
        ),
        ({"in_place": True, "frames": 0}, ConvfilterError, "leave --frames out"),
    ],
)
def test_what_cannot_be_is_refused_with_the_way_out(
    given: dict[str, Any], error: type[ConvfilterError], words: str
) -> None:
    with pytest.raises(error) as caught:
        checked(given)
    assert words in str(caught.value)


def test_only_texts_have_words_of_their_own() -> None:
    texts = {name: option for name, option in OPTIONS.items() if isinstance(option, Text)}
    assert set(texts) == {name for name, option in OPTIONS.items() if option.kind == "text"}
    assert all(not option.choices for option in texts.values())
    assert all(texts[name].parse(word) for name in texts for word in texts[name].words)


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("300M", 300_000_000),
        ("1.5g", 1_500_000_000),
        ("5 GB", 5_000_000_000),
        ("2Gi", 2**31),
        ("2.5KiB", 2560),
        ("512", 512),
        ("70b", 70),
    ],
)
def test_sizes_are_written_with_units_of_1000_or_1024(written: str, number: int):
    option = OPTIONS["max_pixels"]
    assert option.parse(written) == option.check(written) == option.check(number) == number


@pytest.mark.parametrize(
    "written", ["", "M", "-1M", "1.5", "1e9", "5GG", "5Gb/s", "٣M", "0", "0.1b"]
)
def test_what_is_no_size_is_refused_in_one_line(written: str):
    with pytest.raises(ArgumentError, match=r"max_pixels is .*: give [^\n]*"):
        OPTIONS["max_pixels"].parse(written)
