"""The rows of the engine's benchmark: the same work on the same pixels, by each library."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import cv2
import numpy as np
import scipy.fft  # noqa: F401 - its import is not part of the first row that may use it
from PIL import Image, ImageChops, ImageFilter
from scipy import ndimage
from skimage import data

import convfilter
from convfilter import filters

try:
    import pyvips
except (ImportError, OSError):  # no package, or no library behind it
    pyvips = None

Array = np.ndarray[Any, np.dtype[Any]]
Work = Callable[[], Array]

SOBEL_X = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
LAPLACIAN = np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]])
SHARPEN = np.array([[0, -1, 0], [-1, 5, -1], [0, -1, 0]])
BORDER = cv2.BORDER_REFLECT_101
MEGAPIXEL = 1024


@dataclass(frozen=True)
class Row:
    """The same work done by each library.

    `apart` maps a library to (difference, share of outputs that may differ by more), for peers that
    round in between, approximate or leave the border alone; for the others it is (1, 0), and for
    float outputs the difference is one in 1e-4 of the largest. None: not the same numbers at all,
    and not compared.
    """

    name: str
    image: Array
    work: dict[str, Work]
    apart: dict[str, tuple[float, float] | None] = field(default_factory=dict)


def photograph(height: int, width: int, channels: int = 1) -> Array:
    """Return a uint8 photograph (H, W) or (H, W, 3), made of a real one laid side by side."""
    tile = data.astronaut()
    if channels == 1:
        tile = cv2.cvtColor(tile, cv2.COLOR_RGB2GRAY)
    tile = np.concatenate([tile, tile[:, ::-1]], axis=1)
    tile = np.concatenate([tile, tile[::-1]], axis=0)
    repeats = (-(-height // tile.shape[0]), -(-width // tile.shape[1]), 1)[: tile.ndim]
    return np.ascontiguousarray(np.tile(tile, repeats)[:height, :width])


def dense_kernel(size: int) -> Array:
    """Return weights of which none is 0, no two are equal and no sum of few products serves."""
    kernel = np.random.default_rng(size).uniform(0.5, 1.5, (size, size))
    return kernel / kernel.sum()


def rows(height: int, width: int, workers: int) -> Iterator[Row]:
    """Yield the rows for images of this size; `workers` is what convfilter is given."""
    grey, colour = photograph(height, width), photograph(height, width, 3)
    wide = grey.astype(np.uint16) * 257
    yield from _edges(grey, colour, workers)
    yield from _smoothing(grey, colour, workers)
    yield from _dense(grey, workers)
    yield from _ranks(grey, colour, wide, workers)
    yield from _likeness(colour, workers)
    yield _canny(grey, workers)
    yield _chain(grey, workers)


def _edges(grey: Array, colour: Array, workers: int) -> Iterator[Row]:
    for name, image in (("grey", grey), ("RGB", colour)):
        peers: dict[str, Work] = {
            "convfilter": partial(filters.sobel, image, workers=workers),
            "opencv": partial(_cv2_sobel, image),
        }
        if image.ndim == 2:
            peers["scipy"] = partial(_scipy_sobel, image)
        yield Row(f"Sobel magnitude, {name}", image, peers)
    yield Row(
        "Sobel x to int16",
        grey,
        {
            "convfilter": lambda: convfilter.correlate(
                grey, SOBEL_X, dtype=np.int16, workers=workers
            ),
            "opencv": lambda: cv2.Sobel(grey, cv2.CV_16S, 1, 0, borderType=BORDER),
            "scipy": lambda: ndimage.sobel(grey, axis=1, output=np.int16, mode="mirror"),
        },
    )
    yield Row(
        "Laplacian to int16",
        grey,
        {
            "convfilter": lambda: convfilter.correlate(
                grey, LAPLACIAN, dtype=np.int16, workers=workers
            ),
            "opencv": lambda: cv2.Laplacian(grey, cv2.CV_16S, ksize=1, borderType=BORDER),
            "scipy": lambda: ndimage.correlate(grey, LAPLACIAN, output=np.int16, mode="mirror"),
        },
    )
    picture = Image.fromarray(grey)
    pillow = ImageFilter.Kernel((3, 3), SHARPEN.ravel().tolist(), scale=1)
    yield Row(
        "sharpen 3x3",
        grey,
        {
            "convfilter": lambda: convfilter.correlate(grey, SHARPEN, workers=workers),
            "opencv": lambda: cv2.filter2D(grey, -1, SHARPEN, borderType=BORDER),
            "scipy": lambda: np.clip(
                ndimage.correlate(grey, SHARPEN, output=np.int16, mode="mirror"), 0, 255
            ).astype(np.uint8),
            "pillow": lambda: np.asarray(picture.filter(pillow)),
            **_vips(grey, lambda image: image.conv(SHARPEN.tolist(), precision="integer")),
        },
        {"pillow": (1, _border_share(grey, 1)), "libvips": (1, _border_share(grey, 1))},
    )


def _smoothing(grey: Array, colour: Array, workers: int) -> Iterator[Row]:
    picture = Image.fromarray(grey)
    for radius in (1, 15):
        side = 2 * radius + 1
        yield Row(
            f"box {side}x{side}",
            grey,
            {
                "convfilter": partial(filters.box_blur, grey, radius=radius, workers=workers),
                "opencv": partial(cv2.blur, grey, (side, side), borderType=BORDER),
                "scipy": partial(ndimage.uniform_filter, grey, side, mode="mirror"),
                "pillow": lambda radius=radius: np.asarray(  # type: ignore[misc]
                    picture.filter(ImageFilter.BoxBlur(radius))
                ),
            },
            {
                # SciPy cuts off instead of rounding, after each axis
                "scipy": (2, 0),
                "pillow": (1, _border_share(grey, radius)),
            },
        )
    for sigma in (1, 2, 10):
        taps = 2 * int(4 * sigma + 0.5) + 1
        yield Row(
            f"Gaussian, sigma {sigma}",
            grey,
            {
                "convfilter": partial(filters.gaussian_blur, grey, sigma=sigma, workers=workers),
                "opencv": partial(cv2.GaussianBlur, grey, (taps, taps), sigma, borderType=BORDER),
                "scipy": partial(ndimage.gaussian_filter, grey, sigma, mode="mirror"),
                "pillow": lambda sigma=sigma: np.asarray(  # type: ignore[misc]
                    picture.filter(ImageFilter.GaussianBlur(sigma))
                ),
            },
            # Pillow approximates by boxes
            {"scipy": (2, 0), "pillow": (32, 0.02)},
        )
    yield Row(
        "Gaussian, sigma 2, RGB",
        colour,
        {
            "convfilter": partial(filters.gaussian_blur, colour, sigma=2, workers=workers),
            "opencv": partial(cv2.GaussianBlur, colour, (17, 17), 2, borderType=BORDER),
        },
    )


def _dense(grey: Array, workers: int) -> Iterator[Row]:
    single = grey.astype(np.float32)
    sizes = [(grey, size) for size in (3, 5, 7, 11, 15, 25, 51)]
    for image, size in [*sizes, *((single, size) for size in (3, 7, 15))]:
        kernel = dense_kernel(size)
        peers: dict[str, Work] = {
            "convfilter": partial(convfilter.correlate, image, kernel, workers=workers),
            "opencv": partial(cv2.filter2D, image, -1, kernel, borderType=BORDER),
        }
        if size <= 7:
            peers["scipy"] = partial(ndimage.correlate, image, kernel, mode="mirror")
        yield Row(f"any {size}x{size}, {image.dtype}", image, peers)


def _ranks(grey: Array, colour: Array, wide: Array, workers: int) -> Iterator[Row]:
    picture = Image.fromarray(grey)
    for size in (3, 5, 15):
        peers: dict[str, Work] = {
            "convfilter": partial(filters.median, grey, size=size, workers=workers),
            "opencv": partial(cv2.medianBlur, grey, size),
        }
        if size == 3:
            peers["scipy"] = partial(ndimage.median_filter, grey, size, mode="mirror")
            peers["pillow"] = lambda: np.asarray(picture.filter(ImageFilter.MedianFilter(3)))
            peers |= _vips(grey, lambda image: image.median(3))
        # OpenCV and Pillow repeat the border
        share = _border_share(grey, size // 2)
        apart = dict.fromkeys(("opencv", "pillow", "libvips"), (0, share))
        yield Row(f"median {size}x{size}", grey, peers, {**apart})
    yield Row(
        "median 7x7, uint16",
        wide,
        {
            "convfilter": partial(filters.median, wide, size=7, workers=workers),
            "scipy": partial(ndimage.median_filter, wide, 7, mode="mirror"),
        },
    )
    box = np.ones((15, 15), np.uint8)
    yield Row(
        "maximum 15x15",
        grey,
        {
            "convfilter": partial(filters.dilate, grey, size=15, workers=workers),
            "opencv": partial(cv2.dilate, grey, box, borderType=BORDER),
            "scipy": partial(ndimage.maximum_filter, grey, 15, mode="mirror"),
        },
    )
    for name, image in (("grey", grey), ("RGB", colour)):
        peers = {
            "convfilter": partial(convfilter.pool, image, 2, workers=workers),
            "opencv": partial(_cv2_pool, image),
        }
        if image.ndim == 2:
            peers["pillow"] = partial(_pillow_pool, picture)
        yield Row(f"2x2 max pool, {name}", image, peers)


def _likeness(colour: Array, workers: int) -> Iterator[Row]:
    for size in (5, 9):
        yield Row(
            f"bilateral, {size} wide, RGB",
            colour,
            {
                "convfilter": partial(
                    filters.bilateral,
                    colour,
                    size=size,
                    sigma_color=30,
                    sigma_space=3,
                    workers=workers,
                ),
                "opencv": partial(cv2.bilateralFilter, colour, size, 30, 3, borderType=BORDER),
            },
        )
    part = np.ascontiguousarray(colour[:MEGAPIXEL, :MEGAPIXEL])
    yield Row(
        "nl-means 7 in 21, RGB, at most 1 megapixel",
        part,
        {
            "convfilter": partial(filters.nl_means, part, strength=10, workers=workers),
            "opencv": partial(cv2.fastNlMeansDenoisingColored, part, None, 10, 10, 7, 21),
        },
        # OpenCV weighs in the colours of Lab
        {"opencv": None},
    )


def _canny(grey: Array, workers: int) -> Row:
    return Row(
        "Canny",
        grey,
        {
            "convfilter": partial(filters.canny, grey, sigma=0, low=60, high=150, workers=workers),
            "opencv": partial(cv2.Canny, grey, 60, 150, L2gradient=True),
        },
        # OpenCV repeats the border
        {"opencv": (0, 0.002 + _border_share(grey, 2))},
    )


def _chain(grey: Array, workers: int) -> Row:
    chain = convfilter.Pipeline.parse("gaussian-blur sigma=2 | sobel | max-pool size=2")

    def by_opencv() -> Array:
        return _cv2_pool(_cv2_sobel(cv2.GaussianBlur(grey, (17, 17), 2, borderType=BORDER)))

    return Row(
        "Gaussian 2, Sobel, 2x2 max pool",
        grey,
        {"convfilter": partial(chain, grey, workers=workers), "opencv": by_opencv},
        # OpenCV rounds between the steps
        {"opencv": (4, 0.001)},
    )


def _cv2_sobel(image: Array) -> Array:
    gx = cv2.Sobel(image, cv2.CV_32F, 1, 0, borderType=BORDER)
    gy = cv2.Sobel(image, cv2.CV_32F, 0, 1, borderType=BORDER)
    return cv2.convertScaleAbs(cv2.magnitude(gx, gy))


def _scipy_sobel(image: Array) -> Array:
    wide = image.astype(np.float32)
    gx = ndimage.sobel(wide, axis=1, mode="mirror")
    gy = ndimage.sobel(wide, axis=0, mode="mirror")
    return np.clip(np.rint(np.hypot(gx, gy)), 0, 255).astype(np.uint8)


def _cv2_pool(image: Array) -> Array:
    height, width = image.shape[0] // 2 * 2, image.shape[1] // 2 * 2
    upper = cv2.max(image[0:height:2, 0:width:2], image[0:height:2, 1:width:2])
    lower = cv2.max(image[1:height:2, 0:width:2], image[1:height:2, 1:width:2])
    return cv2.max(upper, lower)


def _pillow_pool(picture: Image.Image) -> Array:
    half = (picture.width // 2, picture.height // 2)
    corners = [
        picture.transform(half, Image.Transform.AFFINE, (2, 0, x - 0.5, 0, 2, y - 0.5))
        for y in (0, 1)
        for x in (0, 1)
    ]
    upper = ImageChops.lighter(corners[0], corners[1])
    return np.asarray(ImageChops.lighter(upper, ImageChops.lighter(corners[2], corners[3])))


def _vips(image: Array, work: Callable[[Any], Any]) -> dict[str, Work]:
    if pyvips is None:
        return {}
    return {"libvips": lambda: work(pyvips.Image.new_from_array(image)).numpy()}


def _border_share(image: Array, reach: int) -> float:
    height, width = image.shape[:2]
    return 2 * reach * (height + width) / (height * width)
