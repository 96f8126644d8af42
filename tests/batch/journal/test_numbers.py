"""The version of the numbers is raised whenever a bit of a result changes.

`resume` leaves alone what an earlier version has made as long as that is what this one would make.
"""

from __future__ import annotations

from convfilter.batch.journal.identity import NUMBERS
from tests.batch.journal.numbers import ADVICE, changed, results, stated


def test_results_are_those_of_this_version_of_the_numbers() -> None:
    before, now = stated(), results()
    assert changed(before, now) == [], ADVICE
    assert (before["numbers"], set(before["results"])) == (NUMBERS, set(now)), (
        "filters came or went, or the version rose: run python -m tests.batch.journal.numbers"
    )
