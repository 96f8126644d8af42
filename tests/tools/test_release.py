"""What a release says of itself."""

from __future__ import annotations

import pytest

from tools.generate import ROOT
from tools.release import notes

CHANGELOG = """\
# Changelog

## [Unreleased]

- what is to come

## [1.2.0] - 2031-02-03

### Added

- a filter

## [1.1.0] - 2030-01-01

- the first
"""


def test_a_release_is_its_part_of_the_changelog() -> None:
    assert notes("v1.2.0", "1.2.0", CHANGELOG) == "### Added\n\n- a filter\n"
    assert notes("v1.1.0", "1.1.0", CHANGELOG) == "- the first\n"


@pytest.mark.parametrize(
    ("tag", "version", "message"),
    [
        ("v1.2.0", "1.3.0", "the tag is v1.2.0, the version of the package 1.3.0"),
        ("1.2.0", "1.2.0", "the tag is 1.2.0"),
        ("v1.3.0", "1.3.0", r"no part '## \[1.3.0\] - year-month-day'"),
        ("v1x2.0", "1x2.0", "no part"),
    ],
)
def test_what_does_not_agree_is_no_release(tag: str, version: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        notes(tag, version, CHANGELOG)


def test_the_changelog_keeps_to_its_form() -> None:
    lines = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").splitlines()
    assert next(line for line in lines if line.startswith("## ")) == "## [Unreleased]"
    kinds = {line.removeprefix("### ") for line in lines if line.startswith("### ")}
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    assert kinds
