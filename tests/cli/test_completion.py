"""Completion: what the scripts of bash, zsh and fish get as an answer."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import BashComplete, ZshComplete

from convfilter import filters, kernels
from convfilter.cli.commands import SUMMARIES
from convfilter.cli.commands.completion import SHELLS
from convfilter.cli.group import Commands

VARIABLE = "_CONVFILTER_COMPLETE"


@pytest.fixture
def shell(tmp_path: Path) -> dict[str, str]:
    """The environment of a shell on whose path `convfilter` stands."""
    command = tmp_path / "convfilter"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m convfilter "$@"\n', "utf-8")
    command.chmod(0o755)
    return {**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}


def output_of(command: list[str], environment: dict[str, str]) -> str:
    ended = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr == ""
    return ended.stdout


@pytest.mark.posix
@pytest.mark.parametrize("name", ["zsh", "fish"])
def test_scripts_ask_the_command(shell: dict[str, str], name: str) -> None:
    script = output_of(["convfilter"], {**shell, VARIABLE: f"{name}_source"})
    assert f"{VARIABLE}={name}_complete" in script
    assert "_convfilter_completion" in script


@pytest.mark.posix
def test_the_script_works_in_bash(shell: dict[str, str]) -> None:
    script = output_of(["convfilter"], {**shell, VARIABLE: "bash_source"})
    ask = (
        "COMP_WORDS=(convfilter sobel --border refl); COMP_CWORD=3\n"
        '_convfilter_completion convfilter\necho "${COMPREPLY[@]}"\n'
    )
    assert output_of(["bash", "-c", script + ask], shell) == "reflect\n"


def completions(monkeypatch: pytest.MonkeyPatch, words: str, position: int) -> list[str]:
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", str(position))
    return BashComplete(Commands(), {}, "convfilter", VARIABLE).complete().splitlines()


def test_every_command_is_completed(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {*kernels.names(), *filters.names(), *SUMMARIES}
    offered = completions(monkeypatch, "convfilter ", 1)
    assert sorted(offered) == sorted(f"plain,{name}" for name in known)
    assert "plain,--version" in completions(monkeypatch, "convfilter --", 1)


@pytest.mark.parametrize(
    ("words", "position", "expected"),
    [
        ("convfilter sobel --nor", 2, {"--norm"}),
        ("convfilter sobel --lin", 2, {"--linear"}),
        ("convfilter sobel --norm ", 3, {"l1", "l2", "max"}),
        ("convfilter sobel-x --signed o", 3, {"offset"}),
        ("convfilter sobel --padding v", 3, {"valid"}),
        ("convfilter sobel --format jp", 3, {"jpeg"}),
        ("convfilter convolve --kernel sobel-", 3, {"sobel-x", "sobel-y"}),
        ("convfilter sobel --alpha ", 3, {"weigh", "keep", "filter", "drop"}),
        ("convfilter pipe sobel --alpha k", 4, {"keep"}),
        ("convfilter threshold --threshold a", 3, {"auto"}),
        ("convfilter kernels kirsch-n", 2, {"kirsch-n", "kirsch-ne", "kirsch-nw"}),
        ("convfilter filters gaussian", 2, {"gaussian-blur"}),
    ],
)
def test_options_choices_and_names_are_completed(
    monkeypatch: pytest.MonkeyPatch, words: str, position: int, expected: set[str]
) -> None:
    assert {f"plain,{word}" for word in expected} <= set(completions(monkeypatch, words, position))


@pytest.mark.parametrize(
    ("words", "position"), [("convfilter sobel pho", 2), ("convfilter convolve --kernel ./my", 3)]
)
def test_paths_are_left_to_the_shell(
    monkeypatch: pytest.MonkeyPatch, words: str, position: int
) -> None:
    assert completions(monkeypatch, words, position)[0].startswith("file,")


def test_descriptions_go_to_the_shells_that_show_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMP_WORDS", "convfilter sobel-x")
    monkeypatch.setenv("COMP_CWORD", "1")
    answer = ZshComplete(Commands(), {}, "convfilter", VARIABLE).complete()
    assert kernels.summaries()["sobel-x"].replace(":", r"\:") in answer


@pytest.mark.posix
@pytest.mark.parametrize("name", SHELLS)
def test_the_command_prints_what_the_variable_asks_for(shell: dict[str, str], name: str) -> None:
    script = output_of(["convfilter", "completion", name], shell)
    assert script == output_of(["convfilter"], {**shell, VARIABLE: f"{name}_source"})
