# pyright: strict
"""A program of a consumer; type checkers have nothing to say against it."""

from __future__ import annotations

from contextlib import closing
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import convfilter
from convfilter import Image, Pipeline, engine, filters, images, kernels
from convfilter.errors import ConvfilterError
from convfilter.filters import gaussian_blur

grey: NDArray[np.uint8] = np.zeros((40, 50), np.uint8)

edges: NDArray[Any] = filters.sobel(grey)
edges = filters.sobel(grey, norm="l1", stride=(2, 3), padding="valid", border="edge", workers=1)
edges = filters.sobel(image=grey, padding=((1, 2), (0, 1)), channels="luma", alpha="keep")
edges = filters.sobel(grey, axes="YX", alpha=None, channel_axis=None)
soft = filters.gaussian_blur(grey, sigma=2)
soft = filters.gaussian_blur(convfilter.read("a.tif"), sigma=("0.5um", 2))
soft = gaussian_blur(grey, sigma=(1, 2.5), truncate=3.0)
soft = filters.box_blur(grey, radius=(1, 2), fill=100)
found = filters.canny(grey, low=40, high=None)
found = filters.laplacian(grey, neighbours="8", signed="offset")
found = filters.laplacian(grey, neighbours=8)
opened = filters.open(grey, size=5)
opened = filters.open_(grey, size=(3, 5))
answer = filters.convolve(grey, kernel="sobel-x", flip=True)
answer = filters.convolve(grey, kernel=[[0, 1], [1, 0]], scale=0.5, signed=None)
answer = filters.convolve(grey, kernel=np.ones((3, 3)))
answer = filters.convolve(grey, kernel=kernels.get("sobel-x"))
answer = filters.convolve(grey, kernel=Path("kernel.toml"))
small = filters.max_pool(grey, size=2, stride=None, ceil_mode=True)
nested = filters.invert([[0, 255], [255, 0]])
names: list[str] = filters.names()
summary: str = filters.index()["sobel"].summary
description: str = filters.get("sobel").description

response: NDArray[Any] = convfilter.correlate(
    grey,
    [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
    stride=2,
    padding="valid",
    border="constant",
    fill=1.0,
    dtype=np.float32,
)
response = convfilter.convolve(grey, np.ones((3, 3)), scale=1 / 9, workers=2)
response = convfilter.correlate_bank(grey, [np.ones((3, 3)), np.eye(3)], "max")
pooled: NDArray[Any] = convfilter.pool(grey, 2, reduce="mean", count_include_pad=False)
middle: NDArray[Any] = convfilter.median(grey, 3)
middle = engine.percentile(np.zeros((2, 3, 4, 5)), 3, 20, axes="TZYX")
middle = engine.bilateral(np.zeros((3, 4, 5)), 3, 1, 1, channel_axis=0)
reason: str = convfilter.plan(grey, np.ones((5, 5))).reason
borders: tuple[str, ...] = engine.BORDERS

kernel = kernels.get("sobel-x")
weights: NDArray[np.float64] = kernel.weights
turned: kernels.Kernel = kernel.rotated(2).replace(scale=2.0)
gaussian: NDArray[np.float64] = kernels.shapes.gaussian(2.0)
all_names: list[str] = [each.name for each in kernels.all_kernels()]

picture: Image = convfilter.read("photo.png")
picture = convfilter.read(Path("photo.png"))
pixels: NDArray[Any] = picture.pixels
picture = convfilter.read("stack.npy", axes="ZYX")
edges = filters.sobel(picture)
notes: list[str] = convfilter.write(picture, "result.png")

chain: Pipeline = Pipeline.parse("gaussian-blur sigma=2 | sobel")
chain = Pipeline(["sobel", ("max-pool", {"size": 2})])
as_image: Image = chain(picture, alpha="drop", linear=True)
as_array: NDArray[Any] = chain(grey, workers=1)
as_image = convfilter.apply("gaussian-blur", picture, sigma=2)
as_array = convfilter.apply("gaussian-blur", grey, sigma=2)
as_array = convfilter.apply("gaussian-blur", grey, axes="YX", sigma=2)
as_array = chain(grey, channel_axis=-1)

deep: Image = images.to_depth(picture, "16")
suffix: str = images.suffix_of("png")

with closing(convfilter.filter_files([Path("photos"), "a.png"], "out", "sobel")) as results:
    written: list[PathLike[str]] = [each.output for each in results if each.ok]
one = convfilter.filter_files(
    inputs="a.png", output=None, pipeline=chain, in_place=True, quality=90, alpha="keep",
    frames=[0, 1], depth=None,
)  # fmt: skip
result: convfilter.FileResult = next(one)
took: float = sum(result.seconds) + result.seconds.reading

try:
    filters.get("nothing")
except ConvfilterError as error:
    code: int = error.exit_code
