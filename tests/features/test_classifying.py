"""What hand-made features are worth: faces and textures, told apart by logistic regression."""

from __future__ import annotations

import pytest

from benchmarks import features


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("classes", "at_least", "pixels"),
    [(features.faces, 0.95, 0.97), (features.textures, 0.98, 0.80)],
    ids=["faces", "textures"],
)
def test_gabors_features_tell_classes_apart(
    classes: object, at_least: float, pixels: float
) -> None:
    task = classes()  # type: ignore[operator]
    found = features.of_bank(task, "gabor")
    assert found >= at_least
    assert features.of_pixels(task) < min(found, pixels)
