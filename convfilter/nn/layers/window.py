"""Windows of layers: kernel, stride, padding and dilation, and what becomes of sizes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from convfilter.errors import ArgumentError

Pair = tuple[int, int]
"""Rows and columns."""

Pads = tuple[Pair, Pair]
"""((top, bottom), (left, right))."""

Padding = Literal["same", "same-lower", "valid"] | Pads
"""What is added around: "same" and "same-lower" give size / stride, rounded up.

Where an odd number is to be added, "same" puts the larger half below and to the right, as ONNX's
SAME_UPPER and TensorFlow do, "same-lower" above and to the left.
"""


@dataclass(frozen=True)
class Window:
    """How a layer's window walks over maps.

    Attributes
    ----------
    kernel : its rows and columns
    stride : from one output to the next
    padding : what is added around the maps
    dilation : distance between neighbouring taps
    ceil : a last window that begins within the maps or the padding before them counts, though it
        ends beyond what is there (Caffe's and PyTorch's ceil_mode)
    """

    kernel: Pair
    stride: Pair = (1, 1)
    padding: Padding = ((0, 0), (0, 0))
    dilation: Pair = (1, 1)
    ceil: bool = False

    @property
    def reach(self) -> Pair:
        """Rows and columns from the first tap to the last one, both counted."""
        rows, columns = (
            (taps - 1) * apart + 1 for taps, apart in zip(self.kernel, self.dilation, strict=True)
        )
        return rows, columns

    def pads(self, size: Pair) -> Pads:
        """Return what is added around maps of a size, as numbers."""
        if isinstance(self.padding, tuple):
            return self.padding
        if self.padding == "valid":
            return (0, 0), (0, 0)
        rows, columns = (self._same(axis, size[axis]) for axis in (0, 1))
        return rows, columns

    def _same(self, axis: int, size: int) -> Pair:
        stride = self.stride[axis]
        outputs = -(-size // stride)
        added = max((outputs - 1) * stride + self.reach[axis] - size, 0)
        less, more = added // 2, added - added // 2
        return (less, more) if self.padding == "same" else (more, less)

    def outputs(self, size: Pair, what: str) -> Pair:
        """Return rows and columns of the output for maps of a size.

        Raises
        ------
        ArgumentError
            Where the window is larger than the padded maps; `what` names the layer.
        """
        rows, columns = (self._outputs(axis, size, what) for axis in (0, 1))
        return rows, columns

    def _outputs(self, axis: int, size: Pair, what: str) -> int:
        before, after = self.pads(size)[axis]
        stride = self.stride[axis]
        left = size[axis] + before + after - self.reach[axis]
        if left < 0:
            raise ArgumentError(
                f"{what}: a window of {self.reach[0]}x{self.reach[1]} does not fit into maps of"
                f" {size[0]}x{size[1]} with their padding"
            )
        if not self.ceil:
            return left // stride + 1
        count = -(-left // stride) + 1
        # the last window has to begin within the maps or before them
        return count - 1 if (count - 1) * stride >= size[axis] + before else count
