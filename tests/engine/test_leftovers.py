"""What other work left in memory to work in changes nothing: no result, and no plan."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from convfilter.engine.operation import Operation, attempt
from convfilter.engine.planning import forcing
from convfilter.engine.window.axes import Outline
from convfilter.runtime.memory import Lent, Scratch
from tests.engine.cases import noise
from tests.engine.chains import EACH, Step

STEPS = [*EACH.values(), *(Step("median", (size,)) for size in (2, 5, 7))]
SHAPES = [(2, 2), (5, 3), (9, 14), (6, 31), (4, 5, 3), (7, 16, 4)]


def operations(step: Step, image: np.ndarray[Any, Any]) -> list[tuple[str, Operation]]:
    """Return a step as an operation for every plan that there is for it, with its name."""
    outline = Outline.of(image)
    made = []
    for name in sorted({plan.name for plan in step.operation(outline, image.dtype).ways()}):
        with forcing(name):
            operation = step.operation(outline, image.dtype)
            assert operation.plan.name.startswith(name)
            made.append((name, operation))
    return made


@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64"])
@pytest.mark.parametrize("step", STEPS, ids=str)
def test_nothing_is_read_that_was_not_written(
    step: Step, dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = [noise(shape, dtype) for shape in SHAPES]
    images = [image.reshape(*image.shape[:2], -1) for image in images]
    if step.function == "canny":
        images = [image[:, :, :1] for image in images]
    if images[0].dtype.kind == "f":
        images = [np.abs(image) / np.abs(image).max() for image in images]
    made = [
        (image, name, operation) for image in images for name, operation in operations(step, image)
    ]
    clean = [attempt(operation, image, 1) for image, _, operation in made]
    take = Scratch.take

    def take_dirty(self: Scratch, name: str, shape: Any, kind: np.dtype[Any]) -> Lent:
        lent = take(self, name, shape, kind)
        lent.memory.reshape(-1).view(np.uint8)[:] = 0xFF  # NaN, if they are floats
        return lent

    monkeypatch.setattr(Scratch, "take", take_dirty)
    for (image, name, operation), (expected, bad) in zip(made, clean, strict=True):
        result, dirty_bad = attempt(operation, image, 1)
        assert (bad, dirty_bad) == (0, 0), (name, image.shape)
        assert result.tobytes() == expected.tobytes(), (name, image.shape)
