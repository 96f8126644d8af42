"""Convolutions, fully connected layers and distances to codes, as products of matrices."""

from __future__ import annotations

import numpy as np

from convfilter.nn.layers.convolution import Conv2d, Linear, Rbf
from convfilter.nn.layers.layer import Shape
from convfilter.nn.training.crew import Crew, Parts
from convfilter.nn.training.steps.step import Array, Arrays, Step, walk
from convfilter.runtime import compiled, memory

ROOM = "nn.training.loops"


def _address(array: Array) -> int:
    address: int = array.__array_interface__["data"][0]
    return address


def multiply(a: Array, b: Array, added: Array) -> Array:
    """Return ``a @ b``, with a number added to each row."""
    rows, depth = a.shape
    columns = b.shape[1]
    out = np.empty((rows, columns), a.dtype)
    compiled.loop(f"{ROOM}.products.multiply", T=a.dtype)(
        _address(a),
        depth,
        _address(b),
        columns,
        added,
        _address(out),
        columns,
        rows,
        columns,
        depth,
    )
    return out


def multiply_rows(a: Array, b: Array) -> Array:
    """Return ``a @ b.T``."""
    rows, depth = a.shape
    out = np.empty((rows, b.shape[0]), a.dtype)
    compiled.loop(f"{ROOM}.products.multiply_rows", T=a.dtype)(
        _address(a), depth, _address(b), depth, _address(out), len(b), rows, len(b), depth
    )
    return out


class ConvStep(Step[Conv2d], of=Conv2d):
    """A convolution: weights times patches."""

    def __init__(self, layer: Conv2d, shapes: list[Shape], crew: Crew) -> None:
        super().__init__(layer, shapes, crew)
        maps, *size = shapes[0]
        self._walk = walk(layer.window, (size[0], size[1]), self.output_shape[1:])  # type: ignore[arg-type]
        self._maps = maps // layer.groups
        self._out_maps = layer.maps // layer.groups
        self._taps = layer.window.kernel[0] * layer.window.kernel[1]
        self._depth = self._maps * self._taps
        self._area, self._out_area = size[0] * size[1], int(np.prod(self.output_shape[1:]))
        self._mask: Array | None = None
        if layer.table is not None:
            self._mask = np.zeros((layer.maps, self._maps, 1, 1))
            for out, looked_at in enumerate(layer.table):
                self._mask[out, list(looked_at)] = 1

    def forward(self, inputs: list[Array], weights: Arrays, training: bool) -> Array:
        """Return the maps."""
        (x,) = inputs
        self._x, self._weight = x, weights["weight"]
        pictures = x.shape[1]
        out = np.empty((self.layer.maps, pictures, *self.output_shape[1:]), x.dtype)
        bias = weights.get("bias")
        added = np.zeros(self.layer.maps, x.dtype) if bias is None else bias
        multiplies = compiled.loop(f"{ROOM}.products.multiply", T=x.dtype)
        parts = self._parts(pictures, x.dtype.itemsize)
        pitch = pictures * self._out_area

        def work(part: int) -> None:
            first, count = parts.pictures(part)
            columns = count * self._out_area
            for group in range(self.layer.groups):
                patches = self._patches(group, first, count)
                maps = slice(group * self._out_maps, (group + 1) * self._out_maps)
                multiplies(
                    _address(self._weight[maps]),
                    self._depth,
                    _address(patches),
                    columns,
                    added[maps],
                    _address(out[maps.start :, first:]),
                    pitch,
                    self._out_maps,
                    columns,
                    self._depth,
                )

        self.crew.each(parts.count, self._products(pictures), work)
        return out

    def _parts(self, pictures: int, itemsize: int) -> Parts:
        return Parts(pictures, self._depth * self._out_area * itemsize)

    def _products(self, pictures: int) -> float:
        return self.layer.maps * self._depth * self._out_area * pictures

    def _patches(self, group: int, first: int, count: int) -> Array:
        """Return what the windows of some pictures look at: (maps * taps, pictures * outputs)."""
        x = self._x
        patches = memory.of_thread.take(
            "patches", (self._depth, count * self._out_area), x.dtype
        ).array()
        compiled.loop(f"{ROOM}.patches.gather", T=x.dtype)(
            _address(x[group * self._maps :, first:]),
            x.shape[1] * self._area,
            self._maps,
            count,
            self._walk,
            patches.reshape(-1),
        )
        return patches

    def backward(self, gradient: Array, wanted: bool) -> tuple[list[Array | None], Arrays]:
        """Return the gradients of the maps, of the weights and of the bias."""
        pictures = gradient.shape[1]
        parts = self._parts(pictures, gradient.dtype.itemsize)
        grown = np.zeros((parts.groups, *self._weight.shape), gradient.dtype)
        found = np.zeros_like(self._x) if wanted else None
        turned = self._turned() if wanted else None
        products = self._products(pictures)

        def work(group_of_parts: int) -> None:
            for first, count in parts.group(group_of_parts):
                for group in range(self.layer.groups):
                    self._learn(gradient, group, first, count, grown[group_of_parts])
                    if found is not None and turned is not None:
                        self._back(gradient, group, first, count, turned[group], found)

        self.crew.each(parts.groups, products * (1 + wanted), work)
        learned = {"weight": grown.sum(0)}
        if self._mask is not None:
            learned["weight"] *= self._mask.astype(gradient.dtype)
        if self.layer.bias:
            learned["bias"] = gradient.reshape(len(gradient), -1).sum(1)
        return [found], learned

    def _turned(self) -> Array:
        """Return the weights as (groups, maps of the input * taps, maps of the output)."""
        shape = self.layer.groups, self._out_maps, self._depth
        return np.ascontiguousarray(self._weight.reshape(shape).transpose(0, 2, 1))

    def _learn(self, gradient: Array, group: int, first: int, count: int, grown: Array) -> None:
        """Add to the gradient of the weights what some pictures say."""
        patches = self._patches(group, first, count)
        columns = count * self._out_area
        said = np.empty((self._out_maps, self._depth), gradient.dtype)
        compiled.loop(f"{ROOM}.products.multiply_rows", T=gradient.dtype)(
            _address(gradient[group * self._out_maps :, first:]),
            gradient.shape[1] * self._out_area,
            _address(patches),
            columns,
            _address(said),
            self._depth,
            self._out_maps,
            self._depth,
            columns,
        )
        maps = slice(group * self._out_maps, (group + 1) * self._out_maps)
        grown[maps] += said.reshape(grown[maps].shape)

    def _back(
        self, gradient: Array, group: int, first: int, count: int, turned: Array, found: Array
    ) -> None:
        """Add the gradients of what the windows of some pictures look at to those of the maps."""
        columns = count * self._out_area
        patches = memory.of_thread.take("patches", (self._depth, columns), gradient.dtype).array()
        compiled.loop(f"{ROOM}.products.multiply", T=gradient.dtype)(
            _address(turned),
            self._out_maps,
            _address(gradient[group * self._out_maps :, first:]),
            gradient.shape[1] * self._out_area,
            np.zeros(self._depth, gradient.dtype),
            _address(patches),
            columns,
            self._depth,
            columns,
            self._out_maps,
        )
        compiled.loop(f"{ROOM}.patches.scatter", T=gradient.dtype)(
            patches.reshape(-1),
            self._maps,
            count,
            self._walk,
            _address(found[group * self._maps :, first:]),
            found.shape[1] * self._area,
        )


