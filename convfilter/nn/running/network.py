"""Networks made ready: all steps in one call, on memory that was planned."""

from __future__ import annotations

import threading
import time
from collections.abc import Hashable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convfilter.errors import ArgumentError
from convfilter.nn.graph import INPUT, Graph, Weights
from convfilter.nn.running.explaining import Explanation, explained
from convfilter.nn.running.fusing import fuse
from convfilter.nn.running.layout import STEP
from convfilter.nn.running.operation import Operation, Room, Step
from convfilter.nn.running.others import Moving, loops_of
from convfilter.nn.running.processor import REGISTER
from convfilter.nn.running.team import HELP, LEAD, Team
from convfilter.nn.running.values import Memory, Value
from convfilter.runtime.compiled import expect, loop
from convfilter.runtime.threads import check_workers

NANOSECONDS_PER_FLOP = 0.006

NANOSECONDS_PER_STEP = 2000

Array = NDArray[Any]
Floats = NDArray[np.float32]


class Program:
    """The steps of a network that give some outputs.

    Attributes
    ----------
    steps : what is run, in its order
    """

    def __init__(
        self,
        graph: Graph,
        weights: Weights,
        names: Sequence[str],
        workers: int,
        packed: dict[Hashable, Floats],
    ) -> None:
        fused = fuse(graph, weights, names)
        expect(
            [
                (REGISTER, ()),
                *((name, ()) for name in loops_of(fused.operations)),
                (LEAD, ()),
                (HELP, ()),
            ]
        )
        self._values = fused.values
        memory = Memory()
        self.steps = list(
            _steps(fused.operations, fused.values, Room(memory, workers, packed), memory)
        )
        self._memory = memory
        self._input = self.steps[0].record
        self._table = np.zeros(len(self.steps), STEP)
        for row, step in zip(self._table, self.steps, strict=True):
            address = step.record.__array_interface__["data"][0]
            row["loop"], row["arguments"] = loop(step.loop).address, address
            row["chunks"] = step.chunks
        flops = sum(step.flops for step in self.steps)
        nanoseconds = flops * NANOSECONDS_PER_FLOP + len(self.steps) * NANOSECONDS_PER_STEP
        self._team = Team(self._table, workers, nanoseconds)

    def __call__(self, picture: Floats) -> None:
        """Run all steps for one picture, C-contiguous."""
        self._input["input"] = picture.__array_interface__["data"][0]
        self._team.run(0, len(self.steps))

    def times(self, picture: Floats) -> list[float]:
        """Run all steps for one picture, one after the other; return the seconds of each."""
        self._input["input"] = picture.__array_interface__["data"][0]
        seconds = []
        for number in range(len(self.steps)):
            start = time.perf_counter()
            self._team.run(number, 1)
            seconds.append(time.perf_counter() - start)
        return seconds

    @property
    def memory_bytes(self) -> int:
        """Of all activations, and of what loops work in."""
        return self._memory.taken

    def output(self, name: str) -> Floats:
        """Return what was computed last, where it lies."""
        return self._values[name].array()


def _steps(
    operations: list[Operation], kept: dict[str, Value], room: Room, memory: Memory
) -> Iterator[Step]:
    """Plan the memory of all values, and yield the steps of all operations."""
    for operation in operations:
        operation.require()
    last: dict[Value, int] = {}
    for number, operation in enumerate(operations):
        for value in (*operation.reads(), operation.output):
            last[value.root] = number
    given = kept[INPUT]
    memory.place(given)
    yield _entering(given)
    for number, operation in enumerate(operations):
        out = operation.output.root
        if out.buffer is None:
            memory.place(out)
        steps = list(operation.steps(room))
        room.free()
        yield from steps
        for value in {each.root: None for each in (*operation.reads(), operation.output)}:
            if last[value] == number and not value.is_kept:
                memory.release(value)


def _entering(given: Value) -> Step:
    """Return the step that takes a picture in."""
    picture = np.zeros(given.shape, np.float32)
    return Moving([INPUT], [], given).copying(picture)


