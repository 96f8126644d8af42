"""The checks themselves: the twins against values known by hand; a broken engine is noticed."""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np
import pytest

from convfilter import engine
from tests import fuzz, naive
from tests.engine.accuracy import Case, check
from tests.engine.cases import DRAWS, draw_case

Array = np.ndarray[Any, np.dtype[Any]]
RAMP = np.arange(12, dtype=np.uint8).reshape(3, 4)


def test_naive_correlation_by_hand() -> None:
    valid = naive.correlate(RAMP, [[1, 0], [0, 2]], padding="valid", scale=0.5, offset=1)
    assert valid.astype(float).tolist() == [[6, 7.5, 9], [12, 13.5, 15]]
    turned = naive.convolve(RAMP, [[1, 0], [0, 2]], padding="valid")
    assert turned.astype(int).tolist() == [[5, 8, 11], [17, 20, 23]]


def test_naive_same_padding_is_tensorflows() -> None:
    assert naive.padding_and_outputs(5, 2, 1, "same") == ((0, 1), 5)
    assert naive.padding_and_outputs(5, 4, 1, "same") == ((1, 2), 5)
    assert naive.padding_and_outputs(224, 7, 2, "same") == ((2, 3), 112)
    assert naive.padding_and_outputs(5, 1, 3, "same") == ((0, 0), 2)


def test_naive_percentile_by_hand() -> None:
    row = np.array([[40, 10, 30, 20]], np.uint8)
    for percent, expected in ((0, 10), (25, 20), (50, 30), (75, 30), (100, 40), (16, 10), (17, 20)):
        assert naive.percentile(row, (1, 4), percent, padding="valid").item() == expected


def test_naive_pooling_by_hand() -> None:
    row = np.array([[1, 2, 3, 4, 5]], np.uint8)
    mean: dict[str, Any] = {"reduce": "mean", "ceil_mode": True}
    assert naive.pool(row, (1, 2), **mean).astype(float).tolist() == [[1.5, 3.5, 5]]
    padded = naive.pool(row, (1, 4), stride=(1, 3), padding=(0, 1), **mean).astype(float)
    # the second window reaches from pixel 3 over the last one and the padding: its fourth tap is
    # cut off by the padded image
    assert padded.tolist() == [[6 / 4, 12 / 4]]
    real = naive.pool(row, (1, 4), stride=(1, 3), padding=(0, 1), count_include_pad=False, **mean)
    assert real.astype(float).tolist() == [[6 / 3, 12 / 3]]


def test_naive_smoothing_of_flat_images_changes_nothing() -> None:
    flat = np.full((5, 6, 3), 77, np.uint8)
    assert np.allclose(naive.bilateral(flat, 5, 20, 2), 77)
    assert np.allclose(naive.nl_means(flat, 10, size=3, search=5), 77)


def test_naive_rounding() -> None:
    exact = np.array([-300, -0.5, 0.5, 1.5, 2.5, 254.5, 255.5, 1e300], naive.Real)
    assert naive.round_to(exact, np.uint8).tolist() == [0, 0, 0, 2, 2, 254, 255, 255]
    assert naive.round_to(exact[:5], np.int16).tolist() == [-300, 0, 0, 2, 2]
    assert naive.round_to(exact[-1:], np.float32).tolist() == [math.inf]


def off_by_two(result: Array) -> Array:
    result.flat[0] += 2
    return result


def without_nan(result: Array) -> Array:
    return np.nan_to_num(result, nan=0.0, posinf=np.inf, neginf=-np.inf)


def one_row_less(result: Array) -> Array:
    return result[1:]


def other_dtype(result: Array) -> Array:
    return result.astype(np.float64)


NOISE = np.random.default_rng(1).integers(1, 100, (9, 9), dtype=np.uint8)
FLOATS = np.where(NOISE > 90, np.nan, NOISE).astype(np.float32)
SABOTAGE: list[tuple[Callable[[Array], Array], Case]] = [
    (off_by_two, Case("correlate", NOISE, (np.ones((3, 3)),), {"scale": 1 / 9})),
    (off_by_two, Case("correlate", NOISE, ([[1, 2]],), {"dtype": np.float64})),
    (off_by_two, Case("correlate", NOISE / 255, ([[1, 2]],))),
    (off_by_two, Case("correlate_bank", NOISE, ([[[1]], [[1]]], "l2"))),
    (without_nan, Case("correlate", FLOATS, ([[1, 2]],))),
    (one_row_less, Case("correlate", NOISE, ([[1, 2]],))),
    (other_dtype, Case("correlate", NOISE, ([[1, 2]],))),
]


@pytest.mark.parametrize(("harm", "case"), SABOTAGE, ids=lambda p: getattr(p, "__name__", str(p)))
def test_a_broken_engine_is_noticed(
    harm: Callable[[Array], Array], case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    check(case)
    sound = getattr(engine, case.function)
    monkeypatch.setattr(engine, case.function, lambda *a, **o: harm(sound(*a, **o)))
    with pytest.raises(AssertionError):
        check(case)


def test_an_engine_that_writes_to_its_input_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def correlate(image: Array, *arguments: Any, **options: Any) -> Array:
        result = sound(image, *arguments, **options)
        image[0, 0] += 1
        return result

    sound = engine.correlate
    monkeypatch.setattr(engine, "correlate", correlate)
    with pytest.raises(AssertionError, match="written to"):
        check(Case("correlate", NOISE.copy(), ([[1]],)))


def test_an_engine_that_hands_out_its_input_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "correlate", lambda image, kernel, workers: image)
    with pytest.raises(AssertionError, match="view"):
        check(Case("correlate", NOISE, ([[1]],)))


def test_an_engine_that_depends_on_workers_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def correlate(image: Array, kernel: Any, workers: int | None) -> Array:
        result = sound(image, kernel)
        result[0, 0] *= np.float64(1 + 1e-15 * (workers == 3))
        return result

    sound = engine.correlate
    monkeypatch.setattr(engine, "correlate", correlate)
    with pytest.raises(AssertionError, match="3 workers"):
        check(Case("correlate", NOISE / 255, ([[1]],)))


def test_an_engine_that_answers_what_it_should_refuse_is_noticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(engine, "correlate", lambda image, kernel, padding, workers: image.copy())
    with pytest.raises(AssertionError, match="instead of an error"):
        check(Case("correlate", NOISE, (np.ones((20, 20)),), {"padding": "valid"}))


@pytest.mark.parametrize("kind", DRAWS)
def test_drawn_calls_are_the_same_again(kind: str) -> None:
    calls = [str(draw_case(Random(5), kind)) for _ in range(2)]
    assert calls[0] == calls[1]


def test_fuzzer_finds_nothing_here(capsys: pytest.CaptureFixture[str]) -> None:
    assert fuzz.main(["--cases", "200", "--seed", "3"]) == 0
    assert "200 cases with seed 3" in capsys.readouterr().out


def test_fuzzer_tells_how_to_repeat_a_failure(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = engine.correlate
    monkeypatch.setattr(engine, "correlate", lambda *a, **o: off_by_two(sound(*a, **o)))
    assert fuzz.main(["--cases", "40", "--seed", "9", "--kind", "correlate"]) == 1
    shown = capsys.readouterr().out
    command = next(line for line in shown.splitlines() if line.startswith("python -m tests.fuzz"))
    assert fuzz.main(command.split()[3:]) == 1
    assert "1 cases with seed 9" in capsys.readouterr().out
