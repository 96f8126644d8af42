"""LeNet-5, which read digits on cheques (LeCun, Bottou, Bengio and Haffner 1998)."""

from __future__ import annotations

from convfilter.nn.graph import Graph
from convfilter.nn.layers.convolution import Conv2d, Linear, Rbf
from convfilter.nn.layers.pointwise import Relu, Tanh
from convfilter.nn.layers.pooling import Subsample
from convfilter.nn.layers.shaping import Flatten
from convfilter.nn.layers.window import Window
from convfilter.nn.models.building import Stack, convolution, pooling
from convfilter.nn.models.declaring import model

SOURCE = "LeCun et al. 1998, Gradient-based learning applied to document recognition"

C3 = (
    *((0, 1, 2), (1, 2, 3), (2, 3, 4), (3, 4, 5), (0, 4, 5), (0, 1, 5)),
    *((0, 1, 2, 3), (1, 2, 3, 4), (2, 3, 4, 5), (0, 3, 4, 5), (0, 1, 4, 5), (0, 1, 2, 5)),
    *((0, 1, 3, 4), (1, 2, 4, 5), (0, 2, 3, 5)),
    (0, 1, 2, 3, 4, 5),
)
"""The maps of S2 that each map of C3 looks at (table I of the paper)."""

SQUASH = Tanh(1.7159, 2 / 3)
"""So that f(1) = 1 and f(-1) = -1 (appendix A of the paper)."""


@model("lenet5", "LeNet-5 as published: 60,000 trainable parameters, distances to codes", SOURCE)
def lenet5() -> Graph:
    """Return LeNet-5; of its ten outputs the smallest names the digit."""
    net = Stack("lenet5", 1, 32, 32)
    net.add("conv1", convolution(6, 5))
    net.add("tanh1", SQUASH, alias="C1")
    net.add("subsample2", Subsample(2))
    net.add("tanh2", SQUASH, alias="S2")
    net.add("conv3", Conv2d(16, Window((5, 5)), table=C3))
    net.add("tanh3", SQUASH, alias="C3")
    net.add("subsample4", Subsample(2))
    net.add("tanh4", SQUASH, alias="S4")
    net.add("conv5", convolution(120, 5))
    net.add("tanh5", SQUASH, alias="C5")
    net.add("flatten", Flatten())
    net.add("fc6", Linear(84))
    net.add("tanh6", SQUASH, alias="F6")
    net.add("rbf", Rbf(10), alias="Out")
    return net.graph()


@model(
    "lenet5-modern", "LeNet-5 with what is usual today: maxima, ReLU, every map connected", SOURCE
)
def lenet5_modern() -> Graph:
    """Return LeNet-5 with maxima, ReLU and a linear output, a number for each digit."""
    net = Stack("lenet5-modern", 1, 32, 32)
    net.add("conv1", convolution(6, 5))
    net.add("relu1", Relu(), alias="C1")
    net.add("pool2", pooling("max", 2, 2), alias="S2")
    net.add("conv3", convolution(16, 5))
    net.add("relu3", Relu(), alias="C3")
    net.add("pool4", pooling("max", 2, 2), alias="S4")
    net.add("flatten", Flatten())
    net.add("fc5", Linear(120))
    net.add("relu5", Relu(), alias="C5")
    net.add("fc6", Linear(84))
    net.add("relu6", Relu(), alias="F6")
    net.add("fc7", Linear(10), alias="Out")
    return net.graph()
