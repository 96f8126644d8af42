"""GoogLeNet: modules of four branches, put together (Szegedy et al. 2014)."""

from __future__ import annotations

from convfilter.nn.graph import Graph
from convfilter.nn.layers.convolution import Linear
from convfilter.nn.layers.pointwise import BatchNorm, Dropout, LocalResponse, Relu, Softmax
from convfilter.nn.layers.pooling import GlobalPool
from convfilter.nn.layers.shaping import Concat, Flatten
from convfilter.nn.models.building import Stack, convolution, pooling
from convfilter.nn.models.declaring import model

MODULES: dict[str, tuple[int, int, int, int, int, int]] = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}
"""Maps of 1x1, before 3x3, 3x3, before 5x5, 5x5 and behind the pooling (table 1 of the paper)."""


@model(
    "googlenet",
    "GoogLeNet as published, without the heads that only training uses",
    "Szegedy et al. 2014, Going deeper with convolutions",
)
def googlenet() -> Graph:
    """Return GoogLeNet with torchvision's names, the paper's sizes and Caffe's normalisation."""
    net = _Inception("googlenet", batch_norm=False)
    net.body(size_of_third=5, size_of_last_pool=3)
    net.add("dropout", Dropout(0.4))
    net.add("fc", Linear(1000))
    net.add("prob", Softmax())
    return net.graph()


@model(
    "googlenet-torchvision",
    "GoogLeNet as torchvision has it: batch normalisation, 3x3 in place of 5x5",
    "Szegedy et al. 2014, Going deeper with convolutions; torchvision",
    # its weights come from TensorFlow: there torchvision undoes its usual scaling (transform_input)
    scaling=(0.5, 0.5),
)
def googlenet_torchvision() -> Graph:
    """Return torchvision's GoogLeNet without its auxiliary heads."""
    net = _Inception("googlenet-torchvision", batch_norm=True)
    net.body(size_of_third=3, size_of_last_pool=2)
    net.add("dropout", Dropout(0.2))
    net.add("fc", Linear(1000))
    return net.graph()


class _Inception(Stack):
    def __init__(self, name: str, *, batch_norm: bool) -> None:
        super().__init__(name, 3, 224, 224)
        self._batch_norm = batch_norm

    def body(self, size_of_third: int, size_of_last_pool: int) -> None:
        """Add all layers up to the features."""
        self.convolution("conv1", 64, 7, 2)
        self.add("maxpool1", pooling("max", 3, 2, ceil=True))
        self.normalisation("norm1")
        self.convolution("conv2", 64, 1)
        self.convolution("conv3", 192, 3)
        self.normalisation("norm2")
        self.add("maxpool2", pooling("max", 3, 2, ceil=True))
        for name, maps in MODULES.items():
            if name == "4a":
                self.add("maxpool3", pooling("max", 3, 2, ceil=True))
            if name == "5a":
                self.add("maxpool4", pooling("max", size_of_last_pool, 2, ceil=True))
            self.module(name, *maps, size_of_third)
        self.add("avgpool", GlobalPool("mean"))
        self.add("flatten", Flatten())

    def module(
        self, name: str, a: int, b1: int, b: int, c1: int, c: int, d: int, size_of_third: int
    ) -> None:
        """Add four branches on top of the last layer, and what puts them together."""
        before, inside = self.last, f"inception{name}"
        branches = [self.convolution(f"{inside}.branch1", a, 1)]
        for branch, first, second, size in ((2, b1, b, 3), (3, c1, c, size_of_third)):
            self.last = before
            self.convolution(f"{inside}.branch{branch}.0", first, 1)
            branches.append(self.convolution(f"{inside}.branch{branch}.1", second, size))
        self.add(f"{inside}.branch4.0", pooling("max", 3, 1, 1, ceil=True), before)
        branches.append(self.convolution(f"{inside}.branch4.1", d, 1))
        self.add(f"{inside}.cat", Concat(), *branches, alias=name)

    def convolution(self, name: str, maps: int, size: int, stride: int = 1) -> str:
        """Add a convolution of an odd size with padding around, normalised and rectified."""
        layer = convolution(maps, size, stride, size // 2, bias=not self._batch_norm)
        self.add(f"{name}.conv", layer)
        if self._batch_norm:
            self.add(f"{name}.bn", BatchNorm(1e-3))
        return self.add(f"{name}.relu", Relu())

    def normalisation(self, name: str) -> None:
        """Add local response normalisation where nothing else normalises."""
        if not self._batch_norm:
            self.add(name, LocalResponse(5, 1e-4, 0.75))
