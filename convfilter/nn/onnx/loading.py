"""An ONNX file as a graph of layers with their weights."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from convfilter.errors import ArgumentError, NetworkError, reason_of, shown
from convfilter.nn.graph import INPUT, Graph
from convfilter.nn.layers.layer import Shape, elements
from convfilter.nn.onnx.building import LARGEST_INPUT, Builder, Operand, Output, Place
from convfilter.nn.onnx.checking import attributes_of, check_operator, version_of
from convfilter.nn.onnx.operators import OPERATORS
from convfilter.nn.onnx.problems import Problems, RefusedError, named
from convfilter.nn.onnx.tensors import Budget, Tensors

__all__ = ["OnnxNetwork", "load_onnx", "read_onnx"]

_MOST_AXES = 5


class OnnxNetwork(NamedTuple):
    """What an ONNX file says.

    Attributes
    ----------
    graph : its layers, with the names of the file's tensors; names of its nodes are aliases
    weights : their arrays, float32
    stack : the shape that it gives to the outputs of all pictures together, where the pictures are
        not the first axis (one side may be -1); else None
    """

    graph: Graph
    weights: dict[str, NDArray[np.float32]]
    stack: Shape | None

    def arranged(self, output: NDArray[Any]) -> NDArray[Any]:
        """Return the outputs of all pictures, (N, ...), in the shape that the file says."""
        if self.stack is None:
            return output
        try:
            return output.reshape(self.stack)
        except ValueError:
            raise ArgumentError(
                f"{self.graph.name} takes another number of pictures than {len(output)}"
            ) from None


def read_onnx(
    path: str | os.PathLike[str], shape: Shape | None = None, usual: Shape | None = None
) -> tuple[Graph, dict[str, NDArray[np.float32]]]:
    """Return the graph and the weights of an ONNX file, whose pictures go through one by one.

    As `load_onnx`, which says more; files whose output mixes the pictures are refused.
    """
    graph, weights, stack = load_onnx(path, shape, usual)
    if stack is not None:
        raise NetworkError(f"{shown(path)}: its output mixes the pictures that it is given")
    return graph, weights


def load_onnx(
    path: str | os.PathLike[str], shape: Shape | None = None, usual: Shape | None = None
) -> OnnxNetwork:
    """Return what an ONNX file says.

    Parameters
    ----------
    path : of the file
    shape : (maps, rows, columns) of a picture, which the file has to take
    usual : the same, taken where the file leaves sizes open and no `shape` is given

    Returns
    -------
    OnnxNetwork
        The graph, its weights, and the form of its output. How many pictures the file says that it
        takes does not matter, since each goes through by itself.

    Raises
    ------
    NetworkError
        The `onnx` package is missing, the file cannot be read, or it has operators, opsets or
        attributes that are not supported: one line that names all of them.
    ArgumentError
        The file takes inputs of another shape, or its weights are not finite.

    Examples
    --------
    ``graph, weights, _ = load_onnx("squeezenet.onnx")``

    References
    ----------
    .. [1] Open Neural Network Exchange, specification of the format and its operators,
           https://onnx.ai/onnx/
    """
    name = shown(path)
    try:
        import onnx
    except ImportError:
        raise NetworkError(
            f"{name}: ONNX files need the package onnx: pip install 'convfilter[onnx]'"
        ) from None
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise NetworkError(f"{name}: {reason_of(error)}") from error
    model = onnx.ModelProto()
    try:
        model.ParseFromString(data)
        _check_text(model)
        return _Reading(model, Path(path), len(data), shape, usual).network()
    except UnicodeError:
        raise NetworkError(f"{name} is damaged: it holds text that is no UTF-8") from None
    except Exception as error:
        # the class is that of one of several packages that protobuf may come from
        if type(error).__name__ != "DecodeError":
            raise
        raise NetworkError(f"{name} is no ONNX file, or damaged") from None


@dataclass
class _Given:
    name: str
    shape: Shape
    pictures: int


class _Reading:
    """A model on its way to a graph."""

    def __init__(
        self, model: Any, path: Path, size: int, shape: Shape | None, usual: Shape | None
    ) -> None:
        self._model, self._graph = model, model.graph
        self._shape, self._usual = shape, usual
        self._path, self._where = path, shown(path)
        self._problems = Problems(self._where)
        self._tensors = Tensors(path.parent, Budget(size))
        self._operands: dict[str, Operand | None] = {}
        self._second_outputs = {name for node in self._graph.node for name in node.output[1:]}

    def network(self) -> OnnxNetwork:
        """Check everything, then build."""
        if not self._graph.node:
            raise NetworkError(f"{self._where} is no ONNX file, or empty")
        version = version_of(self._model, self._problems)
        attributes = [self._checked(node, version) for node in self._graph.node]
        self._check_names()
        if self._graph.sparse_initializer:
            self._problems.add("sparse tensors are not supported")
        if len(self._graph.output) != 1:
            self._problems.add(f"it has {len(self._graph.output)} outputs instead of one")
        given = self._input()
        self._read_constants()
        self._problems.check()
        assert given is not None
        builder = Builder(given.shape)
        self._operands[given.name] = Output(INPUT, given.shape)
        for node, of in zip(self._graph.node, attributes, strict=True):
            self._build(node, of, version, builder, given.pictures)
        self._problems.check()
        return self._finished(builder)

    def _checked(self, node: Any, version: int) -> dict[str, Any]:
        name = _name_of(node)
        try:
            check_operator(node, OPERATORS, version)
        except RefusedError as refused:
            self._problems.add(str(refused), name)
            return {}
        found, refused_attributes = attributes_of(node, version)
        for reason in refused_attributes:
            self._problems.add(reason, name)
        return found

    def _check_names(self) -> None:
        """Refuse tensors that are given twice, or looked at before they are there."""
        constants = {each.name for each in self._graph.initializer}
        known = constants | {each.name for each in self._graph.input}
        later = {name for node in self._graph.node for name in node.output if name}
        for node in self._graph.node:
            for name in node.input:
                if name and name not in known:
                    why = (
                        "is computed after it (a cycle, or nodes in the wrong order)"
                        if name in later
                        else "nothing gives"
                    )
                    self._problems.add(f"an input {named(name)} that {why}", _name_of(node))
            for name in node.output:
                if name and name in known:
                    self._problems.add(f"two tensors are called {named(name)}")
                known.add(name)

    def _input(self) -> _Given | None:
        """Return what the network is given."""
        constants = {each.name for each in self._graph.initializer}
        inputs = [each for each in self._graph.input if each.name not in constants]
        if len(inputs) != 1:
            names = ", ".join(named(each.name) for each in inputs[:8])
            self._problems.add(f"it has {len(inputs)} inputs instead of one ({names})")
            return None
        kind = inputs[0].type
        from onnx import TensorProto

        if not kind.HasField("tensor_type") or kind.tensor_type.elem_type != TensorProto.FLOAT:
            self._problems.add("its input is no tensor of float32")
            return None
        sides = [
            each.dim_value if each.HasField("dim_value") else 0
            for each in kind.tensor_type.shape.dim
        ]
        if not 2 <= len(sides) <= _MOST_AXES or min(sides) < 0:
            self._problems.add(f"its input has the shape {sides[:8]}")
            return None
        return self._sized(inputs[0].name, sides)

    def _sized(self, name: str, sides: list[int]) -> _Given | None:
        pictures, *open_or_known = sides
        wanted = self._shape
        if wanted is None:
            wanted = self._usual if 0 in open_or_known else tuple(open_or_known)
        if wanted is None:
            self._problems.add(
                f"it leaves the size of its input open ({_spoken(sides)}): say which it is, by"
                " shape= or --input, or as crop in a TOML file beside it"
            )
            return None
        fits = len(wanted) == len(open_or_known) and all(
            side in (0, given) for side, given in zip(open_or_known, wanted, strict=True)
        )
        if not fits:
            raise ArgumentError(
                f"{self._where} takes arrays ({_spoken(sides)}), not {_spoken([0, *wanted])}"
            )
        if min(wanted) < 1 or elements(wanted) > LARGEST_INPUT:
            self._problems.add(f"its input of {_spoken(sides)} is too large")
            return None
        return _Given(name, wanted, pictures or 1)

    def _read_constants(self) -> None:
        for tensor in self._graph.initializer:
            if tensor.name in self._operands:
                self._problems.add(f"two tensors are called {named(tensor.name)}")
            try:
                self._operands[tensor.name] = self._tensors.array(tensor)
            except RefusedError as refused:
                self._problems.add(str(refused), tensor.name)
                self._operands[tensor.name] = None

    def _build(
        self, node: Any, attributes: dict[str, Any], version: int, builder: Builder, pictures: int
    ) -> None:
        """Add a node's layers; what looks at a node that is refused is passed over."""
        name = node.output[0]
        inputs = [self._operands.get(each) if each else None for each in node.input]
        for other in node.output[1:]:
            self._operands[other] = None
        self._operands[name] = None
        lost = [
            each
            for each, operand in zip(node.input, inputs, strict=True)
            if each and operand is None
        ]
        for each in lost:
            if each in self._second_outputs:
                self._problems.add(f"an input {named(each)}, a second output", _name_of(node))
        if lost:
            return
        place = Place(
            node.op_type,
            name,
            node.name,
            version,
            attributes,
            inputs,
            pictures,
            builder,
            self._tensors,
        )
        try:
            self._operands[name] = OPERATORS[node.op_type](place)
        except RefusedError as refused:
            self._problems.add(str(refused), _name_of(node))

    def _finished(self, builder: Builder) -> OnnxNetwork:
        """Return the network of what the output needs."""
        name = self._graph.output[0].name
        found = self._operands.get(name)
        if not isinstance(found, Output) or found.name == INPUT:
            raise NetworkError(
                f"{self._where}: its output {named(name)} is not computed by a layer"
            )
        needed = {found.name}
        for node in reversed(builder.nodes):
            if node.name in needed:
                needed.update(node.inputs)
        nodes = tuple(node for node in builder.nodes if node.name in needed)
        if INPUT not in needed:
            raise NetworkError(f"{self._where}: its output does not depend on its input")
        graph = Graph(self._path.stem, builder.input_shape, nodes, found.name)
        arrays = {key: builder.weights[key] for key in graph.arrays()}
        return OnnxNetwork(graph, graph.check_weights(arrays, self._where), found.stack)


def _check_text(message: Any) -> None:
    """Raise UnicodeError for names that are no text: protobuf gives such as bytes."""
    for field, value in message.ListFields():
        if field.type == field.TYPE_STRING:
            for each in [value] if isinstance(value, str | bytes) else value:
                if isinstance(each, bytes):
                    raise UnicodeError
        elif field.type == field.TYPE_MESSAGE:
            for each in [value] if hasattr(value, "ListFields") else value:
                _check_text(each)


def _name_of(node: Any) -> str:
    return str(node.name or (node.output[0] if node.output else node.op_type))


def _spoken(sides: list[int]) -> str:
    """Return the sides of an array of pictures, whose number is any."""
    return ", ".join(["N", *(str(side or "?") for side in sides[1:])])
