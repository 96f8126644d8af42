"""Weights as they were learned, on pictures that everybody has."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from skimage import data

import convfilter
from convfilter.nn.preprocessing.pictures import prepared
from convfilter.nn.scores import probabilities
from convfilter.picture.image import Image
from tests.nn.onnx import export

PICTURES = {"coffee": (967, 0.94), "chelsea": (285, 0.40), "camera": (872, 0.48)}
"""An espresso, an Egyptian cat and a tripod: the classes of ImageNet, and how probable they are."""

SCRIPT = Path(__file__).parents[3] / "benchmarks" / "squeezenet_weights.py"

pytestmark = pytest.mark.thorough


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """SqueezeNet's weights out of the package ndf; without it the script, and the test, fail."""
    path = tmp_path_factory.mktemp("weights") / "squeezenet.safetensors"
    done = subprocess.run(
        [sys.executable, SCRIPT, path], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return path


def test_pictures_are_what_they_show(weights: Path, tmp_path: Path) -> None:
    for name in PICTURES:
        convfilter.write(getattr(data, name)(), tmp_path / f"{name}.png")
    options = ["--model", "squeezenet", "--weights", str(weights), "--json"]
    paths = [str(tmp_path / f"{name}.png") for name in PICTURES]
    command = [sys.executable, "-m", "convfilter", "nn", "predict", *options, *paths]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    for record, (index, share) in zip(json.loads(done.stdout), PICTURES.values(), strict=True):
        best = record["top"][0]
        assert best["index"] == index
        assert round(best["probability"], 2) == share, record


def test_every_layer_is_that_of_onnxruntime(weights: Path) -> None:
    network = convfilter.nn.load("squeezenet", weights)
    graph = network.graph
    assert graph.input_shape == (3, 227, 227)
    assert network.preprocessing is not None
    assert network.weights is not None
    witness = export.model(graph, network.weights, network.layers)
    for name, (index, _) in PICTURES.items():
        x = prepared(Image(getattr(data, name)()), network.preprocessing)[None]
        expected = export.run(witness, x)
        output, layers = network(x, network.layers)
        for layer, array in layers.items():
            largest = np.abs(expected[layer]).max()
            assert np.abs(array - expected[layer]).max() <= 1e-4 * largest, (name, layer)
        shares = (probabilities(graph, array)[0] for array in (output, expected[graph.output]))
        ours, theirs = shares
        assert ours.argmax() == index
        assert np.abs(ours - theirs).max() <= 1e-4
