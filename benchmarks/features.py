"""Hand-made features against raw pixels: faces or not, and three textures, by logistic regression.

    python benchmarks/features.py [--banks gabor,laws] [--squeezenet squeezenet.safetensors]

Needs the packages scikit-learn and scikit-image, which brings the pictures: 100 faces and 100 other
pictures of 25x25 pixels (`lfw_subset`), and brick, grass and gravel, each cut into 64 patches of
64x64. They go through the command `convfilter features --grid 4x4`, with their folders as labels.
What is shown is the share that is told rightly, the mean of five folds, each of which the others
have been learned from. With weights, which `benchmarks/squeezenet_weights.py` makes, the layer
fire5 of a network that knows a thousand other classes is tried as well, without a grid.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from skimage import data

from convfilter import write
from convfilter.cli.main import run

BANKS = ("sobel", "gabor", "laws", "lm")
TEXTURES = ("brick", "grass", "gravel")
PATCH = 64

Classes = dict[str, NDArray[np.generic]]


def faces() -> Classes:
    """Return pictures (100, 25, 25) of faces and of other things."""
    pictures = data.lfw_subset().astype(np.float32)
    return {"face": pictures[:100], "other": pictures[100:]}


def textures() -> Classes:
    """Return patches (64, 64, 64) of three textures."""
    return {name: patches(getattr(data, name)()) for name in TEXTURES}


def patches(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Cut a picture into patches (n, PATCH, PATCH)."""
    rows, columns = picture.shape[0] // PATCH, picture.shape[1] // PATCH
    cut = picture[: rows * PATCH, : columns * PATCH].reshape(rows, PATCH, columns, PATCH)
    return cut.swapaxes(1, 2).reshape(-1, PATCH, PATCH)


def accuracy(features: NDArray[np.floating], labels: NDArray[np.str_]) -> float:
    """Return the share of labels that is told rightly, over five folds."""
    # takes seconds to import, which `--help` has no use for
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    return float(cross_val_score(model, features, labels, cv=folds).mean())


def of_pixels(classes: Classes) -> float:
    """Return the accuracy of raw pixels."""
    labels = np.repeat(list(classes), [len(pictures) for pictures in classes.values()])
    pixels = np.concatenate([*classes.values()])
    return accuracy(pixels.reshape(len(pixels), -1).astype(np.float64), labels)


def of_bank(classes: Classes, bank: str) -> float:
    """Return the accuracy of the features of a bank."""
    return of_command(classes, ["--bank", bank, "--grid", "4x4"])


def of_network(classes: Classes, weights: str) -> float:
    """Return the accuracy of the features of SqueezeNet's layer fire5."""
    return of_command(classes, ["--model", "squeezenet", "--weights", weights, "--layer", "fire5"])


def of_command(classes: Classes, options: list[str]) -> float:
    """Return the accuracy of the features that the command makes."""
    with tempfile.TemporaryDirectory() as folder:
        for label, pictures in classes.items():
            Path(folder, label).mkdir()
            for number, picture in enumerate(pictures):
                # NumPy's files hold the floats of the faces as they are
                write(picture, Path(folder, label, f"{number:03}.npy"))
        out = str(Path(folder, "features.npz"))
        folders = [str(Path(folder, label)) for label in classes]
        if run(["features", *options, "--folder-labels", *folders, out]):
            raise SystemExit("the command failed")
        with np.load(out) as table:
            return accuracy(table["features"], table["labels"])


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--banks", default=",".join(BANKS), help="with commas between them")
    parser.add_argument("--squeezenet", metavar="FILE", help="weights of it")
    options = parser.parse_args()
    ways: dict[str, Callable[[Classes], float]] = {"raw pixels": of_pixels}
    ways |= {bank: partial(of_bank, bank=bank) for bank in options.banks.split(",")}
    if options.squeezenet:
        ways["squeezenet"] = partial(of_network, weights=options.squeezenet)
    tasks = (faces(), textures())
    print(f"{'':10}  faces or not  textures")
    for name, way in ways.items():
        found = [way(task) for task in tasks]
        print(f"{name:10}  {found[0]:>10.2%}  {found[1]:>10.2%}", flush=True)


if __name__ == "__main__":
    main()
