"""Names of packages that are imported when they are first asked for."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

PACKAGES = ["convfilter", "convfilter.engine", "convfilter.images", "convfilter.kernels"]


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_name_is_there_and_listed(package: str):
    module = importlib.import_module(package)
    assert set(module.__all__) <= set(dir(module))
    for name in module.__all__:
        assert getattr(module, name) is getattr(module, name)


@pytest.mark.parametrize("package", PACKAGES)
def test_other_names_are_refused_as_python_does(package: str):
    with pytest.raises(AttributeError, match=f"module '{package}' has no attribute 'corelate'"):
        _ = importlib.import_module(package).corelate


@pytest.mark.parametrize("package", PACKAGES)
def test_listing_names_imports_nothing_of_theirs(package: str):
    program = f"import sys, {package}; before = set(sys.modules); dir({package})"
    program += "; print(*sorted(set(sys.modules) - before))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []
