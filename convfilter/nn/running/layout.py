"""What the loops of a network are told: a record for each step.

Addresses are of bytes; `row`, `pixel` and all other distances are in numbers (float32). Maps lie as
(rows, columns, maps), with a border of zeros around them where a window looks beyond them.

Every step is cut into chunks, which threads take one after the other. The cut is part of the plan:
however many threads there are, each chunk does the same.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Record = np.dtype[Any]


def _record(integers: str, floats: str = "") -> Record:
    """Return a dtype whose fields are attributes, to Python as to Numba."""
    fields = [(name, "i8") for name in integers.split()] + [(name, "f4") for name in floats.split()]
    return np.dtype((np.record, fields))


STEP = _record("loop arguments chunks")
"""A step of a network: its loop, which is called by address, and the record that it is told."""

COUNTERS = 32
"""Integers of the counters of a step, each on a line of the caches of its own."""

BEGUN, FROM_FRONT, FROM_BACK, DONE = 0, 8, 16, 24
"""Where they stand: chunks begun, those from the first one on and from the last one back, done."""

TEAM = _record("steps count counters marks")
"""What all threads of a network are told: its steps, their counters, and the marks of the team."""

OPEN, INSIDE, MARKS = 0, 8, 16
"""Where the marks stand, on lines of their own: a run is open; helpers inside; integers of both."""

CONVOLUTION = _record(
    # the loop that multiplies tiles, and where it reads
    "tile input row pixel"
    # sums are made in parts, so that they lose less: how many, and the distance of their inputs
    " parts part"
    # of a part: its rows of taps, the taps of each row, the numbers of each tap
    " tap_rows tap_row taps tap length"
    # a panel holds the weights of two vectors of maps, one part after the other
    " weights panel bias"
    " output output_row output_pixel residual residual_row residual_pixel"
    # panels of a group of maps, and the distance of the inputs of the next one
    " group_panels group"
    # rows of outputs, tiles of a row, pixels of a tile and of the last one in a row
    " rows tiles height last vectors"
    # a chunk is some tiles of some panels
    " tile_chunks panel_chunks",
    "low high",
)

WINOGRAD = _record(
    "tile input row pixel vectors_in length"
    # transformed tiles of the input: where, and the distance of tiles and of positions in them
    " entered entered_tile entered_position"
    " weights panel zeros vectors"
    " products products_tile products_position"
    " bias output output_row output_pixel residual residual_row residual_pixel"
    # outputs, tiles of outputs, outputs along the side of a tile
    " rows columns tile_rows tile_columns side"
    # tiles worked on at once, pixels of the multiplied tiles, memory of a thread for transforms
    " block height last scratch thread_scratch thread_entered thread_products"
    " chunks",
    "low high",
)

POOL = _record(
    # the records of windows of the rows and of the columns of outputs
    "input row pixel rows columns output output_row output_pixel"
    " row_windows column_windows row_step column_step vectors is_mean chunks vector_chunks"
)

WINDOW = _record("first taps count")
"""Where a window begins, how many of its taps lie within the maps, and how many are counted."""

POINTWISE = _record(
    # what is done is said by `how`, which the loop names
    "how input row pixel second second_row second_pixel"
    " output output_row output_pixel rows columns vectors weight bias chunks",
    "slope amplitude low high",
)

CLIP, LEAKY, TANH, SIGMOID, AFFINE, SUM, PRODUCT, MAXIMUM = range(8)
"""What a pointwise loop is told to do, as `how`."""

NORMALISE = _record(
    # over the maps at each place
    "input row pixel output output_row output_pixel rows columns maps vectors"
    " neighbours below scratch thread_scratch is_quick chunks",
    "factor offset power",
)

LINEAR = _record("weights inputs outputs input bias output chunks squared", "low high")

MOVE = _record(
    # of the axes, outermost first: how long, and the distances in what is read and written
    "n0 n1 n2 n3 n4 n5 i0 i1 i2 i3 i4 i5 o0 o1 o2 o3 o4 o5 input output chunks"
)
MOVED_AXES = 6

FILL = _record("output output_row length rows", "value")

DEPTH_POOL = _record(
    "input row pixel output output_row output_pixel rows columns maps together is_mean chunks"
)

DEPTHWISE = _record(
    "input row pixel tap_rows tap_row taps tap weights vectors bias output output_row output_pixel"
    " residual residual_row residual_pixel rows columns chunks",
    "low high",
)

PACK = _record(
    # weights of (maps, inputs, taps), and the scale of each map (float64)
    "weights scale maps padded inputs taps"
    # maps of a panel; where panels lie, and the distance of one from the next
    " wide output panel"
    # a matrix (positions, taps) of float64, or 0 where taps are written as they are; the distance
    # of positions in the output; memory for the taps of each panel
    " matrix positions position scratch"
)
"""What is told to arrange weights, when a network is made ready."""
