"""Every filter against its truth image."""

from __future__ import annotations

import pytest

from convfilter import filters
from tests.filters import truth


@pytest.mark.parametrize("name", filters.names())
def test_result_is_its_truth_image(name: str) -> None:
    kept = truth.kept(name)
    assert kept is not None, "no truth image: python -m tests.filters.truth --write, then look"
    assert truth.agree(truth.made(name), kept)


def test_no_truth_image_is_left_over() -> None:
    assert {path.stem for path in truth.FOLDER.glob("*.png")} == set(filters.names())
