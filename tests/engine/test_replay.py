"""Small operations bound once: the bits of those that are planned and bound for every call."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, note
from hypothesis import strategies as st

from convfilter import engine
from convfilter.engine import operation
from convfilter.engine.replay import MOST_BYTES, Replay
from convfilter.errors import ConvfilterError
from tests.engine.accuracy import Case
from tests.engine.cases import draw_case, noise
from tests.examples import examples


def outcome(case: Case) -> bytes | str:
    """Return the bytes of a result, or the error."""
    try:
        return case.run().tobytes()
    except ConvfilterError as error:
        return str(error)


@examples(250)
@given(random=st.randoms(use_true_random=False))
def test_calls_made_again_have_the_same_bits(random: Random) -> None:
    first = draw_case(random)
    note(str(first))
    image = np.asarray(first.image)
    cases = [first, replace(first, image=image[::-1].copy()), replace(first, image=image[:, ::-1])]
    with patch.object(Replay, "__call__", lambda *_given: None):
        expected = [outcome(case) for case in cases]
    for _ in range(2):
        assert [outcome(case) for case in cases] == expected


def test_large_images_are_bound_for_each_call(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_given: Any) -> Any:
        raise AssertionError("a copy would take longer than to bind")

    side = int(MOST_BYTES**0.5)
    monkeypatch.setattr(Replay, "__call__", refuse)
    for image in (noise((side, side + 1)), noise((side // 2, side // 2 + 1), np.float32)):
        for _ in range(3):
            engine.median(image, 3)


def test_what_takes_the_image_as_a_whole_is_bound_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_given: Any) -> Any:
        raise AssertionError("this was bound already")

    for dtype in (np.uint8, np.uint16, np.float32):
        image = noise((28, 28), dtype)
        calls = [
            lambda image=image: engine.correlate(image, np.ones((5, 5)), scale=1 / 25),
            lambda image=image: engine.correlate(image, np.ones((9, 4)), offset=1),
            lambda image=image: engine.pool(image, 3, reduce="mean", padding=1),
        ]
        expected = [call() for call in calls]
        with monkeypatch.context() as context:
            context.setattr(operation, "attempt", refuse)
            for call, wanted in zip(calls, expected, strict=True):
                np.testing.assert_array_equal(call(), wanted)
