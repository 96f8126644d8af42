"""One list of public names, and one meaning of a word."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

import convfilter
from convfilter import Pipeline, engine, filters

IMAGE = np.random.default_rng(0).integers(0, 256, (20, 30), dtype=np.uint8)
KERNEL = [[0, 1, 2], [0, 0, 0], [0, 0, 1]]


def functions_of_arrays() -> dict[str, Callable[..., Any]]:
    """Return the functions of the engine that take arrays."""
    return {
        name: value
        for name in engine.__all__
        if inspect.isfunction(value := getattr(engine, name))
        and inspect.signature(value).parameters
    }


def test_functions_of_the_engine_are_names_of_the_package() -> None:
    found = functions_of_arrays()
    assert {"median", "bilateral", "nl_means", "correlate"} <= set(found)
    assert {name: getattr(convfilter, name) for name in found} == found
    assert set(found) <= set(convfilter.__all__)


def test_correlate_means_the_same_everywhere() -> None:
    wanted = convfilter.correlate(IMAGE, KERNEL, scale=0.25)
    named: dict[str, Any] = {"kernel": KERNEL, "scale": 0.25}
    assert np.array_equal(filters.correlate(IMAGE, **named), wanted)
    assert np.array_equal(convfilter.apply("correlate", IMAGE, **named), wanted)
    assert np.array_equal(Pipeline([("correlate", named)])(IMAGE), wanted)
    text = "correlate kernel='0 1 2, 0 0 0, 0 0 1' scale=0.25"
    assert np.array_equal(Pipeline.parse(text)(IMAGE), wanted)
    assert not np.array_equal(convfilter.convolve(IMAGE, KERNEL, scale=0.25), wanted)


def test_the_filter_convolve_is_what_networks_call_so_and_can_flip() -> None:
    assert filters.correlate is filters.convolve
    named: dict[str, Any] = {"kernel": KERNEL, "scale": 0.25}
    flipped = filters.convolve(IMAGE, **named, flip=True)
    assert np.array_equal(flipped, convfilter.convolve(IMAGE, KERNEL, scale=0.25))
