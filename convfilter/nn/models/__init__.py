"""Well-known networks as tables, a module each family.

>>> from convfilter.nn import models
>>> models.get("lenet5-modern").shapes["pool2"]
(6, 14, 14)

A module of this folder that declares networks with `declaring.model` is found by being there.
"""

from __future__ import annotations

from convfilter.nn.models.declaring import (
    Model,
    all_models,
    check_name,
    get,
    names,
    scaling_of,
)

__all__ = ["Model", "all_models", "check_name", "get", "names", "scaling_of"]
