"""A filter is declared by one function; the rest follows from it."""

from __future__ import annotations

import inspect
import pickle
import pydoc
import subprocess
import sys
from collections.abc import Iterator

import numpy as np
import pytest

from convfilter import filters
from convfilter.errors import ArgumentError, ArgumentTypeError, UnknownNameError
from convfilter.filters import declare
from convfilter.filters.declaring.options import Channels, Window
from convfilter.filters.declaring.reach import POINT, around
from convfilter.filters.pixels.picture import Pixels
from convfilter.filters.pixels.windows import correlate
from tests.filters.pictures import grey, rgb


@pytest.fixture
def registry() -> Iterator[dict[str, declare.Filter]]:
    """Let a test declare filters that nobody else sees."""
    before = {name: filters.get(name) for name in filters.names()}
    yield declare._declared
    declare._declared.clear()
    declare._declared.update(before)


def test_declaring_is_enough(registry: dict[str, declare.Filter]) -> None:
    @declare.filter(reach=POINT, alpha="point")
    def twice_as_bright(image: Pixels, window: Window, *, channels: Channels = "each") -> Pixels:
        """Double every value.

        More words.
        """
        return correlate(image, np.array([[2.0]]), window)

    assert registry["twice-as-bright"] is twice_as_bright
    assert twice_as_bright.summary == "Double every value."
    assert [p.name for p in twice_as_bright.parameters] == [
        "border", "fill", "stride", "padding", "dilation", "channels",
    ]  # fmt: skip
    expected = np.minimum(grey().astype(int) * 2, 255)
    np.testing.assert_array_equal(twice_as_bright(grey()), expected)
    assert repr(twice_as_bright) == "<filter twice-as-bright>"


def test_names_are_taken_once(registry: dict[str, declare.Filter]) -> None:
    def sobel(image: Pixels) -> Pixels:
        """Do nothing."""
        return image

    with pytest.raises(ArgumentTypeError, match="two filters are called sobel"):
        declare.filter(reach=POINT, alpha="point")(sobel)


def test_signature_is_that_of_a_function() -> None:
    signature = inspect.signature(filters.gaussian_blur)
    names = list(signature.parameters)
    assert names[0] == "image"
    assert names[-6:] == ["workers", "alpha", "axes", "channel_axis", "nodata", "mask"]
    assert signature.parameters["alpha"].default is None
    assert signature.parameters["sigma"].default == 2.0
    assert filters.gaussian_blur.__name__ == "gaussian_blur"
    assert "Gaussian" in filters.gaussian_blur.__doc__
    assert filters.open_.__name__ == "open"


def test_help_shows_every_parameter_with_its_range_and_default() -> None:
    shown = " ".join(pydoc.plain(pydoc.render_doc(filters.gaussian_blur)).split())
    for words in (
        "Blur with a Gaussian, the smoothest of the blurs.",
        "Alpha is smoothed as the colours are.",
        "sigma : float or (rows, columns), default 2.0",
        "one number or rows,columns; 0 leaves a direction alone (0 to 250 pixels or a length)",
        'border : {"constant", "edge", "reflect", "symmetric", "wrap"}, default "reflect"',
        "workers : int or None, default None",
        "None: all CPUs",
        'alpha : {"weigh", "keep", "filter", "drop"} or None, default None',
        "None: weigh for pictures with alpha; an array has none",
        "axes : str or None, default None",
        "channel_axis : int or None, default None",
        "array of the image's dtype",
        "UnknownNameError",
        "convfilter.filters",
    ):
        assert words in shown, words
    shown = pydoc.plain(pydoc.render_doc(filters.nl_means))
    assert "(1 to 51 pixels or a length, odd)" in shown
    shown = pydoc.plain(pydoc.render_doc(filters.convolve))
    assert "kernel : name, path, text, array or Kernel\n" in shown
    assert "None: that of the kernel" in shown
    assert "those of both signs keep it." in shown
    assert "A declared filter" in pydoc.plain(pydoc.render_doc(declare.Filter))


def test_a_filter_is_pickled_by_its_name() -> None:
    for found in (filters.sobel, filters.open_):
        assert pickle.loads(pickle.dumps(found)) is found


def test_a_filter_has_no_other_attributes() -> None:
    with pytest.raises(AttributeError, match="<filter sobel> has no attribute 'sigma'"):
        _ = filters.sobel.sigma


def test_reach_counts_the_dilation() -> None:
    found = filters.get("gaussian-blur")
    values = found.bind({"sigma": 1, "dilation": (2, 3)})
    assert found.reach(values) == around((17, 25))


def test_values_are_bound_and_parsed() -> None:
    found = filters.get("gaussian-blur")
    bound = found.bind({"sigma": 3})
    assert bound["sigma"] == 3
    assert bound["truncate"] == 4
    assert bound["border"] == "reflect"
    assert found.parse({"sigma": "2,3", "border": "wrap"}) == {"sigma": (2, 3), "border": "wrap"}
    assert filters.get("bilateral").parse({"sigma-space": "2"}) == {"sigma_space": 2}
    for method in (found.bind, found.parse):
        with pytest.raises(UnknownNameError, match="called 'sigmo'; did you mean sigma"):
            method({"sigmo": "2"})
    with pytest.raises(UnknownNameError, match="called 'sigma-spice'; did you mean sigma_space"):
        filters.get("bilateral").parse({"sigma-spice": "2"})
    assert found.complete({"sigma": 3.0})["truncate"] == 4
    with pytest.raises(ArgumentError, match="convolve needs kernel"):
        filters.get("convolve").bind({})


def test_luma_of_a_picture_that_changes_size_is_refused() -> None:
    for options in ({"stride": 2}, {"padding": "valid"}):
        with pytest.raises(ArgumentError, match="gaussian-blur: --channels luma keeps the colour"):
            filters.gaussian_blur(rgb(), channels="luma", **options)
    assert filters.sobel(rgb(), channels="luma", stride=2).shape == (48, 48)


def test_bool_is_an_image_of_zeros_and_ones() -> None:
    image = grey() > 100
    np.testing.assert_array_equal(filters.dilate(image), filters.dilate(image.astype(np.uint8)))


@pytest.mark.parametrize(
    "image", [np.zeros(5), np.zeros((2, 2), complex), np.zeros((0, 3)), np.zeros((2, 2), np.int32)]
)
def test_other_arrays_are_refused(image: np.ndarray) -> None:
    with pytest.raises((ArgumentError, ArgumentTypeError), match="the image"):
        filters.sobel(image)


def test_listing_imports_no_filter() -> None:
    code = (
        "import sys; from convfilter import filters; filters.index(); filters.names();"
        "bad = {'numpy', 'convfilter.filters.edges', 'convfilter.filters.pixels'} & {*sys.modules};"
        "sys.exit(str(bad) if bad else 0)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
