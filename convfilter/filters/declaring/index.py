"""Every filter by name: its family and its summary. Written by `python -m tools.generate`."""

from __future__ import annotations

INDEX: dict[str, tuple[str, str]] = {
    "abs": (
        "point",
        "Take the size of every value, so that a negative one counts as much as a positive one.",
    ),
    "add-noise": ("noise", "Add noise, the same for the same seed."),
    "bilateral": (
        "noise",
        "Average pixels that are near both in space and in colour: smooth areas, sharp edges.",
    ),
    "box-blur": ("blur", "Blur with a box: the plain mean of 2 radius + 1 rows and columns."),
    "canny": ("canny_edges", "Find edges as thin white lines: Canny's detector."),
    "close": (
        "morphology",
        "Close: dilate, then erode; dark shapes smaller than the window vanish, others stay.",
    ),
    "convolve": (
        "convolution",
        "Correlate with any kernel: one of the catalogue, of a file, or given as text or array.",
    ),
    "denoise": ("noise", "Take noise away, by the method and as strongly as the noise needs."),
    "depth-pool": (
        "pooling",
        "Reduce each group of neighbouring channels to one; alpha is left alone.",
    ),
    "difference-of-gaussians": (
        "edges",
        "Subtract a wider Gaussian blur from a narrower one: detail of one size, a band-pass.",
    ),
    "dilate": ("morphology", "Dilate: bright shapes gain a rim."),
    "disk-blur": ("blur", "Blur with a disk, as a lens out of focus would."),
    "emboss": ("sharpening", "Show the picture as a relief lit from one side, on middle grey."),
    "erode": ("morphology", "Erode: bright shapes lose their rim."),
    "frei-chen": ("edges", "Find edges or lines with Frei and Chen's nine orthonormal kernels."),
    "gabor": (
        "texture",
        "Find stripes of one width in any direction with Gabor's waves under a Gaussian.",
    ),
    "gaussian-blur": ("blur", "Blur with a Gaussian, the smoothest of the blurs."),
    "gradient-direction": (
        "edges",
        "Show where brightness rises as a hue, and how steeply as its brightness.",
    ),
    "grayscale": (
        "point",
        "Turn a colour picture grey: the luma 0.299 red + 0.587 green + 0.114 blue.",
    ),
    "high-pass": (
        "sharpening",
        "Keep what a Gaussian blur takes away: image - blurred, shown around middle grey.",
    ),
    "invert": ("point", "Turn the picture into its negative: white minus value."),
    "kirsch": (
        "edges",
        "Find edges with Kirsch's eight compass kernels: the strongest of their responses.",
    ),
    "laplacian": (
        "edges",
        "Take the Laplacian, the sum of both second derivatives: fine detail of every direction.",
    ),
    "laplacian-of-gaussian": (
        "edges",
        "Take the Laplacian of the picture blurred with a Gaussian: blobs and edges of one size.",
    ),
    "max-pool": (
        "pooling",
        "Reduce each window to its largest value; the picture shrinks by the stride.",
    ),
    "maximum": ("morphology", "Take the largest value of each window: bright spots grow."),
    "mean-pool": ("pooling", "Reduce each window to its mean; the picture shrinks by the stride."),
    "median": (
        "noise",
        "Take the median of each window: single wrong pixels vanish and edges stay sharp.",
    ),
    "min-pool": (
        "pooling",
        "Reduce each window to its smallest value; the picture shrinks by the stride.",
    ),
    "minimum": ("morphology", "Take the smallest value of each window: dark spots grow."),
    "morphological-gradient": (
        "morphology",
        "Find edges as what is dilated minus what is eroded: the span of values in each window.",
    ),
    "motion-blur": ("blur", "Blur along a straight line, as a camera that moved evenly would."),
    "nl-means": ("noise", "Average pixels whose neighbourhoods look alike: non-local means."),
    "normalize": (
        "point",
        "Bring all values into a range: the lowest becomes `low`, the highest `high`.",
    ),
    "open": (
        "morphology",
        "Open: erode, then dilate; bright shapes smaller than the window vanish, others stay.",
    ),
    "oriented-max": (
        "texture",
        "Turn a kernel eight ways and keep the largest response: its pattern in any direction.",
    ),
    "percentile": (
        "morphology",
        "Take the value at a given rank of each window: from 0, the smallest, to 100, the largest.",
    ),
    "prewitt": (
        "edges",
        "Find edges with Prewitt's two gradients, each averaged evenly along the edge.",
    ),
    "relu": (
        "point",
        "Set negative values to 0, as networks do with the responses of their layers.",
    ),
    "roberts": (
        "edges",
        "Find edges with Roberts' cross, the differences along both diagonals of 2x2 pixels.",
    ),
    "robinson": (
        "edges",
        "Find edges with Robinson's eight 5-level compass kernels: the strongest of their responses.",  # noqa: E501
    ),
    "scharr": (
        "edges",
        "Find edges with Scharr's two gradients, the truest to the direction among 3x3 kernels.",
    ),
    "sharpen": ("sharpening", "Sharpen: subtract the Laplacian of the four neighbours."),
    "sobel": (
        "edges",
        "Find edges with Sobel's two gradients, each smoothed 1-2-1 along the edge.",
    ),
    "threshold": (
        "point",
        "Turn the picture black and white: white where a value is above a threshold.",
    ),
    "unsharp-mask": (
        "sharpening",
        "Sharpen by what a Gaussian blur takes away: image + amount * (image - blurred).",
    ),
}
