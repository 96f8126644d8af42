"""Summaries: the lecture's figures, receptive fields that are really seen, memory, text."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from convfilter.errors import ArgumentError, UnknownNameError
from convfilter.nn import models
from convfilter.nn.graph import INPUT, Graph, Node
from convfilter.nn.layers.pointwise import Combine, Relu
from convfilter.nn.layers.shaping import Concat
from convfilter.nn.random_weights import random_weights
from convfilter.nn.summary import as_text, summarise, written_network
from convfilter.nn.summary.fields import fields
from convfilter.nn.summary.memory import inference_bytes, training_bytes
from tests.nn import naive


def test_the_lecture_s_example() -> None:
    summary = summarise(written_network("conv 5 200", (3, 150, 100)))
    assert summary.parameters == 15_200
    assert summary.multiply_adds == 225_000_000
    assert f"{summary.activation_bytes / 2**20:.2f}" == "11.44"
    (row,) = summary.layers
    assert row.dense_weights_per_map == 675_000_000
    assert row.dense_weights == 135_000_000_000
    text = as_text(summary)
    assert "would need 675,000,000 weights for one map" in text
    for written in ("15,200", "225,000,000", "11.44 MiB"):
        assert written in text


def test_lenet5_is_counted_as_in_the_paper() -> None:
    summary = summarise(models.get("lenet5"))
    assert (summary.parameters, summary.connections) == (60_000, 340_908)
    rows = {row.alias: row for row in summary.layers}
    assert [row.parameters for row in rows.values() if row.parameters] == [
        *(156, 12, 1_516, 32, 48_120, 10_164)
    ]
    assert rows["C3"].connections == 151_600
    assert (rows["C3"].maps, rows["C3"].size, rows["C3"].kernel) == (16, (10, 10), (5, 5))
    # "each unit in C5 is connected to the whole picture"
    assert rows["C5"].receptive_field.size == (32, 32)
    assert rows["C5"].activation == "tanh"


def test_alexnet_is_the_table_of_the_lecture() -> None:
    found = {row.alias: (row.maps, row.size) for row in summarise(models.get("alexnet")).layers}
    found.pop("")
    assert found == {
        **{"C1": (96, (55, 55)), "S2": (96, (27, 27)), "C3": (256, (27, 27))},
        **{"S4": (256, (13, 13)), "C5": (384, (13, 13)), "C6": (384, (13, 13))},
        **{"C7": (256, (13, 13)), "S8": (256, (6, 6)), "F9": (4096, None), "F10": (4096, None)},
        "Out": (1000, None),
    }


def test_224_with_stride_4_and_same_gives_56() -> None:
    table = written_network("conv 11 96 stride=4 padding=same", (3, 224, 224))
    assert table.shapes[table.output] == (96, 56, 56)


PUBLISHED_FIELDS = {
    ("alexnet", "pool5"): 195,
    ("resnet50-v1", "layer4"): 483,
    ("resnet18", "layer4"): 435,
}
"""The first two by Araujo et al. 2019, the third by the same formula for blocks of 3x3."""


@pytest.mark.parametrize(("name", "layer"), PUBLISHED_FIELDS)
def test_receptive_fields_are_those_published(name: str, layer: str) -> None:
    graph = models.get(name)
    node = graph.node(layer)
    assert node is not None
    size = PUBLISHED_FIELDS[name, layer]
    assert fields(graph)[node.name].size == (size, size)


SEEN = [
    ("conv 3 2 | conv 3 2", (1, 9, 8)),
    ("conv 5x3 2 stride=2 padding=valid | relu | max-pool 2 | conv 3 1", (2, 24, 20)),
    ("conv 3 2 dilation=2 padding=1 | mean-pool 3 stride=1 padding=1", (1, 11, 12)),
    ("conv 2 2 | conv 4 2 stride=3", (1, 13, 11)),
    ("conv 3 2 padding=valid | linear 3", (1, 6, 7)),
    ("conv 3 2 padding=valid stride=2 | global-mean", (1, 9, 7)),
]


@pytest.mark.parametrize(("text", "shape"), SEEN)
def test_receptive_fields_are_what_outputs_depend_on(
    text: str, shape: tuple[int, int, int]
) -> None:
    graph = written_network(text, shape)
    field = fields(graph)[graph.output]
    # positive weights and pixels: nothing cancels, and a brighter pixel changes all that see it
    weights = {name: abs(array) + 0.1 for name, array in random_weights(graph).items()}
    base = naive.run(graph, weights, np.zeros((1, *shape)))[graph.output]
    rows, columns = shape[1:]
    lit = np.zeros((rows * columns, *shape))
    for at in range(rows * columns):
        lit[at, :, at // columns, at % columns] = 100
    changed = naive.run(graph, weights, lit)[graph.output] != base
    outputs = changed.reshape(rows, columns, changed.shape[1], -1).any(axis=2)
    across = graph.shapes[graph.output][2] if changed.ndim == 4 else 1
    widest = [0, 0]
    for index in range(outputs.shape[2]):
        seen = np.argwhere(outputs[:, :, index])
        place = divmod(index, across)
        for axis in (0, 1):
            first = field.offset[axis] + place[axis] * field.stride[axis]
            last = first + field.size[axis] - 1
            low, high = seen[:, axis].min(), seen[:, axis].max()
            assert first <= low
            assert high <= last
            widest[axis] = max(widest[axis], high - low + 1)
    # at the edges less is seen, within the picture all of it
    assert widest == [min(field.size[0], rows), min(field.size[1], columns)]


def chain(*nodes: Node, shape: tuple[int, ...] = (1, 10, 10)) -> Graph:
    return Graph("small", shape, nodes)


def test_memory_of_a_chain_is_that_of_neighbours() -> None:
    text = "conv 3 4 | relu | max-pool 2 | conv 3 2 | flatten"
    graph = written_network(text, (1, 10, 10))
    # 100 of the input beside 400; the relu writes over them; 400 beside 100; 100 beside 50
    assert inference_bytes(graph) == 4 * (400 + 100)
    assert training_bytes(graph) == 4 * (100 + 400 + 400 + 100 + 50)


def test_memory_of_what_is_added_later_is_kept() -> None:
    conv = written_network("conv 3 1", (1, 10, 10)).nodes[0].layer
    graph = chain(
        Node("a", conv, (INPUT,)),
        Node("b", conv, ("a",)),
        Node("c", conv, ("b",)),
        Node("d", Combine("sum"), ("c", "a")),
        Node("e", Relu(), ("d",)),
    )
    assert inference_bytes(graph) == 4 * 300  # a, b and c; the sum lies where c was


def test_memory_of_branches_is_that_of_what_they_are_put_together_to() -> None:
    conv = written_network("conv 3 1", (1, 10, 10)).nodes[0].layer
    graph = chain(
        Node("a", conv, (INPUT,)),
        Node("b", conv, ("a",)),
        Node("c", conv, ("a",)),
        Node("d", Concat(), ("b", "c")),
        Node("e", conv, ("d",)),
    )
    assert inference_bytes(graph) == 4 * 300
    twice = chain(Node("a", conv, (INPUT,)), Node("d", Concat(), ("a", "a")))
    assert inference_bytes(twice) == 4 * 300


@pytest.mark.parametrize("name", models.names())
def test_figures_agree_with_each_other(name: str) -> None:
    graph = models.get(name)
    summary = summarise(graph)
    for figure in ("parameters", "connections", "multiply_adds", "activation_bytes"):
        assert getattr(summary, figure) == sum(getattr(row, figure) for row in summary.layers)
    largest = max(row.activation_bytes for row in summary.layers)
    assert largest < summary.inference_bytes < summary.activation_bytes < summary.training_bytes
    assert summary.parameter_bytes >= 4 * summary.parameters
    assert summary.connections >= summary.multiply_adds


def test_normalisation_and_activation_stand_with_their_layer() -> None:
    rows = {row.name: row for row in summarise(models.get("resnet18")).layers}
    first = rows["layer1.0.conv1"]
    assert (first.normalisation, first.activation) == ("batch-norm", "relu")
    assert first.parameters == 64 * 64 * 9 + 2 * 64
    # the second is added before it is rectified
    assert rows["layer1.0.conv2"].activation == ""
    assert (rows["layer1.0.add"].type, rows["layer1.0.add"].activation) == ("sum", "relu")


def test_what_several_layers_look_at_stands_alone() -> None:
    conv = written_network("conv 3 1", (1, 10, 10)).nodes[0].layer
    graph = chain(
        Node("a", conv, (INPUT,)),
        Node("b", Relu(), ("a",)),
        Node("c", Combine("sum"), ("a", "b")),
    )
    assert [row.type for row in summarise(graph).layers] == ["conv2d", "relu", "sum"]


def test_json_holds_plain_values() -> None:
    import json

    summary: dict[str, Any] = json.loads(json.dumps(summarise(models.get("alexnet")).to_dict()))
    assert summary["input"] == [3, 227, 227]
    assert summary["layers"][0] == {
        **{"name": "conv1", "alias": "C1", "type": "conv2d", "maps": 96, "size": [55, 55]},
        **{"kernel": [11, 11], "stride": [4, 4], "padding": [[0, 0], [0, 0]]},
        **{"dilation": [1, 1], "groups": 1, "normalisation": "", "activation": "relu"},
        **{"parameters": 34_944, "multiply_adds": 105_415_200, "connections": 105_705_600},
        "activation_bytes": 1_161_600,
        "receptive_field": {"size": [11, 11], "stride": [4, 4], "offset": [0, 0]},
        **{"dense_weights": 44_892_064_800, "dense_weights_per_map": 467_625_675},
    }


@pytest.mark.parametrize("width", [60, 80, 100, 120, 200, None])
@pytest.mark.parametrize("name", ["alexnet", "resnet50", "googlenet-torchvision"])
def test_text_keeps_to_its_width_and_leaves_nothing_out(name: str, width: int | None) -> None:
    text = as_text(summarise(models.get(name)), width)
    assert width is None or max(map(len, text.splitlines())) <= width
    assert not re.search(r" $", text, re.MULTILINE)
    words = text.split()
    for title in ("Type", "Kernel", "Stride", "output", "field", "offset", "dense"):
        assert title in words
    # a table after the other repeats the names
    assert text.count("\nconv1") == sum(line.startswith("Layer") for line in text.splitlines())


def test_uneven_sides_are_written_out() -> None:
    text = as_text(summarise(written_network("conv 2x3 4 stride=2x1", (2, 7, 9))))
    assert "  2x3     2x1  0+1x1  " in text


REFUSED = {
    "": "'' has an empty layer",
    "conv 3 2 || relu": "has an empty layer",
    "conv 3": "'conv 3' is written conv KERNEL MAPS [stride=1] [padding=same]",
    "conv 3 2 5 6 7 8 9": "is written conv KERNEL",
    "max-pool": "is written max-pool KERNEL [stride=KERNEL] [padding=valid]",
    "relu 3": "'relu 3' is written relu",
    "conv 0 2": "'conv 0 2': kernel must be a whole number from 1 to 999999999, not '0'",
    "conv 3x 2": "kernel must be",
    "conv 3 -2": "maps must be",
    "conv 3 2 padding=none": "padding must be same, valid or a number, not 'none'",
    "conv 3 4 groups=3": "layer 'conv1': a convolution from 2 to 4 maps cannot be cut into 3",
    "max-pool 20": "layer 'max-pool1': pooling: a window of 20x20 does not fit",
    "depth-max 3": "2 maps cannot be pooled 3 at a time",
    "linear 3 | conv 3 2": "a convolution takes maps",
}


@pytest.mark.parametrize("text", REFUSED)
def test_lines_that_cannot_be_understood_are_refused(text: str) -> None:
    with pytest.raises(ArgumentError, match=re.escape(REFUSED[text])):
        written_network(text, (2, 9, 9))


def test_unknown_words_are_refused_with_those_that_are_near() -> None:
    with pytest.raises(
        UnknownNameError, match="no layer is called 'maxpool'; did you mean max-poo"
    ):
        written_network("maxpool 2", (2, 9, 9))
    with pytest.raises(
        UnknownNameError, match="no value of conv is called 'pad'; did you mean padd"
    ):
        written_network("conv 3 2 pad=1", (2, 9, 9))


def test_absurd_sizes_are_only_numbers() -> None:
    summary = summarise(written_network("conv 999999999 999999999", (3, 999999999, 999999999)))
    assert summary.parameters == 3 * 999_999_999**3 + 999_999_999
