# pyright: strict
"""A program of a consumer, in which type checkers refuse each line that is marked, and no other."""

from __future__ import annotations

import numpy as np

import convfilter
from convfilter import Pipeline, filters, images, kernels

a = np.zeros((40, 50), np.uint8)

filters.sobel(a, nrom="l1")  # refused
filters.sobel(a, norm="l3")  # refused
filters.sobel(a, norm=None)  # refused
filters.sobel(a, "l1")  # refused
filters.sobel()  # refused
filters.sobel(a, border="mirror")  # refused
filters.sobel(a, padding="vaild")  # refused
filters.sobel(a, padding=(1, 2, 3))  # refused
filters.sobel(a, stride=1.5)  # refused
filters.sobel(a, channels="both")  # refused
filters.sobel(a, workers="two")  # refused
filters.sobel(a, alpha="ignore")  # refused
filters.sobel(a, axes=3)  # refused
filters.sobel(a, channel_axis="C")  # refused
filters.gaussian_blur(a, sigma=b"1")  # refused
filters.gaussian_blur(a, sigma=(1, 2, 3))  # refused
filters.gaussian_blur(a, sigma=None)  # refused
filters.laplacian(a, neighbours=6)  # refused
filters.convolve(a)  # refused
filters.convolve(a, kernel="sobel-x", flip="yes")  # refused
filters.nosuch(a)  # refused
convfilter.nosuch(a)  # refused
convfilter.correlate(a)  # refused
convfilter.correlate(a, [[1]], borders="edge")  # refused
convfilter.pool(a, 2, reduce="median")  # refused
convfilter.median(a, 3, axes=3)  # refused
kernels.nosuch("sobel-x")  # refused
kernels.get(3)  # refused
Pipeline.parse(["sobel"])  # refused
convfilter.read()  # refused
images.nosuch("a.png")  # refused
images.to_depth("a.png", "16")  # refused
convfilter.filter_files("a.png", "b.png", "sobel", qualty=90)  # refused
convfilter.filter_files("a.png", "b.png", "sobel", quality="90")  # refused
convfilter.filter_files("a.png", "b.png", "sobel", alpha="kep")  # refused
convfilter.filter_files("a.png", "b.png", "sobel", overwrite=None)  # refused
convfilter.filter_files(3, "b.png", "sobel")  # refused
convfilter.filter_files("a.png", "b.png")  # refused
for result in convfilter.filter_files("a.png", "b.png", "sobel"):
    print(result.outptu)  # refused
