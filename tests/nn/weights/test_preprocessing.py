"""What is done to pictures: as torchvision does it, as the description says, wherever it stands."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pillow

from convfilter.errors import ArgumentError, NetworkError, UnknownNameError
from convfilter.nn import models
from convfilter.nn.preprocessing.description import (
    KEY,
    Preprocessing,
    assumed_for,
    beside,
    read_toml,
)
from convfilter.nn.preprocessing.pictures import prepared
from convfilter.picture.image import Image
from tests.examples import examples

IMAGENET = assumed_for((3, 224, 224))


def as_torchvision(pixels: np.ndarray, short: int, crop: int) -> np.ndarray:
    """Return what Resize, CenterCrop, ToTensor and Normalize of torchvision make of a picture.

    Resize: the long side is int(short * long / short side), Pillow's bilinear filter; CenterCrop:
    from int(round((side - crop) / 2)); ToTensor: divided by 255.
    """
    picture = Pillow.fromarray(pixels).convert("RGB")
    width, height = picture.size
    if width <= height:
        size = short, int(short * height / width)
    else:
        size = int(short * width / height), short
    picture = picture.resize(size, Pillow.Resampling.BILINEAR)
    left, top = (round((side - crop) / 2.0) for side in picture.size)
    picture = picture.crop((left, top, left + crop, top + crop))
    values = np.asarray(picture).transpose(2, 0, 1) / 255
    mean, std = (np.array(n).reshape(3, 1, 1) for n in (IMAGENET.mean, IMAGENET.std))
    return (values - mean) / std


@examples(60)
@given(st.integers(20, 400), st.integers(20, 400), st.sampled_from([(), (3,)]), st.integers(0, 99))
def test_pictures_are_prepared_as_torchvision_does(
    rows: int, columns: int, channels: tuple[int, ...], seed: int
) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (rows, columns, *channels), np.uint8)
    found = prepared(Image(pixels), IMAGENET)
    assert found.dtype == np.float32
    assert found.flags.c_contiguous
    np.testing.assert_allclose(found, as_torchvision(pixels, 256, 224), atol=2e-6)


def test_channels_range_mean_and_std_are_those_of_the_description() -> None:
    pixels = np.arange(2 * 2 * 3, dtype=np.uint8).reshape(2, 2, 3)
    how = Preprocessing(range=(0, 255), mean=(1, 2, 3), std=(2,), channels="BGR")
    expected = (pixels[..., ::-1].transpose(2, 0, 1) - [[[1]], [[2]], [[3]]]) / 2
    np.testing.assert_array_equal(prepared(Image(pixels), how), expected.astype(np.float32))
    grey = prepared(Image(pixels), Preprocessing(channels="grey"))
    expected = np.rint(pixels @ [0.299, 0.587, 0.114])[None] / 255
    np.testing.assert_allclose(grey, expected, atol=1e-7)


@pytest.mark.parametrize("dtype", [np.uint16, np.int16, np.float32, np.float64, np.bool_])
def test_every_dtype_spans_the_range(dtype: type) -> None:
    low, high = (
        (0, 1)
        if dtype in (np.float32, np.float64, np.bool_)
        else (
            np.iinfo(dtype).min,
            np.iinfo(dtype).max,
        )
    )
    pixels = np.array([[low, high]], dtype)
    found = prepared(Image(pixels), Preprocessing(range=(-1, 1), channels="grey"))
    np.testing.assert_array_equal(found, [[[-1, 1]]])


def test_alpha_is_laid_on_white() -> None:
    pixels = np.array([[[0, 0, 0, 255], [0, 0, 0, 0], [10, 20, 30, 51]]], np.uint8)
    found = prepared(Image(pixels, alpha=True), Preprocessing(range=(0, 255)))
    np.testing.assert_array_equal(found[:, 0].T, [[0] * 3, [255] * 3, [206, 208, 210]])


def test_pictures_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ArgumentError, match="has 5 channels"):
        prepared(Image(np.zeros((4, 4, 5), np.uint8)), IMAGENET)
    with pytest.raises(ArgumentError, match="fewer than the 8x8"):
        prepared(Image(np.zeros((4, 9), np.uint8)), Preprocessing(crop=(8, 8)))
    with pytest.raises(ArgumentError, match="holds NaN"):
        prepared(Image(np.full((4, 4), np.nan)), IMAGENET)
    with pytest.raises(ArgumentError, match="too narrow"):
        prepared(Image(np.zeros((1, 70_000), np.uint8)), Preprocessing(resize=16384))


DESCRIPTIONS = [
    IMAGENET,
    Preprocessing(),
    Preprocessing((30, 40), None, "nearest", "down", (-1, 1), (0.5,), (2,), "grey", ("a", "ü")),
]


@pytest.mark.parametrize("how", DESCRIPTIONS)
def test_a_description_travels_as_json(how: Preprocessing) -> None:
    assert Preprocessing.parse(how.to_json()) == how


def test_a_table_beside_comes_before_what_is_inside(tmp_path: Path) -> None:
    path = tmp_path / "net.npz"
    inside = {KEY: IMAGENET.to_json()}
    assert beside(path, {}) is None
    assert beside(path, inside) == IMAGENET
    path.with_suffix(".toml").write_text('resize = [8, 9]\nmean = 0.5\nlabels = ["x"]', "utf-8")
    assert beside(path, inside) == Preprocessing((8, 9), mean=(0.5,), labels=("x",))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("crop = 224\nfoo = 1", "no field of preprocessing is called 'foo'"),
        ("resize = 0", "resize is of 1 to 16384 pixels, not 0"),
        ("resize = 1.5", "resize has to be a number of pixels or a pair"),
        ("crop = [1, 2, 3]", "crop has to be a pair"),
        ("crop = [1000000, 2]", "crop is of 1 to 16384 pixels"),
        ("mean = [1, 2]", "mean has 2 numbers for 3 channels"),
        ("std = [1, 0, 1]", "std has a 0"),
        ("mean = [nan]", "mean has to consist of finite numbers"),
        ("mean = [true]", "mean has to consist of numbers"),
        ('channels = "CMYK"', "no channels is called 'CMYK'"),
        ('interpolation = "bilinaer"', "did you mean bilinear"),
        ('rounding = "up"', "no rounding is called 'up'"),
        ("labels = 3", "labels has to be a list of texts"),
        ("resize = ", "Invalid value"),
        ("a = " + "[" * 5000, "nested too deeply|Invalid|no field"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_line(
    tmp_path: Path, text: str, expected: str
) -> None:
    path = tmp_path / "net.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(NetworkError) as caught:
        read_toml(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert any(part in str(caught.value) for part in expected.split("|"))


@pytest.mark.parametrize("text", ["{", "[]", json.dumps({"resize": "big"}), "[" * 100_000])
def test_damaged_metadata_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(NetworkError, match=r"net\.safetensors: its preprocessing: "):
        beside(tmp_path / "net.safetensors", {KEY: text})


@pytest.mark.parametrize(("rounding", "long"), [("down", 384), ("nearest", 385)])
def test_the_long_side_is_rounded_as_the_description_says(rounding: str, long: int) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (300, 451, 3), np.uint8)
    how = Preprocessing.of({"resize": 256, "interpolation": "bicubic", "rounding": rounding})
    assert ("long side rounded" in how.summary) == (rounding == "nearest")
    for turned in (pixels, pixels.transpose(1, 0, 2)):
        size = (256, long) if turned is pixels else (long, 256)
        resized = Pillow.fromarray(turned).resize(size[::-1], Pillow.Resampling.BICUBIC)
        expected = np.asarray(resized).transpose(2, 0, 1) / np.float32(255)
        np.testing.assert_allclose(prepared(Image(turned), how), expected, atol=1e-7)


def test_torchvisions_googlenet_is_given_what_its_weights_want() -> None:
    # by default torchvision scales as for its other networks, and the network scales again
    scaling = models.scaling_of("googlenet-torchvision")
    how = assumed_for((3, 224, 224), scaling)
    pixels = np.random.default_rng(0).integers(0, 256, (256, 300, 3), np.uint8)
    x = prepared(Image(pixels), IMAGENET)
    mean, std = (np.array(each).reshape(3, 1, 1) for each in (IMAGENET.mean, IMAGENET.std))
    again = x * (std / 0.5) + (mean - 0.5) / 0.5
    np.testing.assert_allclose(prepared(Image(pixels), how), again, atol=1e-6)
    assert models.scaling_of("resnet50") is None
    assert models.scaling_of("a file of ONNX") is None


def test_names_are_known() -> None:
    with pytest.raises(UnknownNameError):
        Preprocessing.of({"channels": "rgb?"})
