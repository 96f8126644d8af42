"""Where windows lie, in pure integers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convfilter.engine.window.axes import lay_out
from convfilter.errors import ArgumentError, ArgumentTypeError
from tests import naive
from tests.engine.cases import draw_padding


@given(
    random=st.randoms(use_true_random=False),
    size=st.tuples(st.integers(1, 30), st.integers(1, 30)),
    window=st.tuples(st.integers(1, 12), st.integers(1, 12)),
    stride=st.integers(1, 6),
    dilation=st.integers(1, 5),
)
def test_layout_is_that_of_the_twin(
    random: Any, size: Any, window: Any, stride: int, dilation: int
) -> None:
    padding = draw_padding(random)
    spans = [naive.reach(window[i], dilation) for i in (0, 1)]
    paddings = naive.per_axis(padding)
    try:
        expected = [
            naive.padding_and_outputs(size[i], spans[i], stride, paddings[i]) for i in (0, 1)
        ]
    except naive.NothingLeftError:
        with pytest.raises(ArgumentError):
            lay_out(size, window, stride, dilation, padding)
        return
    axes = lay_out(size, window, stride, dilation, padding)
    assert [((axis.before, axis.after), axis.outputs) for axis in axes] == expected
    for axis in axes:
        assert axis.extent <= axis.size + axis.before + axis.after


def test_forms_of_padding_mean_the_same() -> None:
    forms = [2, (2, 2), [2, 2], ((2, 2), (2, 2)), [[2, 2], (2, 2)], np.int64(2), "full", "same"]
    layouts = [lay_out((9, 9), (5, 5) if form == "same" else (3, 3), 1, 1, form) for form in forms]
    assert {(axis.before, axis.after) for rows_columns in layouts for axis in rows_columns} == {
        (2, 2)
    }


@pytest.mark.parametrize(
    "padding", [((1, 2), 3), ((1,), (2, 3)), ((1, 2), (3, 4), (5, 6)), ((1, 2, 3), (4, 5)), {}]
)
def test_other_forms_of_padding_are_refused(padding: Any) -> None:
    with pytest.raises((ArgumentError, ArgumentTypeError), match="padding"):
        lay_out((9, 9), (3, 3), 1, 1, padding)


@pytest.mark.parametrize("exponent", [31, 40, 62, 63, 64, 100])
def test_absurd_numbers_are_refused_at_once(exponent: int) -> None:
    huge = 2**exponent
    for arguments in (
        ((huge, 3), 1, 1, "same"),
        ((3, 3), 1, huge, "same"),
        ((3, 3), 1, 1, huge),
        ((3, 3), 1, 1, (0, huge)),
        ((3, 3), 1, 1, ((huge, 0), (0, 0))),
    ):
        with pytest.raises(ArgumentError):
            lay_out((100, 100), *arguments)
