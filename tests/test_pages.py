"""What the pages lead to and name is there."""

from __future__ import annotations

import importlib.util
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from convfilter import filters, kernels
from convfilter.cli.commands import SUMMARIES
from tests.pages import PAGES, ROOT, anchors, blocks, prose

LINK = re.compile(r"\]\(([^)\s]+)\)")
NAMED = re.compile(r"`([^`\n]+)`")
FILE = re.compile(r"[\w./-]+\.(py|pyi|md|toml|yml)|[\w./-]+/")
COMMAND = re.compile(r"(python3? -m|nox -s|convfilter|pytest) .+")
TO_BE = {"dist/", "large/", "nn/", "web/"}
"""What a command makes, and rooms that are to be built."""

WITHIN = ("", "convfilter", "convfilter/formats", "convfilter/filters", "convfilter/engine")
"""Folders from which the pages name files."""


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere(name: str) -> None:
    for target in LINK.findall(prose(PAGES[name])):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        reached = (ROOT / name).parent / path if path else ROOT / name
        assert reached.exists(), target
        if anchor:
            assert anchor in anchors(reached.read_text("utf-8")), target


@pytest.mark.parametrize("name", PAGES)
def test_files_that_are_named_are_there(name: str) -> None:
    """A path with a folder is one of the project, a file alone has to be somewhere in it."""
    named = [each for each in NAMED.findall(prose(PAGES[name])) if FILE.fullmatch(each)]
    assert [each for each in named if each not in TO_BE and not _is_there(each)] == []


def test_commands_that_are_named_can_be_called() -> None:
    sessions = set(re.findall(r"^def (\w+)\(session", (ROOT / "noxfile.py").read_text(), re.M))
    for name, text in PAGES.items():
        lines = [line for block in blocks(text, "sh") for line in block.splitlines()]
        for line in [*NAMED.findall(prose(text)), *lines]:
            if COMMAND.fullmatch(line):
                assert _can_be_called(shlex.split(line), sessions), f"{name}: {line}"


def _is_there(named: str) -> bool:
    if any((ROOT / folder / named).exists() for folder in WITHIN):
        return True
    return any(True for _ in ROOT.glob(f"convfilter/**/{named}"))


def _can_be_called(words: list[str], sessions: set[str]) -> bool:
    match words:
        case ["nox", "-s", *following]:
            names = following[: following.index("--")] if "--" in following else following
            return set(names) <= sessions
        case ["python" | "python3", "-m", module, *_]:
            return module == "venv" or importlib.util.find_spec(module) is not None
        case ["pytest", *paths]:
            return all((ROOT / path).exists() for path in paths if not path.startswith("-"))
        case ["convfilter", name, *_]:
            # in capitals stands what the reader puts there; a name may be on its way
            known = {*SUMMARIES, *filters.names(), *kernels.names()}
            return name.startswith("-") or name.isupper() or any(k.startswith(name) for k in known)
    return True


def test_nox_reads_its_tasks(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "nox", "-f", str(ROOT / "noxfile.py"), "--list"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "* quick" in done.stdout
