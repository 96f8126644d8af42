"""Random networks of one layer, of every kind, for the twin and for other witnesses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from convfilter.nn.graph import INPUT, Graph, Node
from convfilter.nn.layers.convolution import Conv2d, Linear, Rbf
from convfilter.nn.layers.layer import Layer
from convfilter.nn.layers.pointwise import (
    Affine,
    BatchNorm,
    Clip,
    Combine,
    Dropout,
    LeakyRelu,
    LocalResponse,
    Relu,
    Sigmoid,
    Softmax,
    Tanh,
)
from convfilter.nn.layers.pooling import DepthPool, GlobalPool, Pool, Subsample
from convfilter.nn.layers.shaping import Concat, Flatten, Pad, Reshape, Transpose
from convfilter.nn.layers.window import Padding, Window

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Case:
    """A network, its weights and what it is given."""

    graph: Graph
    weights: dict[str, Array]
    x: Array


def spread(rng: np.random.Generator, shape: tuple[int, ...], axis: int) -> Array:
    """Return numbers of very different size along an axis."""
    sizes = 10.0 ** rng.uniform(-4, 4, shape[axis]) if rng.random() < 0.5 else np.ones(shape[axis])
    numbers = rng.standard_normal(shape) * sizes.reshape(-1, *[1] * (len(shape) - axis - 1))
    return numbers.astype(np.float32)


def case_of(
    rng: np.random.Generator, layer: Layer, shape: tuple[int, ...], inputs: int = 1
) -> Case:
    """Return a case of one layer; several inputs are the same input multiplied by numbers."""
    nodes = []
    names = [INPUT]
    for number in range(1, inputs):
        nodes.append(Node(f"other{number}", Affine(), (INPUT,)))
        names.append(f"other{number}")
    return filled(rng, Graph("one layer", shape, (*nodes, Node("layer", layer, tuple(names)))))


def filled(rng: np.random.Generator, graph: Graph) -> Case:
    """Return a case of a graph, with random weights and pictures."""
    weights = {}
    for name, wanted in graph.arrays().items():
        array = spread(rng, wanted, 0)
        if not name.startswith("layer."):
            # what makes further inputs is exact: one layer is looked at
            array = np.zeros_like(array) if name.endswith("bias") else _power_of_two(array)
        weights[name] = np.abs(array) + np.float32(0.01) if name.endswith("var") else array
    pictures = int(rng.integers(1, 4))
    return Case(graph, weights, spread(rng, (pictures, *graph.input_shape), 1))


def _power_of_two(array: Array) -> Array:
    return np.exp2(np.rint(np.log2(np.abs(array)))).astype(np.float32)


def window(rng: np.random.Generator, size: tuple[int, int], largest: int = 7) -> Window:
    """Return a window that fits into maps of a size with its padding."""
    while True:
        kernel = tuple(map(int, rng.integers(1, largest + 1, 2)))
        stride, dilation = (tuple(map(int, rng.integers(1, 4, 2))) for _ in range(2))
        if rng.random() < 0.6:
            dilation = (1, 1)
        pads: Padding = tuple(
            tuple(map(int, rng.integers(0, max(side // 2, 1) + 1, 2))) for side in kernel
        )
        how = rng.random()
        if how < 0.3:
            pads = ("same", "same-lower", "valid")[int(how * 10)]
        found = Window(kernel, stride, pads, dilation)
        (top, bottom), (left, right) = found.pads(size)
        fits = size[0] + top + bottom >= found.reach[0] and size[1] + left + right >= found.reach[1]
        if fits:
            return found


def sides(rng: np.random.Generator, most: int = 40) -> tuple[int, int]:
    """Return rows and columns."""
    rows, columns = (int(2 ** rng.uniform(0, np.log2(most))) for _ in range(2))
    return rows, columns


def maps(rng: np.random.Generator, most: int = 70) -> int:
    """Return a number of maps, often one that fills vectors."""
    return int(rng.choice([1, 3, 16, 32, 48, int(rng.integers(1, most))]))


def convolution(rng: np.random.Generator) -> Case:
    """A convolution of any kind."""
    size = sides(rng)
    groups = int(rng.choice([1, 1, 1, 2, 3, 8]))
    given, made = groups * (-(-maps(rng) // groups)), groups * (-(-maps(rng) // groups))
    if rng.random() < 0.1:
        groups = made = given
    around = window(rng, size)
    return case_of(rng, Conv2d(made, around, groups, bool(rng.random() < 0.7)), (given, *size))


def small_convolution(rng: np.random.Generator) -> Case:
    """A convolution of 3x3 taps, which can be done with fewer products."""
    rows, columns = sides(rng, 70)
    around = Window((3, 3), padding=((1, 1), (1, 1)))
    if rng.random() < 0.2:
        rows, columns = rows + 2, columns + 2
        around = Window((3, 3), padding=((0, 1), (2, 0)))
    groups = int(rng.choice([1, 1, 2]))
    given = int(rng.choice([16, 17, 32, 64, 80]))
    made = int(rng.choice([1, 16, 20, 32, 48, 80]))
    if groups == 2:
        given, made = 64, 32
    return case_of(rng, Conv2d(made, around, groups), (given, rows, columns))


def pool(rng: np.random.Generator) -> Case:
    """A pool of windows."""
    size = sides(rng)
    while True:
        around = window(rng, size, 5)
        pads = around.pads(size)
        # no window may lie in the padding alone
        if all(max(pads[axis]) * 2 <= around.kernel[axis] for axis in (0, 1)) and all(
            around.reach[axis] <= size[axis] for axis in (0, 1)
        ):
            break
    around = Window(
        around.kernel, around.stride, around.padding, around.dilation, bool(rng.random() < 0.5)
    )
    reduce = "max" if rng.random() < 0.5 else "mean"
    if reduce == "mean":
        around = Window(around.kernel, around.stride, around.padding, ceil=around.ceil)
    return case_of(rng, Pool(reduce, around, bool(rng.random() < 0.5)), (maps(rng), *size))


def any_shape(rng: np.random.Generator) -> tuple[int, ...]:
    """Return the shape of maps, or of features."""
    return (maps(rng), *sides(rng, 20)) if rng.random() < 0.7 else (int(rng.integers(1, 300)),)


def plain(make: Callable[[np.random.Generator], Layer], inputs: int = 1) -> Callable[..., Case]:
    """Return what makes cases of a layer for which the shape does not matter."""

    def case(rng: np.random.Generator) -> Case:
        return case_of(rng, make(rng), any_shape(rng), inputs)

    return case


def of_maps(make: Callable[[np.random.Generator], Layer], inputs: int = 1) -> Callable[..., Case]:
    """Return what makes cases of a layer of maps."""

    def case(rng: np.random.Generator) -> Case:
        return case_of(rng, make(rng), (maps(rng), *sides(rng, 20)), inputs)

    return case


def local_response(rng: np.random.Generator) -> Layer:
    """Local response normalisation."""
    beta = float(rng.choice([0.75, 0.5, 1.2]))
    size, alpha = int(rng.integers(1, 8)), float(10 ** rng.uniform(-5, 0))
    return LocalResponse(size, alpha, beta, float(rng.uniform(0.5, 2)), bool(rng.random() < 0.5))


def depth_pool(rng: np.random.Generator) -> Case:
    """A pool of neighbouring maps."""
    size = int(rng.integers(1, 6))
    shape = (size * int(rng.integers(1, 9)), *sides(rng, 12))
    return case_of(rng, DepthPool("max" if rng.random() < 0.5 else "mean", size), shape)


def features(make: Callable[[np.random.Generator], Layer]) -> Callable[..., Case]:
    """Return what makes cases of a layer of features."""

    def case(rng: np.random.Generator) -> Case:
        return case_of(rng, make(rng), (int(rng.integers(1, 400)),))

    return case


def subsample(rng: np.random.Generator) -> Case:
    """Trainable subsampling."""
    size = int(rng.integers(1, 4))
    rows, columns = sides(rng, 20)
    return case_of(rng, Subsample(size), (maps(rng), rows + size, columns + size))


def reshape(rng: np.random.Generator) -> Case:
    """Another shape."""
    a, b, c, d = map(int, rng.integers(1, 7, 4))
    shapes: list[tuple[int, ...]] = [(a * b, c, d), (a, b * c, d), (a * b * c * d,), (a, b, c, d)]
    given, wanted = rng.integers(0, 4, 2)
    return case_of(rng, Reshape(shapes[wanted]), shapes[given])


def transpose(rng: np.random.Generator) -> Case:
    """Axes in another order."""
    shape = tuple(map(int, rng.integers(1, 8, int(rng.integers(1, 6)))))
    return case_of(rng, Transpose(tuple(map(int, rng.permutation(len(shape))))), shape)


def pad(rng: np.random.Generator) -> Case:
    """Rows and columns added or cut."""
    rows, columns = (side + 4 for side in sides(rng, 20))
    (a, b), (c, d) = rng.integers(-2, 4, (2, 2)).tolist()
    layer = Pad(((a, b), (c, d)), float(rng.choice([0.0, 1.5, -3.0])))
    return case_of(rng, layer, (maps(rng), rows, columns))


def combine_spread(rng: np.random.Generator) -> Case:
    """Maps combined with a number, a row or a column of each of them."""
    shape = rows, columns = sides(rng, 20)
    window = Window(((rows, columns), (rows, 1), (1, columns))[int(rng.integers(3))])
    nodes = [Node("few", Pool("max", window), (INPUT,)), Node("more", Affine(), (INPUT,))]
    names = [str(name) for name in rng.permutation([INPUT, "few", "more"])[: rng.integers(2, 4)]]
    how = ("sum", "product", "max")[int(rng.integers(3))]
    layer = Node("layer", Combine(how), tuple(names))
    graph = Graph("one layer", (maps(rng), *shape), (*nodes, layer))
    return filled(rng, graph)


def concat(rng: np.random.Generator) -> Case:
    """Maps put together."""
    return case_of(rng, Concat(), any_shape(rng), int(rng.integers(2, 5)))


def combine(rng: np.random.Generator) -> Case:
    """Several inputs combined."""
    how = ("sum", "product", "max")[int(rng.integers(3))]
    return case_of(rng, Combine(how), any_shape(rng), int(rng.integers(2, 5)))


KINDS: dict[str, Callable[[np.random.Generator], Case]] = {
    "convolution": convolution,
    "small convolution": small_convolution,
    "pool": pool,
    "depth pool": depth_pool,
    "global pool": of_maps(lambda rng: GlobalPool("max" if rng.random() < 0.5 else "mean")),
    "subsample": subsample,
    "linear": features(lambda rng: Linear(int(rng.integers(1, 90)), bool(rng.random() < 0.5))),
    "distances": features(lambda rng: Rbf(int(rng.integers(1, 20)))),
    "relu": plain(lambda rng: Relu()),
    "leaky relu": plain(lambda rng: LeakyRelu(float(rng.uniform(-0.5, 1.5)))),
    "tanh": plain(lambda rng: Tanh(*rng.uniform(0.2, 2, 2).tolist())),
    "sigmoid": plain(lambda rng: Sigmoid()),
    "clip": plain(lambda rng: Clip(*np.sort(rng.uniform(-2, 2, 2)).tolist())),
    "softmax": plain(lambda rng: Softmax()),
    "dropout": plain(lambda rng: Dropout()),
    "local response": of_maps(local_response),
    "batch normalisation": plain(lambda rng: BatchNorm(float(rng.choice([1e-5, 1e-3])))),
    "numbers of maps": plain(lambda rng: Affine()),
    "combine": combine,
    "combine, spread": combine_spread,
    "concat": concat,
    "flatten": plain(lambda rng: Flatten()),
    "reshape": reshape,
    "transpose": transpose,
    "pad": pad,
}
"""What makes a case of every kind of layer."""
