"""Tables of features as files, for the programs that classify."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["ENCODERS", "Table"]


class Table(NamedTuple):
    """Features of several pictures.

    Attributes
    ----------
    features : float32 (pictures, columns)
    columns : names of the columns
    inputs : names of the pictures
    labels : of the pictures, or None
    """

    features: NDArray[np.float32]
    columns: Sequence[str]
    inputs: Sequence[str]
    labels: Sequence[str] | None = None


def _npz(table: Table) -> bytes:
    """Return arrays `features`, `columns`, `inputs` and perhaps `labels`; none is pickled."""
    arrays = {name: np.array(value) for name, value in table._asdict().items() if value is not None}
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, **arrays)
    return file.getvalue()


def _csv(table: Table) -> bytes:
    """Return a line of names, and one for each picture; numbers give the same float32 when read."""
    beside = {"input": table.inputs}
    if table.labels is not None:
        beside["label"] = table.labels
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([*beside, *table.columns])
    for texts, numbers in zip(zip(*beside.values(), strict=True), table.features, strict=True):
        writer.writerow([*texts, *map(str, numbers)])
    # names of files may hold bytes that are no text
    return file.getvalue().encode("utf-8", "surrogateescape")


ENCODERS: dict[str, Callable[[Table], bytes]] = {".npz": _npz, ".csv": _csv}
"""What makes a file of a table, by its suffix."""
