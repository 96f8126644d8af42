"""The tests of single operators that the package onnx brings, as models with their answers."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import numpy_helper

from convfilter.nn.onnx.operators import OPERATORS

DATA = Path(onnx.__file__).parent / "backend" / "test" / "data"


@dataclass(frozen=True)
class Official:
    """A model of one input, what it is given, and what it has to give."""

    name: str
    model: onnx.ModelProto
    x: np.ndarray[Any, np.dtype[np.float32]]
    expected: np.ndarray[Any, np.dtype[np.float32]]


@functools.cache
def of_single_nodes() -> dict[str, Official]:
    """Return the tests of one operator each: images in, float32, one output.

    ONNX computes those of all its operators, which takes seconds.
    """
    return {each.name: each for each in _nodes()}


@functools.cache
def converted() -> dict[str, Official]:
    """Return the tests that ONNX has as files: images in, float32, one output."""
    return {each.name: each for each in _converted()}


def _nodes() -> Iterator[Official]:
    from onnx.backend.test.case.node import collect_testcases

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what other tests compute
        cases = collect_testcases(None)
    for case in cases:
        given, answers = case.data_sets[0]
        yield from _of_images(case.name, case.model, given, answers)


def _converted() -> Iterator[Official]:
    for path in sorted((DATA / "pytorch-converted").glob("*/model.onnx")):
        folder = path.parent / "test_data_set_0"
        given, answers = (
            [_array(file) for file in sorted(folder.glob(f"{kind}_*.pb"))]
            for kind in ("input", "output")
        )
        yield from _of_images(path.parent.name, onnx.load(path), given, answers)


def _array(path: Path) -> Any:
    return numpy_helper.to_array(onnx.load_tensor(path))


def _of_images(name: str, model: Any, given: Any, answers: Any) -> Iterator[Official]:
    operators = {node.op_type for node in model.graph.node}
    first = given[0] if given else None
    is_image = getattr(first, "dtype", None) == np.float32 and first.ndim == 4
    if not operators <= OPERATORS.keys() or not is_image or len(answers) != 1:
        return
    # further inputs become weights
    names = [each.name for each in model.graph.input]
    constants = {each.name for each in model.graph.initializer}
    for other, array in zip([n for n in names if n not in constants][1:], given[1:], strict=True):
        model.graph.initializer.append(numpy_helper.from_array(array, other))
    yield Official(name, model, first, answers[0])
