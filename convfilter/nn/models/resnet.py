"""ResNets: what a block has learned is added to what it was given (He et al. 2015)."""

from __future__ import annotations

from convfilter.nn.graph import Graph
from convfilter.nn.layers.convolution import Linear
from convfilter.nn.layers.pointwise import BatchNorm, Combine, Relu
from convfilter.nn.layers.pooling import GlobalPool
from convfilter.nn.layers.shaping import Flatten
from convfilter.nn.models.building import Stack, convolution, pooling
from convfilter.nn.models.declaring import model

SOURCE = "He et al. 2015, Deep residual learning for image recognition"

MAPS = (64, 128, 256, 512)


@model("resnet18", "ResNet of 18 layers: blocks of two 3x3 and what they were given", SOURCE)
def resnet18() -> Graph:
    """Return ResNet-18."""
    return _resnet("resnet18", (2, 2, 2, 2), bottleneck=False)


@model("resnet34", "ResNet of 34 layers: blocks of two 3x3 and what they were given", SOURCE)
def resnet34() -> Graph:
    """Return ResNet-34."""
    return _resnet("resnet34", (3, 4, 6, 3), bottleneck=False)


@model(
    "resnet50",
    "ResNet of 50 layers as torchvision has it (1.5): halves the maps in the 3x3",
    f"{SOURCE}; torchvision",
)
def resnet50() -> Graph:
    """Return ResNet-50, version 1.5."""
    return _resnet("resnet50", (3, 4, 6, 3), bottleneck=True)


@model("resnet50-v1", "ResNet of 50 layers as published: halves the maps in the first 1x1", SOURCE)
def resnet50_v1() -> Graph:
    """Return ResNet-50 as published."""
    return _resnet("resnet50-v1", (3, 4, 6, 3), bottleneck=True, stride_first=True)


def _resnet(
    name: str, blocks: tuple[int, ...], *, bottleneck: bool, stride_first: bool = False
) -> Graph:
    net = _Residual(name, 3, 224, 224)
    net.convolution("conv1", "bn1", 64, 7, 2)
    net.add("relu", Relu())
    net.add("maxpool", pooling("max", 3, 2, 1))
    for stage, count in enumerate(blocks):
        for block in range(count):
            first = block == 0
            net.block(
                f"layer{stage + 1}.{block}",
                MAPS[stage],
                stride=2 if first and stage else 1,
                bottleneck=bottleneck,
                stride_first=stride_first,
                # what was given has other sides or other maps than what is learned
                projected=first and (bottleneck or stage > 0),
                alias=f"conv{stage + 2}_{block + 1}",
            )
    net.add("avgpool", GlobalPool("mean"))
    net.add("flatten", Flatten())
    net.add("fc", Linear(1000))
    return net.graph()


class _Residual(Stack):
    def block(
        self,
        name: str,
        maps: int,
        *,
        stride: int,
        bottleneck: bool,
        stride_first: bool,
        projected: bool,
        alias: str,
    ) -> None:
        """Add a residual block; relu and relu_1 are the names that torch.fx gives the calls."""
        before = self.last
        if bottleneck:
            strides = (stride, 1, 1) if stride_first else (1, stride, 1)
            parts = [(maps, 1), (maps, 3), (4 * maps, 1)]
        else:
            strides = (stride, 1, 1)
            parts = [(maps, 3), (maps, 3)]
        for i, (each, size) in enumerate(parts):
            self.convolution(f"{name}.conv{i + 1}", f"{name}.bn{i + 1}", each, size, strides[i])
            if i < len(parts) - 1:
                self.add(f"{name}.relu" + (f"_{i}" if i else ""), Relu())
        learned = given = self.last
        if projected:
            self.last = before
            inside = f"{name}.downsample"
            given = self.convolution(f"{inside}.0", f"{inside}.1", parts[-1][0], 1, stride)
        else:
            given = before
        self.add(f"{name}.add", Combine("sum"), learned, given)
        self.add(f"{name}.relu_{len(parts) - 1}", Relu(), alias=alias)

    def convolution(self, name: str, norm: str, maps: int, size: int, stride: int) -> str:
        """Add a convolution without bias and its batch normalisation."""
        self.add(name, convolution(maps, size, stride, size // 2, bias=False))
        return self.add(norm, BatchNorm())
