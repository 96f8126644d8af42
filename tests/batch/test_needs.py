"""Which loops filters, kernels and files need, as rehearsals tell."""

from __future__ import annotations

import pytest

from convfilter import filters, kernels
from convfilter.batch import needs
from convfilter.runtime.compiled import loading


@pytest.fixture(autouse=True)
def _nothing_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*given: object) -> None:
        raise AssertionError(f"{given} is asked for outside of a rehearsal")

    monkeypatch.setattr(loading, "_loop", refuse)


def names(requests: dict[needs.Request, None]) -> set[str]:
    """Return the names of loops, without their rooms."""
    return {name.rpartition(".")[2] for name, _ in requests}


def test_files() -> None:
    assert names(needs.of_files()) == {"filter_rows", "unfilter_rows"}


def test_filters_and_kernels() -> None:
    assert names(needs.of_filter("invert")) == {"hold", "hold_nan"}  # it looks for gaps alone
    assert needs.of_filter("kirsch-nw").keys() < needs.of_filter("convolve").keys()
    asked = [(name, dict(dtypes)) for name, dtypes in needs.of_filter("median") if "3x3" in name]
    assert {dtypes["T"] for _, dtypes in asked if "T" in dtypes} == {*needs.DTYPES, "float64"}
    assert {dtypes["S"] for _, dtypes in asked if "S" in dtypes} == {*needs.DTYPES}  # among gaps


@pytest.mark.thorough
def test_small_and_large_pictures_and_every_size_of_a_window() -> None:
    assert {"median_3x3", "median_5x5"} < names(needs.of_filter("median"))
    assert {"respond", "correlate"} < names(needs.of_filter("gabor"))


def test_only_what_is_named_with_what_files_need() -> None:
    alone = needs.of_filters(["invert"])
    assert alone.keys() == needs.of_files().keys() | needs.of_filter("invert").keys()
    of_two = needs.of_filters(["minimum", "emboss"])
    parts = [needs.of_files(), needs.of_filter("minimum"), needs.of_filter("emboss")]
    assert of_two.keys() == {loop for part in parts for loop in part}


def test_all_filters_are_run_in_pairs_too(monkeypatch: pytest.MonkeyPatch) -> None:
    paired = {("probes.paired", ()): None}
    monkeypatch.setattr(needs, "of_filter", lambda name: {})
    monkeypatch.setattr(needs, "of_pairs", lambda known: paired)
    assert paired.keys() <= needs.of_filters([*filters.names(), "sobel-x"]).keys()
    assert needs.of_filters(["sobel"]) == needs.of_files()


def test_pairs_are_made_of_filters_that_go_in_one_pass() -> None:
    known = {name: needs.of_filter(name) for name in ("invert", "gaussian-blur", "mean-pool")}
    alone = {loop for needed in known.values() for loop in needed}
    pairs = needs.of_pairs(known)
    assert pairs
    assert not pairs.keys() <= known["gaussian-blur"].keys()
    assert pairs.keys() - alone
    assert needs.of_pairs({"invert": known["invert"]}) == {}


def test_every_variant_of_a_filter_is_run() -> None:
    tried = [*needs._variants(filters.get("sobel"), {})]
    assert tried[0] == {}
    assert {"norm": "l1"} in tried
    assert {"size": 5} in [*needs._variants(filters.get("median"), {})]
    needed = [*needs._variants(filters.get("convolve"), {})]
    assert [values["kernel"] for values in needed[: len(kernels.names())]] == kernels.names()
