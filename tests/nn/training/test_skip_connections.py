"""What docs/training.md says of skip connections."""

from __future__ import annotations

import re

import pytest

from benchmarks.skip_connections import main, norms
from tests.pages import PAGES


def test_gradients_vanish_without_skip_connections() -> None:
    plain, skips = norms(20, skips=False), norms(20, skips=True)
    assert plain[0] < plain[-1] / 8
    assert skips[0] > skips[-1]
    assert all(one < other for one, other in zip(plain[:-1], skips[:-1], strict=True))


def test_the_table_is_that_of_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    main([])
    printed = {row[0]: row[1:] for row in map(str.split, capsys.readouterr().out.splitlines()[1:])}
    rows = re.findall(r"^\| (\d+).*? \| ([\d.]+) \| ([\d.]+) \|$", PAGES["docs/training.md"], re.M)
    assert len(rows) == 5
    for pair, *numbers in rows:
        # sums differ in the last digits between processors
        assert [*map(float, printed[pair])] == pytest.approx([*map(float, numbers)], rel=0.02)
