"""Training: epochs of batches, what is told meanwhile, and where a later run goes on."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from convfilter.errors import ArgumentError
from convfilter.nn.graph import Graph
from convfilter.nn.training.data import Changes, Data, Range
from convfilter.nn.training.losses import loss_of
from convfilter.nn.training.model import Model, batch_second
from convfilter.nn.training.optimisers import Adam, Optimiser, Sgd
from convfilter.nn.training.start import start


@dataclass(frozen=True)
class Recipe:
    """How a network is trained.

    Attributes
    ----------
    optimiser : "sgd" (with momentum) or "adam"
    rate : of learning, at the beginning
    epochs : how often every picture is shown
    batch : pictures between two steps
    steps : epochs before which the rate is multiplied by `factor`, as shares of all epochs
    factor : below 1
    momentum : of "sgd"
    decay : of weights
    changes : of pictures, each time they are shown
    """

    optimiser: Literal["sgd", "adam"] = "sgd"
    rate: float = 0.01
    epochs: int = 15
    batch: int = 64
    steps: tuple[float, ...] = (0.5, 0.75, 0.9)
    factor: float = 0.3
    momentum: float = 0.9
    decay: float = 0.0
    changes: Changes = field(default_factory=Changes)

    def rate_of(self, epoch: int) -> float:
        """Return the learning rate of an epoch, the first one is 0."""
        passed = sum(epoch >= round(share * self.epochs) for share in self.steps)
        return self.rate * self.factor**passed

    def make(self) -> Optimiser:
        """Return the optimiser."""
        if self.optimiser == "adam":
            return Adam(decay=self.decay)
        return Sgd(self.momentum, self.decay)


@dataclass(frozen=True)
class Progress:
    """What is known after a batch.

    Attributes
    ----------
    epoch : the first one is 0
    batch, batches : how many of the epoch are done, and how many there are
    loss : the mean of the epoch so far
    accuracy : the share of the epoch's pictures so far that were named rightly when shown
    """

    epoch: int
    batch: int
    batches: int
    loss: float
    accuracy: float


class Training:
    """A network on its way from random weights to good ones.

    The same seed, data and recipe give the same weights to the bit, whatever the number of threads,
    and whether they are made in one go or from a checkpoint on.

    Parameters
    ----------
    graph : the network
    data : pictures to learn from
    to_input : how they become what the network is given
    recipe : how it is trained
    seed : of weights, order and changes
    workers : threads, all CPUs where None

    Examples
    --------
    ::

        training = Training(graph, data, to_input, Recipe(epochs=3), seed=0)
        for progress in training.run():
            print(progress.loss)
        weights = training.model.weights
    """

    def __init__(
        self,
        graph: Graph,
        data: Data,
        to_input: Range,
        recipe: Recipe,
        *,
        seed: int = 0,
        workers: int | None = None,
    ) -> None:
        if not len(data):
            raise ArgumentError("there are no pictures to learn from")
        self.graph, self.recipe, self.to_input = graph, recipe, to_input
        self._data, self._seed = data, seed
        self.model = Model(graph, start(graph, seed), workers=workers)
        self._optimiser = recipe.make()
        self._loss = loss_of(graph)
        self.epoch = 0
        """How many epochs are done."""

    def run(self) -> Iterator[Progress]:
        """Train until all epochs are done; yield after each batch."""
        while self.epoch < self.recipe.epochs:
            yield from self.run_epoch()

    def run_epoch(self) -> Iterator[Progress]:
        """Train for one epoch; yield after each batch.

        Raises
        ------
        ArgumentError
            Where the loss is no number any more: the learning rate is too high.
        """
        rng = np.random.default_rng([self._seed, self.epoch])
        rate = self.recipe.rate_of(self.epoch)
        batches = max(1, len(self._data) // self.recipe.batch)
        losses, right, seen = 0.0, 0, 0
        shuffled = self._data.shuffled(self.recipe.batch, self.recipe.changes, rng)
        for done, (pictures, labels) in enumerate(shuffled, 1):
            with np.errstate(all="ignore"):  # what is no number is seen by the loss
                out = self.model.forward(self._input(pictures))
                loss, gradient = self._loss(out, labels)
            if not np.isfinite(loss):
                raise ArgumentError(
                    f"training has failed in epoch {self.epoch + 1}: the loss is {loss};"
                    " try a lower learning rate"
                )
            gradients = self.model.backward(gradient)
            self._optimiser.step(self.model.weights, gradients, self.model.learned, rate)
            seen += len(labels)
            losses += loss * len(labels)
            right += int((self._loss.best(out) == labels).sum())
            if done == batches:
                self.epoch += 1
            epoch = self.epoch - (done == batches)
            yield Progress(epoch, done, batches, losses / seen, right / seen)

    def _input(self, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        return batch_second(self.to_input.of(pictures), np.float32)

    def answers(self, data: Data) -> NDArray[np.int64]:
        """Return the class that the network names for each picture."""
        found = [
            self._loss.best(self.model.forward(self._input(pictures), training=False))
            for pictures, _ in data.in_order(256)
        ]
        return np.concatenate(found) if found else np.empty(0, np.int64)

    def accuracy(self, data: Data) -> float:
        """Return the share of pictures that the network names rightly."""
        return float((self.answers(data) == data.labels).mean())

    def checkpoint(self) -> bytes:
        """Return a file (.npz) from which `resume` goes on."""
        arrays: dict[str, Any] = {f"weights/{k}": v for k, v in self.model.weights.items()}
        arrays |= {f"optimiser/{k}": v for k, v in self._optimiser.state.items()}
        arrays["training"] = np.array(json.dumps({"epoch": self.epoch, **self._identity()}))
        return npz(arrays)

    def _identity(self) -> dict[str, Any]:
        """Return what has to be the same where training goes on."""
        recipe = json.loads(json.dumps(asdict(self.recipe)))
        return {
            "network": self.graph.name,
            "seed": self._seed,
            "pictures": len(self._data),
            "recipe": recipe,
        }

    def resume(self, checkpoint: bytes, where: str) -> None:
        """Go on where a checkpoint was made.

        Parameters
        ----------
        checkpoint : what `checkpoint` returned
        where : the name of the file, for messages

        Raises
        ------
        ArgumentError
            For a file that is no checkpoint, or one of another training; nothing is changed then.
        """
        try:
            with np.load(io.BytesIO(checkpoint), allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
            told = json.loads(str(arrays.pop("training")))
            epoch = int(told.pop("epoch"))
        except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
            raise ArgumentError(f"{where} is no checkpoint of a training") from error
        for name, wanted in self._identity().items():
            if told.get(name) != wanted:
                raise ArgumentError(
                    f"{where} is of another training: its {name} is {told.get(name)}, not {wanted}"
                )
        weights = {k.removeprefix("weights/"): v for k, v in arrays.items() if k[0] == "w"}
        state = {k.removeprefix("optimiser/"): v for k, v in arrays.items() if k[0] == "o"}
        for name, array in self.graph.check_weights(weights, where).items():
            self.model.weights[name][...] = array
        self._optimiser.state = state
        self.epoch = epoch


def npz(arrays: dict[str, Any]) -> bytes:
    """Return arrays as a file of NumPy's format, the same bytes for the same arrays."""
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()
