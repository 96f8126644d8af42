"""Convolutions of 3x3 taps by fewer products: weights at the points, tiles, and costs.

The matrices are those of Lavin and Gray, Fast Algorithms for Convolutional Neural Networks (2016),
for any points; Barabasz et al. (2020) tell which points lose least.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from convfilter.nn.layers.window import Pair
from convfilter.nn.running.convolving import Convolving
from convfilter.nn.running.layout import WINOGRAD
from convfilter.nn.running.operation import Floats, Room, Step, Way, address, constant, make
from convfilter.nn.running.processor import lanes, tallest_tile, whole_vectors
from convfilter.nn.running.values import FLOAT
from convfilter.nn.running.ways.packing import pack

TILE = "nn.running.loops.tiles.multiply"

_ROOM = "nn.running.loops.winograd"

LOOPS = tuple(f"{_ROOM}.{name}" for name in ("at_once", "enter", "multiply", "leave"))

PER_PRODUCT, PER_NUMBER, PER_WEIGHT = 0.0085, 0.11, 0.1
"""Nanoseconds of one thread: to multiply, to transform and store, to fetch from memory."""

MOST_GROUPS = 4
"""Groups of maps that are convolved one after the other."""

LEAST_ROW = 10
"""Tiles of a row from which on a row is worked on at once, in memory that stays in the cache."""

LARGEST_AT_ONCE = 1 << 20
"""Bytes of weights up to which that pays: each row reads them all."""

POINTS = {4: (0.75, 1.5), 2: (1.0,)}
"""Besides 0 and infinity, and with their negatives, of tiles with so many outputs along a side."""

GAP = 16
"""Numbers between tiles, so that they do not all fall on the same lines of the cache."""


def evaluation(side: int) -> NDArray[np.float64]:
    """Return the matrix (side + 2, 3) that evaluates three weights at the points."""
    if side == 2:
        return np.array([[-1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]])
    a, b = POINTS[4]
    rows = [[1 / (a * a * b * b), 0, 0]]
    for point, other in ((a, b), (-a, b), (b, a), (-b, a)):
        share = 2 * point**2 * (point**2 - other**2)
        rows.append([1 / share, point / share, point**2 / share])
    return np.array([*rows, [0, 0, 1]])


def ways(operation: Convolving) -> Iterator[Way]:
    """Yield a way for each size of tiles, where there is one."""
    if not refusal(operation):
        for side in (2, 4):
            yield _Tiles(operation, side).way()


def refusal(operation: Convolving) -> str:
    """Return why there is no such way; an empty string where there is."""
    layer = operation.layer
    window, groups = layer.window, layer.groups
    given = operation.inputs[0].maps // groups
    if window.kernel != (3, 3):
        return f"windows are {_sides(window.kernel)}, not 3x3"
    if window.stride != (1, 1):
        return f"the stride is {_sides(window.stride)}, not 1x1"
    if window.dilation != (1, 1):
        return f"the dilation is {_sides(window.dilation)}, not 1x1"
    if groups > MOST_GROUPS:
        return f"{groups} groups are more than {MOST_GROUPS}"
    if groups > 1 and layer.maps // groups % lanes():
        return f"groups of {layer.maps // groups} maps fill no vectors of {lanes()}"
    if given < lanes():
        return f"{given} maps of the input fill no vector of {lanes()}"
    return ""


def _sides(pair: Pair) -> str:
    return f"{pair[0]}x{pair[1]}"


class _Tiles:
    """A convolution by tiles of side x side outputs."""

    def __init__(self, operation: Convolving, side: int) -> None:
        self._operation, self._side = operation, side
        out = operation.output
        self._tile_rows, self._tile_columns = -(-out.rows // side), -(-out.columns // side)
        self._positions = (side + 2) ** 2
        self._maps_in = operation.inputs[0].maps // operation.layer.groups
        self._maps = operation.layer.maps // operation.layer.groups

    def way(self) -> Way:
        """Return the way."""
        return Way(f"winograd {self._side}x{self._side}", self._cost(), self._steps, self._require)

    @property
    def _tiles(self) -> int:
        return self._tile_rows * self._tile_columns

    def _cost(self) -> float:
        """Return nanoseconds of one thread: products, and what transforms read and write."""
        groups = self._operation.layer.groups
        numbers = self._positions * self._tiles * (self._maps_in + self._maps)
        weights = self._positions * self._maps_in * self._maps
        multiplied = self._tiles * weights * PER_PRODUCT
        return groups * (multiplied + PER_NUMBER * numbers + PER_WEIGHT * weights)

    def _require(self) -> None:
        operation = self._operation
        operation.look_beyond()
        given, ((top, _), (left, _)) = operation.inputs[0], operation.pads
        bottom = self._tile_rows * self._side + 2 - top - given.rows
        right = self._tile_columns * self._side + 2 - left - given.columns
        given.root.border.widen(0, bottom, 0, right)

    def _steps(self, room: Room) -> Iterator[Step]:
        for group in range(self._operation.layer.groups):
            yield from self._steps_of_group(room, group)

    def _weights(self, room: Room, group: int) -> Floats:
        """Return the weights at all positions, packed: (positions, panels, ...)."""
        operation = self._operation
        part = slice(group * self._maps, (group + 1) * self._maps)
        scale = np.broadcast_to(operation.scale, (operation.layer.maps,))[part]
        points = evaluation(self._side)
        both = np.kron(points, points).astype(np.float64)

        def arrange() -> Floats:
            return pack(operation.weight[part], scale, room.threads, both)

        return room.once((self._side, operation.layers[0], group, scale.tobytes()), arrange)

    def _steps_of_group(self, room: Room, group: int) -> Iterator[Step]:
        operation, side = self._operation, self._side
        given, out, layer = operation.inputs[0], operation.output, operation.layer
        packed = self._weights(room, group)
        padded_in, padded = whole_vectors(self._maps_in), whole_vectors(self._maps)
        first = group * self._maps
        shift = np.broadcast_to(operation.shift, (layer.maps,))[first : first + self._maps]
        bias, kept_bias = constant(shift, padded)
        zeros, kept_zeros = constant(np.zeros(2 * lanes()))
        at_once = self._tile_columns >= LEAST_ROW and packed.nbytes <= LARGEST_AT_ONCE
        block = self._tile_columns if at_once else self._tiles
        runs = -(-block // tallest_tile())
        height = -(-block // runs)
        runs = -(-block // height)
        entered_tile, products_tile = padded_in + GAP, padded + GAP
        entered = self._positions * block * entered_tile
        products = self._positions * block * products_tile
        scratch = 36 * lanes()
        threads = room.threads if at_once else 1
        residual = operation.residual_fields()
        if residual:
            residual["residual"] += FLOAT * first
        record = make(
            WINOGRAD,
            tile=room.address(TILE),
            input=operation.start(group),
            row=given.row,
            pixel=given.pixel,
            vectors_in=padded_in // lanes(),
            length=self._maps_in,
            entered=room.take(threads * entered),
            entered_tile=entered_tile,
            entered_position=block * entered_tile,
            weights=address(packed),
            panel=packed.shape[2],
            zeros=zeros,
            vectors=padded // lanes(),
            products=room.take(threads * products),
            products_tile=products_tile,
            products_position=block * products_tile,
            bias=bias,
            output=out.address + FLOAT * first,
            output_row=out.row,
            output_pixel=out.pixel,
            **residual,
            rows=out.rows,
            columns=out.columns,
            tile_rows=self._tile_rows,
            tile_columns=self._tile_columns,
            side=side,
            block=block,
            height=height,
            last=block - (runs - 1) * height,
            scratch=room.take(room.threads * scratch),
            thread_scratch=scratch,
            thread_entered=entered,
            thread_products=products,
            chunks=min(self._tiles, 16),
            low=operation.low,
            high=operation.high,
        )
        way = self.way().name
        keep = (packed, kept_bias, kept_zeros)
        share = operation.flops // layer.groups
        if at_once:
            chunks = -(-self._tiles // block)
            step = operation.step(way, f"{_ROOM}.at_once", record, *keep, chunks=chunks)
            yield replace(step, flops=share)
            return
        for name, chunks in (
            ("enter", min(self._tiles, 16)),
            ("multiply", self._positions),
            ("leave", min(self._tiles, 16)),
        ):
            flops = share if name == "multiply" else 0
            step = operation.step(f"{way}: {name}", f"{_ROOM}.{name}", record, *keep, chunks=chunks)
            yield replace(step, flops=flops)
