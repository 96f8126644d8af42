"""What is compiled ahead of time, and by whom."""

from __future__ import annotations

import sys

import pytest

from convfilter import filters, kernels
from convfilter.cli.commands import warming


def test_a_worker_that_ends_is_told(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    assert warming.warm(["minimum", "median"], 2, lambda: None) == [
        "minimum",
        "median",
        warming.FILES,
    ]


def test_all_filters_are_warmed_in_pairs_too(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    names = [*filters.names(), "sobel-x"]
    assert warming.warm(names, 1, lambda: None) == [*names, warming.FILES, warming.CHAINS]


def test_pairs_are_made_of_filters_that_go_in_one_pass():
    names = ["convolve", "gaussian-blur", "invert", "max-pool", "median", "sobel"]
    assert warming.chain_links(names) == ["gaussian-blur", "sobel", "max-pool"]
    assert warming.chain_links(["invert", "median"]) == []


def test_every_variant_of_a_filter_is_run():
    tried = [*warming._variants(filters.get("sobel"), {})]
    assert tried[0] == {}
    assert {"norm": "l1"} in tried
    assert {"size": 5} in [*warming._variants(filters.get("median"), {})]
    needed = [*warming._variants(filters.get("convolve"), {})]
    assert [values["kernel"] for values in needed[: len(kernels.names())]] == kernels.names()
