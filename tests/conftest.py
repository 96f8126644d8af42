"""The tiers of the tests, and settings of all of them.

`pytest` proves every promise once. `pytest -m quick` is what a developer runs all the time: all but
the tests marked `slow`, a slice through every room. `pytest --thorough` runs those marked
`thorough` as well. Of its examples a property test draws two fifths, in a quick run a tenth, and in
a thorough one ten times as many (`tests/examples.py`).
"""

from __future__ import annotations

import os
import platform
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

TABLE = "table"
"""The property under which a test records a table, to be shown at the end."""

THOROUGH = "for --thorough alone"


def may_mount() -> bool:
    """Tell whether this process may mount file systems (CAP_SYS_ADMIN, capabilities(7))."""
    try:
        status = Path("/proc/self/status").read_text("utf-8")
    except OSError:
        return False
    (effective,) = (line.split()[1] for line in status.splitlines() if line.startswith("CapEff"))
    return int(effective, 16) >> 21 & 1 == 1


SYSTEMS = {
    "posix": (os.name == "posix", "for systems with pipes, signals and rights as POSIX has them"),
    "linux": (
        sys.platform == "linux" and platform.machine() == "x86_64",
        "for Linux on x86-64: they look into /proc, or run machine code made for it",
    ),
    "root": (
        hasattr(os, "geteuid") and os.geteuid() == 0,
        "for root: they give files to somebody else",
    ),
    "mounts": (may_mount(), "for root on Linux who may mount: they run as in a container"),
}
"""By the marker of a test: whether this is a system for it, and what it is for."""

LEFT_OUT = pytest.StashKey[Counter[str]]()
"""How many tests are left out, by what they are for."""

settings.register_profile(
    "proof",
    max_examples=40,
    deadline=None,  # the first call of a loop compiles it, which no deadline should count
    derandomize=True,  # the same examples every time; new ones are the business of tests.fuzz
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.register_profile("quick", settings.get_profile("proof"), max_examples=10)
settings.register_profile("thorough", settings.get_profile("proof"), max_examples=1000)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--thorough",
        action="store_true",
        help="run the tests marked thorough, too; draw ten times as many examples",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.stash[LEFT_OUT] = Counter()
    if config.getoption("--thorough"):
        settings.load_profile("thorough")
    elif config.getoption("markexpr") == "quick":
        settings.load_profile("quick")
    else:
        settings.load_profile("proof")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Call quick whatever is not called slow, and leave out what is not for this run or system."""
    run, left_out = [], []
    for item in items:
        what_for = ""
        if item.get_closest_marker("thorough") and not config.getoption("--thorough"):
            what_for = THOROUGH
        for marker, (is_here, system) in SYSTEMS.items():
            if item.get_closest_marker(marker) and not is_here:
                what_for = system
        if what_for:
            left_out.append(item)
            config.stash[LEFT_OUT][what_for] += 1
        else:
            run.append(item)
        if not item.get_closest_marker("slow") and not item.get_closest_marker("thorough"):
            item.add_marker("quick")
    if left_out:
        items[:] = run
        config.hook.pytest_deselected(items=left_out)


def pytest_sessionfinish(session: pytest.Session) -> None:
    # a process of xdist tells the one that shows the summary
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left_out"] = dict(session.config.stash[LEFT_OUT])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    left_out = getattr(node, "workeroutput", {}).get("left_out", {})
    node.config.stash[LEFT_OUT] |= Counter(left_out)  # every process has collected all of them


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say how much was left out, and show the tables, which processes of xdist cannot print."""
    for what_for, count in config.stash[LEFT_OUT].items():
        terminalreporter.write_line(f"{count} tests left out: {what_for}")
    for report in _done(terminalreporter):
        for name, table in report.user_properties:
            if name == TABLE and report.when == "call":
                terminalreporter.section(report.nodeid)
                terminalreporter.write_line(table)


def _done(terminalreporter: pytest.TerminalReporter) -> Iterable[pytest.TestReport]:
    for outcome in ("passed", "failed"):
        yield from terminalreporter.getreports(outcome)
