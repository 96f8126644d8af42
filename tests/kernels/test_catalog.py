from __future__ import annotations

import subprocess
import sys

import pytest

from convfilter import kernels
from convfilter.errors import ArgumentTypeError, UnknownNameError


def test_names_and_summaries_keep_the_order_of_the_file() -> None:
    assert kernels.names()[:3] == ["identity", "sobel-x", "sobel-y"]
    assert list(kernels.summaries()) == kernels.names()
    assert all(line and "\n" not in line for line in kernels.summaries().values())
    assert [kernel.name for kernel in kernels.all_kernels()] == kernels.names()


def test_every_kernel_named_in_the_documentation_is_there() -> None:
    compass = ("n", "ne", "e", "se", "s", "sw", "w", "nw")
    expected = {f"{family}-{d}" for family in ("kirsch", "robinson") for d in compass}
    expected |= {f"frei-chen-{number}" for number in range(1, 10)}
    expected |= {
        f"{n}-{a}" for n in ("sobel", "scharr", "prewitt", "roberts", "farid") for a in "xy"
    }
    expected |= {f"{n}-{size}" for n in ("box", "gaussian") for size in (3, 5, 7)}
    expected |= {"identity", "central-difference", "smooth", "denoise", "detail", "contour"}
    expected |= {"laplacian-4", "laplacian-8", "laplacian-of-gaussian-5"}
    expected |= {"laplacian-of-gaussian-9", "sharpen", "sharpen-8", "edge-enhance", "high-pass"}
    expected |= {"outline", "emboss", "emboss-strong"}
    expected |= {f"line-{way}" for way in ("horizontal", "vertical", "45", "135")}
    assert expected <= set(kernels.names())


def test_listing_needs_no_numpy() -> None:
    code = (
        "import sys; from convfilter import kernels; kernels.summaries(); kernels.kinds();"
        "sys.exit('numpy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_kernel_is_made_once() -> None:
    assert kernels.get("sobel-x") is kernels.get("sobel-x")


def test_unknown_names_get_the_nearest_ones() -> None:
    with pytest.raises(UnknownNameError, match=r"'sobelx'; did you mean sobel-x"):
        kernels.get("sobelx")
    with pytest.raises(ArgumentTypeError, match="int"):
        kernels.get(3)  # type: ignore[arg-type]


def test_the_package_refuses_unknown_attributes() -> None:
    with pytest.raises(AttributeError, match="nothing_here"):
        kernels.nothing_here  # noqa: B018
    assert set(kernels.__all__) <= set(dir(kernels))
