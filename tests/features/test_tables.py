"""Files of features, as other programs read them."""

from __future__ import annotations

import csv
import io

import numpy as np

from convfilter.features.tables import ENCODERS, Table

FEATURES = np.array([[0.1, 1e-30, 3], [1 / 3, -0.0, 1e9]], np.float32)
COLUMNS = ("a_mean", "b, c", "d")
INPUTS = ("cats/one.png", 'a "b",\nc.png')


def test_numpys_file_holds_no_pickle() -> None:
    table = Table(FEATURES, COLUMNS, INPUTS, ("cat", ""))
    data = ENCODERS[".npz"](table)
    with np.load(io.BytesIO(data), allow_pickle=False) as found:
        assert set(found) == {"features", "columns", "inputs", "labels"}
        assert found["features"].dtype == np.float32
        np.testing.assert_array_equal(found["features"], FEATURES)
        assert tuple(found["columns"]) == COLUMNS
        assert tuple(found["inputs"]) == INPUTS
        assert tuple(found["labels"]) == ("cat", "")
    assert ENCODERS[".npz"](table) == data
    with np.load(io.BytesIO(ENCODERS[".npz"](table._replace(labels=None)))) as found:
        assert "labels" not in found


def test_lines_give_the_same_numbers_back() -> None:
    text = ENCODERS[".csv"](Table(FEATURES, COLUMNS, INPUTS, ("cat", "dog"))).decode()
    header, *rows = csv.reader(io.StringIO(text))
    assert header == ["input", "label", *COLUMNS]
    assert [row[:2] for row in rows] == [[INPUTS[0], "cat"], [INPUTS[1], "dog"]]
    np.testing.assert_array_equal(np.array([row[2:] for row in rows], np.float32), FEATURES)
    text = ENCODERS[".csv"](Table(FEATURES, COLUMNS, INPUTS)).decode()
    assert text.splitlines()[0] == 'input,a_mean,"b, c",d'


def test_names_of_files_that_are_no_text_keep_their_bytes() -> None:
    name = b"caf\xe9.png".decode("utf-8", "surrogateescape")
    table = Table(FEATURES[:1], COLUMNS, (name,))
    assert b"\ncaf\xe9.png," in ENCODERS[".csv"](table)
    with np.load(io.BytesIO(ENCODERS[".npz"](table))) as found:
        assert found["inputs"][0] == name
