"""Arguments that no engine can serve are refused in words, before anything is allocated."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest

from convfilter import engine
from convfilter.engine.explain import OPERATIONS
from convfilter.engine.window.axes import Outline
from convfilter.errors import ArgumentError, ArgumentTypeError, ConvfilterError, UnknownNameError
from tests.engine.chains import EACH

Array = np.ndarray[Any, np.dtype[Any]]
IMAGE = np.arange(30, dtype=np.uint8).reshape(5, 6)
KERNEL = np.ones((3, 3))


def call(name: str, image: Any, **options: Any) -> Array:
    """Call a function of the engine with arguments that are right, but for these options."""
    step = EACH[name]
    result: Array = getattr(engine, name)(
        image, *step.arguments, **{**dict(step.options), **options}
    )
    return result


def taking(*options: str) -> list[str]:
    """Return the names of the functions that take all these options."""
    return [
        name
        for name in EACH
        if {*options} <= {*inspect.signature(getattr(engine, name)).parameters}
    ]


@pytest.mark.parametrize("name", EACH)
@pytest.mark.parametrize("dtype", ["longdouble", "complex64", "U3", "O", "M8[s]"])
def test_dtypes_of_images(name: str, dtype: str) -> None:
    image = np.zeros((4, 4), dtype)
    with pytest.raises(ArgumentTypeError, match="uint8, uint16, int16, float32, float64"):
        call(name, image)


@pytest.mark.parametrize("name", EACH)
@pytest.mark.parametrize(("narrow", "wide"), [("int8", "int16"), ("float16", "float32")])
def test_what_fits_a_wider_dtype_is_widened(name: str, narrow: str, wide: str) -> None:
    image = np.random.default_rng(1).integers(-100, 100, (9, 8)).astype(narrow)
    for given in (image, image.astype(np.dtype(narrow).newbyteorder(">"))):
        result, expected = call(name, given), call(name, image.astype(wide))
        assert result.dtype == expected.dtype
        np.testing.assert_array_equal(result, expected)


@pytest.mark.parametrize("name", EACH)
@pytest.mark.parametrize("dtype", ["int32", "int64", "uint32", "uint64"])
@pytest.mark.parametrize(
    ("values", "words"),
    [
        ((0, 255), r"its values, 0 to 255, fit uint8, so convert it by .astype\('uint8'\)"),
        ((0, 256), "fit uint16"),
        ((0, 65536), r"no integers of images, but floats: .astype\('float64'\)"),
    ],
)
def test_large_integers_are_refused_with_the_way_out(
    name: str, dtype: str, values: tuple[int, int], words: str
) -> None:
    image = np.resize(np.array(values, dtype), (4, 4))
    with pytest.raises(ArgumentTypeError, match=words):
        call(name, image)
    with pytest.raises(ArgumentTypeError, match="dtype int64: its values, 0 to 3, fit uint8"):
        call(name, [[0, 1], [2, 3]])


@pytest.mark.parametrize("name", EACH)
@pytest.mark.parametrize("shape", [(), (4,), (4, 4, 3, 1), (2, 2, 2, 2, 2)])
def test_axes_of_images(name: str, shape: tuple[int, ...]) -> None:
    with pytest.raises(ArgumentError, match="axes"):
        call(name, np.zeros(shape, np.uint8))


@pytest.mark.parametrize("name", EACH)
@pytest.mark.parametrize("shape", [(0, 4), (4, 0), (4, 4, 0), (0, 0)])
def test_empty_images(name: str, shape: tuple[int, ...]) -> None:
    with pytest.raises(
        ArgumentError, match="axes" if name == "canny" and len(shape) > 2 else "empty"
    ):
        call(name, np.zeros(shape, np.uint8))


@pytest.mark.parametrize("name", EACH)
def test_images_beyond_any_memory(name: str) -> None:
    with pytest.raises(ArgumentError, match="elements"):
        call(name, np.broadcast_to(np.uint8(1), (2**20, 2**20)))


@pytest.mark.parametrize("name", EACH)
@pytest.mark.parametrize("workers", [0, -1])
def test_workers_out_of_range(name: str, workers: int) -> None:
    with pytest.raises(ArgumentError, match="workers"):
        call(name, IMAGE, workers=workers)


@pytest.mark.parametrize("name", taking("stride", "dilation", "padding"))
@pytest.mark.parametrize(
    "options",
    [
        {"stride": 0},
        {"stride": -1},
        {"stride": (1, 0)},
        {"stride": (1, 2, 3)},
        {"stride": 2**70},
        {"dilation": 0},
        {"dilation": -3},
        {"dilation": 2**40},
        {"dilation": 2**70},
        {"padding": -1},
        {"padding": (0, -1)},
        {"padding": 2**62},
        {"padding": 2**70},
        {"padding": (1, 2, 3)},
    ],
    ids=str,
)
def test_numbers_out_of_range(name: str, options: dict[str, Any]) -> None:
    with pytest.raises(ArgumentError, match=next(iter(options)) + "|window|padding"):
        call(name, IMAGE, **options)


@pytest.mark.parametrize("name", taking("stride", "dilation", "padding"))
@pytest.mark.parametrize("option", ["stride", "dilation", "padding"])
@pytest.mark.parametrize(
    "value", [1.5, "two", b"1", (1, "x"), pytest.param(object(), id="an object"), 1j], ids=str
)
def test_numbers_of_the_wrong_type(name: str, option: str, value: Any) -> None:
    with pytest.raises(ConvfilterError) as caught:
        call(name, IMAGE, **{option: value})
    assert isinstance(caught.value, TypeError | ValueError | LookupError)
    assert option in str(caught.value)


@pytest.mark.parametrize("name", taking("border"))
def test_unknown_borders_are_answered_with_the_nearest(name: str) -> None:
    outline, step = Outline((5, 6, 1), IMAGE.dtype), EACH[name]
    with pytest.raises(UnknownNameError, match="did you mean reflect"):
        call(name, IMAGE, border="reflct")
    for wrong in ("antisymmetric", None, 3, np.array(["edge", "wrap"])):
        with pytest.raises(UnknownNameError, match="border"):
            call(name, IMAGE, border=wrong)
        with pytest.raises(UnknownNameError, match="border"):
            OPERATIONS[name](outline, *step.arguments, **{**dict(step.options), "border": wrong})


@pytest.mark.parametrize("name", taking("border", "padding"))
def test_unknown_paddings_are_answered_with_the_nearest(name: str) -> None:
    with pytest.raises(UnknownNameError, match="did you mean valid"):
        call(name, IMAGE, padding="vaild")


@pytest.mark.parametrize("name", taking("fill"))
@pytest.mark.parametrize("fill", [np.nan, np.inf, "grey", None, 1j])
def test_fill_is_a_finite_number(name: str, fill: Any) -> None:
    with pytest.raises((ArgumentError, ArgumentTypeError), match="fill"):
        call(name, IMAGE, border="constant", fill=fill)
    if fill is not np.nan:
        with pytest.raises((ArgumentError, ArgumentTypeError), match="fill"):
            call(name, IMAGE.astype(np.float32), border="constant", fill=fill)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", taking("fill"))
def test_fill_may_be_nan_beyond_floats(name: str, dtype: str) -> None:
    image = np.linspace(0, 1, 12 * 13).reshape(12, 13).astype(dtype)
    framed = np.pad(image, 6, constant_values=np.nan)
    expected = call(name, framed)[6:-6, 6:-6]
    result = call(name, image, border="constant", fill=np.float32(np.nan))
    np.testing.assert_array_equal(np.isnan(result), np.isnan(expected))
    assert np.isnan(result).any() == (result.dtype.kind == "f")
    np.testing.assert_allclose(result, expected, rtol=1e-5)


def test_nan_beyond_the_edge_is_no_integer() -> None:
    image = np.ones((5, 5), np.float32)
    named: dict[str, Any] = {"border": "constant", "fill": np.nan, "dtype": np.uint8}
    with pytest.raises(ArgumentError, match="the fill is nan, which uint8 cannot hold"):
        engine.correlate(image, np.ones((3, 3)), **named)
    inside = engine.correlate(image, np.ones((3, 3)), padding="valid", **named)
    assert inside.tolist() == [[9] * 3] * 3


@pytest.mark.parametrize("name", taking("scale", "offset"))
@pytest.mark.parametrize("option", ["scale", "offset"])
@pytest.mark.parametrize("value", [np.nan, np.inf, "much", None])
def test_scale_and_offset_are_finite_numbers(name: str, option: str, value: Any) -> None:
    with pytest.raises((ArgumentError, ArgumentTypeError), match=option):
        call(name, IMAGE, **{option: value})


@pytest.mark.parametrize("name", taking("dtype"))
@pytest.mark.parametrize("dtype", [complex, "int8", "int64", bool, "grey", object, "U1"])
def test_dtypes_of_results(name: str, dtype: Any) -> None:
    with pytest.raises(ArgumentTypeError, match="uint8, uint16, int16, float32, float64"):
        call(name, IMAGE, dtype=dtype)


KERNELS = [
    ([], "weights|axes"),
    ([[]], "no weights"),
    (np.zeros((0, 3)), "no weights"),
    ([1, 2, 3], "axes"),
    (5, "axes"),
    (np.ones((3, 3, 1)), "axes"),
    ([[1, 2], [3]], "different lengths"),
    ([[1, np.nan]], "NaN"),
    ([[1, -np.inf]], "NaN or infinity"),
    ([["a"]], "row 1, column 1 is 'a': give a number"),
    ([[1j]], "row 1, column 1 is 1j: give a number"),
    ([[None]], "row 1, column 1 is None: give a number"),
    (np.array([["a"]]), "dtype"),
    (np.array([[1j]]), "dtype"),
    (np.array([[None]]), "dtype"),
    ("sobel-x", "rows of numbers"),
    (np.full((3, 3), np.longdouble("1e4000")), "infinity|finite"),
    (np.broadcast_to(np.float32(1), (2**20, 2**20)), "weights: at most"),
    (np.broadcast_to(np.float32(1), (1, 2**40)), "weights: at most"),
]


@pytest.mark.parametrize(("kernel", "reason"), KERNELS, ids=[r for _, r in KERNELS])
def test_kernels(kernel: Any, reason: str) -> None:
    with pytest.raises(ArgumentError, match=reason):
        engine.correlate(IMAGE, kernel)
    with pytest.raises(ArgumentError, match=reason):
        engine.convolve(IMAGE, kernel)
    with pytest.raises(ArgumentError, match=reason):
        engine.correlate_bank(IMAGE, [kernel], "abs")


def test_kernel_times_scale_is_finite() -> None:
    with pytest.raises(ArgumentError, match="not finite"):
        engine.correlate(IMAGE, [[1e300]], scale=1e300)


def test_banks() -> None:
    with pytest.raises(ArgumentTypeError, match="sequence"):
        engine.correlate_bank(IMAGE, 5, "l1")  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="no kernel"):
        engine.correlate_bank(IMAGE, [], "l1")
    with pytest.raises(ArgumentError, match="different shapes"):
        engine.correlate_bank(IMAGE, [KERNEL, np.ones((3, 5))], "l1")
    with pytest.raises(ArgumentError, match="2 kernels"):
        engine.correlate_bank(IMAGE, [KERNEL, KERNEL], "abs")
    with pytest.raises(UnknownNameError, match="max-abs"):
        engine.correlate_bank(IMAGE, [KERNEL], "max-abz")  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [0, -1, (3, 0), (1, 2, 3), 2**40, (2**31, 2**31), 2**70])
@pytest.mark.parametrize("name", ["median", "minimum", "maximum", "pool"])
def test_sizes_out_of_range(name: str, size: Any) -> None:
    with pytest.raises(ArgumentError, match=r"size|window"):
        getattr(engine, name)(IMAGE, size)


@pytest.mark.parametrize("size", [1.5, "3", None, (3, "x")])
@pytest.mark.parametrize("name", ["median", "minimum", "maximum", "pool"])
def test_sizes_of_the_wrong_type(name: str, size: Any) -> None:
    with pytest.raises(ArgumentTypeError, match="size"):
        getattr(engine, name)(IMAGE, size)


@pytest.mark.parametrize("percent", [-1, 100.5, np.nan, np.inf])
def test_percent_out_of_range(percent: float) -> None:
    with pytest.raises(ArgumentError, match="percent"):
        engine.percentile(IMAGE, 3, percent)


@pytest.mark.parametrize("percent", ["half", None])
def test_percent_of_the_wrong_type(percent: Any) -> None:
    with pytest.raises(ArgumentTypeError, match="percent"):
        engine.percentile(IMAGE, 3, percent)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"reduce": "maximum"}, "max"),
        ({"over": "deep"}, "depth"),
        ({"padding": 2}, "padding"),
        ({"padding": (1, 2)}, "padding"),
        ({"dilation": 9}, "window"),
    ],
    ids=str,
)
def test_pooling(options: dict[str, Any], reason: str) -> None:
    with pytest.raises(ConvfilterError, match=reason):
        engine.pool(IMAGE, 2, **options)


def test_pooling_a_window_without_pixels() -> None:
    with pytest.raises(ArgumentError):
        engine.pool(np.ones((8, 1), np.uint8), 2, dilation=3, padding=2)


def test_pooling_over_depth() -> None:
    with pytest.raises(ArgumentError, match="channels"):
        engine.pool(np.ones((4, 4, 3), np.uint8), 4, over="depth")


@pytest.mark.parametrize(
    "arguments",
    [(0, 10.0, 2.0), (5, 0.0, 2.0), (5, 10.0, -1.0), (5, np.nan, 1.0), (5, 1.0, np.inf)],
)
def test_bilateral_out_of_range(arguments: tuple[Any, ...]) -> None:
    with pytest.raises(ArgumentError):
        engine.bilateral(IMAGE, *arguments)


@pytest.mark.parametrize(
    ("strength", "options"),
    [(0.0, {}), (-1.0, {}), (np.nan, {}), (5.0, {"size": 0}), (5.0, {"search": -3})],
)
def test_nl_means_out_of_range(strength: float, options: dict[str, Any]) -> None:
    with pytest.raises(ArgumentError):
        engine.nl_means(IMAGE, strength, **options)
