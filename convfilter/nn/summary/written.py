"""Networks written down in a line: ``conv 5 200 | relu | max-pool 2``."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from convfilter.errors import ArgumentError, UnknownNameError
from convfilter.nn.graph import INPUT, Graph, Node
from convfilter.nn.layers.convolution import Conv2d, Linear
from convfilter.nn.layers.layer import Layer, Shape
from convfilter.nn.layers.pointwise import (
    BatchNorm,
    LeakyRelu,
    LocalResponse,
    Relu,
    Sigmoid,
    Softmax,
    Tanh,
)
from convfilter.nn.layers.pooling import DepthPool, GlobalPool, Pool, Reduce
from convfilter.nn.layers.shaping import Flatten
from convfilter.nn.layers.window import Padding, Pair, Window


def written_network(text: str, input_shape: Shape) -> Graph:
    """Return the network that a line describes, its layers parted by bars.

    Each layer is a word, then values in their order or by name: ``conv KERNEL MAPS``, with
    ``stride=1 padding=same dilation=1 groups=1``; ``max-pool KERNEL`` and ``mean-pool KERNEL``,
    with ``stride=KERNEL padding=valid``; ``linear FEATURES``; activations and others without
    values.

    >>> written_network("conv 5 200 | relu", (3, 150, 100)).shapes["relu1"]
    (200, 150, 100)

    Raises
    ------
    ArgumentError, UnknownNameError
        For a line that cannot be understood, and layers that cannot take what they are given.
    """
    nodes: list[Node] = []
    counts: dict[str, int] = {}
    is_flat = len(input_shape) == 1

    def add(word: str, layer: Layer) -> None:
        counts[word] = counts.get(word, 0) + 1
        last = nodes[-1].name if nodes else INPUT
        nodes.append(Node(f"{word}{counts[word]}", layer, (last,)))

    for part in text.split("|"):
        word, layer = _layer(part.split(), text)
        if isinstance(layer, Linear) and not is_flat:
            add("flatten", Flatten())
        is_flat = is_flat or isinstance(layer, Linear | Flatten)
        add(word, layer)
    graph = Graph(" ".join(text.split()), input_shape, tuple(nodes))
    _ = graph.shapes  # says where they do not fit
    return graph


def is_written(text: str) -> bool:
    """Tell whether a text is layers rather than the name of a network or a file."""
    words = text.replace("|", " ").split()
    return bool(words) and (words[0] in LAYERS or len(words) > 1)


def _conv(
    kernel: str, maps: str, stride: str = "1", padding: str = "same", dilation: str = "1",
    groups: str = "1",
) -> Layer:  # fmt: skip
    window = Window(
        _sides("kernel", kernel),
        _sides("stride", stride),
        _padding(padding),
        _sides("dilation", dilation),
    )
    return Conv2d(_whole("maps", maps), window, _whole("groups", groups))


def _pool(reduce: Reduce) -> Callable[..., Layer]:
    def pool(kernel: str, stride: str = "", padding: str = "valid") -> Layer:
        sides = _sides("kernel", kernel)
        apart = _sides("stride", stride) if stride else sides
        return Pool(reduce, Window(sides, apart, _padding(padding)))

    return pool


def _depth(reduce: Reduce) -> Callable[..., Layer]:
    def depth(size: str) -> Layer:
        return DepthPool(reduce, _whole("size", size))

    return depth


def _linear(features: str) -> Layer:
    return Linear(_whole("features", features))


def _plain(layer: Layer) -> Callable[..., Layer]:
    return lambda: layer


WITHOUT_VALUES = (
    *(Relu(), LeakyRelu(), Tanh(), Sigmoid(), Softmax(), Flatten(), BatchNorm(), LocalResponse()),
    *(GlobalPool("max"), GlobalPool("mean")),
)

LAYERS: dict[str, Callable[..., Layer]] = {
    "conv": _conv,
    "max-pool": _pool("max"),
    "mean-pool": _pool("mean"),
    "depth-max": _depth("max"),
    "depth-mean": _depth("mean"),
    "linear": _linear,
    **{layer.kind: _plain(layer) for layer in WITHOUT_VALUES},
}
"""What makes each layer from its values; their names and defaults are those of the function."""


def _layer(words: list[str], text: str) -> tuple[str, Layer]:
    if not words:
        raise ArgumentError(f"{text!r} has an empty layer: write layers parted by single bars")
    word, *values = words
    if word not in LAYERS:
        raise UnknownNameError("layer", word, LAYERS)
    signature = inspect.signature(LAYERS[word])
    positional = [value for value in values if "=" not in value]
    named = dict(value.split("=", 1) for value in values if "=" in value)
    for name in named:
        if name not in signature.parameters:
            raise UnknownNameError(f"value of {word}", name, signature.parameters)
    try:
        bound = signature.bind(*positional, **named)
    except TypeError:
        wanted = " ".join(_usage(parameter) for parameter in signature.parameters.values())
        raise ArgumentError(f"{' '.join(words)!r} is written {word} {wanted}".rstrip()) from None
    try:
        return word, LAYERS[word](*bound.args, **bound.kwargs)
    except ArgumentError as error:
        raise ArgumentError(f"{' '.join(words)!r}: {error}") from None


def _usage(parameter: Any) -> str:
    if parameter.default is inspect.Parameter.empty:
        return str(parameter.name.upper())
    return f"[{parameter.name}={parameter.default or 'KERNEL'}]"


def _whole(name: str, text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 9 or not int(text):
        raise ArgumentError(f"{name} must be a whole number from 1 to 999999999, not {text!r}")
    return int(text)


def _sides(name: str, text: str) -> Pair:
    """Return rows and columns from 5 or 5x3."""
    rows, cross, columns = text.partition("x")
    return _whole(name, rows), _whole(name, columns if cross else rows)


def _padding(text: str) -> Padding:
    if text in ("same", "same-lower", "valid"):
        return text  # type: ignore[return-value]
    if text == "0":
        return "valid"
    try:
        rows, columns = _sides("padding", text)
    except ArgumentError:
        raise ArgumentError(f"padding must be same, valid or a number, not {text!r}") from None
    return (rows, rows), (columns, columns)
