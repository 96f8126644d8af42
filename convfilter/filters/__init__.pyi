"""The filters, one module per family; each is a function of its name: `filters.gaussian_blur`."""

# Written by `python -m tools.generate`.

from os import PathLike
from typing import Any, Literal

from numpy.typing import ArrayLike, NDArray

from convfilter.engine.window.axes import Padding
from convfilter.filters.declare import get as get
from convfilter.filters.declare import index as index
from convfilter.filters.declare import names as names
from convfilter.kernels import Kernel

def abs(  # noqa: A001
    image: ArrayLike,
    *,
    workers: int | None = None,
    alpha: Literal["weigh", "keep", "filter", "drop", None] = None,
    axes: str | None = None,
    channel_axis: int | None = None,
    nodata: float | None = None,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Take the size of every value, so that a negative one counts as much as a positive one.

    It changes raw signed responses, between the steps of a pipeline, and floats and int16, which
    may hold negative values; other pictures have none.

    Gonzalez & Woods, "Digital image processing".

    Alpha is kept, and nothing counts by it.

    Parameters
    ----------
    image : array (H, W) or (H, W, C) of uint8, uint16, int16, float32 or float64
        Floats span 0 to 1. Of bool, True is white. An array has no alpha unless `alpha`
        says so, and other or more axes than these, or more than 4 channels, need `axes`.
        int8 and float16 are widened to int16 and float32. An `Image` of one frame says
        itself what its channels are.
    workers : int or None, default None
        threads for each picture; the result does not depend on them (1 to 1024); None: all
        CPUs
    alpha : {"weigh", "keep", "filter", "drop"} or None, default None
        what becomes of alpha, the transparency: weigh: colours count as far as they are
        visible, and what smooths colours smooths alpha alike; keep: the same colours, alpha
        as it was; filter: alpha is one more colour; drop: alpha is taken away first. Of an
        array it says that the last channel is alpha, which no array tells by itself; None:
        weigh for pictures with alpha; an array has none
    axes : str or None, default None
        what the axes of an array are, a letter each, such as ZYX, TZCYX or YXC: Y rows, X
        columns, C channels; every other axis is a stack of pictures, each done by itself;
        None: YX, or YXC of at most 4 channels
    channel_axis : int or None, default None
        which axis of an array holds the channels, in place of axes: the last two of the
        others are rows and columns, any before them a stack; None: as axes says
    nodata : float or None, default None
        the value that stands for no data, as it stands in the picture, or nan: windows look
        only at what is there, and where one holds nothing the result is that value again;
        None: what the file states, if anything
    mask : array or None, default None
        True, or other than 0, where the picture holds something; of its rows and columns,
        or one for each value. What is masked of a masked array of NumPy is missing as well.
        Without nodata the result is a masked array; None: everything is there

    Returns
    -------
    array of the image's dtype, its axes in the order of the image's; of bool it is bool
    where black and white alone can result, else uint8

    Raises
    ------
    UnknownNameError
        For a parameter or a choice that there is not, with the nearest names.
    ArgumentError
        For a value that is out of range, or an image that cannot be filtered.
    ArgumentTypeError
        For a value, or an image, of a type that cannot be used.
    """

abs_ = abs

def add_noise(
    image: ArrayLike,
    *,
    method: Literal["gaussian", "salt-and-pepper", "speckle"] = "gaussian",
    amount: float = 10.0,
    seed: int = 0,
    channels: Literal["each", "luma"] = "each",
    workers: int | None = None,
    alpha: Literal["weigh", "keep", "filter", "drop", None] = None,
    axes: str | None = None,
    channel_axis: int | None = None,
    nodata: float | None = None,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Add noise, the same for the same seed.

    With `channels` luma the noise is grey, all channels of a pixel change alike.

    Gonzalez & Woods, "Digital image processing".

    Alpha is kept, and nothing counts by it.

    Parameters
    ----------
    image : array (H, W) or (H, W, C) of uint8, uint16, int16, float32 or float64
        Floats span 0 to 1. Of bool, True is white. An array has no alpha unless `alpha`
        says so, and other or more axes than these, or more than 4 channels, need `axes`.
        int8 and float16 are widened to int16 and float32. An `Image` of one frame says
        itself what its channels are.
    method : {"gaussian", "salt-and-pepper", "speckle"}, default "gaussian"
        gaussian: added to every value; salt-and-pepper: single values become white or
        black; speckle: in proportion to the value
    amount : float, default 10.0
        gaussian: standard deviation in percent of white; salt-and-pepper: share of values;
        speckle: standard deviation in percent of the value (0.01 to 100 percent)
    seed : int, default 0
        the same seed gives the same noise (0 to 4294967295)
    channels : {"each", "luma"}, default "each"
        each: every colour channel for itself; luma: brightness only (a picture keeps its
        colours, a response is grey)
    workers : int or None, default None
        threads for each picture; the result does not depend on them (1 to 1024); None: all
        CPUs
    alpha : {"weigh", "keep", "filter", "drop"} or None, default None
        what becomes of alpha, the transparency: weigh: colours count as far as they are
        visible, and what smooths colours smooths alpha alike; keep: the same colours, alpha
        as it was; filter: alpha is one more colour; drop: alpha is taken away first. Of an
        array it says that the last channel is alpha, which no array tells by itself; None:
        weigh for pictures with alpha; an array has none
    axes : str or None, default None
        what the axes of an array are, a letter each, such as ZYX, TZCYX or YXC: Y rows, X
        columns, C channels; every other axis is a stack of pictures, each done by itself;
        None: YX, or YXC of at most 4 channels
    channel_axis : int or None, default None
        which axis of an array holds the channels, in place of axes: the last two of the
        others are rows and columns, any before them a stack; None: as axes says
    nodata : float or None, default None
        the value that stands for no data, as it stands in the picture, or nan: windows look
        only at what is there, and where one holds nothing the result is that value again;
        None: what the file states, if anything
    mask : array or None, default None
        True, or other than 0, where the picture holds something; of its rows and columns,
        or one for each value. What is masked of a masked array of NumPy is missing as well.
        Without nodata the result is a masked array; None: everything is there

    Returns
    -------
    array of the image's dtype, its axes in the order of the image's; of bool it is bool
    where black and white alone can result, else uint8

    Raises
    ------
    UnknownNameError
        For a parameter or a choice that there is not, with the nearest names.
    ArgumentError
        For a value that is out of range, or an image that cannot be filtered.
    ArgumentTypeError
        For a value, or an image, of a type that cannot be used.
    """

def bilateral(
    image: ArrayLike,
    *,
    size: int | str = 9,
    sigma_color: float = 50.0,
    sigma_space: float | str = 3.0,
    border: Literal["constant", "edge", "reflect", "symmetric", "wrap"] = "reflect",
    fill: float = 0.0,
    channels: Literal["each", "luma"] = "each",
    workers: int | None = None,
    alpha: Literal["weigh", "keep", "filter", "drop", None] = None,
    axes: str | None = None,
    channel_axis: int | None = None,
    nodata: float | None = None,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Average pixels that are near both in space and in colour: smooth areas, sharp edges.

    With `channels` each, the distance of colours is the sum over the channels, so that all are
    weighed alike.

    Tomasi & Manduchi, "Bilateral filtering for gray and color images" (1998).

    Alpha is smoothed as the colours are.

    Parameters
    ----------
    image : array (H, W) or (H, W, C) of uint8, uint16, int16, float32 or float64
        Floats span 0 to 1. Of bool, True is white. An array has no alpha unless `alpha`
        says so, and other or more axes than these, or more than 4 channels, need `axes`.
        int8 and float16 are widened to int16 and float32. An `Image` of one frame says
        itself what its channels are.
    size : int, default 9
        diameter of the window, odd (3 to 101 pixels or a length, odd)
    sigma_color : float, default 50.0
        standard deviation of colours that count as alike (0.1 to 1000 on the scale 0 to
        255)
    sigma_space : float, default 3.0
        standard deviation of distances (0.1 to 250 pixels or a length)
    border : {"constant", "edge", "reflect", "symmetric", "wrap"}, default "reflect"
        what stands beyond the edge: constant (fill), edge (aaa|abcd|ddd), reflect
        (dcb|abcd|cba), symmetric (cba|abcd|dcb), wrap (bcd|abcd|abc)
    fill : float, default 0.0
        value beyond the edge for the border constant, nan in pictures of floats (0 to 255)
    channels : {"each", "luma"}, default "each"
        each: every colour channel for itself; luma: brightness only (a picture keeps its
        colours, a response is grey)
    workers : int or None, default None
        threads for each picture; the result does not depend on them (1 to 1024); None: all
        CPUs
    alpha : {"weigh", "keep", "filter", "drop"} or None, default None
        what becomes of alpha, the transparency: weigh: colours count as far as they are
        visible, and what smooths colours smooths alpha alike; keep: the same colours, alpha
        as it was; filter: alpha is one more colour; drop: alpha is taken away first. Of an
        array it says that the last channel is alpha, which no array tells by itself; None:
        weigh for pictures with alpha; an array has none
    axes : str or None, default None
        what the axes of an array are, a letter each, such as ZYX, TZCYX or YXC: Y rows, X
        columns, C channels; every other axis is a stack of pictures, each done by itself;
        None: YX, or YXC of at most 4 channels
    channel_axis : int or None, default None
        which axis of an array holds the channels, in place of axes: the last two of the
        others are rows and columns, any before them a stack; None: as axes says
    nodata : float or None, default None
        the value that stands for no data, as it stands in the picture, or nan: windows look
        only at what is there, and where one holds nothing the result is that value again;
        None: what the file states, if anything
    mask : array or None, default None
        True, or other than 0, where the picture holds something; of its rows and columns,
        or one for each value. What is masked of a masked array of NumPy is missing as well.
        Without nodata the result is a masked array; None: everything is there

    Returns
    -------
    array of the image's dtype, its axes in the order of the image's; of bool it is bool
    where black and white alone can result, else uint8

    Raises
    ------
    UnknownNameError
        For a parameter or a choice that there is not, with the nearest names.
    ArgumentError
        For a value that is out of range, or an image that cannot be filtered.
    ArgumentTypeError
        For a value, or an image, of a type that cannot be used.
    """

def box_blur(
    image: ArrayLike,
    *,
    radius: int | str | tuple[int | str, int | str] = 2,
    border: Literal["constant", "edge", "reflect", "symmetric", "wrap"] = "reflect",
    fill: float = 0.0,
    stride: int | str | tuple[int | str, int | str] = 1,
    padding: Padding = "same",
    dilation: int | str | tuple[int | str, int | str] = 1,
    channels: Literal["each", "luma"] = "each",
    workers: int | None = None,
    alpha: Literal["weigh", "keep", "filter", "drop", None] = None,
    axes: str | None = None,
    channel_axis: int | None = None,
    nodata: float | None = None,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Blur with a box: the plain mean of 2 radius + 1 rows and columns.

    Correlates with equal weights that sum to 1.

    Gonzalez & Woods, "Digital image processing".

    Alpha is smoothed as the colours are.

    Parameters
    ----------
    image : array (H, W) or (H, W, C) of uint8, uint16, int16, float32 or float64
        Floats span 0 to 1. Of bool, True is white. An array has no alpha unless `alpha`
        says so, and other or more axes than these, or more than 4 channels, need `axes`.
        int8 and float16 are widened to int16 and float32. An `Image` of one frame says
        itself what its channels are.
    radius : int or (rows, columns), default 2
        pixels on each side of the middle, one number or rows,columns (0 to 1000 pixels or a
        length)
    border : {"constant", "edge", "reflect", "symmetric", "wrap"}, default "reflect"
        what stands beyond the edge: constant (fill), edge (aaa|abcd|ddd), reflect
        (dcb|abcd|cba), symmetric (cba|abcd|dcb), wrap (bcd|abcd|abc)
    fill : float, default 0.0
        value beyond the edge for the border constant, nan in pictures of floats (0 to 255)
    stride : int or (rows, columns), default 1
        step from one output to the next (1 to 65536 pixels or a length)
    padding : "same", "valid", "full", int, pair or pair of pairs, default "same"
        rows and columns added around: same, valid, full, or 1, 2 or 4 numbers
    dilation : int or (rows, columns), default 1
        distance between neighbouring taps (1 to 65536 pixels or a length)
    channels : {"each", "luma"}, default "each"
        each: every colour channel for itself; luma: brightness only (a picture keeps its
        colours, a response is grey)
    workers : int or None, default None
        threads for each picture; the result does not depend on them (1 to 1024); None: all
        CPUs
    alpha : {"weigh", "keep", "filter", "drop"} or None, default None
        what becomes of alpha, the transparency: weigh: colours count as far as they are
        visible, and what smooths colours smooths alpha alike; keep: the same colours, alpha
        as it was; filter: alpha is one more colour; drop: alpha is taken away first. Of an
        array it says that the last channel is alpha, which no array tells by itself; None:
        weigh for pictures with alpha; an array has none
    axes : str or None, default None
        what the axes of an array are, a letter each, such as ZYX, TZCYX or YXC: Y rows, X
        columns, C channels; every other axis is a stack of pictures, each done by itself;
        None: YX, or YXC of at most 4 channels
    channel_axis : int or None, default None
        which axis of an array holds the channels, in place of axes: the last two of the
        others are rows and columns, any before them a stack; None: as axes says
    nodata : float or None, default None
        the value that stands for no data, as it stands in the picture, or nan: windows look
        only at what is there, and where one holds nothing the result is that value again;
        None: what the file states, if anything
    mask : array or None, default None
        True, or other than 0, where the picture holds something; of its rows and columns,
        or one for each value. What is masked of a masked array of NumPy is missing as well.
        Without nodata the result is a masked array; None: everything is there

    Returns
    -------
    array of the image's dtype, its axes in the order of the image's; of bool it is bool
    where black and white alone can result, else uint8

    Raises
    ------
    UnknownNameError
        For a parameter or a choice that there is not, with the nearest names.
    ArgumentError
        For a value that is out of range, or an image that cannot be filtered.
    ArgumentTypeError
        For a value, or an image, of a type that cannot be used.
    """

def canny(
    image: ArrayLike,
    *,
    sigma: float | str = 1.4,
    low: float | None = None,
    high: float | None = None,
    border: Literal["constant", "edge", "reflect", "symmetric", "wrap"] = "reflect",
    fill: float = 0.0,
    channels: Literal["each", "luma"] = "luma",
    workers: int | None = None,
    alpha: Literal["weigh", "keep", "filter", "drop", None] = None,
    axes: str | None = None,
    channel_axis: int | None = None,
    nodata: float | None = None,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Find edges as thin white lines: Canny's detector.

    Blurs with a Gaussian, correlates with Sobel's kernels, keeps the gradients that are largest
    across the edge, and follows them from those above `high` through those above `low`. The
    thresholds are measured as the length of Sobel's gradient, as OpenCV's with L2gradient. Of equal
    gradients side by side along a row or column the left or upper one stays; what differs by less
    than one part in 8192 counts as equal.

    Automatic thresholds depend on neither brightness nor scale: a picture times 0.003 has the same
    edges, and so has a mask of 0 and 1. A picture without contrast has none. In integers of more
    than two values a gradient of 4, that of a step of one, is taken for rounding.

    Canny, "A computational approach to edge detection" (1986); for the automatic threshold Otsu,
    "A threshold selection method from gray-level histograms" (1979).

    Alpha is kept, and colours count by it.

    Parameters
    ----------
    image : array (H, W) or (H, W, C) of uint8, uint16, int16, float32 or float64
        Floats span 0 to 1. Of bool, True is white. An array has no alpha unless `alpha`
        says so, and other or more axes than these, or more than 4 channels, need `axes`.
        int8 and float16 are widened to int16 and float32. An `Image` of one frame says
        itself what its channels are.
    sigma : float, default 1.4
        standard deviation of the blur that comes first, 0 for none (0 to 50 pixels or a
        length)
    low : float or None, default None
        Sobel gradients above it belong to an edge if they touch one (0 to 1443 grey
        levels); None: 0.4 of the high one
    high : float or None, default None
        Sobel gradients above it are edges, on the scale of 8 bits (0 to 1443 grey levels);
        None: Otsu's level of the gradients
    border : {"constant", "edge", "reflect", "symmetric", "wrap"}, default "reflect"
        what stands beyond the edge: constant (fill), edge (aaa|abcd|ddd), reflect
        (dcb|abcd|cba), symmetric (cba|abcd|dcb), wrap (bcd|abcd|abc)
    fill : float, default 0.0
        value beyond the edge for the border constant, nan in pictures of floats (0 to 255)
    channels : {"each", "luma"}, default "luma"
        each: every colour channel for itself; luma: brightness only (a picture keeps its
        colours, a response is grey)
    workers : int or None, default None
        threads for each picture; the result does not depend on them (1 to 1024); None: all
        CPUs
    alpha : {"weigh", "keep", "filter", "drop"} or None, default None
        what becomes of alpha, the transparency: weigh: colours count as far as they are
        visible, and what smooths colours smooths alpha alike; keep: the same colours, alpha
        as it was; filter: alpha is one more colour; drop: alpha is taken away first. Of an
        array it says that the last channel is alpha, which no array tells by itself; None:
        weigh for pictures with alpha; an array has none
    axes : str or None, default None
        what the axes of an array are, a letter each, such as ZYX, TZCYX or YXC: Y rows, X
        columns, C channels; every other axis is a stack of pictures, each done by itself;
        None: YX, or YXC of at most 4 channels
    channel_axis : int or None, default None
        which axis of an array holds the channels, in place of axes: the last two of the
        others are rows and columns, any before them a stack; None: as axes says
    nodata : float or None, default None
        the value that stands for no data, as it stands in the picture, or nan: windows look
        only at what is there, and where one holds nothing the result is that value again;
        None: what the file states, if anything
    mask : array or None, default None
        True, or other than 0, where the picture holds something; of its rows and columns,
        or one for each value. What is masked of a masked array of NumPy is missing as well.
        Without nodata the result is a masked array; None: everything is there

    Returns
    -------
    array of the image's dtype, its axes in the order of the image's; of bool it is bool
    where black and white alone can result, else uint8

    Raises
    ------
    UnknownNameError
        For a parameter or a choice that there is not, with the nearest names.
    ArgumentError
        For a value that is out of range, or an image that cannot be filtered.
    ArgumentTypeError
        For a value, or an image, of a type that cannot be used.
    """

def close(
    image: ArrayLike,
    *,
    size: int | str | tuple[int | str, int | str] = 5,
    border: Literal["constant", "edge", "reflect", "symmetric", "wrap"] = "reflect",
    fill: float = 0.0,
    channels: Literal["each", "luma"] = "each",
    workers: int | None = None,
    alpha: Literal["weigh", "keep", "filter", "drop", None] = None,
    axes: str | None = None,
    channel_axis: int | None = None,
    nodata: float | None = None,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Close: dilate, then erode; dark shapes smaller than the window vanish, others stay.

    Nothing moves, whether the size is odd or even.

    Serra, "Image analysis and mathematical morphology" (1982).

    Alpha is smoothed as the colours are.

    Parameters
    ----------
    image : array (H, W) or (H, W, C) of uint8, uint16, int16, float32 or float64
        Floats span 0 to 1. Of bool, True is white. An array has no alpha unless `alpha`
        says so, and other or more axes than these, or more than 4 channels, need `axes`.
        int8 and float16 are widened to int16 and float32. An `Image` of one frame says
        itself what its channels are.
    size : int or (rows, columns), default 5
        side of the window, one number or rows,columns (1 to 1001 pixels or a length)
    border : {"constant", "edge", "reflect", "symmetric", "wrap"}, default "reflect"
        what stands beyond the edge: constant (fill), edge (aaa|abcd|ddd), reflect
        (dcb|abcd|cba), symmetric (cba|abcd|dcb), wrap (bcd|abcd|abc)
    fill : float, default 0.0
        value beyond the edge for the border constant, nan in pictures of floats (0 to 255)
    channels : {"each", "luma"}, default "each"
        each: every colour channel for itself; luma: brightness only (a picture keeps its
        colours, a response is grey)
    workers : int or None, default None
        threads for each picture; the result does not depend on them (1 to 1024); None: all
        CPUs
    alpha : {"weigh", "keep", "filter", "drop"} or None, default None
        what becomes of alpha, the transparency: weigh: colours count as far as they are
        visible, and what smooths colours smooths alpha alike; keep: the same colours, alpha
        as it was; filter: alpha is one more colour; drop: alpha is taken away first. Of an
        array it says that the last channel is alpha, which no array tells by itself; None:
        weigh for pictures with alpha; an array has none
    axes : str or None, default None
        what the axes of an array are, a letter each, such as ZYX, TZCYX or YXC: Y rows, X
        columns, C channels; every other axis is a stack of pictures, each done by itself;
        None: YX, or YXC of at most 4 channels
    channel_axis : int or None, default None
        which axis of an array holds the channels, in place of axes: the last two of the
        others are rows and columns, any before them a stack; None: as axes says
    nodata : float or None, default None
        the value that stands for no data, as it stands in the picture, or nan: windows look
        only at what is there, and where one holds nothing the result is that value again;
        None: what the file states, if anything
    mask : array or None, default None
        True, or other than 0, where the picture holds something; of its rows and columns,
        or one for each value. What is masked of a masked array of NumPy is missing as well.
        Without nodata the result is a masked array; None: everything is there

    Returns
    -------
    array of the image's dtype, its axes in the order of the image's; of bool it is bool
    where black and white alone can result, else uint8

    Raises
    ------
    UnknownNameError
        For a parameter or a choice that there is not, with the nearest names.
    ArgumentError
        For a value that is out of range, or an image that cannot be filtered.
    ArgumentTypeError
        For a value, or an image, of a type that cannot be used.
    """

def convolve(
    image: ArrayLike,
    *,
    kernel: str | PathLike[str] | ArrayLike | Kernel,
    scale: float | None = None,
    offset: float | None = None,
    flip: bool = False,
    border: Literal["constant", "edge", "reflect", "symmetric", "wrap"] = "reflect",
    fill: float = 0.0,
    stride: int | str | tuple[int | str, int | str] = 1,
    padding: Padding = "same",
    dilation: int | str | tuple[int | str, int | str] = 1,
    channels: Literal["each", "luma"] = "each",
    signed: Literal["raw", "abs", "offset", "clamp", "scale", None] = None,
    workers: int | None = None,
    alpha: Literal["weigh", "keep", "filter", "drop", None] = None,
    axes: str | None = None,
    channel_axis: int | None = None,
    nodata: float | None = None,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Correlate with any kernel: one of the catalogue, of a file, or given as text or array.

    The kernel is laid on the picture as printed and the products are added; `flip` turns it first.
    `offset` is on the scale 0 to 255 whatever the depth of the picture.

    Weights of one sign smooth alpha as they do colours; those of both signs keep it.

    Parameters
    ----------
    image : array (H, W) or (H, W, C) of uint8, uint16, int16, float32 or float64
        Floats span 0 to 1. Of bool, True is white. An array has no alpha unless `alpha`
        says so, and other or more axes than these, or more than 4 channels, need `axes`.
        int8 and float16 are widened to int16 and float32. An `Image` of one frame says
        itself what its channels are.
    kernel : name, path, text, array or Kernel
        name of a kernel, a file, or rows such as 0 -1 0, -1 5 -1, 0 -1 0
    scale : float or None, default None
        factor of the weights (-1000000 to 1000000); None: that of the kernel
    offset : float or None, default None
        added to the response (-1000000 to 1000000 on the scale 0 to 255); None: that of the
        kernel
    flip : bool, default False
        turn the kernel by 180 degrees: convolution as mathematics defines it
    border : {"constant", "edge", "reflect", "symmetric", "wrap"}, default "reflect"
        what stands beyond the edge: constant (fill), edge (aaa|abcd|ddd), reflect
        (dcb|abcd|cba), symmetric (cba|abcd|dcb), wrap (bcd|abcd|abc)
    fill : float, default 0.0
        value beyond the edge for the border constant, nan in pictures of floats (0 to 255)
    stride : int or (rows, columns), default 1
        step from one output to the next (1 to 65536 pixels or a length)
    padding : "same", "valid", "full", int, pair or pair of pairs, default "same"
        rows and columns added around: same, valid, full, or 1, 2 or 4 numbers
    dilation : int or (rows, columns), default 1
        distance between neighbouring taps (1 to 65536 pixels or a length)
    channels : {"each", "luma"}, default "each"
        each: every colour channel for itself; luma: brightness only (a picture keeps its
        colours, a response is grey)
    signed : {"raw", "abs", "offset", "clamp", "scale"} or None, default None
        what becomes of negative responses at this step: raw: they stay, which needs an
        output of floats; abs: their size; offset: around middle grey; clamp: black; scale:
        lowest to black and highest to white; None: that of the kernel at the end, raw where
        the output holds negative values
    workers : int or None, default None
        threads for each picture; the result does not depend on them (1 to 1024); None: all
        CPUs
    alpha : {"weigh", "keep", "filter", "drop"} or None, default None
        what becomes of alpha, the transparency: weigh: colours count as far as they are
        visible, and what smooths colours smooths alpha alike; keep: the same colours, alpha
        as it was; filter: alpha is one more colour; drop: alpha is taken away first. Of an
        array it says that the last channel is alpha, which no array tells by itself; None:
        weigh for pictures with alpha; an array has none
    axes : str or None, default None
        what the axes of an array are, a letter each, such as ZYX, TZCYX or YXC: Y rows, X
        columns, C channels; every other axis is a stack of pictures, each done by itself;
        None: YX, or YXC of at most 4 channels
    channel_axis : int or None, default None
        which axis of an array holds the channels, in place of axes: the last two of the
        others are rows and columns, any before them a stack; None: as axes says
    nodata : float or None, default None
        the value that stands for no data, as it stands in the picture, or nan: windows look
        only at what is there, and where one holds nothing the result is that value again;
        None: what the file states, if anything
    mask : array or None, default None
        True, or other than 0, where the picture holds something; of its rows and columns,
        or one for each value. What is masked of a masked array of NumPy is missing as well.
        Without nodata the result is a masked array; None: everything is there

    Returns
    -------
    array of the image's dtype, its axes in the order of the image's; of bool it is bool
    where black and white alone can result, else uint8

    Raises
    ------
    UnknownNameError
        For a parameter or a choice that there is not, with the nearest names.
    ArgumentError
        For a value that is out of range, or an image that cannot be filtered.
    ArgumentTypeError
        For a value, or an image, of a type that cannot be used.
    """

def denoise(
    image: ArrayLike,
    *,
    method: Literal["median", "kernel", "gaussian", "bilateral", "nl-means", None] = None,
    strength: float | None = None,
    border: Literal["constant", "edge", "reflect", "symmetric", "wrap"] = "reflect",
    fill: float = 0.0,
    channels: Literal["each", "luma"] = "each",
    workers: int | None = None,
    alpha: Literal["weigh", "keep", "filter", "drop", None] = None,
    axes: str | None = None,
    channel_axis: int | None = None,
    nodata: float | None = None,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Take noise away, by the method and as strongly as the noise needs.

    Without a `method` the noise is looked at. Pixels that are black or white among others that are
    not, all over the picture, get the median around them, and all others stay; a picture of black
    and white alone gets the median where single pixels stand out all over, else it is left.
    Otherwise patches that look alike are averaged (nl-means), unless Stein's estimate of the error,
    over the middle of the picture, speaks for bilateral; noise of less than 2 of 255, which nobody
    sees, is left.

    `strength` is the noise's standard deviation, at least 1; it sets the size of the median, how
    often the kernel is applied, the sigma of the Gaussian, and what counts as alike for the other
    two (sigma_color twice the noise's, after Zhang & Gunturk, "Multiresolution bilateral filtering
    for image denoising", 2008). Without a number it is estimated where the picture is quietest,
    within the same range; single wrong pixels do not sway the estimate, however wrong they are.
    `--explain` tells what was found.

    Immerkær, "Fast noise variance estimation" (1996); Stein, "Estimation of the mean of a
    multivariate normal distribution" (1981).

    Alpha is smoothed as the colours are.

    Parameters
    ----------
    image : array (H, W) or (H, W, C) of uint8, uint16, int16, float32 or float64
        Floats span 0 to 1. Of bool, True is white. An array has no alpha unless `alpha`
        says so, and other or more axes than these, or more than 4 channels, need `axes`.
        int8 and float16 are widened to int16 and float32. An `Image` of one frame says
        itself what its channels are.
    method : {"median", "kernel", "gaussian", "bilateral", "nl-means"} or None, default None
        median: best for single wrong pixels; kernel: the 3x3 mean `denoise`, repeated;
        gaussian: blur; bilateral: keeps edges; nl-means: best and slowest; None: by the
        noise: wrong pixels get the median around them, else nl-means, or bilateral where
        that will come out better
    strength : float or None, default None
        standard deviation of the noise (1 to 255 on the scale 0 to 255); None: estimated
        from the picture
    border : {"constant", "edge", "reflect", "symmetric", "wrap"}, default "reflect"
        what stands beyond the edge: constant (fill), edge (aaa|abcd|ddd), reflect
        (dcb|abcd|cba), symmetric (cba|abcd|dcb), wrap (bcd|abcd|abc)
    fill : float, default 0.0
        value beyond the edge for the border constant, nan in pictures of floats (0 to 255)
    channels : {"each", "luma"}, default "each"
        each: every colour channel for itself; luma: brightness only (a picture keeps its
        colours, a response is grey)
    workers : int or None, default None
        threads for each picture; the result does not depend on them (1 to 1024); None: all
        CPUs
    alpha : {"weigh", "keep", "filter", "drop"} or None, default None
        what becomes of alpha, the transparency: weigh: colours count as far as they are
        visible, and what smooths colours smooths alpha alike; keep: the same colours, alpha
        as it was; filter: alpha is one more colour; drop: alpha is taken away first. Of an
        array it says that the last channel is alpha, which no array tells by itself; None:
        weigh for pictures with alpha; an array has none
    axes : str or None, default None
        what the axes of an array are, a letter each, such as ZYX, TZCYX or YXC: Y rows, X
        columns, C channels; every other axis is a stack of pictures, each done by itself;
        None: YX, or YXC of at most 4 channels
    channel_axis : int or None, default None
        which axis of an array holds the channels, in place of axes: the last two of the
        others are rows and columns, any before them a stack; None: as axes says
    nodata : float or None, default None
        the value that stands for no data, as it stands in the picture, or nan: windows look
        only at what is there, and where one holds nothing the result is that value again;
        None: what the file states, if anything
    mask : array or None, default None
        True, or other than 0, where the picture holds something; of its rows and columns,
        or one for each value. What is masked of a masked array of NumPy is missing as well.
        Without nodata the result is a masked array; None: everything is there

    Returns
    -------
    array of the image's dtype, its axes in the order of the image's; of bool it is bool
    where black and white alone can result, else uint8

    Raises
    ------
    UnknownNameError
        For a parameter or a choice that there is not, with the nearest names.
    ArgumentError
        For a value that is out of range, or an image that cannot be filtered.
    ArgumentTypeError
        For a value, or an image, of a type that cannot be used.
    """

def depth_pool(
    image: ArrayLike,
    *,
    reduce: Literal["max", "mean", "min"] = "max",
    size: int | None = None,
    stride: int | None = None,
    workers: int | None = None,
    alpha: Literal["weigh", "keep", "filter", "drop", None] = None,
    axes: str | None = None,
    channel_axis: int | None = None,
    nodata: float | None = None,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Reduce each group of neighbouring channels to one; alpha is left alone.

    A grey picture, which has one channel, stays as it is.

    Goodfellow, Warde-Farley, Mirza, Courville & Bengio, "Maxout networks" (2013).

    Alpha is kept, and nothing counts by it.

    Parameters
    ----------
    image : array (H, W) or (H, W, C) of uint8, uint16, int16, float32 or float64
        Floats span 0 to 1. Of bool, True is white. An array has no alpha unless `alpha`
        says so, and other or more axes than these, or more than 4 channels, need `axes`.
        int8 and float16 are widened to int16 and float32. An `Image` of one frame says
        itself what its channels are.
    reduce : {"max", "mean", "min"}, default "max"
        what becomes of the values of a group of channels
    size : int or None, default None
        channels in a group (1 to 65536 channels); None: all channels
    stride : int or None, default None
        step from one group of channels to the next (1 to 65536 channels); None: size
    workers : int or None, default None
        threads for each picture; the result does not depend on them (1 to 1024); None: all
        CPUs
    alpha : {"weigh", "keep", "filter", "drop"} or None, default None
        what becomes of alpha, the transparency: weigh: colours count as far as they are
        visible, and what smooths colours smooths alpha alike; keep: the same colours, alpha
        as it was; filter: alpha is one more colour; drop: alpha is taken away first. Of an
        array it says that the last channel is alpha, which no array tells by itself; None:
        weigh for pictures with alpha; an array has none
    axes : str or None, default None
        what the axes of an array are, a letter each, such as ZYX, TZCYX or YXC: Y rows, X
        columns, C channels; every other axis is a stack of pictures, each done by itself;
        None: YX, or YXC of at most 4 channels
    channel_axis : int or None, default None
        which axis of an array holds the channels, in place of axes: the last two of the
        others are rows and columns, any before them a stack; None: as axes says
    nodata : float or None, default None
        the value that stands for no data, as it stands in the picture, or nan: windows look
        only at what is there, and where one holds nothing the result is that value again;
        None: what the file states, if anything
    mask : array or None, default None
        True, or other than 0, where the picture holds something; of its rows and columns,
        or one for each value. What is masked of a masked array of NumPy is missing as well.
        Without nodata the result is a masked array; None: everything is there

    Returns
    -------
    array of the image's dtype, its axes in the order of the image's; of bool it is bool
    where black and white alone can result, else uint8

    Raises
    ------
    UnknownNameError
        For a parameter or a choice that there is not, with the nearest names.
    ArgumentError
        For a value that is out of range, or an image that cannot be filtered.
    ArgumentTypeError
        For a value, or an image, of a type that cannot be used.
    """

def difference_of_gaussians(
    image: ArrayLike,
    *,
    sigma: float | str | tuple[float | str, float | str] = 1.0,
    ratio: float = 1.6,
    truncate: float = 4.0,
    scale: float | None = None,
    border: Literal["constant", "edge", "reflect", "symmetric", "wrap"] = "reflect",
    fill: float = 0.0,
    stride: int | str | tuple[int | str, int | str] = 1,
    padding: Padding = "same",
    dilation: int | str | tuple[int | str, int | str] = 1,
    channels: Literal["each", "luma"] = "each",
    signed: Literal["raw", "abs", "offset", "clamp", "scale", None] = None,
    workers: int | None = None,
    alpha: Literal["weigh", "keep", "filter", "drop", None] = None,
    axes: str | None = None,
    channel_axis: int | None = None,
    nodata: float | None = None,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Subtract a wider Gaussian blur from a narrower one: detail of one size, a band-pass.

    Correlates with one kernel, positive in the middle. `scale` 1 gives the difference itself.

    Marr & Hildreth, "Theory of edge detection" (1980), whose ratio is 1.6.

    Alpha is kept, and colours count by it.

    Parameters
    ----------
    image : array (H, W) or (H, W, C) of uint8, uint16, int16, float32 or float64
        Floats span 0 to 1. Of bool, True is white. An array has no alpha unless `alpha`
        says so, and other or more axes than these, or more than 4 channels, need `axes`.
        int8 and float16 are widened to int16 and float32. An `Image` of one frame says
        itself what its channels are.
    sigma : float or (rows, columns), default 1.0
        standard deviation of the narrow one, or rows,columns (0.3 to 50 pixels or a length)
    ratio : float, default 1.6
        wide standard deviation by the narrow one (1.01 to 10)
    truncate : float, default 4.0
        reach of the kernel, in wide standard deviations (1 to 10 sigmas)
    scale : float or None, default None
        factor of the response (0.001 to 1000000); None: such that a full step from black to
        white gives white
    border : {"constant", "edge", "reflect", "symmetric", "wrap"}, default "reflect"
        what stands beyond the edge: constant (fill), edge (aaa|abcd|ddd), reflect
        (dcb|abcd|cba), symmetric (cba|abcd|dcb), wrap (bcd|abcd|abc)
    fill : float, default 0.0
        value beyond the edge for the border constant, nan in pictures of floats (0 to 255)
    stride : int or (rows, columns), default 1
        step from one output to the next (1 to 65536 pixels or a length)
    padding : "same", "valid", "full", int, pair or pair of pairs, default "same"
        rows and columns added around: same, valid, full, or 1, 2 or 4 numbers
    dilation : int or (rows, columns), default 1
        distance between neighbouring taps (1 to 65536 pixels or a length)
    channels : {"each", "luma"}, default "each"
        each: every colour channel for itself; luma: brightness only (a picture keeps its
        colours, a response is grey)
    signed : {"raw", "abs", "offset", "clamp", "scale"} or None, default None
        what becomes of negative responses at this step: raw: they stay, which needs an
        output of floats; abs: their size; offset: around middle grey; clamp: black; scale:
        lowest to black and highest to white; None: abs at the end, raw where the output
        holds negative values
    workers : int or None, default None
        threads for each picture; the result does not depend on them (1 to 1024); None: all
        CPUs
    alpha : {"weigh", "keep", "filter", "drop"} or None, default None
        what becomes of alpha, the transparency: weigh: colours count as far as they are
        visible, and what smooths colours smooths alpha alike; keep: the same colours, alpha
        as it was; filter: alpha is one more colour; drop: alpha is taken away first. Of an
        array it says that the last channel is alpha, which no array tells by itself; None:
        weigh for pictures with alpha; an array has none
    axes : str or None, default None
        what the axes of an array are, a letter each, such as ZYX, TZCYX or YXC: Y rows, X
        columns, C channels; every other axis is a stack of pictures, each done by itself;
        None: YX, or YXC of at most 4 channels
    channel_axis : int or None, default None
        which axis of an array holds the channels, in place of axes: the last two of the
        others are rows and columns, any before them a stack; None: as axes says
    nodata : float or None, default None
        the value that stands for no data, as it stands in the picture, or nan: windows look
        only at what is there, and where one holds nothing the result is that value again;
        None: what the file states, if anything
    mask : array or None, default None
        True, or other than 0, where the picture holds something; of its rows and columns,
        or one for each value. What is masked of a masked array of NumPy is missing as well.
        Without nodata the result is a masked array; None: everything is there

    Returns
    -------
    array of the image's dtype, its axes in the order of the image's; of bool it is bool
    where black and white alone can result, else uint8

    Raises
    ------
    UnknownNameError
        For a parameter or a choice that there is not, with the nearest names.
    ArgumentError
        For a value that is out of range, or an image that cannot be filtered.
    ArgumentTypeError
        For a value, or an image, of a type that cannot be used.
    """

def dilate(
    image: ArrayLike,
    *,
    size: int | str | tuple[int | str, int | str] = 3,
    border: Literal["constant", "edge", "reflect", "symmetric", "wrap"] = "reflect",
    fill: float = 0.0,
    channels: Literal["each", "luma"] = "each",
    workers: int | None = None,
    alpha: Literal["weigh", "keep", "filter", "drop", None] = None,
    axes: str | None = None,
    channel_axis: int | None = None,
    nodata: float | None = None,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Dilate: bright shapes gain a rim.

    The largest value of each window, a flat rectangle as structuring element, turned by 180
    degrees: an even one reaches one further up and to the left, so that what `erode` has moved
    comes back. `maximum` takes the window of `minimum` and `erode`.

    Serra, "Image analysis and mathematical morphology" (1982).

    Alpha is smoothed as the colours are.

    Parameters
    ----------
    image : array (H, W) or (H, W, C) of uint8, uint16, int16, float32 or float64
        Floats span 0 to 1. Of bool, True is white. An array has no alpha unless `alpha`
        says so, and other or more axes than these, or more than 4 channels, need `axes`.
        int8 and float16 are widened to int16 and float32. An `Image` of one frame says
        itself what its channels are.
    size : int or (rows, columns), default 3
        side of the window, one number or rows,columns (1 to 1001 pixels or a length)
    border : {"constant", "edge", "reflect", "symmetric", "wrap"}, default "reflect"
        what stands beyond the edge: constant (fill), edge (aaa|abcd|ddd), reflect
        (dcb|abcd|cba), symmetric (cba|abcd|dcb), wrap (bcd|abcd|abc)
    fill : float, default 0.0
        value beyond the edge for the border constant, nan in pictures of floats (0 to 255)
    channels : {"each", "luma"}, default "each"
        each: every colour channel for itself; luma: brightness only (a picture keeps its
        colours, a response is grey)
    workers : int or None, default None
        threads for each picture; the result does not depend on them (1 to 1024); None: all
        CPUs
    alpha : {"weigh", "keep", "filter", "drop"} or None, default None
        what becomes of alpha, the transparency: weigh: colours count as far as they are
        visible, and what smooths colours smooths alpha alike; keep: the same colours, alpha
        as it was; filter: alpha is one more colour; drop: alpha is taken away first. Of an
        array it says that the last channel is alpha, which no array tells by itself; None:
        weigh for pictures with alpha; an array has none
    axes : str or None, default None
        what the axes of an array are, a letter each, such as ZYX, TZCYX or YXC: Y rows, X
        columns, C channels; every other axis is a stack of pictures, each done by itself;
        None: YX, or YXC of at most 4 channels
    channel_axis : int or None, default None
        which axis of an array holds the channels, in place of axes: the last two of the
        others are rows and columns, any before them a stack; None: as axes says
    nodata : float or None, default None
        the value that stands for no data, as it stands in the picture, or nan: windows look
        only at what is there, and where one holds nothing the result is that value again;
        None: what the file states, if anything
    mask : array or None, default None
        True, or other than 0, where the picture holds something; of its rows and columns,
        or one for each value. What is masked of a masked array of NumPy is missing as well.
        Without nodata the result is a masked array; None: everything is there

    Returns
    -------
    array of the image's dtype, its axes in the order of the image's; of bool it is bool
    where black and white alone can result, else uint8

    Raises
    ------
    UnknownNameError
        For a parameter or a choice that there is not, with the nearest names.
    ArgumentError
        For a value that is out of range, or an image that cannot be filtered.
    ArgumentTypeError
        For a value, or an image, of a type that cannot be used.
    """

def disk_blur(
    image: ArrayLike,
    *,
    radius: float | str = 3.0,
    border: Literal["constant", "edge", "reflect", "symmetric", "wrap"] = "reflect",
    fill: float = 0.0,
    stride: int | str | tuple[int | str, int | str] = 1,
    padding: Padding = "same",
    dilation: int | str | tuple[int | str, int | str] = 1,
    channels: Literal["each", "luma"] = "each",
    workers: int | None = None,
    alpha: Literal["weigh", "keep", "filter", "drop", None] = None,
    axes: str | None = None,
    channel_axis: int | None = None,
    nodata: float | None = None,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Blur with a disk, as a lens out of focus would.

    Correlates with a disk whose rim pixels count by the area inside the circle; the weights sum
    to 1.

    Gonzalez & Woods, "Digital image processing".

    Alpha is smoothed as the colours are.

    Parameters
    ----------
    image : array (H, W) or (H, W, C) of uint8, uint16, int16, float32 or float64
        Floats span 0 to 1. Of bool, True is white. An array has no alpha unless `alpha`
        says so, and other or more axes than these, or more than 4 channels, need `axes`.
        int8 and float16 are widened to int16 and float32. An `Image` of one frame says
        itself what its channels are.
    radius : float, default 3.0
        radius of the disk (0.1 to 200 pixels or a length)
    border : {"constant", "edge", "reflect", "symmetric", "wrap"}, default "reflect"
        what stands beyond the edge: constant (fill), edge (aaa|abcd|ddd), reflect
        (dcb|abcd|cba), symmetric (cba|abcd|dcb), wrap (bcd|abcd|abc)
    fill : float, default 0.0
        value beyond the edge for the border constant, nan in pictures of floats (0 to 255)
    stride : int or (rows, columns), default 1
        step from one output to the next (1 to 65536 pixels or a length)
    padding : "same", "valid", "full", int, pair or pair of pairs, default "same"
        rows and columns added around: same, valid, full, or 1, 2 or 4 numbers
    dilation : int or (rows, columns), default 1
        distance between neighbouring taps (1 to 65536 pixels or a length)
    channels : {"each", "luma"}, default "each"
        each: every colour channel for itself; luma: brightness only (a picture keeps its
        colours, a response is grey)
    workers : int or None, default None
        threads for each picture; the result does not depend on them (1 to 1024); None: all
        CPUs
    alpha : {"weigh", "keep", "filter", "drop"} or None, default None
        what becomes of alpha, the transparency: weigh: colours count as far as they are
        visible, and what smooths colours smooths alpha alike; keep: the same colours, alpha
        as it was; filter: alpha is one more colour; drop: alpha is taken away first. Of an
        array it says that the last channel is alpha, which no array tells by itself; None:
        weigh for pictures with alpha; an array has none
    axes : str or None, default None
        what the axes of an array are, a letter each, such as ZYX, TZCYX or YXC: Y rows, X
        columns, C channels; every other axis is a stack of pictures, each done by itself;
        None: YX, or YXC of at most 4 channels
    channel_axis : int or None, default None
        which axis of an array holds the channels, in place of axes: the last two of the
        others are rows and columns, any before them a stack; None: as axes says
    nodata : float or None, default None
        the value that stands for no data, as it stands in the picture, or nan: windows look
        only at what is there, and where one holds nothing the result is that value again;
        None: what the file states, if anything
    mask : array or None, default None
        True, or other than 0, where the picture holds something; of its rows and columns,
        or one for each value. What is masked of a masked array of NumPy is missing as well.
        Without nodata the result is a masked array; None: everything is there

    Returns
    -------
    array of the image's dtype, its axes in the order of the image's; of bool it is bool
    where black and white alone can result, else uint8

    Raises
    ------
    UnknownNameError
        For a parameter or a choice that there is not, with the nearest names.
    ArgumentError
        For a value that is out of range, or an image that cannot be filtered.
    ArgumentTypeError
        For a value, or an image, of a type that cannot be used.
    """

def emboss(
    image: ArrayLike,
    *,
    angle: float = 135.0,
    amount: float = 1.0,
    border: Literal["constant", "edge", "reflect", "symmetric", "wrap"] = "reflect",
    fill: float = 0.0,
    stride: int | str | tuple[int | str, int | str] = 1,
    padding: Padding = "same",
    dilation: int | str | tuple[int | str, int | str] = 1,
    channels: Literal["each", "luma"] = "each",
    signed: Literal["raw", "abs", "offset", "clamp", "scale", None] = None,
    workers: int | None = None,
    alpha: Literal["weigh", "keep", "filter", "drop", None] = None,
    axes: str | None = None,
    channel_axis: int | None = None,
    nodata: float | None = None,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Show the picture as a relief lit from one side, on middle grey.

    Correlates with a 3x3 kernel that sums to 0: slopes that rise away from the light are bright.

    Schlag, "Fast embossing effects on raster image data", Graphics Gems IV (1994).

    Alpha is kept, and colours count by it.

    Parameters
    ----------
    image : array (H, W) or (H, W, C) of uint8, uint16, int16, float32 or float64
        Floats span 0 to 1. Of bool, True is white. An array has no alpha unless `alpha`
        says so, and other or more axes than these, or more than 4 channels, need `axes`.
        int8 and float16 are widened to int16 and float32. An `Image` of one frame says
        itself what its channels are.
    angle : float, default 135.0
        where the light comes from, counterclockwise from the right (-360 to 360 degrees)
    amount : float, default 1.0
        response to a step that faces the light, in steps (0.01 to 100)
    border : {"constant", "edge", "reflect", "symmetric", "wrap"}, default "reflect"
        what stands beyond the edge: constant (fill), edge (aaa|abcd|ddd), reflect
        (dcb|abcd|cba), symmetric (cba|abcd|dcb), wrap (bcd|abcd|abc)
    fill : float, default 0.0
        value beyond the edge for the border constant, nan in pictures of floats (0 to 255)
    stride : int or (rows, columns), default 1
        step from one output to the next (1 to 65536 pixels or a length)
    padding : "same", "valid", "full", int, pair or pair of pairs, default "same"
        rows and columns added around: same, valid, full, or 1, 2 or 4 numbers
    dilation : int or (rows, columns), default 1
        distance between neighbouring taps (1 to 65536 pixels or a length)
    channels : {"each", "luma"}, default "each"
        each: every colour channel for itself; luma: brightness only (a picture keeps its
        colours, a response is grey)
    signed : {"raw", "abs", "offset", "clamp", "scale"} or None, default None
        what becomes of negative responses at this step: raw: they stay, which needs an
        output of floats; abs: their size; offset: around middle grey; clamp: black; scale:
        lowest to black and highest to white; None: offset at the end, raw where the output
        holds negative values
    workers : int or None, default None
        threads for each picture; the result does not depend on them (1 to 1024); None: all
        CPUs
    alpha : {"weigh", "keep", "filter", "drop"} or None, default None
        what becomes of alpha, the transparency: weigh: colours count as far as they are
        visible, and what smooths colours smooths alpha alike; keep: the same colours, alpha
        as it was; filter: alpha is one more colour; drop: alpha is taken away first. Of an
        array it says that the last channel is alpha, which no array tells by itself; None:
        weigh for pictures with alpha; an array has none
    axes : str or None, default None
        what the axes of an array are, a letter each, such as ZYX, TZCYX or YXC: Y rows, X
        columns, C channels; every other axis is a stack of pictures, each done by itself;
        None: YX, or YXC of at most 4 channels
    channel_axis : int or None, default None
        which axis of an array holds the channels, in place of axes: the last two of the
        others are rows and columns, any before them a stack; None: as axes says
    nodata : float or None, default None
        the value that stands for no data, as it stands in the picture, or nan: windows look
        only at what is there, and where one holds nothing the result is that value again;
        None: what the file states, if anything
    mask : array or None, default None
        True, or other than 0, where the picture holds something; of its rows and columns,
        or one for each value. What is masked of a masked array of NumPy is missing as well.
        Without nodata the result is a masked array; None: everything is there

    Returns
    -------
    array of the image's dtype, its axes in the order of the image's; of bool it is bool
    where black and white alone can result, else uint8

    Raises
    ------
    UnknownNameError
        For a parameter or a choice that there is not, with the nearest names.
    ArgumentError
        For a value that is out of range, or an image that cannot be filtered.
    ArgumentTypeError
        For a value, or an image, of a type that cannot be used.
    """

def erode(
    image: ArrayLike,
    *,
    size: int | str | tuple[int | str, int | str] = 3,
    border: Literal["constant", "edge", "reflect", "symmetric", "wrap"] = "reflect",
    fill: float = 0.0,
    channels: Literal["each", "luma"] = "each",
    workers: int | None = None,
    alpha: Literal["weigh", "keep", "filter", "drop", None] = None,
    axes: str | None = None,
    channel_axis: int | None = None,
    nodata: float | None = None,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Erode: bright shapes lose their rim.

    The smallest value of each window, a flat rectangle as structuring element. An even one reaches
    one further down and to the right.

    Serra, "Image analysis and mathematical morphology" (1982).

    Alpha is smoothed as the colours are.

    Parameters
    ----------
    image : array (H, W) or (H, W, C) of uint8, uint16, int16, float32 or float64
        Floats span 0 to 1. Of bool, True is white. An array has no alpha unless `alpha`
        says so, and other or more axes than these, or more than 4 channels, need `axes`.
        int8 and float16 are widened to int16 and float32. An `Image` of one frame says
        itself what its channels are.
    size : int or (rows, columns), default 3
        side of the window, one number or rows,columns (1 to 1001 pixels or a length)
    border : {"constant", "edge", "reflect", "symmetric", "wrap"}, default "reflect"
        what stands beyond the edge: constant (fill), edge (aaa|abcd|ddd), reflect
        (dcb|abcd|cba), symmetric (cba|abcd|dcb), wrap (bcd|abcd|abc)
    fill : float, default 0.0
        value beyond the edge for the border constant, nan in pictures of floats (0 to 255)
    channels : {"each", "luma"}, default "each"
        each: every colour channel for itself; luma: brightness only (a picture keeps its
        colours, a response is grey)
    workers : int or None, default None
        threads for each picture; the result does not depend on them (1 to 1024); None: all
        CPUs
    alpha : {"weigh", "keep", "filter", "drop"} or None, default None
        what becomes of alpha, the transparency: weigh: colours count as far as they are
        visible, and what smooths colours smooths alpha alike; keep: the same colours, alpha
        as it was; filter: alpha is one more colour; drop: alpha is taken away first. Of an
        array it says that the last channel is alpha, which no array tells by itself; None:
        weigh for pictures with alpha; an array has none
    axes : str or None, default None
        what the axes of an array are, a letter each, such as ZYX, TZCYX or YXC: Y rows, X
        columns, C channels; every other axis is a stack of pictures, each done by itself;
        None: YX, or YXC of at most 4 channels
    channel_axis : int or None, default None
        which axis of an array holds the channels, in place of axes: the last two of the
        others are rows and columns, any before them a stack; None: as axes says
    nodata : float or None, default None
        the value that stands for no data, as it stands in the picture, or nan: windows look
        only at what is there, and where one holds nothing the result is that value again;
        None: what the file states, if anything
    mask : array or None, default None
        True, or other than 0, where the picture holds something; of its rows and columns,
        or one for each value. What is masked of a masked array of NumPy is missing as well.
        Without nodata the result is a masked array; None: everything is there

    Returns
    -------
    array of the image's dtype, its axes in the order of the image's; of bool it is bool
    where black and white alone can result, else uint8

    Raises
    ------
    UnknownNameError
        For a parameter or a choice that there is not, with the nearest names.
    ArgumentError
        For a value that is out of range, or an image that cannot be filtered.
    ArgumentTypeError
        For a value, or an image, of a type that cannot be used.
    """

def frei_chen(
    image: ArrayLike,
    *,
    method: Literal["compass", "subspace"] = "compass",
    subspace: Literal["edge", "line"] = "edge",
    scale: float = 1.0,
    border: Literal["constant", "edge", "reflect", "symmetric", "wrap"] = "reflect",
    fill: float = 0.0,
    stride: int | str | tuple[int | str, int | str] = 1,
    padding: Padding = "same",
    dilation: int | str | tuple[int | str, int | str] = 1,
    channels: Literal["each", "luma"] = "each",
    workers: int | None = None,
    alpha: Literal["weigh", "keep", "filter", "drop", None] = None,
    axes: str | None = None,
    channel_axis: int | None = None,
    nodata: float | None = None,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Find edges or lines with Frei and Chen's nine orthonormal kernels.

    `compass` correlates with `frei-chen-1` turned round the ring and keeps the largest response.
    `subspace` correlates with all nine: the result is the cosine of the angle between the
    neighbourhood and the subspace, the root of its share of the energy, from black (no part of it)
    to white (nothing else). It does not depend on the contrast of the edge against black.

    Frei & Chen, "Fast boundary detection: a generalization and a new algorithm" (1977).

    Alpha is kept, and colours count by it.

    Parameters
    ----------
    image : array (H, W) or (H, W, C) of uint8, uint16, int16, float32 or float64
        Floats span 0 to 1. Of bool, True is white. An array has no alpha unless `alpha`
        says so, and other or more axes than these, or more than 4 channels, need `axes`.
        int8 and float16 are widened to int16 and float32. An `Image` of one frame says
        itself what its channels are.
    method : {"compass", "subspace"}, default "compass"
        compass: the strongest of the isotropic gradient turned eight ways; subspace: the
        share of the neighbourhood that is edge or line
    subspace : {"edge", "line"}, default "edge"
        subspace that is measured: edge (kernels 1 to 4) or line (5 to 8)
    scale : float, default 1.0
        factor of the response (0.001 to 1000)
    border : {"constant", "edge", "reflect", "symmetric", "wrap"}, default "reflect"
        what stands beyond the edge: constant (fill), edge (aaa|abcd|ddd), reflect
        (dcb|abcd|cba), symmetric (cba|abcd|dcb), wrap (bcd|abcd|abc)
    fill : float, default 0.0
        value beyond the edge for the border constant, nan in pictures of floats (0 to 255)
    stride : int or (rows, columns), default 1
        step from one output to the next (1 to 65536 pixels or a length)
    padding : "same", "valid", "full", int, pair or pair of pairs, default "same"
        rows and columns added around: same, valid, full, or 1, 2 or 4 numbers
    dilation : int or (rows, columns), default 1
        distance between neighbouring taps (1 to 65536 pixels or a length)
    channels : {"each", "luma"}, default "each"
        each: every colour channel for itself; luma: brightness only (a picture keeps its
        colours, a response is grey)
    workers : int or None, default None
        threads for each picture; the result does not depend on them (1 to 1024); None: all
        CPUs
    alpha : {"weigh", "keep", "filter", "drop"} or None, default None
        what becomes of alpha, the transparency: weigh: colours count as far as they are
        visible, and what smooths colours smooths alpha alike; keep: the same colours, alpha
        as it was; filter: alpha is one more colour; drop: alpha is taken away first. Of an
        array it says that the last channel is alpha, which no array tells by itself; None:
        weigh for pictures with alpha; an array has none
    axes : str or None, default None
        what the axes of an array are, a letter each, such as ZYX, TZCYX or YXC: Y rows, X
        columns, C channels; every other axis is a stack of pictures, each done by itself;
        None: YX, or YXC of at most 4 channels
    channel_axis : int or None, default None
        which axis of an array holds the channels, in place of axes: the last two of the
        others are rows and columns, any before them a stack; None: as axes says
    nodata : float or None, default None
        the value that stands for no data, as it stands in the picture, or nan: windows look
        only at what is there, and where one holds nothing the result is that value again;
        None: what the file states, if anything
    mask : array or None, default None
        True, or other than 0, where the picture holds something; of its rows and columns,
        or one for each value. What is masked of a masked array of NumPy is missing as well.
        Without nodata the result is a masked array; None: everything is there

    Returns
    -------
    array of the image's dtype, its axes in the order of the image's; of bool it is bool
    where black and white alone can result, else uint8

    Raises
    ------
    UnknownNameError
        For a parameter or a choice that there is not, with the nearest names.
    ArgumentError
        For a value that is out of range, or an image that cannot be filtered.
    ArgumentTypeError
        For a value, or an image, of a type that cannot be used.
    """

def gabor(
    image: ArrayLike,
    *,
    wavelength: float | str = 6.0,
    sigma: float | str | None = None,
    orientations: int = 8,
    angle: float = 0.0,
    phase: float = 0.0,
    aspect: float = 0.5,
    scale: float = 6.0,
    border: Literal["constant", "edge", "reflect", "symmetric", "wrap"] = "reflect",
    fill: float = 0.0,
    stride: int | str | tuple[int | str, int | str] = 1,
    padding: Padding = "same",
    dilation: int | str | tuple[int | str, int | str] = 1,
    channels: Literal["each", "luma"] = "each",
    signed: Literal["raw", "abs", "offset", "clamp", "scale"] = "clamp",
    workers: int | None = None,
    alpha: Literal["weigh", "keep", "filter", "drop", None] = None,
    axes: str | None = None,
    channel_axis: int | None = None,
    nodata: float | None = None,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Find stripes of one width in any direction with Gabor's waves under a Gaussian.

    Correlates with one kernel for each of `orientations` directions and keeps the largest response,
    which makes the result independent of how the picture is turned. Directions are spread over 180
    degrees, over 360 where `phase` makes the wave one-sided. Stripes that swing from black to white
    give half of white, times `scale`; negative responses are black unless `signed` asks otherwise.

    Daugman, "Uncertainty relation for resolution in space, spatial frequency, and orientation
    optimized by two-dimensional visual cortical filters" (1985).

    Alpha is kept, and colours count by it.

    Parameters
    ----------
    image : array (H, W) or (H, W, C) of uint8, uint16, int16, float32 or float64
        Floats span 0 to 1. Of bool, True is white. An array has no alpha unless `alpha`
        says so, and other or more axes than these, or more than 4 channels, need `axes`.
        int8 and float16 are widened to int16 and float32. An `Image` of one frame says
        itself what its channels are.
    wavelength : float, default 6.0
        width of a bright and a dark stripe (2 to 100 pixels or a length)
    sigma : float or None, default None
        standard deviation along the wave (0.5 to 56 pixels or a length); None: 0.56
        wavelengths, a bandwidth of one octave
    orientations : int, default 8
        directions, of which the strongest counts (1 to 64)
    angle : float, default 0.0
        first direction of the wave, counterclockwise (-360 to 360 degrees)
    phase : float, default 0.0
        0: bright bars; 180: dark bars; 90 and 270: edges (0 to 360 degrees)
    aspect : float, default 0.5
        sigma along the wave by that along the stripes (0.1 to 4)
    scale : float, default 6.0
        factor of the response (0.001 to 1000)
    border : {"constant", "edge", "reflect", "symmetric", "wrap"}, default "reflect"
        what stands beyond the edge: constant (fill), edge (aaa|abcd|ddd), reflect
        (dcb|abcd|cba), symmetric (cba|abcd|dcb), wrap (bcd|abcd|abc)
    fill : float, default 0.0
        value beyond the edge for the border constant, nan in pictures of floats (0 to 255)
    stride : int or (rows, columns), default 1
        step from one output to the next (1 to 65536 pixels or a length)
    padding : "same", "valid", "full", int, pair or pair of pairs, default "same"
        rows and columns added around: same, valid, full, or 1, 2 or 4 numbers
    dilation : int or (rows, columns), default 1
        distance between neighbouring taps (1 to 65536 pixels or a length)
    channels : {"each", "luma"}, default "each"
        each: every colour channel for itself; luma: brightness only (a picture keeps its
        colours, a response is grey)
    signed : {"raw", "abs", "offset", "clamp", "scale"}, default "clamp"
        what becomes of negative responses at this step: raw: they stay, which needs an
        output of floats; abs: their size; offset: around middle grey; clamp: black; scale:
        lowest to black and highest to white
    workers : int or None, default None
        threads for each picture; the result does not depend on them (1 to 1024); None: all
        CPUs
    alpha : {"weigh", "keep", "filter", "drop"} or None, default None
        what becomes of alpha, the transparency: weigh: colours count as far as they are
        visible, and what smooths colours smooths alpha alike; keep: the same colours, alpha
        as it was; filter: alpha is one more colour; drop: alpha is taken away first. Of an
        array it says that the last channel is alpha, which no array tells by itself; None:
        weigh for pictures with alpha; an array has none
    axes : str or None, default None
        what the axes of an array are, a letter each, such as ZYX, TZCYX or YXC: Y rows, X
        columns, C channels; every other axis is a stack of pictures, each done by itself;
        None: YX, or YXC of at most 4 channels
    channel_axis : int or None, default None
        which axis of an array holds the channels, in place of axes: the last two of the
        others are rows and columns, any before them a stack; None: as axes says
    nodata : float or None, default None
        the value that stands for no data, as it stands in the picture, or nan: windows look
        only at what is there, and where one holds nothing the result is that value again;
        None: what the file states, if anything
    mask : array or None, default None
        True, or other than 0, where the picture holds something; of its rows and columns,
        or one for each value. What is masked of a masked array of NumPy is missing as well.
        Without nodata the result is a masked array; None: everything is there

    Returns
    -------
    array of the image's dtype, its axes in the order of the image's; of bool it is bool
    where black and white alone can result, else uint8

    Raises
    ------
    UnknownNameError
        For a parameter or a choice that there is not, with the nearest names.
    ArgumentError
        For a value that is out of range, or an image that cannot be filtered.
    ArgumentTypeError
        For a value, or an image, of a type that cannot be used.
    """

def gaussian_blur(
    image: ArrayLike,
    *,
    sigma: float | str | tuple[float | str, float | str] = 2.0,
    truncate: float = 4.0,
    border: Literal["constant", "edge", "reflect", "symmetric", "wrap"] = "reflect",
    fill: float = 0.0,
    stride: int | str | tuple[int | str, int | str] = 1,
    padding: Padding = "same",
    dilation: int | str | tuple[int | str, int | str] = 1,
    channels: Literal["each", "luma"] = "each",
    workers: int | None = None,
    alpha: Literal["weigh", "keep", "filter", "drop", None] = None,
    axes: str | None = None,
    channel_axis: int | None = None,
    nodata: float | None = None,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Blur with a Gaussian, the smoothest of the blurs.

    Correlates with the sampled Gaussian, which reaches int(truncate * sigma + 0.5) pixels and sums
    to 1.

    Gonzalez & Woods, "Digital image processing".

    Alpha is smoothed as the colours are.

    Parameters
    ----------
    image : array (H, W) or (H, W, C) of uint8, uint16, int16, float32 or float64
        Floats span 0 to 1. Of bool, True is white. An array has no alpha unless `alpha`
        says so, and other or more axes than these, or more than 4 channels, need `axes`.
        int8 and float16 are widened to int16 and float32. An `Image` of one frame says
        itself what its channels are.
    sigma : float or (rows, columns), default 2.0
        standard deviation, one number or rows,columns; 0 leaves a direction alone (0 to 250
        pixels or a length)
    truncate : float, default 4.0
        reach of the kernel, in standard deviations (0.5 to 8 sigmas)
    border : {"constant", "edge", "reflect", "symmetric", "wrap"}, default "reflect"
        what stands beyond the edge: constant (fill), edge (aaa|abcd|ddd), reflect
        (dcb|abcd|cba), symmetric (cba|abcd|dcb), wrap (bcd|abcd|abc)
    fill : float, default 0.0
        value beyond the edge for the border constant, nan in pictures of floats (0 to 255)
    stride : int or (rows, columns), default 1
        step from one output to the next (1 to 65536 pixels or a length)
    padding : "same", "valid", "full", int, pair or pair of pairs, default "same"
        rows and columns added around: same, valid, full, or 1, 2 or 4 numbers
    dilation : int or (rows, columns), default 1
        distance between neighbouring taps (1 to 65536 pixels or a length)
    channels : {"each", "luma"}, default "each"
        each: every colour channel for itself; luma: brightness only (a picture keeps its
        colours, a response is grey)
    workers : int or None, default None
        threads for each picture; the result does not depend on them (1 to 1024); None: all
        CPUs
    alpha : {"weigh", "keep", "filter", "drop"} or None, default None
        what becomes of alpha, the transparency: weigh: colours count as far as they are
        visible, and what smooths colours smooths alpha alike; keep: the same colours, alpha
        as it was; filter: alpha is one more colour; drop: alpha is taken away first. Of an
        array it says that the last channel is alpha, which no array tells by itself; None:
        weigh for pictures with alpha; an array has none
    axes : str or None, default None
        what the axes of an array are, a letter each, such as ZYX, TZCYX or YXC: Y rows, X
        columns, C channels; every other axis is a stack of pictures, each done by itself;
        None: YX, or YXC of at most 4 channels
    channel_axis : int or None, default None
        which axis of an array holds the channels, in place of axes: the last two of the
        others are rows and columns, any before them a stack; None: as axes says
    nodata : float or None, default None
        the value that stands for no data, as it stands in the picture, or nan: windows look
        only at what is there, and where one holds nothing the result is that value again;
        None: what the file states, if anything
    mask : array or None, default None
        True, or other than 0, where the picture holds something; of its rows and columns,
        or one for each value. What is masked of a masked array of NumPy is missing as well.
        Without nodata the result is a masked array; None: everything is there

    Returns
    -------
    array of the image's dtype, its axes in the order of the image's; of bool it is bool
    where black and white alone can result, else uint8

    Raises
    ------
    UnknownNameError
        For a parameter or a choice that there is not, with the nearest names.
    ArgumentError
        For a value that is out of range, or an image that cannot be filtered.
    ArgumentTypeError
        For a value, or an image, of a type that cannot be used.
    """

def gradient_direction(
    image: ArrayLike,
    *,
    border: Literal["constant", "edge", "reflect", "symmetric", "wrap"] = "reflect",
    fill: float = 0.0,
    workers: int | None = None,
    alpha: Literal["weigh", "keep", "filter", "drop", None] = None,
    axes: str | None = None,
    channel_axis: int | None = None,
    nodata: float | None = None,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Show where brightness rises as a hue, and how steeply as its brightness.

    Correlates the luma with `sobel-x` and `sobel-y`. Red stands for a rise to the right, yellow
    green for one upwards, cyan to the left, violet downwards, with all hues between. The length of
    the gradient is the brightness. The result has red, green and blue, also that of a grey picture.

    Smith, "Color gamut transform pairs" (1978), for the hues.

    Alpha is kept, and colours count by it.

    Parameters
    ----------
    image : array (H, W) or (H, W, C) of uint8, uint16, int16, float32 or float64
        Floats span 0 to 1. Of bool, True is white. An array has no alpha unless `alpha`
        says so, and other or more axes than these, or more than 4 channels, need `axes`.
        int8 and float16 are widened to int16 and float32. An `Image` of one frame says
        itself what its channels are.
    border : {"constant", "edge", "reflect", "symmetric", "wrap"}, default "reflect"
        what stands beyond the edge: constant (fill), edge (aaa|abcd|ddd), reflect
        (dcb|abcd|cba), symmetric (cba|abcd|dcb), wrap (bcd|abcd|abc)
    fill : float, default 0.0
        value beyond the edge for the border constant, nan in pictures of floats (0 to 255)
    workers : int or None, default None
        threads for each picture; the result does not depend on them (1 to 1024); None: all
        CPUs
    alpha : {"weigh", "keep", "filter", "drop"} or None, default None
        what becomes of alpha, the transparency: weigh: colours count as far as they are
        visible, and what smooths colours smooths alpha alike; keep: the same colours, alpha
        as it was; filter: alpha is one more colour; drop: alpha is taken away first. Of an
        array it says that the last channel is alpha, which no array tells by itself; None:
        weigh for pictures with alpha; an array has none
    axes : str or None, default None
        what the axes of an array are, a letter each, such as ZYX, TZCYX or YXC: Y rows, X
        columns, C channels; every other axis is a stack of pictures, each done by itself;
        None: YX, or YXC of at most 4 channels
    channel_axis : int or None, default None
        which axis of an array holds the channels, in place of axes: the last two of the
        others are rows and columns, any before them a stack; None: as axes says
    nodata : float or None, default None
        the value that stands for no data, as it stands in the picture, or nan: windows look
        only at what is there, and where one holds nothing the result is that value again;
        None: what the file states, if anything
    mask : array or None, default None
        True, or other than 0, where the picture holds something; of its rows and columns,
        or one for each value. What is masked of a masked array of NumPy is missing as well.
        Without nodata the result is a masked array; None: everything is there

    Returns
    -------
    array of the image's dtype, its axes in the order of the image's; of bool it is bool
    where black and white alone can result, else uint8

    Raises
    ------
    UnknownNameError
        For a parameter or a choice that there is not, with the nearest names.
    ArgumentError
        For a value that is out of range, or an image that cannot be filtered.
    ArgumentTypeError
        For a value, or an image, of a type that cannot be used.
    """

def grayscale(
    image: ArrayLike,
    *,
    workers: int | None = None,
    alpha: Literal["weigh", "keep", "filter", "drop", None] = None,
    axes: str | None = None,
    channel_axis: int | None = None,
    nodata: float | None = None,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Turn a colour picture grey: the luma 0.299 red + 0.587 green + 0.114 blue.

    A grey picture stays as it is.

    Recommendation ITU-R BT.601.

    Alpha is kept, and nothing counts by it.

    Parameters
    ----------
    image : array (H, W) or (H, W, C) of uint8, uint16, int16, float32 or float64
        Floats span 0 to 1. Of bool, True is white. An array has no alpha unless `alpha`
        says so, and other or more axes than these, or more than 4 channels, need `axes`.
        int8 and float16 are widened to int16 and float32. An `Image` of one frame says
        itself what its channels are.
    workers : int or None, default None
        threads for each picture; the result does not depend on them (1 to 1024); None: all
        CPUs
    alpha : {"weigh", "keep", "filter", "drop"} or None, default None
        what becomes of alpha, the transparency: weigh: colours count as far as they are
        visible, and what smooths colours smooths alpha alike; keep: the same colours, alpha
        as it was; filter: alpha is one more colour; drop: alpha is taken away first. Of an
        array it says that the last channel is alpha, which no array tells by itself; None:
        weigh for pictures with alpha; an array has none
    axes : str or None, default None
        what the axes of an array are, a letter each, such as ZYX, TZCYX or YXC: Y rows, X
        columns, C channels; every other axis is a stack of pictures, each done by itself;
        None: YX, or YXC of at most 4 channels
    channel_axis : int or None, default None
        which axis of an array holds the channels, in place of axes: the last two of the
        others are rows and columns, any before them a stack; None: as axes says
    nodata : float or None, default None
        the value that stands for no data, as it stands in the picture, or nan: windows look
        only at what is there, and where one holds nothing the result is that value again;
        None: what the file states, if anything
    mask : array or None, default None
        True, or other than 0, where the picture holds something; of its rows and columns,
        or one for each value. What is masked of a masked array of NumPy is missing as well.
        Without nodata the result is a masked array; None: everything is there

    Returns
    -------
    array of the image's dtype, its axes in the order of the image's; of bool it is bool
    where black and white alone can result, else uint8

    Raises
    ------
    UnknownNameError
        For a parameter or a choice that there is not, with the nearest names.
    ArgumentError
        For a value that is out of range, or an image that cannot be filtered.
    ArgumentTypeError
        For a value, or an image, of a type that cannot be used.
    """

def high_pass(
    image: ArrayLike,
    *,
    sigma: float | str | tuple[float | str, float | str] = 3.0,
    border: Literal["constant", "edge", "reflect", "symmetric", "wrap"] = "reflect",
    fill: float = 0.0,
    channels: Literal["each", "luma"] = "each",
    signed: Literal["raw", "abs", "offset", "clamp", "scale", None] = None,
    workers: int | None = None,
    alpha: Literal["weigh", "keep", "filter", "drop", None] = None,
    axes: str | None = None,
    channel_axis: int | None = None,
    nodata: float | None = None,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Keep what a Gaussian blur takes away: image - blurred, shown around middle grey.

    Correlates with the sampled Gaussian.

    Gonzalez & Woods, "Digital image processing".

    Alpha is kept, and colours count by it.

    Parameters
    ----------
    image : array (H, W) or (H, W, C) of uint8, uint16, int16, float32 or float64
        Floats span 0 to 1. Of bool, True is white. An array has no alpha unless `alpha`
        says so, and other or more axes than these, or more than 4 channels, need `axes`.
        int8 and float16 are widened to int16 and float32. An `Image` of one frame says
        itself what its channels are.
    sigma : float or (rows, columns), default 3.0
        standard deviation of the blur, one number or rows,columns; 0 leaves a direction
        alone (0 to 250 pixels or a length)
    border : {"constant", "edge", "reflect", "symmetric", "wrap"}, default "reflect"
        what stands beyond the edge: constant (fill), edge (aaa|abcd|ddd), reflect
        (dcb|abcd|cba), symmetric (cba|abcd|dcb), wrap (bcd|abcd|abc)
    fill : float, default 0.0
        value beyond the edge for the border constant, nan in pictures of floats (0 to 255)
    channels : {"each", "luma"}, default "each"
        each: every colour channel for itself; luma: brightness only (a picture keeps its
        colours, a response is grey)
    signed : {"raw", "abs", "offset", "clamp", "scale"} or None, default None
        what becomes of negative responses at this step: raw: they stay, which needs an
        output of floats; abs: their size; offset: around middle grey; clamp: black; scale:
        lowest to black and highest to white; None: offset at the end, raw where the output
        holds negative values
    workers : int or None, default None
        threads for each picture; the result does not depend on them (1 to 1024); None: all
        CPUs
    alpha : {"weigh", "keep", "filter", "drop"} or None, default None
        what becomes of alpha, the transparency: weigh: colours count as far as they are
        visible, and what smooths colours smooths alpha alike; keep: the same colours, alpha
        as it was; filter: alpha is one more colour; drop: alpha is taken away first. Of an
        array it says that the last channel is alpha, which no array tells by itself; None:
        weigh for pictures with alpha; an array has none
    axes : str or None, default None
        what the axes of an array are, a letter each, such as ZYX, TZCYX or YXC: Y rows, X
        columns, C channels; every other axis is a stack of pictures, each done by itself;
        None: YX, or YXC of at most 4 channels
    channel_axis : int or None, default None
        which axis of an array holds the channels, in place of axes: the last two of the
        others are rows and columns, any before them a stack; None: as axes says
    nodata : float or None, default None
        the value that stands for no data, as it stands in the picture, or nan: windows look
        only at what is there, and where one holds nothing the result is that value again;
        None: what the file states, if anything
    mask : array or None, default None
        True, or other than 0, where the picture holds something; of its rows and columns,
        or one for each value. What is masked of a masked array of NumPy is missing as well.
        Without nodata the result is a masked array; None: everything is there

    Returns
    -------
    array of the image's dtype, its axes in the order of the image's; of bool it is bool
    where black and white alone can result, else uint8

    Raises
    ------
    UnknownNameError
        For a parameter or a choice that there is not, with the nearest names.
    ArgumentError
        For a value that is out of range, or an image that cannot be filtered.
    ArgumentTypeError
        For a value, or an image, of a type that cannot be used.
    """

def invert(
    image: ArrayLike,
    *,
    channels: Literal["each", "luma"] = "each",
    workers: int | None = None,
    alpha: Literal["weigh", "keep", "filter", "drop", None] = None,
    axes: str | None = None,
    channel_axis: int | None = None,
    nodata: float | None = None,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Turn the picture into its negative: white minus value.

    A signed response, such as that of `laplacian`, is inverted as it would be shown at the end.

    Alpha is kept, and nothing counts by it.

    Parameters
    ----------
    image : array (H, W) or (H, W, C) of uint8, uint16, int16, float32 or float64
        Floats span 0 to 1. Of bool, True is white. An array has no alpha unless `alpha`
        says so, and other or more axes than these, or more than 4 channels, need `axes`.
        int8 and float16 are widened to int16 and float32. An `Image` of one frame says
        itself what its channels are.
    channels : {"each", "luma"}, default "each"
        each: every colour channel for itself; luma: brightness only (a picture keeps its
        colours, a response is grey)
    workers : int or None, default None
        threads for each picture; the result does not depend on them (1 to 1024); None: all
        CPUs
    alpha : {"weigh", "keep", "filter", "drop"} or None, default None
        what becomes of alpha, the transparency: weigh: colours count as far as they are
        visible, and what smooths colours smooths alpha alike; keep: the same colours, alpha
        as it was; filter: alpha is one more colour; drop: alpha is taken away first. Of an
        array it says that the last channel is alpha, which no array tells by itself; None:
        weigh for pictures with alpha; an array has none
    axes : str or None, default None
        what the axes of an array are, a letter each, such as ZYX, TZCYX or YXC: Y rows, X
        columns, C channels; every other axis is a stack of pictures, each done by itself;
        None: YX, or YXC of at most 4 channels
    channel_axis : int or None, default None
        which axis of an array holds the channels, in place of axes: the last two of the
        others are rows and columns, any before them a stack; None: as axes says
    nodata : float or None, default None
        the value that stands for no data, as it stands in the picture, or nan: windows look
        only at what is there, and where one holds nothing the result is that value again;
        None: what the file states, if anything
    mask : array or None, default None
        True, or other than 0, where the picture holds something; of its rows and columns,
        or one for each value. What is masked of a masked array of NumPy is missing as well.
        Without nodata the result is a masked array; None: everything is there

    Returns
    -------
    array of the image's dtype, its axes in the order of the image's; of bool it is bool
    where black and white alone can result, else uint8

    Raises
    ------
    UnknownNameError
        For a parameter or a choice that there is not, with the nearest names.
    ArgumentError
        For a value that is out of range, or an image that cannot be filtered.
    ArgumentTypeError
        For a value, or an image, of a type that cannot be used.
    """

def kirsch(
    image: ArrayLike,
    *,
    scale: float = 1.0,
    border: Literal["constant", "edge", "reflect", "symmetric", "wrap"] = "reflect",
    fill: float = 0.0,
    stride: int | str | tuple[int | str, int | str] = 1,
    padding: Padding = "same",
    dilation: int | str | tuple[int | str, int | str] = 1,
    channels: Literal["each", "luma"] = "each",
    workers: int | None = None,
    alpha: Literal["weigh", "keep", "filter", "drop", None] = None,
    axes: str | None = None,
    channel_axis: int | None = None,
    nodata: float | None = None,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Find edges with Kirsch's eight compass kernels: the strongest of their responses.

    Correlates with `kirsch-n`, `-nw`, `-w`, ... and keeps the largest response. A full step
    gives 15 times white; `scale` 0.0667 shows it whole.

    Kirsch, "Computer determination of the constituent structure of biological images" (1971).

    Alpha is kept, and colours count by it.

    Parameters
    ----------
    image : array (H, W) or (H, W, C) of uint8, uint16, int16, float32 or float64
        Floats span 0 to 1. Of bool, True is white. An array has no alpha unless `alpha`
        says so, and other or more axes than these, or more than 4 channels, need `axes`.
        int8 and float16 are widened to int16 and float32. An `Image` of one frame says
        itself what its channels are.
    scale : float, default 1.0
        factor of the response (0.001 to 1000)
    border : {"constant", "edge", "reflect", "symmetric", "wrap"}, default "reflect"
        what stands beyond the edge: constant (fill), edge (aaa|abcd|ddd), reflect
        (dcb|abcd|cba), symmetric (cba|abcd|dcb), wrap (bcd|abcd|abc)
    fill : float, default 0.0
        value beyond the edge for the border constant, nan in pictures of floats (0 to 255)
    stride : int or (rows, columns), default 1
        step from one output to the next (1 to 65536 pixels or a length)
    padding : "same", "valid", "full", int, pair or pair of pairs, default "same"
        rows and columns added around: same, valid, full, or 1, 2 or 4 numbers
    dilation : int or (rows, columns), default 1
        distance between neighbouring taps (1 to 65536 pixels or a length)
    channels : {"each", "luma"}, default "each"
        each: every colour channel for itself; luma: brightness only (a picture keeps its
        colours, a response is grey)
    workers : int or None, default None
        threads for each picture; the result does not depend on them (1 to 1024); None: all
        CPUs
    alpha : {"weigh", "keep", "filter", "drop"} or None, default None
        what becomes of alpha, the transparency: weigh: colours count as far as they are
        visible, and what smooths colours smooths alpha alike; keep: the same colours, alpha
        as it was; filter: alpha is one more colour; drop: alpha is taken away first. Of an
        array it says that the last channel is alpha, which no array tells by itself; None:
        weigh for pictures with alpha; an array has none
    axes : str or None, default None
        what the axes of an array are, a letter each, such as ZYX, TZCYX or YXC: Y rows, X
        columns, C channels; every other axis is a stack of pictures, each done by itself;
        None: YX, or YXC of at most 4 channels
    channel_axis : int or None, default None
        which axis of an array holds the channels, in place of axes: the last two of the
        others are rows and columns, any before them a stack; None: as axes says
    nodata : float or None, default None
        the value that stands for no data, as it stands in the picture, or nan: windows look
        only at what is there, and where one holds nothing the result is that value again;
        None: what the file states, if anything
    mask : array or None, default None
        True, or other than 0, where the picture holds something; of its rows and columns,
        or one for each value. What is masked of a masked array of NumPy is missing as well.
        Without nodata the result is a masked array; None: everything is there

    Returns
    -------
    array of the image's dtype, its axes in the order of the image's; of bool it is bool
    where black and white alone can result, else uint8

    Raises
    ------
    UnknownNameError
        For a parameter or a choice that there is not, with the nearest names.
    ArgumentError
        For a value that is out of range, or an image that cannot be filtered.
    ArgumentTypeError
        For a value, or an image, of a type that cannot be used.
    """

def laplacian(
    image: ArrayLike,
    *,
    neighbours: Literal["4", "8", 4, 8] = "4",
    scale: float = 1.0,
    border: Literal["constant", "edge", "reflect", "symmetric", "wrap"] = "reflect",
    fill: float = 0.0,
    stride: int | str | tuple[int | str, int | str] = 1,
    padding: Padding = "same",
    dilation: int | str | tuple[int | str, int | str] = 1,
    channels: Literal["each", "luma"] = "each",
    signed: Literal["raw", "abs", "offset", "clamp", "scale", None] = None,
    workers: int | None = None,
    alpha: Literal["weigh", "keep", "filter", "drop", None] = None,
    axes: str | None = None,
    channel_axis: int | None = None,
    nodata: float | None = None,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Take the Laplacian, the sum of both second derivatives: fine detail of every direction.

    Correlates with `laplacian-4` or `laplacian-8`, which are negative in the middle.

    Gonzalez & Woods, "Digital image processing".

    Alpha is kept, and colours count by it.

    Parameters
    ----------
    image : array (H, W) or (H, W, C) of uint8, uint16, int16, float32 or float64
        Floats span 0 to 1. Of bool, True is white. An array has no alpha unless `alpha`
        says so, and other or more axes than these, or more than 4 channels, need `axes`.
        int8 and float16 are widened to int16 and float32. An `Image` of one frame says
        itself what its channels are.
    neighbours : {"4", "8"}, default "4"
        pixels that are weighed against the middle one
    scale : float, default 1.0
        factor of the response (0.001 to 1000)
    border : {"constant", "edge", "reflect", "symmetric", "wrap"}, default "reflect"
        what stands beyond the edge: constant (fill), edge (aaa|abcd|ddd), reflect
        (dcb|abcd|cba), symmetric (cba|abcd|dcb), wrap (bcd|abcd|abc)
    fill : float, default 0.0
        value beyond the edge for the border constant, nan in pictures of floats (0 to 255)
    stride : int or (rows, columns), default 1
        step from one output to the next (1 to 65536 pixels or a length)
    padding : "same", "valid", "full", int, pair or pair of pairs, default "same"
        rows and columns added around: same, valid, full, or 1, 2 or 4 numbers
    dilation : int or (rows, columns), default 1
        distance between neighbouring taps (1 to 65536 pixels or a length)
    channels : {"each", "luma"}, default "each"
        each: every colour channel for itself; luma: brightness only (a picture keeps its
        colours, a response is grey)
    signed : {"raw", "abs", "offset", "clamp", "scale"} or None, default None
        what becomes of negative responses at this step: raw: they stay, which needs an
        output of floats; abs: their size; offset: around middle grey; clamp: black; scale:
        lowest to black and highest to white; None: abs at the end, raw where the output
        holds negative values
    workers : int or None, default None
        threads for each picture; the result does not depend on them (1 to 1024); None: all
        CPUs
    alpha : {"weigh", "keep", "filter", "drop"} or None, default None
        what becomes of alpha, the transparency: weigh: colours count as far as they are
        visible, and what smooths colours smooths alpha alike; keep: the same colours, alpha
        as it was; filter: alpha is one more colour; drop: alpha is taken away first. Of an
        array it says that the last channel is alpha, which no array tells by itself; None:
        weigh for pictures with alpha; an array has none
    axes : str or None, default None
        what the axes of an array are, a letter each, such as ZYX, TZCYX or YXC: Y rows, X
        columns, C channels; every other axis is a stack of pictures, each done by itself;
        None: YX, or YXC of at most 4 channels
    channel_axis : int or None, default None
        which axis of an array holds the channels, in place of axes: the last two of the
        others are rows and columns, any before them a stack; None: as axes says
    nodata : float or None, default None
        the value that stands for no data, as it stands in the picture, or nan: windows look
        only at what is there, and where one holds nothing the result is that value again;
        None: what the file states, if anything
    mask : array or None, default None
        True, or other than 0, where the picture holds something; of its rows and columns,
        or one for each value. What is masked of a masked array of NumPy is missing as well.
        Without nodata the result is a masked array; None: everything is there

    Returns
    -------
    array of the image's dtype, its axes in the order of the image's; of bool it is bool
    where black and white alone can result, else uint8

    Raises
    ------
    UnknownNameError
        For a parameter or a choice that there is not, with the nearest names.
    ArgumentError
        For a value that is out of range, or an image that cannot be filtered.
    ArgumentTypeError
        For a value, or an image, of a type that cannot be used.
    """

def laplacian_of_gaussian(
    image: ArrayLike,
    *,
    sigma: float | str | tuple[float | str, float | str] = 1.4,
    truncate: float = 4.0,
    scale: float | None = None,
    border: Literal["constant", "edge", "reflect", "symmetric", "wrap"] = "reflect",
    fill: float = 0.0,
    stride: int | str | tuple[int | str, int | str] = 1,
    padding: Padding = "same",
    dilation: int | str | tuple[int | str, int | str] = 1,
    channels: Literal["each", "luma"] = "each",
    signed: Literal["raw", "abs", "offset", "clamp", "scale", None] = None,
    workers: int | None = None,
    alpha: Literal["weigh", "keep", "filter", "drop", None] = None,
    axes: str | None = None,
    channel_axis: int | None = None,
    nodata: float | None = None,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Take the Laplacian of the picture blurred with a Gaussian: blobs and edges of one size.

    Correlates with one kernel that does both, negative in the middle. Edges lie where the response
    crosses zero, as `signed` offset shows. `scale` 1 gives the Laplacian itself.

    Marr & Hildreth, "Theory of edge detection" (1980).

    Alpha is kept, and colours count by it.

    Parameters
    ----------
    image : array (H, W) or (H, W, C) of uint8, uint16, int16, float32 or float64
        Floats span 0 to 1. Of bool, True is white. An array has no alpha unless `alpha`
        says so, and other or more axes than these, or more than 4 channels, need `axes`.
        int8 and float16 are widened to int16 and float32. An `Image` of one frame says
        itself what its channels are.
    sigma : float or (rows, columns), default 1.4
        standard deviation, one number or rows,columns (0.3 to 50 pixels or a length)
    truncate : float, default 4.0
        reach of the kernel, in standard deviations (1 to 10 sigmas)
    scale : float or None, default None
        factor of the response (0.001 to 1000000); None: such that a full step from black to
        white gives white
    border : {"constant", "edge", "reflect", "symmetric", "wrap"}, default "reflect"
        what stands beyond the edge: constant (fill), edge (aaa|abcd|ddd), reflect
        (dcb|abcd|cba), symmetric (cba|abcd|dcb), wrap (bcd|abcd|abc)
    fill : float, default 0.0
        value beyond the edge for the border constant, nan in pictures of floats (0 to 255)
    stride : int or (rows, columns), default 1
        step from one output to the next (1 to 65536 pixels or a length)
    padding : "same", "valid", "full", int, pair or pair of pairs, default "same"
        rows and columns added around: same, valid, full, or 1, 2 or 4 numbers
    dilation : int or (rows, columns), default 1
        distance between neighbouring taps (1 to 65536 pixels or a length)
    channels : {"each", "luma"}, default "each"
        each: every colour channel for itself; luma: brightness only (a picture keeps its
        colours, a response is grey)
    signed : {"raw", "abs", "offset", "clamp", "scale"} or None, default None
        what becomes of negative responses at this step: raw: they stay, which needs an
        output of floats; abs: their size; offset: around middle grey; clamp: black; scale:
        lowest to black and highest to white; None: abs at the end, raw where the output
        holds negative values
    workers : int or None, default None
        threads for each picture; the result does not depend on them (1 to 1024); None: all
        CPUs
    alpha : {"weigh", "keep", "filter", "drop"} or None, default None
        what becomes of alpha, the transparency: weigh: colours count as far as they are
        visible, and what smooths colours smooths alpha alike; keep: the same colours, alpha
        as it was; filter: alpha is one more colour; drop: alpha is taken away first. Of an
        array it says that the last channel is alpha, which no array tells by itself; None:
        weigh for pictures with alpha; an array has none
    axes : str or None, default None
        what the axes of an array are, a letter each, such as ZYX, TZCYX or YXC: Y rows, X
        columns, C channels; every other axis is a stack of pictures, each done by itself;
        None: YX, or YXC of at most 4 channels
    channel_axis : int or None, default None
        which axis of an array holds the channels, in place of axes: the last two of the
        others are rows and columns, any before them a stack; None: as axes says
    nodata : float or None, default None
        the value that stands for no data, as it stands in the picture, or nan: windows look
        only at what is there, and where one holds nothing the result is that value again;
        None: what the file states, if anything
    mask : array or None, default None
        True, or other than 0, where the picture holds something; of its rows and columns,
        or one for each value. What is masked of a masked array of NumPy is missing as well.
        Without nodata the result is a masked array; None: everything is there

    Returns
    -------
    array of the image's dtype, its axes in the order of the image's; of bool it is bool
    where black and white alone can result, else uint8

    Raises
    ------
    UnknownNameError
        For a parameter or a choice that there is not, with the nearest names.
    ArgumentError
        For a value that is out of range, or an image that cannot be filtered.
    ArgumentTypeError
        For a value, or an image, of a type that cannot be used.
    """

def max_pool(
    image: ArrayLike,
    *,
    size: int | str | tuple[int | str, int | str] = 2,
    stride: int | str | tuple[int | str, int | str] | None = None,
    padding: int | tuple[int, int] = 0,
    dilation: int | str | tuple[int | str, int | str] = 1,
    ceil_mode: bool = False,
    workers: int | None = None,
    alpha: Literal["weigh", "keep", "filter", "drop", None] = None,
    axes: str | None = None,
    channel_axis: int | None = None,
    nodata: float | None = None,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Reduce each window to its largest value; the picture shrinks by the stride.

    Padding never wins. Stride, padding and ceil_mode are PyTorch's. Alpha is pooled alike, and
    clear pixels lend no colour.

    Goodfellow, Bengio & Courville, "Deep learning" (2016).

    Alpha is smoothed as the colours are.

    Parameters
    ----------
    image : array (H, W) or (H, W, C) of uint8, uint16, int16, float32 or float64
        Floats span 0 to 1. Of bool, True is white. An array has no alpha unless `alpha`
        says so, and other or more axes than these, or more than 4 channels, need `axes`.
        int8 and float16 are widened to int16 and float32. An `Image` of one frame says
        itself what its channels are.
    size : int or (rows, columns), default 2
        side of the window, one number or rows,columns (1 to 65536 pixels or a length)
    stride : int or (rows, columns) or None, default None
        step from one window to the next (1 to 65536 pixels or a length); None: size
    padding : int or (rows, columns), default 0
        rows and columns added around, at most half a window (0 to 65536)
    dilation : int or (rows, columns), default 1
        distance between neighbouring taps (1 to 65536 pixels or a length)
    ceil_mode : bool, default False
        keep a last window that reaches beyond the picture
    workers : int or None, default None
        threads for each picture; the result does not depend on them (1 to 1024); None: all
        CPUs
    alpha : {"weigh", "keep", "filter", "drop"} or None, default None
        what becomes of alpha, the transparency: weigh: colours count as far as they are
        visible, and what smooths colours smooths alpha alike; keep: the same colours, alpha
        as it was; filter: alpha is one more colour; drop: alpha is taken away first. Of an
        array it says that the last channel is alpha, which no array tells by itself; None:
        weigh for pictures with alpha; an array has none
    axes : str or None, default None
        what the axes of an array are, a letter each, such as ZYX, TZCYX or YXC: Y rows, X
        columns, C channels; every other axis is a stack of pictures, each done by itself;
        None: YX, or YXC of at most 4 channels
    channel_axis : int or None, default None
        which axis of an array holds the channels, in place of axes: the last two of the
        others are rows and columns, any before them a stack; None: as axes says
    nodata : float or None, default None
        the value that stands for no data, as it stands in the picture, or nan: windows look
        only at what is there, and where one holds nothing the result is that value again;
        None: what the file states, if anything
    mask : array or None, default None
        True, or other than 0, where the picture holds something; of its rows and columns,
        or one for each value. What is masked of a masked array of NumPy is missing as well.
        Without nodata the result is a masked array; None: everything is there

    Returns
    -------
    array of the image's dtype, its axes in the order of the image's; of bool it is bool
    where black and white alone can result, else uint8

    Raises
    ------
    UnknownNameError
        For a parameter or a choice that there is not, with the nearest names.
    ArgumentError
        For a value that is out of range, or an image that cannot be filtered.
    ArgumentTypeError
        For a value, or an image, of a type that cannot be used.
    """

def maximum(
    image: ArrayLike,
    *,
    size: int | str | tuple[int | str, int | str] = 3,
    border: Literal["constant", "edge", "reflect", "symmetric", "wrap"] = "reflect",
    fill: float = 0.0,
    stride: int | str | tuple[int | str, int | str] = 1,
    padding: Padding = "same",
    dilation: int | str | tuple[int | str, int | str] = 1,
    channels: Literal["each", "luma"] = "each",
    workers: int | None = None,
    alpha: Literal["weigh", "keep", "filter", "drop", None] = None,
    axes: str | None = None,
    channel_axis: int | None = None,
    nodata: float | None = None,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Take the largest value of each window: bright spots grow.

    Gonzalez & Woods, "Digital image processing".

    Alpha is smoothed as the colours are.

    Parameters
    ----------
    image : array (H, W) or (H, W, C) of uint8, uint16, int16, float32 or float64
        Floats span 0 to 1. Of bool, True is white. An array has no alpha unless `alpha`
        says so, and other or more axes than these, or more than 4 channels, need `axes`.
        int8 and float16 are widened to int16 and float32. An `Image` of one frame says
        itself what its channels are.
    size : int or (rows, columns), default 3
        side of the window, one number or rows,columns (1 to 1001 pixels or a length)
    border : {"constant", "edge", "reflect", "symmetric", "wrap"}, default "reflect"
        what stands beyond the edge: constant (fill), edge (aaa|abcd|ddd), reflect
        (dcb|abcd|cba), symmetric (cba|abcd|dcb), wrap (bcd|abcd|abc)
    fill : float, default 0.0
        value beyond the edge for the border constant, nan in pictures of floats (0 to 255)
    stride : int or (rows, columns), default 1
        step from one output to the next (1 to 65536 pixels or a length)
    padding : "same", "valid", "full", int, pair or pair of pairs, default "same"
        rows and columns added around: same, valid, full, or 1, 2 or 4 numbers
    dilation : int or (rows, columns), default 1
        distance between neighbouring taps (1 to 65536 pixels or a length)
    channels : {"each", "luma"}, default "each"
        each: every colour channel for itself; luma: brightness only (a picture keeps its
        colours, a response is grey)
    workers : int or None, default None
        threads for each picture; the result does not depend on them (1 to 1024); None: all
        CPUs
    alpha : {"weigh", "keep", "filter", "drop"} or None, default None
        what becomes of alpha, the transparency: weigh: colours count as far as they are
        visible, and what smooths colours smooths alpha alike; keep: the same colours, alpha
        as it was; filter: alpha is one more colour; drop: alpha is taken away first. Of an
        array it says that the last channel is alpha, which no array tells by itself; None:
        weigh for pictures with alpha; an array has none
    axes : str or None, default None
        what the axes of an array are, a letter each, such as ZYX, TZCYX or YXC: Y rows, X
        columns, C channels; every other axis is a stack of pictures, each done by itself;
        None: YX, or YXC of at most 4 channels
    channel_axis : int or None, default None
        which axis of an array holds the channels, in place of axes: the last two of the
        others are rows and columns, any before them a stack; None: as axes says
    nodata : float or None, default None
        the value that stands for no data, as it stands in the picture, or nan: windows look
        only at what is there, and where one holds nothing the result is that value again;
        None: what the file states, if anything
    mask : array or None, default None
        True, or other than 0, where the picture holds something; of its rows and columns,
        or one for each value. What is masked of a masked array of NumPy is missing as well.
        Without nodata the result is a masked array; None: everything is there

    Returns
    -------
    array of the image's dtype, its axes in the order of the image's; of bool it is bool
    where black and white alone can result, else uint8

    Raises
    ------
    UnknownNameError
        For a parameter or a choice that there is not, with the nearest names.
    ArgumentError
        For a value that is out of range, or an image that cannot be filtered.
    ArgumentTypeError
        For a value, or an image, of a type that cannot be used.
    """

def mean_pool(
    image: ArrayLike,
    *,
    size: int | str | tuple[int | str, int | str] = 2,
    count_include_pad: bool = True,
    stride: int | str | tuple[int | str, int | str] | None = None,
    padding: int | tuple[int, int] = 0,
    dilation: int | str | tuple[int | str, int | str] = 1,
    ceil_mode: bool = False,
    workers: int | None = None,
    alpha: Literal["weigh", "keep", "filter", "drop", None] = None,
    axes: str | None = None,
    channel_axis: int | None = None,
    nodata: float | None = None,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Reduce each window to its mean; the picture shrinks by the stride.

    Stride, padding, ceil_mode and count_include_pad are PyTorch's. Alpha is pooled alike, and
    clear pixels lend no colour.

    Goodfellow, Bengio & Courville, "Deep learning" (2016).

    Alpha is smoothed as the colours are.

    Parameters
    ----------
    image : array (H, W) or (H, W, C) of uint8, uint16, int16, float32 or float64
        Floats span 0 to 1. Of bool, True is white. An array has no alpha unless `alpha`
        says so, and other or more axes than these, or more than 4 channels, need `axes`.
        int8 and float16 are widened to int16 and float32. An `Image` of one frame says
        itself what its channels are.
    size : int or (rows, columns), default 2
        side of the window, one number or rows,columns (1 to 65536 pixels or a length)
    count_include_pad : bool, default True
        whether the mean counts the padding, which is 0
    stride : int or (rows, columns) or None, default None
        step from one window to the next (1 to 65536 pixels or a length); None: size
    padding : int or (rows, columns), default 0
        rows and columns added around, at most half a window (0 to 65536)
    dilation : int or (rows, columns), default 1
        distance between neighbouring taps (1 to 65536 pixels or a length)
    ceil_mode : bool, default False
        keep a last window that reaches beyond the picture
    workers : int or None, default None
        threads for each picture; the result does not depend on them (1 to 1024); None: all
        CPUs
    alpha : {"weigh", "keep", "filter", "drop"} or None, default None
        what becomes of alpha, the transparency: weigh: colours count as far as they are
        visible, and what smooths colours smooths alpha alike; keep: the same colours, alpha
        as it was; filter: alpha is one more colour; drop: alpha is taken away first. Of an
        array it says that the last channel is alpha, which no array tells by itself; None:
        weigh for pictures with alpha; an array has none
    axes : str or None, default None
        what the axes of an array are, a letter each, such as ZYX, TZCYX or YXC: Y rows, X
        columns, C channels; every other axis is a stack of pictures, each done by itself;
        None: YX, or YXC of at most 4 channels
    channel_axis : int or None, default None
        which axis of an array holds the channels, in place of axes: the last two of the
        others are rows and columns, any before them a stack; None: as axes says
    nodata : float or None, default None
        the value that stands for no data, as it stands in the picture, or nan: windows look
        only at what is there, and where one holds nothing the result is that value again;
        None: what the file states, if anything
    mask : array or None, default None
        True, or other than 0, where the picture holds something; of its rows and columns,
        or one for each value. What is masked of a masked array of NumPy is missing as well.
        Without nodata the result is a masked array; None: everything is there

    Returns
    -------
    array of the image's dtype, its axes in the order of the image's; of bool it is bool
    where black and white alone can result, else uint8

    Raises
    ------
    UnknownNameError
        For a parameter or a choice that there is not, with the nearest names.
    ArgumentError
        For a value that is out of range, or an image that cannot be filtered.
    ArgumentTypeError
        For a value, or an image, of a type that cannot be used.
    """

def median(
    image: ArrayLike,
    *,
    size: int | str | tuple[int | str, int | str] = 3,
    border: Literal["constant", "edge", "reflect", "symmetric", "wrap"] = "reflect",
    fill: float = 0.0,
    stride: int | str | tuple[int | str, int | str] = 1,
    padding: Padding = "same",
    dilation: int | str | tuple[int | str, int | str] = 1,
    channels: Literal["each", "luma"] = "each",
    workers: int | None = None,
    alpha: Literal["weigh", "keep", "filter", "drop", None] = None,
    axes: str | None = None,
    channel_axis: int | None = None,
    nodata: float | None = None,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Take the median of each window: single wrong pixels vanish and edges stay sharp.

    Tukey, "Exploratory data analysis" (1977).

    Alpha is smoothed as the colours are.

    Parameters
    ----------
    image : array (H, W) or (H, W, C) of uint8, uint16, int16, float32 or float64
        Floats span 0 to 1. Of bool, True is white. An array has no alpha unless `alpha`
        says so, and other or more axes than these, or more than 4 channels, need `axes`.
        int8 and float16 are widened to int16 and float32. An `Image` of one frame says
        itself what its channels are.
    size : int or (rows, columns), default 3
        side of the window, one number or rows,columns (1 to 1001 pixels or a length)
    border : {"constant", "edge", "reflect", "symmetric", "wrap"}, default "reflect"
        what stands beyond the edge: constant (fill), edge (aaa|abcd|ddd), reflect
        (dcb|abcd|cba), symmetric (cba|abcd|dcb), wrap (bcd|abcd|abc)
    fill : float, default 0.0
        value beyond the edge for the border constant, nan in pictures of floats (0 to 255)
    stride : int or (rows, columns), default 1
        step from one output to the next (1 to 65536 pixels or a length)
    padding : "same", "valid", "full", int, pair or pair of pairs, default "same"
        rows and columns added around: same, valid, full, or 1, 2 or 4 numbers
    dilation : int or (rows, columns), default 1
        distance between neighbouring taps (1 to 65536 pixels or a length)
    channels : {"each", "luma"}, default "each"
        each: every colour channel for itself; luma: brightness only (a picture keeps its
        colours, a response is grey)
    workers : int or None, default None
        threads for each picture; the result does not depend on them (1 to 1024); None: all
        CPUs
    alpha : {"weigh", "keep", "filter", "drop"} or None, default None
        what becomes of alpha, the transparency: weigh: colours count as far as they are
        visible, and what smooths colours smooths alpha alike; keep: the same colours, alpha
        as it was; filter: alpha is one more colour; drop: alpha is taken away first. Of an
        array it says that the last channel is alpha, which no array tells by itself; None:
        weigh for pictures with alpha; an array has none
    axes : str or None, default None
        what the axes of an array are, a letter each, such as ZYX, TZCYX or YXC: Y rows, X
        columns, C channels; every other axis is a stack of pictures, each done by itself;
        None: YX, or YXC of at most 4 channels
    channel_axis : int or None, default None
        which axis of an array holds the channels, in place of axes: the last two of the
        others are rows and columns, any before them a stack; None: as axes says
    nodata : float or None, default None
        the value that stands for no data, as it stands in the picture, or nan: windows look
        only at what is there, and where one holds nothing the result is that value again;
        None: what the file states, if anything
    mask : array or None, default None
        True, or other than 0, where the picture holds something; of its rows and columns,
        or one for each value. What is masked of a masked array of NumPy is missing as well.
        Without nodata the result is a masked array; None: everything is there

    Returns
    -------
    array of the image's dtype, its axes in the order of the image's; of bool it is bool
    where black and white alone can result, else uint8

    Raises
    ------
    UnknownNameError
        For a parameter or a choice that there is not, with the nearest names.
    ArgumentError
        For a value that is out of range, or an image that cannot be filtered.
    ArgumentTypeError
        For a value, or an image, of a type that cannot be used.
    """

def min_pool(
    image: ArrayLike,
    *,
    size: int | str | tuple[int | str, int | str] = 2,
    stride: int | str | tuple[int | str, int | str] | None = None,
    padding: int | tuple[int, int] = 0,
    dilation: int | str | tuple[int | str, int | str] = 1,
    ceil_mode: bool = False,
    workers: int | None = None,
    alpha: Literal["weigh", "keep", "filter", "drop", None] = None,
    axes: str | None = None,
    channel_axis: int | None = None,
    nodata: float | None = None,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Reduce each window to its smallest value; the picture shrinks by the stride.

    Padding never wins. Stride, padding and ceil_mode are PyTorch's. Alpha is pooled alike, and
    clear pixels lend no colour.

    Goodfellow, Bengio & Courville, "Deep learning" (2016).

    Alpha is smoothed as the colours are.

    Parameters
    ----------
    image : array (H, W) or (H, W, C) of uint8, uint16, int16, float32 or float64
        Floats span 0 to 1. Of bool, True is white. An array has no alpha unless `alpha`
        says so, and other or more axes than these, or more than 4 channels, need `axes`.
        int8 and float16 are widened to int16 and float32. An `Image` of one frame says
        itself what its channels are.
    size : int or (rows, columns), default 2
        side of the window, one number or rows,columns (1 to 65536 pixels or a length)
    stride : int or (rows, columns) or None, default None
        step from one window to the next (1 to 65536 pixels or a length); None: size
    padding : int or (rows, columns), default 0
        rows and columns added around, at most half a window (0 to 65536)
    dilation : int or (rows, columns), default 1
        distance between neighbouring taps (1 to 65536 pixels or a length)
    ceil_mode : bool, default False
        keep a last window that reaches beyond the picture
    workers : int or None, default None
        threads for each picture; the result does not depend on them (1 to 1024); None: all
        CPUs
    alpha : {"weigh", "keep", "filter", "drop"} or None, default None
        what becomes of alpha, the transparency: weigh: colours count as far as they are
        visible, and what smooths colours smooths alpha alike; keep: the same colours, alpha
        as it was; filter: alpha is one more colour; drop: alpha is taken away first. Of an
        array it says that the last channel is alpha, which no array tells by itself; None:
        weigh for pictures with alpha; an array has none
    axes : str or None, default None
        what the axes of an array are, a letter each, such as ZYX, TZCYX or YXC: Y rows, X
        columns, C channels; every other axis is a stack of pictures, each done by itself;
        None: YX, or YXC of at most 4 channels
    channel_axis : int or None, default None
        which axis of an array holds the channels, in place of axes: the last two of the
        others are rows and columns, any before them a stack; None: as axes says
    nodata : float or None, default None
        the value that stands for no data, as it stands in the picture, or nan: windows look
        only at what is there, and where one holds nothing the result is that value again;
        None: what the file states, if anything
    mask : array or None, default None
        True, or other than 0, where the picture holds something; of its rows and columns,
        or one for each value. What is masked of a masked array of NumPy is missing as well.
        Without nodata the result is a masked array; None: everything is there

    Returns
    -------
    array of the image's dtype, its axes in the order of the image's; of bool it is bool
    where black and white alone can result, else uint8

    Raises
    ------
    UnknownNameError
        For a parameter or a choice that there is not, with the nearest names.
    ArgumentError
        For a value that is out of range, or an image that cannot be filtered.
    ArgumentTypeError
        For a value, or an image, of a type that cannot be used.
    """

def minimum(
    image: ArrayLike,
    *,
    size: int | str | tuple[int | str, int | str] = 3,
    border: Literal["constant", "edge", "reflect", "symmetric", "wrap"] = "reflect",
    fill: float = 0.0,
    stride: int | str | tuple[int | str, int | str] = 1,
    padding: Padding = "same",
    dilation: int | str | tuple[int | str, int | str] = 1,
    channels: Literal["each", "luma"] = "each",
    workers: int | None = None,
    alpha: Literal["weigh", "keep", "filter", "drop", None] = None,
    axes: str | None = None,
    channel_axis: int | None = None,
    nodata: float | None = None,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Take the smallest value of each window: dark spots grow.

    Gonzalez & Woods, "Digital image processing".

    Alpha is smoothed as the colours are.

    Parameters
    ----------
    image : array (H, W) or (H, W, C) of uint8, uint16, int16, float32 or float64
        Floats span 0 to 1. Of bool, True is white. An array has no alpha unless `alpha`
        says so, and other or more axes than these, or more than 4 channels, need `axes`.
        int8 and float16 are widened to int16 and float32. An `Image` of one frame says
        itself what its channels are.
    size : int or (rows, columns), default 3
        side of the window, one number or rows,columns (1 to 1001 pixels or a length)
    border : {"constant", "edge", "reflect", "symmetric", "wrap"}, default "reflect"
        what stands beyond the edge: constant (fill), edge (aaa|abcd|ddd), reflect
        (dcb|abcd|cba), symmetric (cba|abcd|dcb), wrap (bcd|abcd|abc)
    fill : float, default 0.0
        value beyond the edge for the border constant, nan in pictures of floats (0 to 255)
    stride : int or (rows, columns), default 1
        step from one output to the next (1 to 65536 pixels or a length)
    padding : "same", "valid", "full", int, pair or pair of pairs, default "same"
        rows and columns added around: same, valid, full, or 1, 2 or 4 numbers
    dilation : int or (rows, columns), default 1
        distance between neighbouring taps (1 to 65536 pixels or a length)
    channels : {"each", "luma"}, default "each"
        each: every colour channel for itself; luma: brightness only (a picture keeps its
        colours, a response is grey)
    workers : int or None, default None
        threads for each picture; the result does not depend on them (1 to 1024); None: all
        CPUs
    alpha : {"weigh", "keep", "filter", "drop"} or None, default None
        what becomes of alpha, the transparency: weigh: colours count as far as they are
        visible, and what smooths colours smooths alpha alike; keep: the same colours, alpha
        as it was; filter: alpha is one more colour; drop: alpha is taken away first. Of an
        array it says that the last channel is alpha, which no array tells by itself; None:
        weigh for pictures with alpha; an array has none
    axes : str or None, default None
        what the axes of an array are, a letter each, such as ZYX, TZCYX or YXC: Y rows, X
        columns, C channels; every other axis is a stack of pictures, each done by itself;
        None: YX, or YXC of at most 4 channels
    channel_axis : int or None, default None
        which axis of an array holds the channels, in place of axes: the last two of the
        others are rows and columns, any before them a stack; None: as axes says
    nodata : float or None, default None
        the value that stands for no data, as it stands in the picture, or nan: windows look
        only at what is there, and where one holds nothing the result is that value again;
        None: what the file states, if anything
    mask : array or None, default None
        True, or other than 0, where the picture holds something; of its rows and columns,
        or one for each value. What is masked of a masked array of NumPy is missing as well.
        Without nodata the result is a masked array; None: everything is there

    Returns
    -------
    array of the image's dtype, its axes in the order of the image's; of bool it is bool
    where black and white alone can result, else uint8

    Raises
    ------
    UnknownNameError
        For a parameter or a choice that there is not, with the nearest names.
    ArgumentError
        For a value that is out of range, or an image that cannot be filtered.
    ArgumentTypeError
        For a value, or an image, of a type that cannot be used.
    """

def morphological_gradient(
    image: ArrayLike,
    *,
    size: int | str | tuple[int | str, int | str] = 3,
    border: Literal["constant", "edge", "reflect", "symmetric", "wrap"] = "reflect",
    fill: float = 0.0,
    channels: Literal["each", "luma"] = "each",
    workers: int | None = None,
    alpha: Literal["weigh", "keep", "filter", "drop", None] = None,
    axes: str | None = None,
    channel_axis: int | None = None,
    nodata: float | None = None,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Find edges as what is dilated minus what is eroded: the span of values in each window.

    The window of an even size is turned for the dilation, so that edges stand where they are.

    Rivest, Soille & Beucher, "Morphological gradients" (1993).

    Alpha is kept, and colours count by it.

    Parameters
    ----------
    image : array (H, W) or (H, W, C) of uint8, uint16, int16, float32 or float64
        Floats span 0 to 1. Of bool, True is white. An array has no alpha unless `alpha`
        says so, and other or more axes than these, or more than 4 channels, need `axes`.
        int8 and float16 are widened to int16 and float32. An `Image` of one frame says
        itself what its channels are.
    size : int or (rows, columns), default 3
        side of the window, one number or rows,columns (1 to 1001 pixels or a length)
    border : {"constant", "edge", "reflect", "symmetric", "wrap"}, default "reflect"
        what stands beyond the edge: constant (fill), edge (aaa|abcd|ddd), reflect
        (dcb|abcd|cba), symmetric (cba|abcd|dcb), wrap (bcd|abcd|abc)
    fill : float, default 0.0
        value beyond the edge for the border constant, nan in pictures of floats (0 to 255)
    channels : {"each", "luma"}, default "each"
        each: every colour channel for itself; luma: brightness only (a picture keeps its
        colours, a response is grey)
    workers : int or None, default None
        threads for each picture; the result does not depend on them (1 to 1024); None: all
        CPUs
    alpha : {"weigh", "keep", "filter", "drop"} or None, default None
        what becomes of alpha, the transparency: weigh: colours count as far as they are
        visible, and what smooths colours smooths alpha alike; keep: the same colours, alpha
        as it was; filter: alpha is one more colour; drop: alpha is taken away first. Of an
        array it says that the last channel is alpha, which no array tells by itself; None:
        weigh for pictures with alpha; an array has none
    axes : str or None, default None
        what the axes of an array are, a letter each, such as ZYX, TZCYX or YXC: Y rows, X
        columns, C channels; every other axis is a stack of pictures, each done by itself;
        None: YX, or YXC of at most 4 channels
    channel_axis : int or None, default None
        which axis of an array holds the channels, in place of axes: the last two of the
        others are rows and columns, any before them a stack; None: as axes says
    nodata : float or None, default None
        the value that stands for no data, as it stands in the picture, or nan: windows look
        only at what is there, and where one holds nothing the result is that value again;
        None: what the file states, if anything
    mask : array or None, default None
        True, or other than 0, where the picture holds something; of its rows and columns,
        or one for each value. What is masked of a masked array of NumPy is missing as well.
        Without nodata the result is a masked array; None: everything is there

    Returns
    -------
    array of the image's dtype, its axes in the order of the image's; of bool it is bool
    where black and white alone can result, else uint8

    Raises
    ------
    UnknownNameError
        For a parameter or a choice that there is not, with the nearest names.
    ArgumentError
        For a value that is out of range, or an image that cannot be filtered.
    ArgumentTypeError
        For a value, or an image, of a type that cannot be used.
    """

def motion_blur(
    image: ArrayLike,
    *,
    length: float | str = 9.0,
    angle: float = 0.0,
    border: Literal["constant", "edge", "reflect", "symmetric", "wrap"] = "reflect",
    fill: float = 0.0,
    stride: int | str | tuple[int | str, int | str] = 1,
    padding: Padding = "same",
    dilation: int | str | tuple[int | str, int | str] = 1,
    channels: Literal["each", "luma"] = "each",
    workers: int | None = None,
    alpha: Literal["weigh", "keep", "filter", "drop", None] = None,
    axes: str | None = None,
    channel_axis: int | None = None,
    nodata: float | None = None,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Blur along a straight line, as a camera that moved evenly would.

    Correlates with a line of equal weights through the middle; they sum to 1.

    Gonzalez & Woods, "Digital image processing".

    Alpha is smoothed as the colours are.

    Parameters
    ----------
    image : array (H, W) or (H, W, C) of uint8, uint16, int16, float32 or float64
        Floats span 0 to 1. Of bool, True is white. An array has no alpha unless `alpha`
        says so, and other or more axes than these, or more than 4 channels, need `axes`.
        int8 and float16 are widened to int16 and float32. An `Image` of one frame says
        itself what its channels are.
    length : float, default 9.0
        length of the path (1 to 1000 pixels or a length)
    angle : float, default 0.0
        direction, counterclockwise from the right (-360 to 360 degrees)
    border : {"constant", "edge", "reflect", "symmetric", "wrap"}, default "reflect"
        what stands beyond the edge: constant (fill), edge (aaa|abcd|ddd), reflect
        (dcb|abcd|cba), symmetric (cba|abcd|dcb), wrap (bcd|abcd|abc)
    fill : float, default 0.0
        value beyond the edge for the border constant, nan in pictures of floats (0 to 255)
    stride : int or (rows, columns), default 1
        step from one output to the next (1 to 65536 pixels or a length)
    padding : "same", "valid", "full", int, pair or pair of pairs, default "same"
        rows and columns added around: same, valid, full, or 1, 2 or 4 numbers
    dilation : int or (rows, columns), default 1
        distance between neighbouring taps (1 to 65536 pixels or a length)
    channels : {"each", "luma"}, default "each"
        each: every colour channel for itself; luma: brightness only (a picture keeps its
        colours, a response is grey)
    workers : int or None, default None
        threads for each picture; the result does not depend on them (1 to 1024); None: all
        CPUs
    alpha : {"weigh", "keep", "filter", "drop"} or None, default None
        what becomes of alpha, the transparency: weigh: colours count as far as they are
        visible, and what smooths colours smooths alpha alike; keep: the same colours, alpha
        as it was; filter: alpha is one more colour; drop: alpha is taken away first. Of an
        array it says that the last channel is alpha, which no array tells by itself; None:
        weigh for pictures with alpha; an array has none
    axes : str or None, default None
        what the axes of an array are, a letter each, such as ZYX, TZCYX or YXC: Y rows, X
        columns, C channels; every other axis is a stack of pictures, each done by itself;
        None: YX, or YXC of at most 4 channels
    channel_axis : int or None, default None
        which axis of an array holds the channels, in place of axes: the last two of the
        others are rows and columns, any before them a stack; None: as axes says
    nodata : float or None, default None
        the value that stands for no data, as it stands in the picture, or nan: windows look
        only at what is there, and where one holds nothing the result is that value again;
        None: what the file states, if anything
    mask : array or None, default None
        True, or other than 0, where the picture holds something; of its rows and columns,
        or one for each value. What is masked of a masked array of NumPy is missing as well.
        Without nodata the result is a masked array; None: everything is there

    Returns
    -------
    array of the image's dtype, its axes in the order of the image's; of bool it is bool
    where black and white alone can result, else uint8

    Raises
    ------
    UnknownNameError
        For a parameter or a choice that there is not, with the nearest names.
    ArgumentError
        For a value that is out of range, or an image that cannot be filtered.
    ArgumentTypeError
        For a value, or an image, of a type that cannot be used.
    """

def nl_means(
    image: ArrayLike,
    *,
    strength: float = 10.0,
    size: int | str = 7,
    search: int | str = 21,
    border: Literal["constant", "edge", "reflect", "symmetric", "wrap"] = "reflect",
    fill: float = 0.0,
    channels: Literal["each", "luma"] = "each",
    workers: int | None = None,
    alpha: Literal["weigh", "keep", "filter", "drop", None] = None,
    axes: str | None = None,
    channel_axis: int | None = None,
    nodata: float | None = None,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Average pixels whose neighbourhoods look alike: non-local means.

    Buades, Coll & Morel, "A non-local algorithm for image denoising" (2005).

    Alpha is smoothed as the colours are.

    Parameters
    ----------
    image : array (H, W) or (H, W, C) of uint8, uint16, int16, float32 or float64
        Floats span 0 to 1. Of bool, True is white. An array has no alpha unless `alpha`
        says so, and other or more axes than these, or more than 4 channels, need `axes`.
        int8 and float16 are widened to int16 and float32. An `Image` of one frame says
        itself what its channels are.
    strength : float, default 10.0
        difference of patches that count as alike, about the noise's (0.1 to 255 on the
        scale 0 to 255)
    size : int, default 7
        side of the patches that are compared, odd (1 to 51 pixels or a length, odd)
    search : int, default 21
        side of the window in which they are sought, odd (1 to 201 pixels or a length, odd)
    border : {"constant", "edge", "reflect", "symmetric", "wrap"}, default "reflect"
        what stands beyond the edge: constant (fill), edge (aaa|abcd|ddd), reflect
        (dcb|abcd|cba), symmetric (cba|abcd|dcb), wrap (bcd|abcd|abc)
    fill : float, default 0.0
        value beyond the edge for the border constant, nan in pictures of floats (0 to 255)
    channels : {"each", "luma"}, default "each"
        each: every colour channel for itself; luma: brightness only (a picture keeps its
        colours, a response is grey)
    workers : int or None, default None
        threads for each picture; the result does not depend on them (1 to 1024); None: all
        CPUs
    alpha : {"weigh", "keep", "filter", "drop"} or None, default None
        what becomes of alpha, the transparency: weigh: colours count as far as they are
        visible, and what smooths colours smooths alpha alike; keep: the same colours, alpha
        as it was; filter: alpha is one more colour; drop: alpha is taken away first. Of an
        array it says that the last channel is alpha, which no array tells by itself; None:
        weigh for pictures with alpha; an array has none
    axes : str or None, default None
        what the axes of an array are, a letter each, such as ZYX, TZCYX or YXC: Y rows, X
        columns, C channels; every other axis is a stack of pictures, each done by itself;
        None: YX, or YXC of at most 4 channels
    channel_axis : int or None, default None
        which axis of an array holds the channels, in place of axes: the last two of the
        others are rows and columns, any before them a stack; None: as axes says
    nodata : float or None, default None
        the value that stands for no data, as it stands in the picture, or nan: windows look
        only at what is there, and where one holds nothing the result is that value again;
        None: what the file states, if anything
    mask : array or None, default None
        True, or other than 0, where the picture holds something; of its rows and columns,
        or one for each value. What is masked of a masked array of NumPy is missing as well.
        Without nodata the result is a masked array; None: everything is there

    Returns
    -------
    array of the image's dtype, its axes in the order of the image's; of bool it is bool
    where black and white alone can result, else uint8

    Raises
    ------
    UnknownNameError
        For a parameter or a choice that there is not, with the nearest names.
    ArgumentError
        For a value that is out of range, or an image that cannot be filtered.
    ArgumentTypeError
        For a value, or an image, of a type that cannot be used.
    """

def normalize(
    image: ArrayLike,
    *,
    low: float | None = None,
    high: float | None = None,
    scale: float | None = None,
    offset: float = 0.0,
    workers: int | None = None,
    alpha: Literal["weigh", "keep", "filter", "drop", None] = None,
    axes: str | None = None,
    channel_axis: int | None = None,
    nodata: float | None = None,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Bring all values into a range: the lowest becomes `low`, the highest `high`.

    All channels together have one lowest and one highest value, of which alpha, clear pixels, NaN
    and infinity are none; where all values are alike, they become `low`. With `scale` values are
    multiplied by it instead, and `offset` is added: responses from -4 to 4 times white fit with
    `scale` 0.125 and `offset` 128, the same for every picture. A signed response is taken raw.

    Gonzalez & Woods, "Digital image processing".

    Alpha is kept, and nothing counts by it.

    Parameters
    ----------
    image : array (H, W) or (H, W, C) of uint8, uint16, int16, float32 or float64
        Floats span 0 to 1. Of bool, True is white. An array has no alpha unless `alpha`
        says so, and other or more axes than these, or more than 4 channels, need `axes`.
        int8 and float16 are widened to int16 and float32. An `Image` of one frame says
        itself what its channels are.
    low : float or None, default None
        what the lowest value becomes (0 to 255); None: black, 0
    high : float or None, default None
        what the highest value becomes (0 to 255); None: white, 255
    scale : float or None, default None
        factor of every value, whatever the lowest and highest are (-1000000 to 1000000);
        None: such that all values span low to high
    offset : float, default 0.0
        added to every value in the end (-1000000 to 1000000 on the scale 0 to 255)
    workers : int or None, default None
        threads for each picture; the result does not depend on them (1 to 1024); None: all
        CPUs
    alpha : {"weigh", "keep", "filter", "drop"} or None, default None
        what becomes of alpha, the transparency: weigh: colours count as far as they are
        visible, and what smooths colours smooths alpha alike; keep: the same colours, alpha
        as it was; filter: alpha is one more colour; drop: alpha is taken away first. Of an
        array it says that the last channel is alpha, which no array tells by itself; None:
        weigh for pictures with alpha; an array has none
    axes : str or None, default None
        what the axes of an array are, a letter each, such as ZYX, TZCYX or YXC: Y rows, X
        columns, C channels; every other axis is a stack of pictures, each done by itself;
        None: YX, or YXC of at most 4 channels
    channel_axis : int or None, default None
        which axis of an array holds the channels, in place of axes: the last two of the
        others are rows and columns, any before them a stack; None: as axes says
    nodata : float or None, default None
        the value that stands for no data, as it stands in the picture, or nan: windows look
        only at what is there, and where one holds nothing the result is that value again;
        None: what the file states, if anything
    mask : array or None, default None
        True, or other than 0, where the picture holds something; of its rows and columns,
        or one for each value. What is masked of a masked array of NumPy is missing as well.
        Without nodata the result is a masked array; None: everything is there

    Returns
    -------
    array of the image's dtype, its axes in the order of the image's; of bool it is bool
    where black and white alone can result, else uint8

    Raises
    ------
    UnknownNameError
        For a parameter or a choice that there is not, with the nearest names.
    ArgumentError
        For a value that is out of range, or an image that cannot be filtered.
    ArgumentTypeError
        For a value, or an image, of a type that cannot be used.
    """

def open(  # noqa: A001
    image: ArrayLike,
    *,
    size: int | str | tuple[int | str, int | str] = 5,
    border: Literal["constant", "edge", "reflect", "symmetric", "wrap"] = "reflect",
    fill: float = 0.0,
    channels: Literal["each", "luma"] = "each",
    workers: int | None = None,
    alpha: Literal["weigh", "keep", "filter", "drop", None] = None,
    axes: str | None = None,
    channel_axis: int | None = None,
    nodata: float | None = None,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Open: erode, then dilate; bright shapes smaller than the window vanish, others stay.

    Nothing moves, whether the size is odd or even.

    Serra, "Image analysis and mathematical morphology" (1982).

    Alpha is smoothed as the colours are.

    Parameters
    ----------
    image : array (H, W) or (H, W, C) of uint8, uint16, int16, float32 or float64
        Floats span 0 to 1. Of bool, True is white. An array has no alpha unless `alpha`
        says so, and other or more axes than these, or more than 4 channels, need `axes`.
        int8 and float16 are widened to int16 and float32. An `Image` of one frame says
        itself what its channels are.
    size : int or (rows, columns), default 5
        side of the window, one number or rows,columns (1 to 1001 pixels or a length)
    border : {"constant", "edge", "reflect", "symmetric", "wrap"}, default "reflect"
        what stands beyond the edge: constant (fill), edge (aaa|abcd|ddd), reflect
        (dcb|abcd|cba), symmetric (cba|abcd|dcb), wrap (bcd|abcd|abc)
    fill : float, default 0.0
        value beyond the edge for the border constant, nan in pictures of floats (0 to 255)
    channels : {"each", "luma"}, default "each"
        each: every colour channel for itself; luma: brightness only (a picture keeps its
        colours, a response is grey)
    workers : int or None, default None
        threads for each picture; the result does not depend on them (1 to 1024); None: all
        CPUs
    alpha : {"weigh", "keep", "filter", "drop"} or None, default None
        what becomes of alpha, the transparency: weigh: colours count as far as they are
        visible, and what smooths colours smooths alpha alike; keep: the same colours, alpha
        as it was; filter: alpha is one more colour; drop: alpha is taken away first. Of an
        array it says that the last channel is alpha, which no array tells by itself; None:
        weigh for pictures with alpha; an array has none
    axes : str or None, default None
        what the axes of an array are, a letter each, such as ZYX, TZCYX or YXC: Y rows, X
        columns, C channels; every other axis is a stack of pictures, each done by itself;
        None: YX, or YXC of at most 4 channels
    channel_axis : int or None, default None
        which axis of an array holds the channels, in place of axes: the last two of the
        others are rows and columns, any before them a stack; None: as axes says
    nodata : float or None, default None
        the value that stands for no data, as it stands in the picture, or nan: windows look
        only at what is there, and where one holds nothing the result is that value again;
        None: what the file states, if anything
    mask : array or None, default None
        True, or other than 0, where the picture holds something; of its rows and columns,
        or one for each value. What is masked of a masked array of NumPy is missing as well.
        Without nodata the result is a masked array; None: everything is there

    Returns
    -------
    array of the image's dtype, its axes in the order of the image's; of bool it is bool
    where black and white alone can result, else uint8

    Raises
    ------
    UnknownNameError
        For a parameter or a choice that there is not, with the nearest names.
    ArgumentError
        For a value that is out of range, or an image that cannot be filtered.
    ArgumentTypeError
        For a value, or an image, of a type that cannot be used.
    """

open_ = open

def oriented_max(
    image: ArrayLike,
    *,
    kernel: str | PathLike[str] | ArrayLike | Kernel = "line-vertical",
    scale: float = 1.0,
    border: Literal["constant", "edge", "reflect", "symmetric", "wrap"] = "reflect",
    fill: float = 0.0,
    stride: int | str | tuple[int | str, int | str] = 1,
    padding: Padding = "same",
    dilation: int | str | tuple[int | str, int | str] = 1,
    channels: Literal["each", "luma"] = "each",
    signed: Literal["raw", "abs", "offset", "clamp", "scale"] = "clamp",
    workers: int | None = None,
    alpha: Literal["weigh", "keep", "filter", "drop", None] = None,
    axes: str | None = None,
    channel_axis: int | None = None,
    nodata: float | None = None,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Turn a kernel eight ways and keep the largest response: its pattern in any direction.

    Correlates with the kernel turned round its rings in steps of 45 degrees, which only square
    kernels of odd size can be; others are refused. Negative responses are black unless `signed`
    asks otherwise.

    Kirsch, "Computer determination of the constituent structure of biological images" (1971).

    Alpha is kept, and colours count by it.

    Parameters
    ----------
    image : array (H, W) or (H, W, C) of uint8, uint16, int16, float32 or float64
        Floats span 0 to 1. Of bool, True is white. An array has no alpha unless `alpha`
        says so, and other or more axes than these, or more than 4 channels, need `axes`.
        int8 and float16 are widened to int16 and float32. An `Image` of one frame says
        itself what its channels are.
    kernel : name, path, text, array or Kernel, default "line-vertical"
        name of a kernel, a file, or rows such as 0 -1 0, -1 5 -1, 0 -1 0
    scale : float, default 1.0
        factor of the response (0.001 to 1000)
    border : {"constant", "edge", "reflect", "symmetric", "wrap"}, default "reflect"
        what stands beyond the edge: constant (fill), edge (aaa|abcd|ddd), reflect
        (dcb|abcd|cba), symmetric (cba|abcd|dcb), wrap (bcd|abcd|abc)
    fill : float, default 0.0
        value beyond the edge for the border constant, nan in pictures of floats (0 to 255)
    stride : int or (rows, columns), default 1
        step from one output to the next (1 to 65536 pixels or a length)
    padding : "same", "valid", "full", int, pair or pair of pairs, default "same"
        rows and columns added around: same, valid, full, or 1, 2 or 4 numbers
    dilation : int or (rows, columns), default 1
        distance between neighbouring taps (1 to 65536 pixels or a length)
    channels : {"each", "luma"}, default "each"
        each: every colour channel for itself; luma: brightness only (a picture keeps its
        colours, a response is grey)
    signed : {"raw", "abs", "offset", "clamp", "scale"}, default "clamp"
        what becomes of negative responses at this step: raw: they stay, which needs an
        output of floats; abs: their size; offset: around middle grey; clamp: black; scale:
        lowest to black and highest to white
    workers : int or None, default None
        threads for each picture; the result does not depend on them (1 to 1024); None: all
        CPUs
    alpha : {"weigh", "keep", "filter", "drop"} or None, default None
        what becomes of alpha, the transparency: weigh: colours count as far as they are
        visible, and what smooths colours smooths alpha alike; keep: the same colours, alpha
        as it was; filter: alpha is one more colour; drop: alpha is taken away first. Of an
        array it says that the last channel is alpha, which no array tells by itself; None:
        weigh for pictures with alpha; an array has none
    axes : str or None, default None
        what the axes of an array are, a letter each, such as ZYX, TZCYX or YXC: Y rows, X
        columns, C channels; every other axis is a stack of pictures, each done by itself;
        None: YX, or YXC of at most 4 channels
    channel_axis : int or None, default None
        which axis of an array holds the channels, in place of axes: the last two of the
        others are rows and columns, any before them a stack; None: as axes says
    nodata : float or None, default None
        the value that stands for no data, as it stands in the picture, or nan: windows look
        only at what is there, and where one holds nothing the result is that value again;
        None: what the file states, if anything
    mask : array or None, default None
        True, or other than 0, where the picture holds something; of its rows and columns,
        or one for each value. What is masked of a masked array of NumPy is missing as well.
        Without nodata the result is a masked array; None: everything is there

    Returns
    -------
    array of the image's dtype, its axes in the order of the image's; of bool it is bool
    where black and white alone can result, else uint8

    Raises
    ------
    UnknownNameError
        For a parameter or a choice that there is not, with the nearest names.
    ArgumentError
        For a value that is out of range, or an image that cannot be filtered.
    ArgumentTypeError
        For a value, or an image, of a type that cannot be used.
    """

def percentile(
    image: ArrayLike,
    *,
    size: int | str | tuple[int | str, int | str] = 3,
    percent: float = 75.0,
    border: Literal["constant", "edge", "reflect", "symmetric", "wrap"] = "reflect",
    fill: float = 0.0,
    stride: int | str | tuple[int | str, int | str] = 1,
    padding: Padding = "same",
    dilation: int | str | tuple[int | str, int | str] = 1,
    channels: Literal["each", "luma"] = "each",
    workers: int | None = None,
    alpha: Literal["weigh", "keep", "filter", "drop", None] = None,
    axes: str | None = None,
    channel_axis: int | None = None,
    nodata: float | None = None,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Take the value at a given rank of each window: from 0, the smallest, to 100, the largest.

    50 is the median. Of n values it is the one at index floor(percent / 100 * (n - 1) + 0.5) when
    they are sorted.

    Gonzalez & Woods, "Digital image processing".

    Alpha is smoothed as the colours are.

    Parameters
    ----------
    image : array (H, W) or (H, W, C) of uint8, uint16, int16, float32 or float64
        Floats span 0 to 1. Of bool, True is white. An array has no alpha unless `alpha`
        says so, and other or more axes than these, or more than 4 channels, need `axes`.
        int8 and float16 are widened to int16 and float32. An `Image` of one frame says
        itself what its channels are.
    size : int or (rows, columns), default 3
        side of the window, one number or rows,columns (1 to 1001 pixels or a length)
    percent : float, default 75.0
        share of the window that lies below the value (0 to 100 percent)
    border : {"constant", "edge", "reflect", "symmetric", "wrap"}, default "reflect"
        what stands beyond the edge: constant (fill), edge (aaa|abcd|ddd), reflect
        (dcb|abcd|cba), symmetric (cba|abcd|dcb), wrap (bcd|abcd|abc)
    fill : float, default 0.0
        value beyond the edge for the border constant, nan in pictures of floats (0 to 255)
    stride : int or (rows, columns), default 1
        step from one output to the next (1 to 65536 pixels or a length)
    padding : "same", "valid", "full", int, pair or pair of pairs, default "same"
        rows and columns added around: same, valid, full, or 1, 2 or 4 numbers
    dilation : int or (rows, columns), default 1
        distance between neighbouring taps (1 to 65536 pixels or a length)
    channels : {"each", "luma"}, default "each"
        each: every colour channel for itself; luma: brightness only (a picture keeps its
        colours, a response is grey)
    workers : int or None, default None
        threads for each picture; the result does not depend on them (1 to 1024); None: all
        CPUs
    alpha : {"weigh", "keep", "filter", "drop"} or None, default None
        what becomes of alpha, the transparency: weigh: colours count as far as they are
        visible, and what smooths colours smooths alpha alike; keep: the same colours, alpha
        as it was; filter: alpha is one more colour; drop: alpha is taken away first. Of an
        array it says that the last channel is alpha, which no array tells by itself; None:
        weigh for pictures with alpha; an array has none
    axes : str or None, default None
        what the axes of an array are, a letter each, such as ZYX, TZCYX or YXC: Y rows, X
        columns, C channels; every other axis is a stack of pictures, each done by itself;
        None: YX, or YXC of at most 4 channels
    channel_axis : int or None, default None
        which axis of an array holds the channels, in place of axes: the last two of the
        others are rows and columns, any before them a stack; None: as axes says
    nodata : float or None, default None
        the value that stands for no data, as it stands in the picture, or nan: windows look
        only at what is there, and where one holds nothing the result is that value again;
        None: what the file states, if anything
    mask : array or None, default None
        True, or other than 0, where the picture holds something; of its rows and columns,
        or one for each value. What is masked of a masked array of NumPy is missing as well.
        Without nodata the result is a masked array; None: everything is there

    Returns
    -------
    array of the image's dtype, its axes in the order of the image's; of bool it is bool
    where black and white alone can result, else uint8

    Raises
    ------
    UnknownNameError
        For a parameter or a choice that there is not, with the nearest names.
    ArgumentError
        For a value that is out of range, or an image that cannot be filtered.
    ArgumentTypeError
        For a value, or an image, of a type that cannot be used.
    """

def prewitt(
    image: ArrayLike,
    *,
    norm: Literal["l2", "l1", "max", "sum"] = "l2",
    scale: float = 1.0,
    border: Literal["constant", "edge", "reflect", "symmetric", "wrap"] = "reflect",
    fill: float = 0.0,
    stride: int | str | tuple[int | str, int | str] = 1,
    padding: Padding = "same",
    dilation: int | str | tuple[int | str, int | str] = 1,
    channels: Literal["each", "luma"] = "each",
    signed: Literal["raw", "abs", "offset", "clamp", "scale", None] = None,
    workers: int | None = None,
    alpha: Literal["weigh", "keep", "filter", "drop", None] = None,
    axes: str | None = None,
    channel_axis: int | None = None,
    nodata: float | None = None,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Find edges with Prewitt's two gradients, each averaged evenly along the edge.

    Correlates with `prewitt-x` and `prewitt-y` and combines the responses by `norm`.

    Prewitt, "Object enhancement and extraction" (1970).

    Alpha is kept, and colours count by it.

    Parameters
    ----------
    image : array (H, W) or (H, W, C) of uint8, uint16, int16, float32 or float64
        Floats span 0 to 1. Of bool, True is white. An array has no alpha unless `alpha`
        says so, and other or more axes than these, or more than 4 channels, need `axes`.
        int8 and float16 are widened to int16 and float32. An `Image` of one frame says
        itself what its channels are.
    norm : {"l2", "l1", "max", "sum"}, default "l2"
        how the two gradients combine: l2: root of the sum of squares; l1: sum of sizes;
        max: the larger size; sum: x plus y with their signs, shown as `signed` says
    scale : float, default 1.0
        factor of the response (0.001 to 1000)
    border : {"constant", "edge", "reflect", "symmetric", "wrap"}, default "reflect"
        what stands beyond the edge: constant (fill), edge (aaa|abcd|ddd), reflect
        (dcb|abcd|cba), symmetric (cba|abcd|dcb), wrap (bcd|abcd|abc)
    fill : float, default 0.0
        value beyond the edge for the border constant, nan in pictures of floats (0 to 255)
    stride : int or (rows, columns), default 1
        step from one output to the next (1 to 65536 pixels or a length)
    padding : "same", "valid", "full", int, pair or pair of pairs, default "same"
        rows and columns added around: same, valid, full, or 1, 2 or 4 numbers
    dilation : int or (rows, columns), default 1
        distance between neighbouring taps (1 to 65536 pixels or a length)
    channels : {"each", "luma"}, default "each"
        each: every colour channel for itself; luma: brightness only (a picture keeps its
        colours, a response is grey)
    signed : {"raw", "abs", "offset", "clamp", "scale"} or None, default None
        what becomes of negative responses at this step: raw: they stay, which needs an
        output of floats; abs: their size; offset: around middle grey; clamp: black; scale:
        lowest to black and highest to white; None: abs at the end, raw where the output
        holds negative values
    workers : int or None, default None
        threads for each picture; the result does not depend on them (1 to 1024); None: all
        CPUs
    alpha : {"weigh", "keep", "filter", "drop"} or None, default None
        what becomes of alpha, the transparency: weigh: colours count as far as they are
        visible, and what smooths colours smooths alpha alike; keep: the same colours, alpha
        as it was; filter: alpha is one more colour; drop: alpha is taken away first. Of an
        array it says that the last channel is alpha, which no array tells by itself; None:
        weigh for pictures with alpha; an array has none
    axes : str or None, default None
        what the axes of an array are, a letter each, such as ZYX, TZCYX or YXC: Y rows, X
        columns, C channels; every other axis is a stack of pictures, each done by itself;
        None: YX, or YXC of at most 4 channels
    channel_axis : int or None, default None
        which axis of an array holds the channels, in place of axes: the last two of the
        others are rows and columns, any before them a stack; None: as axes says
    nodata : float or None, default None
        the value that stands for no data, as it stands in the picture, or nan: windows look
        only at what is there, and where one holds nothing the result is that value again;
        None: what the file states, if anything
    mask : array or None, default None
        True, or other than 0, where the picture holds something; of its rows and columns,
        or one for each value. What is masked of a masked array of NumPy is missing as well.
        Without nodata the result is a masked array; None: everything is there

    Returns
    -------
    array of the image's dtype, its axes in the order of the image's; of bool it is bool
    where black and white alone can result, else uint8

    Raises
    ------
    UnknownNameError
        For a parameter or a choice that there is not, with the nearest names.
    ArgumentError
        For a value that is out of range, or an image that cannot be filtered.
    ArgumentTypeError
        For a value, or an image, of a type that cannot be used.
    """

def relu(
    image: ArrayLike,
    *,
    workers: int | None = None,
    alpha: Literal["weigh", "keep", "filter", "drop", None] = None,
    axes: str | None = None,
    channel_axis: int | None = None,
    nodata: float | None = None,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Set negative values to 0, as networks do with the responses of their layers.

    It changes raw signed responses, between the steps of a pipeline, and floats and int16, which
    may hold negative values; other pictures have none.

    Nair & Hinton, "Rectified linear units improve restricted Boltzmann machines" (2010).

    Alpha is kept, and nothing counts by it.

    Parameters
    ----------
    image : array (H, W) or (H, W, C) of uint8, uint16, int16, float32 or float64
        Floats span 0 to 1. Of bool, True is white. An array has no alpha unless `alpha`
        says so, and other or more axes than these, or more than 4 channels, need `axes`.
        int8 and float16 are widened to int16 and float32. An `Image` of one frame says
        itself what its channels are.
    workers : int or None, default None
        threads for each picture; the result does not depend on them (1 to 1024); None: all
        CPUs
    alpha : {"weigh", "keep", "filter", "drop"} or None, default None
        what becomes of alpha, the transparency: weigh: colours count as far as they are
        visible, and what smooths colours smooths alpha alike; keep: the same colours, alpha
        as it was; filter: alpha is one more colour; drop: alpha is taken away first. Of an
        array it says that the last channel is alpha, which no array tells by itself; None:
        weigh for pictures with alpha; an array has none
    axes : str or None, default None
        what the axes of an array are, a letter each, such as ZYX, TZCYX or YXC: Y rows, X
        columns, C channels; every other axis is a stack of pictures, each done by itself;
        None: YX, or YXC of at most 4 channels
    channel_axis : int or None, default None
        which axis of an array holds the channels, in place of axes: the last two of the
        others are rows and columns, any before them a stack; None: as axes says
    nodata : float or None, default None
        the value that stands for no data, as it stands in the picture, or nan: windows look
        only at what is there, and where one holds nothing the result is that value again;
        None: what the file states, if anything
    mask : array or None, default None
        True, or other than 0, where the picture holds something; of its rows and columns,
        or one for each value. What is masked of a masked array of NumPy is missing as well.
        Without nodata the result is a masked array; None: everything is there

    Returns
    -------
    array of the image's dtype, its axes in the order of the image's; of bool it is bool
    where black and white alone can result, else uint8

    Raises
    ------
    UnknownNameError
        For a parameter or a choice that there is not, with the nearest names.
    ArgumentError
        For a value that is out of range, or an image that cannot be filtered.
    ArgumentTypeError
        For a value, or an image, of a type that cannot be used.
    """

def roberts(
    image: ArrayLike,
    *,
    norm: Literal["l2", "l1", "max", "sum"] = "l2",
    scale: float = 1.0,
    border: Literal["constant", "edge", "reflect", "symmetric", "wrap"] = "reflect",
    fill: float = 0.0,
    stride: int | str | tuple[int | str, int | str] = 1,
    padding: Padding = "same",
    dilation: int | str | tuple[int | str, int | str] = 1,
    channels: Literal["each", "luma"] = "each",
    signed: Literal["raw", "abs", "offset", "clamp", "scale", None] = None,
    workers: int | None = None,
    alpha: Literal["weigh", "keep", "filter", "drop", None] = None,
    axes: str | None = None,
    channel_axis: int | None = None,
    nodata: float | None = None,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Find edges with Roberts' cross, the differences along both diagonals of 2x2 pixels.

    Correlates with `roberts-x` and `roberts-y` and combines the responses by `norm`.

    Roberts, "Machine perception of three-dimensional solids" (1963).

    Alpha is kept, and colours count by it.

    Parameters
    ----------
    image : array (H, W) or (H, W, C) of uint8, uint16, int16, float32 or float64
        Floats span 0 to 1. Of bool, True is white. An array has no alpha unless `alpha`
        says so, and other or more axes than these, or more than 4 channels, need `axes`.
        int8 and float16 are widened to int16 and float32. An `Image` of one frame says
        itself what its channels are.
    norm : {"l2", "l1", "max", "sum"}, default "l2"
        how the two gradients combine: l2: root of the sum of squares; l1: sum of sizes;
        max: the larger size; sum: x plus y with their signs, shown as `signed` says
    scale : float, default 1.0
        factor of the response (0.001 to 1000)
    border : {"constant", "edge", "reflect", "symmetric", "wrap"}, default "reflect"
        what stands beyond the edge: constant (fill), edge (aaa|abcd|ddd), reflect
        (dcb|abcd|cba), symmetric (cba|abcd|dcb), wrap (bcd|abcd|abc)
    fill : float, default 0.0
        value beyond the edge for the border constant, nan in pictures of floats (0 to 255)
    stride : int or (rows, columns), default 1
        step from one output to the next (1 to 65536 pixels or a length)
    padding : "same", "valid", "full", int, pair or pair of pairs, default "same"
        rows and columns added around: same, valid, full, or 1, 2 or 4 numbers
    dilation : int or (rows, columns), default 1
        distance between neighbouring taps (1 to 65536 pixels or a length)
    channels : {"each", "luma"}, default "each"
        each: every colour channel for itself; luma: brightness only (a picture keeps its
        colours, a response is grey)
    signed : {"raw", "abs", "offset", "clamp", "scale"} or None, default None
        what becomes of negative responses at this step: raw: they stay, which needs an
        output of floats; abs: their size; offset: around middle grey; clamp: black; scale:
        lowest to black and highest to white; None: abs at the end, raw where the output
        holds negative values
    workers : int or None, default None
        threads for each picture; the result does not depend on them (1 to 1024); None: all
        CPUs
    alpha : {"weigh", "keep", "filter", "drop"} or None, default None
        what becomes of alpha, the transparency: weigh: colours count as far as they are
        visible, and what smooths colours smooths alpha alike; keep: the same colours, alpha
        as it was; filter: alpha is one more colour; drop: alpha is taken away first. Of an
        array it says that the last channel is alpha, which no array tells by itself; None:
        weigh for pictures with alpha; an array has none
    axes : str or None, default None
        what the axes of an array are, a letter each, such as ZYX, TZCYX or YXC: Y rows, X
        columns, C channels; every other axis is a stack of pictures, each done by itself;
        None: YX, or YXC of at most 4 channels
    channel_axis : int or None, default None
        which axis of an array holds the channels, in place of axes: the last two of the
        others are rows and columns, any before them a stack; None: as axes says
    nodata : float or None, default None
        the value that stands for no data, as it stands in the picture, or nan: windows look
        only at what is there, and where one holds nothing the result is that value again;
        None: what the file states, if anything
    mask : array or None, default None
        True, or other than 0, where the picture holds something; of its rows and columns,
        or one for each value. What is masked of a masked array of NumPy is missing as well.
        Without nodata the result is a masked array; None: everything is there

    Returns
    -------
    array of the image's dtype, its axes in the order of the image's; of bool it is bool
    where black and white alone can result, else uint8

    Raises
    ------
    UnknownNameError
        For a parameter or a choice that there is not, with the nearest names.
    ArgumentError
        For a value that is out of range, or an image that cannot be filtered.
    ArgumentTypeError
        For a value, or an image, of a type that cannot be used.
    """

def robinson(
    image: ArrayLike,
    *,
    scale: float = 1.0,
    border: Literal["constant", "edge", "reflect", "symmetric", "wrap"] = "reflect",
    fill: float = 0.0,
    stride: int | str | tuple[int | str, int | str] = 1,
    padding: Padding = "same",
    dilation: int | str | tuple[int | str, int | str] = 1,
    channels: Literal["each", "luma"] = "each",
    workers: int | None = None,
    alpha: Literal["weigh", "keep", "filter", "drop", None] = None,
    axes: str | None = None,
    channel_axis: int | None = None,
    nodata: float | None = None,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Find edges with Robinson's eight 5-level compass kernels: the strongest of their responses.

    Correlates with `robinson-n`, `-nw`, `-w`, ... and keeps the largest response.

    Robinson, "Edge detection by compass gradient masks" (1977).

    Alpha is kept, and colours count by it.

    Parameters
    ----------
    image : array (H, W) or (H, W, C) of uint8, uint16, int16, float32 or float64
        Floats span 0 to 1. Of bool, True is white. An array has no alpha unless `alpha`
        says so, and other or more axes than these, or more than 4 channels, need `axes`.
        int8 and float16 are widened to int16 and float32. An `Image` of one frame says
        itself what its channels are.
    scale : float, default 1.0
        factor of the response (0.001 to 1000)
    border : {"constant", "edge", "reflect", "symmetric", "wrap"}, default "reflect"
        what stands beyond the edge: constant (fill), edge (aaa|abcd|ddd), reflect
        (dcb|abcd|cba), symmetric (cba|abcd|dcb), wrap (bcd|abcd|abc)
    fill : float, default 0.0
        value beyond the edge for the border constant, nan in pictures of floats (0 to 255)
    stride : int or (rows, columns), default 1
        step from one output to the next (1 to 65536 pixels or a length)
    padding : "same", "valid", "full", int, pair or pair of pairs, default "same"
        rows and columns added around: same, valid, full, or 1, 2 or 4 numbers
    dilation : int or (rows, columns), default 1
        distance between neighbouring taps (1 to 65536 pixels or a length)
    channels : {"each", "luma"}, default "each"
        each: every colour channel for itself; luma: brightness only (a picture keeps its
        colours, a response is grey)
    workers : int or None, default None
        threads for each picture; the result does not depend on them (1 to 1024); None: all
        CPUs
    alpha : {"weigh", "keep", "filter", "drop"} or None, default None
        what becomes of alpha, the transparency: weigh: colours count as far as they are
        visible, and what smooths colours smooths alpha alike; keep: the same colours, alpha
        as it was; filter: alpha is one more colour; drop: alpha is taken away first. Of an
        array it says that the last channel is alpha, which no array tells by itself; None:
        weigh for pictures with alpha; an array has none
    axes : str or None, default None
        what the axes of an array are, a letter each, such as ZYX, TZCYX or YXC: Y rows, X
        columns, C channels; every other axis is a stack of pictures, each done by itself;
        None: YX, or YXC of at most 4 channels
    channel_axis : int or None, default None
        which axis of an array holds the channels, in place of axes: the last two of the
        others are rows and columns, any before them a stack; None: as axes says
    nodata : float or None, default None
        the value that stands for no data, as it stands in the picture, or nan: windows look
        only at what is there, and where one holds nothing the result is that value again;
        None: what the file states, if anything
    mask : array or None, default None
        True, or other than 0, where the picture holds something; of its rows and columns,
        or one for each value. What is masked of a masked array of NumPy is missing as well.
        Without nodata the result is a masked array; None: everything is there

    Returns
    -------
    array of the image's dtype, its axes in the order of the image's; of bool it is bool
    where black and white alone can result, else uint8

    Raises
    ------
    UnknownNameError
        For a parameter or a choice that there is not, with the nearest names.
    ArgumentError
        For a value that is out of range, or an image that cannot be filtered.
    ArgumentTypeError
        For a value, or an image, of a type that cannot be used.
    """

def scharr(
    image: ArrayLike,
    *,
    norm: Literal["l2", "l1", "max", "sum"] = "l2",
    scale: float = 1.0,
    border: Literal["constant", "edge", "reflect", "symmetric", "wrap"] = "reflect",
    fill: float = 0.0,
    stride: int | str | tuple[int | str, int | str] = 1,
    padding: Padding = "same",
    dilation: int | str | tuple[int | str, int | str] = 1,
    channels: Literal["each", "luma"] = "each",
    signed: Literal["raw", "abs", "offset", "clamp", "scale", None] = None,
    workers: int | None = None,
    alpha: Literal["weigh", "keep", "filter", "drop", None] = None,
    axes: str | None = None,
    channel_axis: int | None = None,
    nodata: float | None = None,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Find edges with Scharr's two gradients, the truest to the direction among 3x3 kernels.

    Correlates with `scharr-x` and `scharr-y` (weights 3, 10, 3) and combines the responses by
    `norm`. They are four times those of Sobel's kernels; `scale` 0.0625 shows a full step whole.

    Scharr, "Optimal operators in digital image processing", dissertation, Heidelberg (2000).

    Alpha is kept, and colours count by it.

    Parameters
    ----------
    image : array (H, W) or (H, W, C) of uint8, uint16, int16, float32 or float64
        Floats span 0 to 1. Of bool, True is white. An array has no alpha unless `alpha`
        says so, and other or more axes than these, or more than 4 channels, need `axes`.
        int8 and float16 are widened to int16 and float32. An `Image` of one frame says
        itself what its channels are.
    norm : {"l2", "l1", "max", "sum"}, default "l2"
        how the two gradients combine: l2: root of the sum of squares; l1: sum of sizes;
        max: the larger size; sum: x plus y with their signs, shown as `signed` says
    scale : float, default 1.0
        factor of the response (0.001 to 1000)
    border : {"constant", "edge", "reflect", "symmetric", "wrap"}, default "reflect"
        what stands beyond the edge: constant (fill), edge (aaa|abcd|ddd), reflect
        (dcb|abcd|cba), symmetric (cba|abcd|dcb), wrap (bcd|abcd|abc)
    fill : float, default 0.0
        value beyond the edge for the border constant, nan in pictures of floats (0 to 255)
    stride : int or (rows, columns), default 1
        step from one output to the next (1 to 65536 pixels or a length)
    padding : "same", "valid", "full", int, pair or pair of pairs, default "same"
        rows and columns added around: same, valid, full, or 1, 2 or 4 numbers
    dilation : int or (rows, columns), default 1
        distance between neighbouring taps (1 to 65536 pixels or a length)
    channels : {"each", "luma"}, default "each"
        each: every colour channel for itself; luma: brightness only (a picture keeps its
        colours, a response is grey)
    signed : {"raw", "abs", "offset", "clamp", "scale"} or None, default None
        what becomes of negative responses at this step: raw: they stay, which needs an
        output of floats; abs: their size; offset: around middle grey; clamp: black; scale:
        lowest to black and highest to white; None: abs at the end, raw where the output
        holds negative values
    workers : int or None, default None
        threads for each picture; the result does not depend on them (1 to 1024); None: all
        CPUs
    alpha : {"weigh", "keep", "filter", "drop"} or None, default None
        what becomes of alpha, the transparency: weigh: colours count as far as they are
        visible, and what smooths colours smooths alpha alike; keep: the same colours, alpha
        as it was; filter: alpha is one more colour; drop: alpha is taken away first. Of an
        array it says that the last channel is alpha, which no array tells by itself; None:
        weigh for pictures with alpha; an array has none
    axes : str or None, default None
        what the axes of an array are, a letter each, such as ZYX, TZCYX or YXC: Y rows, X
        columns, C channels; every other axis is a stack of pictures, each done by itself;
        None: YX, or YXC of at most 4 channels
    channel_axis : int or None, default None
        which axis of an array holds the channels, in place of axes: the last two of the
        others are rows and columns, any before them a stack; None: as axes says
    nodata : float or None, default None
        the value that stands for no data, as it stands in the picture, or nan: windows look
        only at what is there, and where one holds nothing the result is that value again;
        None: what the file states, if anything
    mask : array or None, default None
        True, or other than 0, where the picture holds something; of its rows and columns,
        or one for each value. What is masked of a masked array of NumPy is missing as well.
        Without nodata the result is a masked array; None: everything is there

    Returns
    -------
    array of the image's dtype, its axes in the order of the image's; of bool it is bool
    where black and white alone can result, else uint8

    Raises
    ------
    UnknownNameError
        For a parameter or a choice that there is not, with the nearest names.
    ArgumentError
        For a value that is out of range, or an image that cannot be filtered.
    ArgumentTypeError
        For a value, or an image, of a type that cannot be used.
    """

def sharpen(
    image: ArrayLike,
    *,
    amount: float = 1.0,
    border: Literal["constant", "edge", "reflect", "symmetric", "wrap"] = "reflect",
    fill: float = 0.0,
    stride: int | str | tuple[int | str, int | str] = 1,
    padding: Padding = "same",
    dilation: int | str | tuple[int | str, int | str] = 1,
    channels: Literal["each", "luma"] = "each",
    workers: int | None = None,
    alpha: Literal["weigh", "keep", "filter", "drop", None] = None,
    axes: str | None = None,
    channel_axis: int | None = None,
    nodata: float | None = None,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Sharpen: subtract the Laplacian of the four neighbours.

    Correlates with one kernel; with `amount` 1 it is 5 in the middle and -1 at the four sides.

    Gonzalez & Woods, "Digital image processing".

    Alpha is kept, and colours count by it.

    Parameters
    ----------
    image : array (H, W) or (H, W, C) of uint8, uint16, int16, float32 or float64
        Floats span 0 to 1. Of bool, True is white. An array has no alpha unless `alpha`
        says so, and other or more axes than these, or more than 4 channels, need `axes`.
        int8 and float16 are widened to int16 and float32. An `Image` of one frame says
        itself what its channels are.
    amount : float, default 1.0
        how much of the Laplacian is subtracted (0.01 to 10)
    border : {"constant", "edge", "reflect", "symmetric", "wrap"}, default "reflect"
        what stands beyond the edge: constant (fill), edge (aaa|abcd|ddd), reflect
        (dcb|abcd|cba), symmetric (cba|abcd|dcb), wrap (bcd|abcd|abc)
    fill : float, default 0.0
        value beyond the edge for the border constant, nan in pictures of floats (0 to 255)
    stride : int or (rows, columns), default 1
        step from one output to the next (1 to 65536 pixels or a length)
    padding : "same", "valid", "full", int, pair or pair of pairs, default "same"
        rows and columns added around: same, valid, full, or 1, 2 or 4 numbers
    dilation : int or (rows, columns), default 1
        distance between neighbouring taps (1 to 65536 pixels or a length)
    channels : {"each", "luma"}, default "each"
        each: every colour channel for itself; luma: brightness only (a picture keeps its
        colours, a response is grey)
    workers : int or None, default None
        threads for each picture; the result does not depend on them (1 to 1024); None: all
        CPUs
    alpha : {"weigh", "keep", "filter", "drop"} or None, default None
        what becomes of alpha, the transparency: weigh: colours count as far as they are
        visible, and what smooths colours smooths alpha alike; keep: the same colours, alpha
        as it was; filter: alpha is one more colour; drop: alpha is taken away first. Of an
        array it says that the last channel is alpha, which no array tells by itself; None:
        weigh for pictures with alpha; an array has none
    axes : str or None, default None
        what the axes of an array are, a letter each, such as ZYX, TZCYX or YXC: Y rows, X
        columns, C channels; every other axis is a stack of pictures, each done by itself;
        None: YX, or YXC of at most 4 channels
    channel_axis : int or None, default None
        which axis of an array holds the channels, in place of axes: the last two of the
        others are rows and columns, any before them a stack; None: as axes says
    nodata : float or None, default None
        the value that stands for no data, as it stands in the picture, or nan: windows look
        only at what is there, and where one holds nothing the result is that value again;
        None: what the file states, if anything
    mask : array or None, default None
        True, or other than 0, where the picture holds something; of its rows and columns,
        or one for each value. What is masked of a masked array of NumPy is missing as well.
        Without nodata the result is a masked array; None: everything is there

    Returns
    -------
    array of the image's dtype, its axes in the order of the image's; of bool it is bool
    where black and white alone can result, else uint8

    Raises
    ------
    UnknownNameError
        For a parameter or a choice that there is not, with the nearest names.
    ArgumentError
        For a value that is out of range, or an image that cannot be filtered.
    ArgumentTypeError
        For a value, or an image, of a type that cannot be used.
    """

def sobel(
    image: ArrayLike,
    *,
    norm: Literal["l2", "l1", "max", "sum"] = "l2",
    scale: float = 1.0,
    border: Literal["constant", "edge", "reflect", "symmetric", "wrap"] = "reflect",
    fill: float = 0.0,
    stride: int | str | tuple[int | str, int | str] = 1,
    padding: Padding = "same",
    dilation: int | str | tuple[int | str, int | str] = 1,
    channels: Literal["each", "luma"] = "each",
    signed: Literal["raw", "abs", "offset", "clamp", "scale", None] = None,
    workers: int | None = None,
    alpha: Literal["weigh", "keep", "filter", "drop", None] = None,
    axes: str | None = None,
    channel_axis: int | None = None,
    nodata: float | None = None,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Find edges with Sobel's two gradients, each smoothed 1-2-1 along the edge.

    Correlates with `sobel-x` and `sobel-y` and combines the responses by `norm`. A full step from
    black to white gives four times white, which saturates; `scale` 0.25 shows it whole. With `norm`
    sum the response is signed: x points right and y up, so brightness that rises to the right, or
    upwards, is positive. Integers get its size, floats and int16 the response itself.

    Sobel & Feldman, "A 3x3 isotropic gradient operator for image processing" (1968).

    Alpha is kept, and colours count by it.

    Parameters
    ----------
    image : array (H, W) or (H, W, C) of uint8, uint16, int16, float32 or float64
        Floats span 0 to 1. Of bool, True is white. An array has no alpha unless `alpha`
        says so, and other or more axes than these, or more than 4 channels, need `axes`.
        int8 and float16 are widened to int16 and float32. An `Image` of one frame says
        itself what its channels are.
    norm : {"l2", "l1", "max", "sum"}, default "l2"
        how the two gradients combine: l2: root of the sum of squares; l1: sum of sizes;
        max: the larger size; sum: x plus y with their signs, shown as `signed` says
    scale : float, default 1.0
        factor of the response (0.001 to 1000)
    border : {"constant", "edge", "reflect", "symmetric", "wrap"}, default "reflect"
        what stands beyond the edge: constant (fill), edge (aaa|abcd|ddd), reflect
        (dcb|abcd|cba), symmetric (cba|abcd|dcb), wrap (bcd|abcd|abc)
    fill : float, default 0.0
        value beyond the edge for the border constant, nan in pictures of floats (0 to 255)
    stride : int or (rows, columns), default 1
        step from one output to the next (1 to 65536 pixels or a length)
    padding : "same", "valid", "full", int, pair or pair of pairs, default "same"
        rows and columns added around: same, valid, full, or 1, 2 or 4 numbers
    dilation : int or (rows, columns), default 1
        distance between neighbouring taps (1 to 65536 pixels or a length)
    channels : {"each", "luma"}, default "each"
        each: every colour channel for itself; luma: brightness only (a picture keeps its
        colours, a response is grey)
    signed : {"raw", "abs", "offset", "clamp", "scale"} or None, default None
        what becomes of negative responses at this step: raw: they stay, which needs an
        output of floats; abs: their size; offset: around middle grey; clamp: black; scale:
        lowest to black and highest to white; None: abs at the end, raw where the output
        holds negative values
    workers : int or None, default None
        threads for each picture; the result does not depend on them (1 to 1024); None: all
        CPUs
    alpha : {"weigh", "keep", "filter", "drop"} or None, default None
        what becomes of alpha, the transparency: weigh: colours count as far as they are
        visible, and what smooths colours smooths alpha alike; keep: the same colours, alpha
        as it was; filter: alpha is one more colour; drop: alpha is taken away first. Of an
        array it says that the last channel is alpha, which no array tells by itself; None:
        weigh for pictures with alpha; an array has none
    axes : str or None, default None
        what the axes of an array are, a letter each, such as ZYX, TZCYX or YXC: Y rows, X
        columns, C channels; every other axis is a stack of pictures, each done by itself;
        None: YX, or YXC of at most 4 channels
    channel_axis : int or None, default None
        which axis of an array holds the channels, in place of axes: the last two of the
        others are rows and columns, any before them a stack; None: as axes says
    nodata : float or None, default None
        the value that stands for no data, as it stands in the picture, or nan: windows look
        only at what is there, and where one holds nothing the result is that value again;
        None: what the file states, if anything
    mask : array or None, default None
        True, or other than 0, where the picture holds something; of its rows and columns,
        or one for each value. What is masked of a masked array of NumPy is missing as well.
        Without nodata the result is a masked array; None: everything is there

    Returns
    -------
    array of the image's dtype, its axes in the order of the image's; of bool it is bool
    where black and white alone can result, else uint8

    Raises
    ------
    UnknownNameError
        For a parameter or a choice that there is not, with the nearest names.
    ArgumentError
        For a value that is out of range, or an image that cannot be filtered.
    ArgumentTypeError
        For a value, or an image, of a type that cannot be used.
    """

def threshold(
    image: ArrayLike,
    *,
    threshold: float | None = None,
    channels: Literal["each", "luma"] = "luma",
    workers: int | None = None,
    alpha: Literal["weigh", "keep", "filter", "drop", None] = None,
    axes: str | None = None,
    channel_axis: int | None = None,
    nodata: float | None = None,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Turn the picture black and white: white where a value is above a threshold.

    Without a number, each channel is parted where the variance between dark and bright is largest.
    A signed response, such as that of `laplacian`, is judged as it would be shown at the end.

    Otsu, "A threshold selection method from gray-level histograms" (1979).

    Alpha is kept, and nothing counts by it.

    Parameters
    ----------
    image : array (H, W) or (H, W, C) of uint8, uint16, int16, float32 or float64
        Floats span 0 to 1. Of bool, True is white. An array has no alpha unless `alpha`
        says so, and other or more axes than these, or more than 4 channels, need `axes`.
        int8 and float16 are widened to int16 and float32. An `Image` of one frame says
        itself what its channels are.
    threshold : float or None, default None
        values above it become white, all others black (0 to 255); None: found by Otsu's
        method
    channels : {"each", "luma"}, default "luma"
        each: every colour channel for itself; luma: brightness only (a picture keeps its
        colours, a response is grey)
    workers : int or None, default None
        threads for each picture; the result does not depend on them (1 to 1024); None: all
        CPUs
    alpha : {"weigh", "keep", "filter", "drop"} or None, default None
        what becomes of alpha, the transparency: weigh: colours count as far as they are
        visible, and what smooths colours smooths alpha alike; keep: the same colours, alpha
        as it was; filter: alpha is one more colour; drop: alpha is taken away first. Of an
        array it says that the last channel is alpha, which no array tells by itself; None:
        weigh for pictures with alpha; an array has none
    axes : str or None, default None
        what the axes of an array are, a letter each, such as ZYX, TZCYX or YXC: Y rows, X
        columns, C channels; every other axis is a stack of pictures, each done by itself;
        None: YX, or YXC of at most 4 channels
    channel_axis : int or None, default None
        which axis of an array holds the channels, in place of axes: the last two of the
        others are rows and columns, any before them a stack; None: as axes says
    nodata : float or None, default None
        the value that stands for no data, as it stands in the picture, or nan: windows look
        only at what is there, and where one holds nothing the result is that value again;
        None: what the file states, if anything
    mask : array or None, default None
        True, or other than 0, where the picture holds something; of its rows and columns,
        or one for each value. What is masked of a masked array of NumPy is missing as well.
        Without nodata the result is a masked array; None: everything is there

    Returns
    -------
    array of the image's dtype, its axes in the order of the image's; of bool it is bool
    where black and white alone can result, else uint8

    Raises
    ------
    UnknownNameError
        For a parameter or a choice that there is not, with the nearest names.
    ArgumentError
        For a value that is out of range, or an image that cannot be filtered.
    ArgumentTypeError
        For a value, or an image, of a type that cannot be used.
    """

def unsharp_mask(
    image: ArrayLike,
    *,
    sigma: float | str | tuple[float | str, float | str] = 2.0,
    amount: float = 1.0,
    threshold: float = 0.0,
    border: Literal["constant", "edge", "reflect", "symmetric", "wrap"] = "reflect",
    fill: float = 0.0,
    channels: Literal["each", "luma"] = "each",
    workers: int | None = None,
    alpha: Literal["weigh", "keep", "filter", "drop", None] = None,
    axes: str | None = None,
    channel_axis: int | None = None,
    nodata: float | None = None,
    mask: ArrayLike | None = None,
) -> NDArray[Any]:
    """Sharpen by what a Gaussian blur takes away: image + amount * (image - blurred).

    Correlates with the sampled Gaussian. Differences below `threshold` are not touched, which
    spares smooth areas and their noise.

    Gonzalez & Woods, "Digital image processing".

    Alpha is kept, and colours count by it.

    Parameters
    ----------
    image : array (H, W) or (H, W, C) of uint8, uint16, int16, float32 or float64
        Floats span 0 to 1. Of bool, True is white. An array has no alpha unless `alpha`
        says so, and other or more axes than these, or more than 4 channels, need `axes`.
        int8 and float16 are widened to int16 and float32. An `Image` of one frame says
        itself what its channels are.
    sigma : float or (rows, columns), default 2.0
        standard deviation of the blur, one number or rows,columns; 0 leaves a direction
        alone (0 to 250 pixels or a length)
    amount : float, default 1.0
        how much of the difference is added (0.01 to 100)
    threshold : float, default 0.0
        smaller differences are left alone (0 to 255)
    border : {"constant", "edge", "reflect", "symmetric", "wrap"}, default "reflect"
        what stands beyond the edge: constant (fill), edge (aaa|abcd|ddd), reflect
        (dcb|abcd|cba), symmetric (cba|abcd|dcb), wrap (bcd|abcd|abc)
    fill : float, default 0.0
        value beyond the edge for the border constant, nan in pictures of floats (0 to 255)
    channels : {"each", "luma"}, default "each"
        each: every colour channel for itself; luma: brightness only (a picture keeps its
        colours, a response is grey)
    workers : int or None, default None
        threads for each picture; the result does not depend on them (1 to 1024); None: all
        CPUs
    alpha : {"weigh", "keep", "filter", "drop"} or None, default None
        what becomes of alpha, the transparency: weigh: colours count as far as they are
        visible, and what smooths colours smooths alpha alike; keep: the same colours, alpha
        as it was; filter: alpha is one more colour; drop: alpha is taken away first. Of an
        array it says that the last channel is alpha, which no array tells by itself; None:
        weigh for pictures with alpha; an array has none
    axes : str or None, default None
        what the axes of an array are, a letter each, such as ZYX, TZCYX or YXC: Y rows, X
        columns, C channels; every other axis is a stack of pictures, each done by itself;
        None: YX, or YXC of at most 4 channels
    channel_axis : int or None, default None
        which axis of an array holds the channels, in place of axes: the last two of the
        others are rows and columns, any before them a stack; None: as axes says
    nodata : float or None, default None
        the value that stands for no data, as it stands in the picture, or nan: windows look
        only at what is there, and where one holds nothing the result is that value again;
        None: what the file states, if anything
    mask : array or None, default None
        True, or other than 0, where the picture holds something; of its rows and columns,
        or one for each value. What is masked of a masked array of NumPy is missing as well.
        Without nodata the result is a masked array; None: everything is there

    Returns
    -------
    array of the image's dtype, its axes in the order of the image's; of bool it is bool
    where black and white alone can result, else uint8

    Raises
    ------
    UnknownNameError
        For a parameter or a choice that there is not, with the nearest names.
    ArgumentError
        For a value that is out of range, or an image that cannot be filtered.
    ArgumentTypeError
        For a value, or an image, of a type that cannot be used.
    """

correlate = convolve
