"""How many examples a property test draws, and how many cases of others wait for thorough runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import settings


def examples(count: int) -> settings:
    """Return settings for `count` examples: a tenth in a quick run, ten times in a thorough one.

    The loaded profile (`tests/conftest.py`) says how many it has in place of a hundred: plain
    `pytest` two fifths.
    """
    return settings(max_examples=max(1, count * settings().max_examples // 100))


def every(step: int, cases: Sequence[Any]) -> list[Any]:
    """Return the cases of a test, of which all but every so many-th are left for thorough runs.

    Of those made by `pytest.param`, the ones without marks stay, so that a quick run has them.
    """
    return [
        case if number % step == 0 or _is_quick(case) else _with_mark(case, pytest.mark.thorough)
        for number, case in enumerate(cases)
    ]


def _is_quick(case: Any) -> bool:
    return hasattr(case, "marks") and not case.marks


def _with_mark(case: Any, mark: pytest.MarkDecorator) -> Any:
    if hasattr(case, "marks"):
        return pytest.param(*case.values, marks=(*case.marks, mark), id=case.id)
    values = case if isinstance(case, tuple) else (case,)
    return pytest.param(*values, marks=mark)
