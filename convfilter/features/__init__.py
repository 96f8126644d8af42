"""What is learned from pictures and made for learning: kernels between pictures, features."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convfilter.lazy import exports

if TYPE_CHECKING:
    from convfilter.features.extracting import Extractor, of_bank, of_layers
    from convfilter.features.learning import Learned, learn_kernel

_HOMES = {
    "Extractor": "extracting",
    "Learned": "learning",
    "learn_kernel": "learning",
    "of_bank": "extracting",
    "of_layers": "extracting",
}

__all__ = ["Extractor", "Learned", "learn_kernel", "of_bank", "of_layers"]

if not TYPE_CHECKING:  # which would believe in any name
    __getattr__, __dir__ = exports(__name__, __all__, _HOMES)
