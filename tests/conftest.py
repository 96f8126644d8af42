"""Settings of all tests."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

TABLE = "table"
"""The property under which a test records a table, to be shown at the end."""

settings.register_profile(
    "convfilter",
    deadline=None,  # the first call of a loop compiles it, which no deadline should count
    derandomize=True,  # the same examples every time; new ones are the business of tests.fuzz
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("convfilter")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show the tables: what tests print themselves is lost in processes of their own."""
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            for name, table in report.user_properties:
                if name == TABLE and report.when == "call":
                    terminalreporter.section(report.nodeid)
                    terminalreporter.write_line(table)
