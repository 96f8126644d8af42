from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from convfilter.dask.blocks import Span, borders, cuts, result_spans

CHUNKS = st.lists(st.integers(1, 9), min_size=1, max_size=6)


@given(CHUNKS, st.integers(1, 60))
def test_chunks_of_results_follow_one_another(chunks: list[int], made: int) -> None:
    spans = result_spans(chunks, made)
    assert spans[0].first == 0
    assert spans[-1].last == made
    assert all(one.last == other.first for one, other in pairwise(spans))
    assert all(span.length > 0 for span in spans)


@given(CHUNKS)
def test_results_of_the_same_size_have_the_same_chunks(chunks: list[int]) -> None:
    spans = result_spans(chunks, sum(chunks))
    assert [span.length for span in spans] == chunks


@given(CHUNKS, st.data())
def test_cuts_are_what_is_wanted(chunks: list[int], data: st.DataObject) -> None:
    total = sum(chunks)
    first = data.draw(st.integers(0, total - 1))
    last = data.draw(st.integers(first + 1, total))
    places = borders(chunks)
    found: list[int] = []
    for cut in cuts(places, Span(first, last)):
        assert cut.to.first == len(found)
        assert cut.to.length == cut.inside.length > 0
        assert cut.inside.last <= chunks[cut.chunk]
        found += range(places[cut.chunk] + cut.inside.first, places[cut.chunk] + cut.inside.last)
    assert found == [*range(first, last)]
