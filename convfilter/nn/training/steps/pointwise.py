"""Activations and batch normalisation."""

from __future__ import annotations

import numpy as np

from convfilter.nn.layers.pointwise import BatchNorm, Relu, Softmax, Tanh
from convfilter.nn.training.steps.step import Array, Arrays, Step


class ReluStep(Step[Relu], of=Relu):
    """The larger of x and 0."""

    def forward(self, inputs: list[Array], weights: Arrays, training: bool) -> Array:
        """Return the larger of x and 0."""
        self._out: Array = np.maximum(inputs[0], 0)
        return self._out

    def backward(self, gradient: Array, wanted: bool) -> tuple[list[Array | None], Arrays]:
        """Return the gradient where x is above 0, and 0 elsewhere."""
        return [gradient * (self._out > 0)], {}


class TanhStep(Step[Tanh], of=Tanh):
    """A scaled hyperbolic tangent."""

    def forward(self, inputs: list[Array], weights: Arrays, training: bool) -> Array:
        """Return ``amplitude * tanh(slope * x)``."""
        kind = inputs[0].dtype.type
        self._tanh: Array = np.tanh(inputs[0] * kind(self.layer.slope))
        out: Array = self._tanh * kind(self.layer.amplitude)
        return out

    def backward(self, gradient: Array, wanted: bool) -> tuple[list[Array | None], Arrays]:
        """Return the gradient times ``amplitude * slope * (1 - tanh**2)``."""
        steepest = gradient.dtype.type(self.layer.amplitude * self.layer.slope)
        return [gradient * (steepest - steepest * np.square(self._tanh))], {}


class SoftmaxStep(Step[Softmax], of=Softmax):
    """Probabilities of features or maps."""

    def forward(self, inputs: list[Array], weights: Arrays, training: bool) -> Array:
        """Return ``exp(x) / sum of exp(x)``."""
        grown = np.exp(inputs[0] - inputs[0].max(0))
        out: Array = grown / grown.sum(0)
        self._out = out
        return out

    def backward(self, gradient: Array, wanted: bool) -> tuple[list[Array | None], Arrays]:
        """Return ``p * (gradient - sum of p * gradient)``."""
        return [self._out * (gradient - (self._out * gradient).sum(0))], {}


RUNNING = 0.1
"""The share of a batch in the running mean and variance (PyTorch's momentum)."""


class BatchNormStep(Step[BatchNorm], of=BatchNorm):
    """Maps of a batch brought to mean 0 and variance 1 (Ioffe and Szegedy 2015)."""

    def forward(self, inputs: list[Array], weights: Arrays, training: bool) -> Array:
        """Return the maps normalised; gather the running mean and variance while training."""
        (x,) = inputs
        self._training = training
        self._weight = weights["weight"]
        out = np.empty_like(x)
        kind = x.dtype.type
        count = x[0].size
        self._normal = np.empty_like(x)
        self._inverse = np.empty(len(x), x.dtype)

        def work(part: int) -> None:
            row = x[part]
            if training:
                mean = row.mean()
                centred = row - mean
                variance = np.square(centred).mean()
                running = weights["running_mean"], weights["running_var"]
                unbiased = variance * count / max(count - 1, 1)
                for array, of_batch in zip(running, (mean, unbiased), strict=True):
                    array[part] = (1 - RUNNING) * array[part] + RUNNING * of_batch
            else:
                centred = row - weights["running_mean"][part]
                variance = weights["running_var"][part]
            self._inverse[part] = 1 / np.sqrt(variance + kind(self.layer.epsilon))
            np.multiply(centred, self._inverse[part], out=self._normal[part])
            np.multiply(self._normal[part], self._weight[part], out=out[part])
            out[part] += weights["bias"][part]

        self.crew.each(len(x), x.size * 50.0, work)
        return out

    def backward(self, gradient: Array, wanted: bool) -> tuple[list[Array | None], Arrays]:
        """Return the gradients of the maps, of the weights and of the bias."""
        learned = {name: np.empty(len(gradient), gradient.dtype) for name in ("weight", "bias")}
        found = np.empty_like(gradient)
        count = gradient.dtype.type(gradient[0].size)

        def work(part: int) -> None:
            row, normal = gradient[part], self._normal[part]
            learned["weight"][part] = grown = (row * normal).sum()
            learned["bias"][part] = total = row.sum()
            scale = self._weight[part] * self._inverse[part]
            if self._training:
                found[part] = (row - total / count - normal * (grown / count)) * scale
            else:
                np.multiply(row, scale, out=found[part])

        self.crew.each(len(gradient), gradient.size * 50.0, work)
        return [found], learned
