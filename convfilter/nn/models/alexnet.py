"""AlexNet, which won ImageNet's contest of 2012 (Krizhevsky, Sutskever and Hinton)."""

from __future__ import annotations

from convfilter.nn.graph import Graph
from convfilter.nn.layers.convolution import Linear
from convfilter.nn.layers.pointwise import Dropout, LocalResponse, Relu, Softmax
from convfilter.nn.layers.shaping import Flatten
from convfilter.nn.models.building import Stack, convolution, pooling
from convfilter.nn.models.declaring import model

NORMALISATION = LocalResponse(5, 1e-4, 0.75, 2.0, divided=False)


@model(
    "alexnet",
    "AlexNet as published, for 227x227: two groups, local response normalisation",
    "Krizhevsky et al. 2012, ImageNet classification with deep convolutional neural networks",
)
def alexnet() -> Graph:
    """Return AlexNet with Caffe's names; the paper says 224, but its own sizes need 227."""
    net = Stack("alexnet", 3, 227, 227)
    net.add("conv1", convolution(96, 11, 4))
    net.add("relu1", Relu(), alias="C1")
    net.add("norm1", NORMALISATION)
    net.add("pool1", pooling("max", 3, 2), alias="S2")
    net.add("conv2", convolution(256, 5, padding=2, groups=2))
    net.add("relu2", Relu(), alias="C3")
    net.add("norm2", NORMALISATION)
    net.add("pool2", pooling("max", 3, 2), alias="S4")
    net.add("conv3", convolution(384, 3, padding=1))
    net.add("relu3", Relu(), alias="C5")
    net.add("conv4", convolution(384, 3, padding=1, groups=2))
    net.add("relu4", Relu(), alias="C6")
    net.add("conv5", convolution(256, 3, padding=1, groups=2))
    net.add("relu5", Relu(), alias="C7")
    net.add("pool5", pooling("max", 3, 2), alias="S8")
    net.add("flatten", Flatten())
    net.add("fc6", Linear(4096))
    net.add("relu6", Relu(), alias="F9")
    net.add("drop6", Dropout(0.5))
    net.add("fc7", Linear(4096))
    net.add("relu7", Relu(), alias="F10")
    net.add("drop7", Dropout(0.5))
    net.add("fc8", Linear(1000))
    net.add("prob", Softmax(), alias="Out")
    return net.graph()


@model(
    "alexnet-torchvision",
    "AlexNet as torchvision has it: one group, no normalisation",
    "Krizhevsky 2014, One weird trick for parallelizing convolutional neural networks; torchvision",
)
def alexnet_torchvision() -> Graph:
    """Return torchvision's AlexNet; its adaptive mean changes nothing at 224 and is left out."""
    net = Stack("alexnet-torchvision", 3, 224, 224)
    net.add("features.0", convolution(64, 11, 4, 2))
    net.add("features.1", Relu(), alias="C1")
    net.add("features.2", pooling("max", 3, 2), alias="S2")
    net.add("features.3", convolution(192, 5, padding=2))
    net.add("features.4", Relu(), alias="C3")
    net.add("features.5", pooling("max", 3, 2), alias="S4")
    net.add("features.6", convolution(384, 3, padding=1))
    net.add("features.7", Relu(), alias="C5")
    net.add("features.8", convolution(256, 3, padding=1))
    net.add("features.9", Relu(), alias="C6")
    net.add("features.10", convolution(256, 3, padding=1))
    net.add("features.11", Relu(), alias="C7")
    net.add("features.12", pooling("max", 3, 2), alias="S8")
    net.add("flatten", Flatten())
    net.add("classifier.0", Dropout(0.5))
    net.add("classifier.1", Linear(4096))
    net.add("classifier.2", Relu(), alias="F9")
    net.add("classifier.3", Dropout(0.5))
    net.add("classifier.4", Linear(4096))
    net.add("classifier.5", Relu(), alias="F10")
    net.add("classifier.6", Linear(1000), alias="Out")
    return net.graph()
