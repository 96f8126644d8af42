"""Features of pictures: responses of kernels, or maps of a network's layers, pooled to one row."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convfilter.engine import correlate_bank
from convfilter.engine.planning import rehearse
from convfilter.errors import ArgumentError
from convfilter.features.pooling import check_grid, check_pools, pooled
from convfilter.filters.pixels.values import luma
from convfilter.kernels import Kernel, banks
from convfilter.picture.image import Image
from convfilter.runtime.compiled import Foresight
from convfilter.runtime.threads import check_workers

if TYPE_CHECKING:
    from convfilter.nn.classifying import Classifier
    from convfilter.nn.network import Network

__all__ = ["Extractor", "of_bank", "of_layers"]

Floats = NDArray[np.float32]
Pair = int | tuple[int, int]

MOST_FEATURES = 1_000_000
"""Of a picture."""

_ONE_PLACE = (1, 1)
_MEAN = ("mean",)


class _Group(NamedTuple):
    """Maps that are pooled together, and what they are called: each map, and all of them."""

    names: tuple[str, ...]
    what: str
    has_places: bool = True


class Extractor:
    """Makes a row of numbers of a picture: its features, for a classifier.

    Attributes
    ----------
    columns : the names of the numbers
        ``RESPONSE_POOL``, and ``RESPONSE_POOL_ROW_COLUMN`` with a grid, whose rows and columns
        count from 0. The cells of a response change fastest, then the ways to pool.
    """

    def __init__(
        self,
        groups: Sequence[_Group],
        maps: Callable[[Image], Iterator[Floats]],
        pools: tuple[str, ...],
        grid: tuple[int, int],
    ) -> None:
        self._groups = tuple(groups)
        self._maps = maps
        self._pools, self._grid = pools, grid
        count = sum(len(group.names) for group in groups) * len(pools) * math.prod(grid)
        if count > MOST_FEATURES:
            raise ArgumentError(
                f"a picture would have {count:,} features: give a smaller grid, for at most"
                f" {MOST_FEATURES:,}"
            )
        self.columns: tuple[str, ...] = tuple(
            name for group in groups for name in self._columns_of(group)
        )

    def __call__(self, image: Image | ArrayLike) -> Floats:
        """Return the features of a picture.

        Parameters
        ----------
        image : Image, or array (H, W), (H, W, 1) or (H, W, 3)
            Integers span their range, floats 0 to 1. Alpha of an `Image` is laid on white; of its
            frames the first one counts.

        Returns
        -------
        array of float32 (len(columns),)

        Raises
        ------
        ArgumentError, ArgumentTypeError
            The picture has other channels, holds NaN or infinity, or is smaller than the grid.
        """
        rows = []
        for group, maps in zip(self._groups, self._maps(Image.of(image)), strict=True):
            if group.has_places:
                maps = pooled(np.abs(maps), self._pools, self._grid, group.what)
            rows.append(maps.reshape(-1))
        return np.concatenate(rows)

    def _columns_of(self, group: _Group) -> Iterator[str]:
        if not group.has_places:
            yield from group.names
            return
        cells = [""]
        if self._grid != _ONE_PLACE:
            cells = [f"_{row}_{column}" for row, column in np.ndindex(self._grid)]
        for name in group.names:
            for pool in self._pools:
                yield from (f"{name}_{pool}{cell}" for cell in cells)

    def __repr__(self) -> str:
        return f"<Extractor of {len(self.columns)} features, {self.columns[0]} and others>"


def of_bank(
    bank: str | Sequence[str | Kernel],
    *,
    pool: str | Sequence[str] = "mean",
    grid: Pair = 1,
    workers: int | None = None,
) -> Extractor:
    """Return what makes features of pictures by a bank of kernels.

    A picture becomes grey (luma of ITU-R BT.601) on a scale from 0 to 1, each response of the bank
    is computed with the border "reflect", is never negative, and is pooled.

    Parameters
    ----------
    bank : str, or sequence of str and Kernel
        ``"sobel"``, ``"gabor"``, ``"laws"``, ``"lm"``, names of kernels of the catalogue, files of
        kernels; in a text with commas between them, or in a sequence. `kernels.banks` has them.
    pool : str, or sequence of str
        ``"mean"``, ``"max"``, ``"std"``: one number each.
    grid : int or (rows, columns), 1 to 256
        Cells that the picture is cut into, each of which is pooled for itself.
    workers : int, optional
        Threads; by default all CPUs. They never change a bit of the result.

    Raises
    ------
    UnknownNameError, ArgumentError, KernelError
        A name or a value cannot be used.

    Examples
    --------
    >>> extractor = convfilter.features.of_bank("sobel", pool="mean,max", grid=(2, 2))
    >>> picture = np.zeros((32, 32), np.uint8)
    >>> picture[:, 24:] = 255
    >>> row = extractor(picture)
    >>> row.shape, extractor.columns[1]
    ((32,), 'sobel-0_mean_0_1')
    >>> row.reshape(4, 2, 2, 2)[0, 0]  # the mean of vertical edges: on the right alone
    array([[0.    , 0.0625],
           [0.    , 0.0625]], dtype=float32)
    """
    responses = banks.of(bank).responses
    threads = check_workers(workers)

    def respond(grey: Floats, threads: int) -> Iterator[Floats]:
        for response in responses:
            combined = correlate_bank(grey, response.kernels, response.combine, workers=threads)
            yield combined[np.newaxis]

    def maps(image: Image) -> Iterator[Floats]:
        grey = _grey(image)
        with Foresight(lambda: rehearse(grey, lambda part: [*respond(part, 1)])):
            yield from respond(grey, threads)

    groups = [_Group((response.name,), "the picture") for response in responses]
    return Extractor(groups, maps, check_pools(pool), check_grid(grid))


def of_layers(
    network: Network | Classifier,
    layers: str | Sequence[str],
    *,
    pool: str | Sequence[str] = "mean",
    grid: Pair = 1,
) -> Extractor:
    """Return what makes features of pictures by layers of a network.

    A picture is prepared as the weights of the network say, and nothing behind the last of the
    layers is computed. Of maps the absolute values are pooled, which changes nothing behind a
    relu. The numbers of a layer without rows and columns are features as they are.

    Parameters
    ----------
    network : Network or Classifier
        As `convfilter.nn.load` returns it, with weights.
    layers : str, or sequence of str
        Their names or aliases, as ``convfilter nn summary`` shows them.
    pool, grid
        As `of_bank` has them.

    Raises
    ------
    ArgumentError
        There is no such layer, or it cannot be pooled.
    NetworkError
        The network takes no pictures.

    Examples
    --------
    >>> network = convfilter.nn.load("squeezenet", "random")  # or a file of weights
    >>> extractor = convfilter.features.of_layers(network, "fire2", grid=2)
    >>> extractor(np.zeros((300, 400, 3), np.uint8)).shape
    (512,)
    """
    from convfilter.nn.classifying import Classifier, of_network

    made = network if isinstance(network, Classifier) else of_network(network)
    names = (layers,) if isinstance(layers, str) else tuple(layers)
    if not names or len(set(names)) < len(names):
        raise ArgumentError("layers are to be named, each of them once")
    pools, cells = check_pools(pool), check_grid(grid)
    cut = made.network.up_to(names)
    groups = [_group_of(cut, name) for name in names]
    for group in groups:
        if not group.has_places and (pools != _MEAN or cells != _ONE_PLACE):
            raise ArgumentError(f"{group.what} has no rows and columns: leave pool and grid away")

    def maps(image: Image) -> Iterator[Floats]:
        _, found = cut(made.input(image), layers=names)
        for name in names:
            yield found[name][0]

    return Extractor(groups, maps, pools, cells)


def _group_of(network: Network, name: str) -> _Group:
    shape = network.graph.shapes[network.layer(name)]
    what = f"layer {name!r}"
    if len(shape) not in (1, 3):
        raise ArgumentError(f"{what} gives arrays of {shape}, which cannot be pooled")
    return _Group(tuple(f"{name}-{each}" for each in range(shape[0])), what, len(shape) == 3)


def _grey(image: Image) -> Floats:
    """Return the brightness (H, W) from 0 to 1, transparent places on white."""
    pixels = image.pixels if image.pixels.ndim == 3 else image.pixels[..., np.newaxis]
    colours = pixels.shape[2] - image.alpha
    if colours not in (1, 3):
        raise ArgumentError(f"a picture has {colours} channels: banks take grey or RGB pictures")
    with np.errstate(over="ignore"):  # of float64 beyond float32, found just below
        values = pixels.astype(np.float32)
    if pixels.dtype.kind in "iu":
        values /= np.float32(np.iinfo(pixels.dtype).max)
    if not np.isfinite(values).all():
        raise ArgumentError("a picture holds NaN or infinity: features are of finite numbers")
    if image.alpha:
        share = values[..., -1:]
        values = values[..., :-1] * share + (1 - share)
    grey: Floats = luma(values) if colours == 3 else values[..., 0]
    return np.ascontiguousarray(grey, np.float32)