class Prepared:
    """A network with its weights, ready to run.

    Convolutions keep weights in an order of their own; what is fully connected reads the arrays
    that were given, where they are C-contiguous and float32. So they must not change any more.
    """

    def __init__(self, graph: Graph, weights: Weights, workers: int | None) -> None:
        self.graph = graph
        self._weights = weights
        self._workers = check_workers(workers)
        self._programs: dict[tuple[str, ...], Program] = {}
        self._packed: dict[Hashable, Floats] = {}
        self._lock = threading.Lock()
        self._program(())

    @property
    def steps(self) -> list[Step]:
        """What is run for a picture: layer names, way, FLOPs."""
        return self._program(()).steps

    @property
    def memory_bytes(self) -> int:
        """Memory of activations, as planned."""
        return self._program(()).memory_bytes

    def __call__(self, x: Array, layers: Sequence[str] = ()) -> dict[str, Floats]:
        """Return the output, and those of other layers, by name.

        Parameters
        ----------
        x : float32 (N, maps, rows, columns), or whatever the graph takes with N before it
        layers : names or aliases of layers whose outputs are wanted, too

        Returns
        -------
        dict
            float32 (N, ...) under the name of each node, and under the names that were asked for.

        Raises
        ------
        ArgumentError
            If there is no such layer, or `x` has another shape.
        """
        pictures = self._pictures(x)
        asked = self._names(layers)
        wanted = tuple(sorted({*asked.values()} - {self.graph.output, INPUT}))
        with self._lock:
            program = self._program(wanted)
            names = (self.graph.output, *wanted)
            results = {
                name: np.empty((len(pictures), *self.graph.shapes[name]), np.float32)
                for name in names
            }
            for number, picture in enumerate(pictures):
                program(picture)
                for name, result in results.items():
                    result[number] = program.output(name)
        if INPUT in asked.values():
            results[INPUT] = pictures
        return results | {name: results[node] for name, node in asked.items()}

    def explain(self, x: Array, rounds: int = 5) -> Explanation:
        """Run the steps one by one for the first picture, a few times; tell how they ran.

        Of each step the fastest of all rounds counts.
        """
        picture = self._pictures(x)[0]
        with self._lock:
            program = self._program(())
            taken = [program.times(picture) for _ in range(rounds)]
        seconds = [min(each) for each in zip(*taken, strict=True)]
        return Explanation(
            self.graph.name,
            self.graph.input_shape,
            self._workers,
            program.memory_bytes,
            explained(program.steps, seconds),
        )

    def _pictures(self, x: Array) -> Floats:
        array: Floats = np.ascontiguousarray(x, np.float32)
        if (
            array.ndim != len(self.graph.input_shape) + 1
            or array.shape[1:] != self.graph.input_shape
        ):
            wanted = ", ".join(map(str, self.graph.input_shape))
            raise ArgumentError(f"{self.graph.name} takes arrays (N, {wanted}), not {np.shape(x)}")
        return array

    def _names(self, layers: Sequence[str]) -> dict[str, str]:
        """Return the names of the nodes that are asked for, by what they are asked for."""
        found: dict[str, str] = {}
        for name in layers:
            node = self.graph.node(name)
            if node is None and name != INPUT:
                raise ArgumentError(f"{self.graph.name} has no layer {name!r}")
            found[name] = INPUT if node is None else node.name
        return found

    def _program(self, layers: tuple[str, ...]) -> Program:
        if layers not in self._programs:
            names = tuple(dict.fromkeys((self.graph.output, *layers)))
            self._programs[layers] = Program(
                self.graph, self._weights, names, self._workers, self._packed
            )
        return self._programs[layers]


def prepare(graph: Graph, weights: Weights, *, workers: int | None = None) -> Prepared:
    """Make a network ready: plan it, arrange its weights, and have its loops compiled.

    Parameters
    ----------
    graph : what it is
    weights : arrays by name, as `Graph.arrays` names them
    workers : threads; all CPUs when None. They never change a bit of the result.

    Raises
    ------
    ArgumentError
        For arrays that are missing or misshapen, and layers that cannot be run.

    Examples
    --------
    >>> import numpy as np
    >>> from convfilter.nn.graph import INPUT, Graph, Node
    >>> from convfilter.nn.layers.pointwise import Relu
    >>> graph = Graph("one", (1, 1, 2), (Node("relu", Relu(), (INPUT,)),))
    >>> prepare(graph, {})(np.array([[[[-1.0, 2.0]]]], np.float32))["relu"].tolist()
    [[[[0.0, 2.0]]]]
    """
    for name, shape in graph.arrays().items():
        if name not in weights or weights[name].shape != shape:
            graph.check_weights(weights, "what was given as weights")
    return Prepared(graph, weights, workers)
