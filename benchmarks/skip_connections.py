"""What skip connections do to gradients: their norms layer by layer, with and without.

    python -m benchmarks.skip_connections

A stack of pairs of 3x3 convolutions, as in ResNet (He et al. 2016), gets random weights, and the
gradient of a random loss goes back from its end to its beginning. With skip connections each pair
adds to what it is given; without, it passes on what it computes alone. The weights are the same,
normal of variance 1 / inputs, so that what goes forward through a tanh neither grows nor vanishes
at once (LeCun et al. 1998, Efficient BackProp).
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np

from convfilter.nn.graph import INPUT, Graph, Node
from convfilter.nn.layers.convolution import Conv2d
from convfilter.nn.layers.pointwise import Combine, Tanh
from convfilter.nn.layers.window import Window
from convfilter.nn.training.model import Model

MAPS, SIDE, PICTURES = 8, 12, 4


def stack(pairs: int, *, skips: bool) -> Graph:
    """Return so many pairs of convolutions, with or without skip connections."""
    kernel = Conv2d(MAPS, Window((3, 3), padding="same"))
    nodes = [Node("first", kernel, (INPUT,))]
    before = "first"
    for pair in range(1, pairs + 1):
        names = [f"{pair}.{part}" for part in ("conv1", "tanh1", "conv2", "tanh2")]
        for name, layer, given in zip(
            names, (kernel, Tanh(), kernel, Tanh()), (before, *names), strict=False
        ):
            nodes.append(Node(name, layer, (given,)))
        nodes.append(Node(f"{pair}", Combine("sum"), (names[-1], before) if skips else names[-1:]))
        before = f"{pair}"
    return Graph("skips" if skips else "plain", (3, SIDE, SIDE), tuple(nodes))


def norms(pairs: int, *, skips: bool, seed: int = 0) -> list[float]:
    """Return the length of the gradient at the output of each pair, the first one first."""
    graph = stack(pairs, skips=skips)
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(3, PICTURES, SIDE, SIDE)).astype(np.float32)
    model = Model(graph, _weights(graph, rng))
    out = model.forward(x)
    model.backward(rng.normal(size=out.shape).astype(np.float32), keep=True)
    return [float(np.linalg.norm(model.gradients[f"{pair}"])) for pair in range(1, pairs + 1)]


def _weights(graph: Graph, rng: np.random.Generator) -> dict[str, np.ndarray]:
    return {
        name: rng.normal(0, np.prod(shape[1:]) ** -0.5, shape)
        if len(shape) > 1
        else np.zeros(shape)
        for name, shape in graph.arrays().items()
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.skip_connections",
        description="Gradients with and without skip connections.",
    )
    parser.add_argument("--pairs", type=int, default=20, help="of convolutions, 20 unless given")
    pairs = parser.parse_args(arguments).pairs
    found = {skips: norms(pairs, skips=skips) for skips in (False, True)}
    print("pair   without skips   with skips")
    for pair in range(pairs):
        print(f"{pair + 1:>4}   {found[False][pair]:>13.3g}   {found[True][pair]:>10.3g}")


if __name__ == "__main__":
    main()