class LinearStep(Step[Linear], of=Linear):
    """A fully connected layer."""

    def forward(self, inputs: list[Array], weights: Arrays, training: bool) -> Array:
        """Return ``weight @ x + bias``."""
        (self._x,) = inputs
        self._weight = weights["weight"]
        bias = weights.get("bias")
        added = np.zeros(self.layer.features, self._x.dtype) if bias is None else bias
        return multiply(self._weight, self._x, added)

    def backward(self, gradient: Array, wanted: bool) -> tuple[list[Array | None], Arrays]:
        """Return the gradients of the features, of the weights and of the bias."""
        found = None
        if wanted:
            turned = np.ascontiguousarray(self._weight.T)
            found = multiply(turned, gradient, np.zeros(len(turned), gradient.dtype))
        learned = {"weight": multiply_rows(gradient, self._x)}
        if self.layer.bias:
            learned["bias"] = gradient.sum(1)
        return [found], learned


class RbfStep(Step[Rbf], of=Rbf):
    """Squared distances to codes, which are not learned."""

    def forward(self, inputs: list[Array], weights: Arrays, training: bool) -> Array:
        """Return the distance to each code."""
        (self._x,) = inputs
        self._codes = weights["codes"]
        apart = self._x[None] - self._codes[:, :, None]
        distances: Array = np.square(apart).sum(1, dtype=self._x.dtype)
        return distances

    def backward(self, gradient: Array, wanted: bool) -> tuple[list[Array | None], Arrays]:
        """Return ``2 * sum over the codes of gradient * (x - code)``."""
        apart = self._x[None] - self._codes[:, :, None]
        return [2 * (gradient[:, None] * apart).sum(0)], {}
