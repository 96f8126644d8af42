"""How much memory the numbers of a network take, for one picture."""

from __future__ import annotations

from dataclasses import dataclass

from convfilter.nn.graph import INPUT, Graph, Node
from convfilter.nn.layers.layer import elements
from convfilter.nn.layers.pointwise import Combine, Dropout, LocalResponse, Pointwise
from convfilter.nn.layers.shaping import Concat, Flatten, Reshape

BYTES = 4
"""Of a number, float32."""


@dataclass
class _Block:
    """A piece of memory that outputs lie in, one after the other or beside each other."""

    size: int
    made: int
    needed: int


def inference_bytes(graph: Graph) -> int:
    """Return the bytes of all numbers that are alive at the same time, at the worst moment.

    An output lives until the last layer has looked at it. A layer that takes number by number
    writes over what nobody needs any more, branches write where they are to be put together, and
    what only gives numbers another shape or does nothing at inference takes no memory.

    What is planned to run it on a processor is more: whole vectors, zeros around maps, and what
    loops work in. `Prepared.memory_bytes` tells that.
    """
    last = _last_uses(graph)
    inputs = _Block(elements(graph.input_shape), -1, last[INPUT])
    blocks = [inputs]
    held: dict[str, list[_Block]] = {INPUT: [inputs]}
    for step, node in enumerate(graph.nodes):
        size = elements(graph.shapes[node.name])
        used = _reused(node, held, inputs, step, size)
        if used is None:
            used = [_Block(size, step, step)]
            blocks += used
        for block in used:
            block.needed = max(block.needed, last[node.name])
        held[node.name] = used
    alive = (
        sum(block.size for block in blocks if block.made <= step <= block.needed)
        for step in range(len(graph.nodes))
    )
    return BYTES * max(alive)


def training_bytes(graph: Graph) -> int:
    """Return the bytes of the input and of every output, which the way back looks at again."""
    kept = (node for node in graph.nodes if not isinstance(node.layer, Flatten | Reshape))
    outputs = sum(elements(graph.shapes[node.name]) for node in kept)
    return BYTES * (elements(graph.input_shape) + outputs)


def _last_uses(graph: Graph) -> dict[str, int]:
    """Return for each output the number of the last layer that looks at it."""
    last = {INPUT: 0} | {node.name: step for step, node in enumerate(graph.nodes)}
    for step, node in enumerate(graph.nodes):
        for name in node.inputs:
            last[name] = max(last[name], step)
    last[graph.output] = len(graph.nodes)
    return last


def _reused(
    node: Node, held: dict[str, list[_Block]], inputs: _Block, step: int, size: int
) -> list[_Block] | None:
    """Return the blocks that an output shares with its inputs; None where it needs its own."""
    layer = node.layer
    if isinstance(layer, Flatten | Reshape | Dropout):
        return held[node.inputs[0]]
    if isinstance(layer, Concat):
        together = [block for name in node.inputs for block in held[name]]
        distinct = len({id(block) for block in together}) == len(together)
        return together if distinct and inputs not in together else None
    if isinstance(layer, Combine | Pointwise) and not isinstance(layer, LocalResponse):
        for name in node.inputs:
            blocks = held[name]
            free = all(block.needed <= step and block is not inputs for block in blocks)
            if free and sum(block.size for block in blocks) == size:
                return blocks
    return None
