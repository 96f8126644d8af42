"""What the pages, the workflows and the gate lead to, name and call is there."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from convfilter import filters, kernels
from convfilter.cli.commands import SUMMARIES
from tests.pages import PAGES, ROOT, anchors, blocks, prose

LINK = re.compile(r"\]\(([^)\s]+)\)")
NAMED = re.compile(r"`([^`\n]+)`")
FILE = re.compile(r"[\w./-]+\.(py|pyi|md|toml|yml)|[\w./-]+/")
CALL = re.compile(r"(python3?|nox|convfilter|pytest) .+")

TO_BE = {"dist/", "web/"}
"""What a command makes, and rooms that are to be built."""

WITHIN = ("", "convfilter", "convfilter/formats", "convfilter/filters", "convfilter/engine")
"""Folders from which the pages name files."""

SCRIPTS = [
    ".ci/run",
    *(f".github/workflows/{name}.yml" for name in ("tests", "thorough", "release")),
]


def named_calls() -> Iterator[tuple[str, list[str]]]:
    """Yield the commands that stand in pages, each with the page's name."""
    for name, text in PAGES.items():
        lines = [line for block in blocks(text, "sh") for line in block.splitlines()]
        for line in [*NAMED.findall(prose(text)), *lines]:
            if CALL.fullmatch(line):
                yield name, shlex.split(line, comments=True)


def sessions() -> set[str]:
    """Return the tasks that nox knows."""
    return set(re.findall(r"^def (\w+)\(session: ", (ROOT / "noxfile.py").read_text("utf-8"), re.M))


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
    """A path is seen from the project, a room or the page; a file alone may be in any room."""
    named = [each for each in NAMED.findall(prose(PAGES[name])) if FILE.fullmatch(each)]
    beside = (ROOT / name).parent
    assert [each for each in named if each not in TO_BE and not _is_there(each, beside)] == []


def _is_there(named: str, beside: Path) -> bool:
    folders = [beside, *(ROOT / folder for folder in WITHIN)]
    if any((folder / named).exists() for folder in folders):
        return True
    return any(True for _ in ROOT.glob(f"convfilter/**/{named}"))


def test_commands_that_are_named_can_be_called() -> None:
    known = {*SUMMARIES, *filters.names(), *kernels.names()}
    for page, words in named_calls():
        match words:
            case ["nox", *rest]:
                assert _are_sessions(rest), f"{page}: {words}"
            case ["pytest", *paths]:
                missing = [p for p in paths if p[0] != "-" and not (ROOT / p).exists()]
                assert not missing, f"{page}: {words}"
            case ["convfilter", name, *_]:
                # in capitals stands what the reader puts there; a name may be half written
                is_open = name.isupper() or name.startswith("-")
                assert is_open or any(k.startswith(name) for k in known), f"{page}: {words}"


def programs() -> list[str]:
    """Return the programs of Python that pages name: a file, or a module after -m."""
    found = set()
    for _, words in named_calls():
        match words:
            case ["python" | "python3", "-m", module, *_]:
                found.add(f"-m {module}")
            case ["python" | "python3", script, *_] if not script.startswith("-"):
                found.add(script)
    return sorted(found)


@pytest.mark.slow
@pytest.mark.parametrize("program", programs())
def test_programs_that_are_named_start(program: str) -> None:
    done = subprocess.run(
        [sys.executable, *program.split(), "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "usage" in done.stdout.lower()


def test_what_pages_name_is_found_at_all() -> None:
    assert {"benchmarks/engine.py", "-m tests.fuzz", "-m tools.generate"} <= set(programs())


@pytest.mark.parametrize("name", SCRIPTS)
def test_workflows_call_tasks_that_there_are(name: str) -> None:
    calls = re.findall(r"\bnox (.+)", (ROOT / name).read_text("utf-8"))
    assert calls
    assert all(_are_sessions(shlex.split(call)) for call in calls)


def _are_sessions(words: list[str]) -> bool:
    names = words[: words.index("--")] if "--" in words else words
    return names == [] or (names[0] == "-s" and set(names[1:]) <= sessions())


def test_workflows_run_every_python_that_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    label = "Programming Language :: Python :: "
    declared = [c.removeprefix(label) for c in project["classifiers"] if c.startswith(label)]
    workflow = (ROOT / ".github" / "workflows" / "tests.yml").read_text("utf-8")
    matrix = re.search(r"python: \[(.+)\]", workflow)
    assert matrix
    assert re.findall(r'"([\d.]+)"', matrix[1]) == declared
    assert project["requires-python"] == f">={declared[0]}"


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
    assert all(name in done.stdout for name in sessions())
