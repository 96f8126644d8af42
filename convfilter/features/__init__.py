"""What can be learned from pictures with kernels: the kernel between a picture and its result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convfilter.lazy import exports

if TYPE_CHECKING:
    from convfilter.features.learning import Learned, learn_kernel

__all__ = ["Learned", "learn_kernel"]

if not TYPE_CHECKING:  # which would believe in any name
    __getattr__, __dir__ = exports(__name__, __all__, dict.fromkeys(__all__, "learning"))
