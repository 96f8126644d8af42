"""Pictures told apart: a network with what is done to a picture before it and to its output."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from convfilter.errors import NetworkError
from convfilter.nn.network import Network
from convfilter.nn.scores import best, probabilities
from convfilter.picture.image import Image

__all__ = ["Classifier", "Guess", "NoDigitError", "of_digits", "of_network"]


class NoDigitError(NetworkError):
    """A picture shows nothing that could be a digit."""


@dataclass(frozen=True)
class Guess:
    """A class that a picture may be of, with its label, if that is known, and its probability."""

    index: int
    label: str | None
    probability: float


class Classifier:
    """What tells which class a picture is of.

    Attributes
    ----------
    network : that computes it
    labels : of its classes, none where they are not known
    assumed : the preprocessing in words, where the weights tell none and it had to be guessed
    """

    def __init__(
        self,
        network: Network,
        prepare: Callable[[Image], NDArray[np.float32]],
        labels: tuple[str, ...],
        assumed: str = "",
    ) -> None:
        self.network = network
        self.labels = labels
        self.assumed = assumed
        self._prepare = prepare

    def input(self, picture: Image) -> NDArray[np.float32]:
        """Return a picture as the network takes it, (1, maps, rows, columns)."""
        return self._prepare(picture)[None]

    def probabilities(self, picture: Image) -> NDArray[np.float64]:
        """Return the probability of every class, (classes,).

        Raises
        ------
        ArgumentError
            The picture cannot be made what the network takes, or that tells no classes.
        NoDigitError
            It shows no digit, and digits are told apart.
        """
        shares: NDArray[np.float64]
        (shares,) = probabilities(self.network.graph, self.network(self.input(picture)))
        return shares

    def guesses(self, picture: Image, count: int = 5) -> list[Guess]:
        """Return the most probable classes of a picture, the best first."""
        return [
            Guess(index, self.label(index), share)
            for index, share in best(self.probabilities(picture), count)
        ]

    def label(self, index: int) -> str | None:
        """Return the label of a class, if it is known."""
        return self.labels[index] if index < len(self.labels) else None


def of_network(network: Network, labels: tuple[str, ...] = ()) -> Classifier:
    """Return what tells pictures apart by a network; `labels` come before those of its weights."""
    from convfilter.nn import models
    from convfilter.nn.preprocessing.description import assumed_for
    from convfilter.nn.preprocessing.pictures import prepared

    known = network.preprocessing
    shape = network.graph.input_shape
    if known is None and len(shape) != 3:
        raise NetworkError(f"{network.name} takes {shape}, and no pictures")
    how = assumed_for(shape, models.scaling_of(network.name)) if known is None else known
    if how.maps != shape[0]:
        raise NetworkError(
            f"{network.name} takes {shape[0]} maps, but its preprocessing makes {how.maps}"
            f" ({how.channels}): correct the TOML file beside the weights"
        )
    return Classifier(
        network,
        lambda picture: prepared(picture, how),
        labels or how.labels,
        how.summary if known is None else "",
    )


def of_digits(workers: int | None = None) -> Classifier:
    """Return what tells handwritten digits apart: LeNet-5 with the weights of this package."""
    from convfilter.nn import models
    from convfilter.nn.digits import reading, shipped

    def prepare(picture: Image) -> NDArray[np.float32]:
        digit = reading.read_digit(picture.pixels)
        if digit is None:
            raise NoDigitError("no digit found")
        return shipped.as_input(digit)

    network = Network(models.get(shipped.NAME), shipped.weights(), workers=workers)
    return Classifier(network, prepare, tuple("0123456789"))
