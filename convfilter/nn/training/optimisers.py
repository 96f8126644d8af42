"""Descent: how gradients change weights."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence

import numpy as np

from convfilter.nn.training.steps import Array, Arrays


class Optimiser(ABC):
    """Changes weights in place, by their gradients.

    Attributes
    ----------
    state : what it remembers, by name; with the weights all that a later run needs to go on
    """

    def __init__(self, decay: float) -> None:
        self._decay = decay
        self.state: Arrays = {}

    def step(
        self, weights: Arrays, gradients: Mapping[str, Array], names: Sequence[str], rate: float
    ) -> None:
        """Change the weights of these names once, at this learning rate."""
        for name in names:
            weight, gradient = weights[name], gradients[name]
            if self._decay and weight.ndim > 1:  # neither biases nor scales are pulled to 0
                gradient = gradient + gradient.dtype.type(self._decay) * weight
            self._change(name, weight, gradient, rate)

    @abstractmethod
    def _change(self, name: str, weight: Array, gradient: Array, rate: float) -> None:
        """Change one array."""

    def _remembered(self, name: str, like: Array) -> Array:
        return self.state.setdefault(name, np.zeros_like(like))


class Sgd(Optimiser):
    """Stochastic gradient descent with momentum, by PyTorch's rule.

    ``velocity = momentum * velocity + gradient; weight -= rate * velocity``

    Parameters
    ----------
    momentum : from 0 to below 1
    decay : of weights, times the weight added to its gradient
    """

    def __init__(self, momentum: float = 0.9, decay: float = 0.0) -> None:
        super().__init__(decay)
        self._momentum = momentum

    def _change(self, name: str, weight: Array, gradient: Array, rate: float) -> None:
        kind = weight.dtype.type
        velocity = self._remembered(f"velocity.{name}", weight)
        velocity *= kind(self._momentum)
        velocity += gradient
        weight -= kind(rate) * velocity


class Adam(Optimiser):
    """Steps of about one size for every weight (Kingma and Ba 2015).

    Parameters
    ----------
    first, second : how much of the mean gradient and of its mean square stays from step to step
    epsilon : is added to the root of the mean square
    decay : of weights, times the weight added to its gradient
    """

    def __init__(
        self,
        first: float = 0.9,
        second: float = 0.999,
        epsilon: float = 1e-8,
        decay: float = 0.0,
    ) -> None:
        super().__init__(decay)
        self._first, self._second, self._epsilon = first, second, epsilon

    def _change(self, name: str, weight: Array, gradient: Array, rate: float) -> None:
        kind = weight.dtype.type
        mean = self._remembered(f"mean.{name}", weight)
        square = self._remembered(f"square.{name}", weight)
        steps = self.state.setdefault(f"steps.{name}", np.zeros(1, np.int64))
        steps += 1
        mean += kind(1 - self._first) * (gradient - mean)
        square += kind(1 - self._second) * (np.square(gradient) - square)
        count = int(steps[0])
        unbiased = np.sqrt(square * kind(1 / (1 - self._second**count))) + kind(self._epsilon)
        weight -= kind(rate / (1 - self._first**count)) * mean / unbiased
