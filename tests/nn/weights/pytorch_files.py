"""Small files that PyTorch itself has written, for readers that do without it.

    python -m tests.nn.weights.pytorch_files

writes those in `by_pytorch/` anew. It needs PyTorch (2.13 wrote what is there), the tests do not.
"""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np

FOLDER = Path(__file__).parent / "by_pytorch"

LAYOUTS = {"newer": True, "older": False}
"""Whether the zip archive is asked for."""

Array = np.ndarray[Any, np.dtype[Any]]


def numbers(*shape: int) -> Array:
    """Return numbers that every type of floats holds."""
    return (np.arange(np.prod(shape, dtype=int)) / 4 - 3).reshape(shape).astype(np.float32)


def tensors(convert: Any) -> dict[str, Any]:
    """Return the tensors of the files, or the arrays that they hold; `convert` makes them."""
    whole = convert(numbers(20))
    return {
        "float": convert(numbers(2, 3, 2, 2)),
        "half": convert(numbers(3, 5), "float16"),
        "brain": convert(numbers(3, 5), "bfloat16"),
        "double": convert(numbers(2, 2), "float64"),
        "bn.num_batches_tracked": convert(np.array(7)),
        "bytes": convert(np.arange(5), "uint8"),
        "scalar": convert(numbers(1)[0]),
        "empty": convert(numbers(0, 3)),
        # views, some of numbers that others look at as well
        "turned": convert(numbers(4, 7)).T,
        "half, turned": convert(numbers(4, 6), "float16").T,
        "part": whole[3:9],
        "every third": whole[5:20:3],
        "whole": whole,
    }


def array(given: Any, kind: str = "") -> Array:
    """Return what a reader has to give: floats of 32 bits, and integers as they are."""
    floats = np.asarray(given)
    return floats if floats.dtype.kind == "f" or not kind else floats.astype(kind)


def main() -> None:
    import torch

    def tensor(given: Any, kind: str = "") -> Any:
        made = torch.tensor(np.asarray(given))
        return made.to(getattr(torch, kind)) if kind else made

    FOLDER.mkdir(exist_ok=True)
    for name, is_zip in LAYOUTS.items():
        state = OrderedDict(tensors(tensor))
        state["parameter"] = torch.nn.Parameter(tensor(numbers(2, 2)))
        layers = torch.nn.Sequential(torch.nn.Linear(2, 1))
        beside = {"best": torch.tensor(0.5), "epoch": 3, "optimizer": {"lr": 0.1}}
        files = {
            "state": state,
            "checkpoint": {**beside, "state_dict": state},
            "module": layers,
            "complex": {"w": torch.ones(2, dtype=torch.complex64)},
            "sparse": {"w": torch.ones(2).to_sparse()},
            "quantised": {"w": torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8)},
            "eighths": {"w": torch.ones(2).to(torch.float8_e4m3fn)},
            "negatives": {"w": torch.ones(2, dtype=torch.complex64).conj().imag},
        }
        if not is_zip:  # it would have PyTorch's source text and where that lay
            del files["module"]
        for kind, what in files.items():
            path = FOLDER / f"{kind}-{name}.pth"
            torch.save(what, path, _use_new_zipfile_serialization=is_zip)


if __name__ == "__main__":
    main()
