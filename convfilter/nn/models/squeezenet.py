"""SqueezeNet: few parameters, since 1x1 convolutions squeeze the maps (Iandola et al. 2016)."""

from __future__ import annotations

from convfilter.nn.graph import Graph
from convfilter.nn.layers.pointwise import Dropout, Relu
from convfilter.nn.layers.pooling import GlobalPool
from convfilter.nn.layers.shaping import Concat, Flatten
from convfilter.nn.models.building import Stack, convolution, pooling
from convfilter.nn.models.declaring import model

FIRES = {3: (16, 64), 4: (16, 64), 6: (32, 128), 7: (32, 128)} | {
    9: (48, 192),
    10: (48, 192),
    11: (64, 256),
    12: (64, 256),
}
"""By torchvision's number: maps after squeezing, and of each of the two that expand."""

POOLS = {2: "pool1", 5: "pool3", 8: "pool5"}


@model(
    "squeezenet",
    "SqueezeNet 1.1: AlexNet's accuracy with a fiftieth of its parameters",
    "Iandola et al. 2016, SqueezeNet; version 1.1 of its authors, as Keras and ONNX's zoo have it",
)
def squeezenet() -> Graph:
    """Return SqueezeNet 1.1 with pools that leave out what is too small for a window."""
    return _version_1_1("squeezenet", ceil=False)


@model(
    "squeezenet-torchvision",
    "SqueezeNet 1.1 as torchvision has it: pools round up",
    "Iandola et al. 2016, SqueezeNet; version 1.1 of its authors; torchvision",
)
def squeezenet_torchvision() -> Graph:
    """Return torchvision's SqueezeNet 1.1, whose pools begin a last window wherever one can."""
    return _version_1_1("squeezenet-torchvision", ceil=True)


def _version_1_1(name: str, *, ceil: bool) -> Graph:
    net = Stack(name, 3, 224, 224)
    net.add("features.0", convolution(64, 3, 2))
    net.add("features.1", Relu(), alias="conv1")
    fires = iter(range(2, 10))
    for number in range(2, 13):
        place = f"features.{number}"
        if number in POOLS:
            net.add(place, pooling("max", 3, 2, ceil=ceil), alias=POOLS[number])
        else:
            _fire(net, place, *FIRES[number], alias=f"fire{next(fires)}")
    net.add("classifier.0", Dropout(0.5))
    net.add("classifier.1", convolution(1000, 1))
    net.add("classifier.2", Relu(), alias="conv10")
    net.add("classifier.3", GlobalPool("mean"), alias="pool10")
    net.add("flatten", Flatten())
    return net.graph()


def _fire(net: Stack, name: str, squeezed: int, expanded: int, alias: str) -> None:
    """Add a fire module: 1x1, and on top of it 1x1 and 3x3 beside each other."""
    net.add(f"{name}.squeeze", convolution(squeezed, 1))
    squeeze = net.add(f"{name}.squeeze_activation", Relu())
    branches = []
    for size, padding in ((1, 0), (3, 1)):
        part = f"{name}.expand{size}x{size}"
        net.add(part, convolution(expanded, size, padding=padding), squeeze)
        branches.append(net.add(f"{part}_activation", Relu()))
    net.add(f"{name}.cat", Concat(), *branches, alias=alias)
