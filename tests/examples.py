"""How many examples a property test draws."""

from __future__ import annotations

from hypothesis import settings


def examples(count: int) -> settings:
    """Return settings for `count` examples: a tenth in a quick run, ten times in a thorough one.

    The loaded profile (`tests/conftest.py`) says how many it has in place of a hundred.
    """
    return settings(max_examples=max(1, count * settings().max_examples // 100))
