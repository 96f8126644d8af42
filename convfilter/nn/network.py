"""Networks with their weights, loaded by name or from a file, and called like functions."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convfilter.errors import ArgumentError, ArgumentTypeError, NetworkError, shown
from convfilter.nn.graph import INPUT, Graph, Weights
from convfilter.nn.weights.fitting import fitted

if TYPE_CHECKING:
    from convfilter.nn.preprocessing.description import Preprocessing
    from convfilter.nn.running import Explanation, Prepared
    from convfilter.nn.summary import Summary

__all__ = ["RANDOM", "Network", "load"]

RANDOM = "random"
"""What is said instead of a file where a network is to be tried without weights of its own."""

_ONNX = ".onnx"

_SIZES_KEPT = 4
"""Sizes of inputs that a network stays ready for."""


class Network:
    """A network that is ready to be called.

    Attributes
    ----------
    graph : its layers
    weights : its arrays by name, float32; None where there are none, so that it cannot be called
    preprocessing : what is to be done to pictures, or None where that is not known

    Examples
    --------
    >>> network = load("lenet5-modern", "random")
    >>> x = np.zeros((2, 1, 32, 32), np.float32)
    >>> network(x).shape
    (2, 10)
    >>> output, layers = network(x, layers=["C1", "pool4"])
    >>> layers["C1"].shape
    (2, 6, 28, 28)
    """

    def __init__(
        self,
        graph: Graph,
        weights: Weights | None,
        *,
        preprocessing: Preprocessing | None = None,
        workers: int | None = None,
        where: str = "what was given as weights",
    ) -> None:
        self.graph = graph
        self.weights = None if weights is None else fitted(graph, weights, where)
        self.preprocessing = preprocessing
        self._workers = workers
        self._ready: OrderedDict[tuple[int, ...], Prepared] = OrderedDict()

    @property
    def name(self) -> str:
        """What the network is called."""
        return self.graph.name

    @property
    def labels(self) -> tuple[str, ...]:
        """The names of its classes, none where they are not known."""
        return () if self.preprocessing is None else self.preprocessing.labels

    @property
    def layers(self) -> tuple[str, ...]:
        """The names of its layers, in the order in which they are computed."""
        return tuple(node.name for node in self.graph.nodes)

    @overload
    def __call__(self, x: ArrayLike, layers: None = None) -> NDArray[np.float32]: ...

    @overload
    def __call__(
        self, x: ArrayLike, layers: Sequence[str]
    ) -> tuple[NDArray[np.float32], dict[str, NDArray[np.float32]]]: ...

    def __call__(self, x: ArrayLike, layers: Sequence[str] | None = None) -> Any:
        """Return the output, and with `layers` those of some layers as well.

        Parameters
        ----------
        x : array of float32 (N, maps, rows, columns)
            Pictures as `preprocessing` makes them. Other sizes than that of the graph are welcome
            as far as its layers take them. They run one after the other, each on all threads.
        layers : names or aliases, optional
            Of layers whose outputs are wanted, too.

        Returns
        -------
        array of float32 (N, ...), or that and a dictionary
            The dictionary has the output of each layer under the name that was asked for.

        Raises
        ------
        NetworkError
            The network has no weights.
        ArgumentError, ArgumentTypeError
            `x` has another shape or no floats, or there is no such layer.
        """
        if isinstance(layers, str):
            raise ArgumentTypeError(f"layers are a list of names: write layers=[{layers!r}]")
        pictures = self._checked(x)
        asked = tuple(layers or ())
        for name in asked:
            self.layer(name)
        found = self.ready(pictures.shape[1:])(pictures, asked)
        if layers is None:
            return found[self.graph.output]
        return found[self.graph.output], {name: found[name] for name in asked}

    def layer(self, name: str) -> str:
        """Return the name of the layer that is meant by a name or an alias.

        Raises
        ------
        ArgumentError
            There is none; the message says which are near.
        """
        node = self.graph.node(name)
        if node is None and name != INPUT:
            from convfilter.errors import suggestion

            known = [*self.layers, *(each.alias for each in self.graph.nodes if each.alias)]
            near = suggestion(name, known) or "; convfilter nn summary lists them"
            raise ArgumentError(f"{self.name} has no layer {name!r}{near}")
        return INPUT if node is None else node.name

    def up_to(self, layers: Sequence[str]) -> Network:
        """Return the network without what is computed after the last one of some layers.

        Raises
        ------
        ArgumentError
            There is no such layer.
        """
        last = max(self.layers.index(self.layer(name)) for name in layers)
        graph = Graph(self.name, self.graph.input_shape, self.graph.nodes[: last + 1])
        weights = self.weights
        if weights is not None:
            weights = {name: weights[name] for name in graph.arrays()}
        return Network(graph, weights, preprocessing=self.preprocessing, workers=self._workers)

    def ready(self, shape: tuple[int, ...]) -> Prepared:
        """Return the network made ready for inputs of a shape (maps, rows, columns)."""
        if self.weights is None:
            raise NetworkError(
                f"{self.name} has no weights: give a file of them (weights=, --weights), or say"
                f' "{RANDOM}"'
            )
        prepared = self._ready.get(shape)
        if prepared is None:
            from convfilter.nn.running import prepare

            same = shape == self.graph.input_shape
            graph = self.graph if same else self.graph.for_input(shape)
            if not same and graph.arrays() != self.graph.arrays():
                raise ArgumentError(
                    f"{self.name} takes inputs of {self.graph.input_shape} alone, not {shape}"
                )
            prepared = prepare(graph, self.weights, workers=self._workers)
            self._ready[shape] = prepared
            if len(self._ready) > _SIZES_KEPT:
                self._ready.popitem(last=False)
        return prepared

    def explain(self, x: ArrayLike) -> Explanation:
        """Return how the network runs: step by step the way, milliseconds, GFLOP/s, and why.

        Parameters
        ----------
        x : array of float32 (N, maps, rows, columns)
            Pictures, of which the first one is run a few times; the fastest counts.

        Raises
        ------
        NetworkError
            The network has no weights.
        ArgumentError, ArgumentTypeError
            `x` has another shape or no floats.

        Examples
        --------
        >>> network = load("lenet5-modern", "random")
        >>> explanation = network.explain(np.zeros((1, 1, 32, 32), np.float32))
        >>> print(explanation)  # doctest: +ELLIPSIS
        lenet5-modern for 1x32x32, ... ms in ... steps, ... MiB of memory
        ...
        >>> explanation.steps[1].layers, explanation.steps[1].way
        (('conv1', 'relu1'), 'direct')
        """
        pictures = self._checked(x)
        return self.ready(pictures.shape[1:]).explain(pictures)

    def summary(self) -> Summary:
        """Return what the network consists of: layers, parameters, work, memory."""
        from convfilter.nn.summary import summarise

        return summarise(self.graph)

    def _checked(self, x: ArrayLike) -> NDArray[np.float32]:
        array = np.asarray(x)
        if array.dtype.kind != "f":
            raise ArgumentTypeError(
                f"{self.name} takes float32, not {array.dtype}: pictures have to be prepared as its"
                " weights want it"
            )
        wanted = self.graph.input_shape
        if array.ndim != len(wanted) + 1 or array.shape[1] != wanted[0] or not array.size:
            sides = ", ".join(("N", *map(str, wanted)))
            raise ArgumentError(f"{self.name} takes arrays ({sides}), not {array.shape}")
        return np.ascontiguousarray(array, np.float32)

    def __repr__(self) -> str:
        sides = "x".join(map(str, self.graph.input_shape))
        weights = "" if self.weights is not None else ", without weights"
        return f"<Network {self.name} of {sides}{weights}>"


def load(
    model: str | os.PathLike[str],
    weights: str | os.PathLike[str] | Weights | None = None,
    *,
    seed: int = 0,
    shape: tuple[int, ...] | None = None,
    preprocessing: Preprocessing | None = None,
    workers: int | None = None,
) -> Network:
    """Return a network, ready to be called.

    Parameters
    ----------
    model : name or path
        A network that ``convfilter nn list`` shows, such as ``"resnet50"``, or an ONNX file.
    weights : path, arrays by name, "random", or None
        Of a network by name: a ``.safetensors`` or ``.npz`` file with torchvision's names, or such
        arrays. Without any it has layers and a summary, but cannot be called. An ONNX file has its
        own.
    seed : int
        Of random weights.
    shape : (maps, rows, columns), optional
        Of a picture, for ONNX files that leave sizes open, where no crop in a TOML file beside them
        says it. Other networks take further sizes when they are called.
    preprocessing : Preprocessing, optional
        What is to be done to pictures, in place of what the weights say of it.
    workers : int, optional
        Threads; by default all CPUs. They never change a bit of the result.

    Raises
    ------
    UnknownNameError
        No network has this name.
    NetworkError
        A file is missing, damaged, or of a kind that is not read.
    ArgumentError
        The weights do not fit: one line names all that is missing, superfluous or misshapen.

    Examples
    --------
    >>> load("squeezenet", "random", seed=1).labels  # or "squeezenet.safetensors"
    ()
    """
    text = os.fsdecode(model)
    if isinstance(model, os.PathLike) or text.lower().endswith(_ONNX):
        return _of_onnx(text, weights, shape, preprocessing, workers)
    if shape is not None:
        raise ArgumentError(f"shape= is for ONNX files: {text} takes the sizes it is called with")
    from convfilter.nn import models

    graph = models.get(text)
    if weights == RANDOM:
        from convfilter.nn.random_weights import random_weights

        weights = random_weights(graph, seed)
    if weights is None or isinstance(weights, Mapping):
        graph = _cropped_to(graph, preprocessing)
        return Network(graph, weights, preprocessing=preprocessing, workers=workers)
    from convfilter.nn.preprocessing.description import beside
    from convfilter.nn.weights.reading import read_weights

    stored = read_weights(weights)
    how = preprocessing or beside(weights, stored.texts)
    graph = _cropped_to(graph, how)
    return Network(graph, stored.arrays, preprocessing=how, workers=workers, where=shown(weights))


def _cropped_to(graph: Graph, how: Preprocessing | None) -> Graph:
    """Return the network for pictures as they are cropped, where that is said."""
    if how is None or how.crop is None:
        return graph
    shape = (graph.input_shape[0], *how.crop)
    return graph if shape == graph.input_shape else graph.for_input(shape)


def _of_onnx(
    path: str,
    weights: object,
    shape: tuple[int, ...] | None,
    preprocessing: Preprocessing | None,
    workers: int | None,
) -> Network:
    if weights is not None:
        raise ArgumentError(f"{shown(path)} has weights of its own: leave weights out")
    from convfilter.nn.onnx import read_onnx
    from convfilter.nn.preprocessing.description import beside

    how = preprocessing or beside(path, {})
    usual = None if how is None or how.crop is None else (how.maps, *how.crop)
    graph, arrays = read_onnx(path, shape, usual)
    return Network(graph, arrays, preprocessing=how, workers=workers, where=shown(path))
