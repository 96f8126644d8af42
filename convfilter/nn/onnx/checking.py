"""Which operators, versions and attributes of ONNX are supported, checked before anything runs.

What an operator of a version has, ONNX's own schemas say; here stands only which operators there
are, and which values of their attributes mean what is not there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from convfilter.nn.onnx.problems import Problems, RefusedError, named

__all__ = ["NEWEST", "OLDEST", "attributes_of", "check_operator", "version_of"]

OLDEST, NEWEST = 6, 25
"""Opsets, versions of ONNX's set of operators."""

_DOMAINS = ("", "ai.onnx")

_PADDINGS = ("NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID")

_SUPPORTED: Mapping[tuple[str, str], tuple[object, ...]] = {
    ("AveragePool", "auto_pad"): _PADDINGS,
    ("BatchNormalization", "is_test"): (1,),
    ("BatchNormalization", "spatial"): (1,),
    ("BatchNormalization", "training_mode"): (0,),
    ("Conv", "auto_pad"): _PADDINGS,
    ("Dropout", "is_test"): (1,),
    ("Gemm", "transA"): (0,),
    ("MaxPool", "auto_pad"): _PADDINGS,
    ("MaxPool", "storage_order"): (0,),
    ("Pad", "mode"): ("constant",),
}
"""The values of attributes that are supported, where some are not."""


def version_of(model: Any, problems: Problems) -> int:
    """Return the opset of a model; the newest one, and a problem, where that is not supported."""
    versions = {each.version for each in model.opset_import if each.domain in _DOMAINS}
    version = versions.pop() if len(versions) == 1 else None
    if version is None:
        problems.add("it does not name one opset")
    elif not OLDEST <= version <= NEWEST:
        problems.add(f"opset {version} is not supported, {OLDEST} to {NEWEST} are")
    else:
        return int(version)
    return NEWEST


def check_operator(node: Any, known: Mapping[str, object], version: int) -> None:
    """Refuse an operator that is not supported, or not there in an opset."""
    name = f"{node.domain}.{node.op_type}" if node.domain not in _DOMAINS else node.op_type
    if name not in known:
        raise RefusedError(f"operator {named(name)} is not supported")
    schema = _schema(name, version)
    if schema is None or schema.deprecated:
        raise RefusedError(f"there is no operator {name} in opset {version}")
    if not schema.min_input <= len(node.input) <= schema.max_input:
        raise RefusedError(f"{name} has {len(node.input)} inputs")
    if not node.output or not node.output[0]:
        raise RefusedError(f"{name} has no output")


def attributes_of(node: Any, version: int) -> tuple[dict[str, Any], list[str]]:
    """Return the attributes of a node, with defaults, and what is not supported of them."""
    schema = _schema(node.op_type, version)
    found = {
        name: _value(attribute.default_value)
        for name, attribute in schema.attributes.items()
        if attribute.default_value.type
    }
    refused = []
    given = set()
    for attribute in node.attribute:
        where = f"attribute {named(attribute.name)} of {node.op_type}"
        expected = schema.attributes.get(attribute.name)
        if expected is None:
            refused.append(f"{where} is not supported in opset {version}")
        elif attribute.name in given:
            refused.append(f"{where} is given twice")
        elif attribute.ref_attr_name or attribute.type != int(expected.type.value):
            refused.append(f"{where} is of another type than it has to be")
        else:
            given.add(attribute.name)
            found[attribute.name] = _value(attribute)
    missing = [
        f"attribute {name!r} of {node.op_type} is missing"
        for name, attribute in schema.attributes.items()
        if attribute.required and name not in found
    ]
    for name, value in found.items():
        supported = _SUPPORTED.get((node.op_type, name))
        if supported is not None and value not in supported:
            shown = named(value) if isinstance(value, str) else value
            refused.append(
                f"attribute {name!r} of {node.op_type} is {shown}, which is not supported"
            )
        if isinstance(value, float | list) and not np.isfinite(value).all():
            refused.append(f"attribute {name!r} of {node.op_type} is not finite")
    return found, refused + missing


def _schema(name: str, version: int) -> Any:
    """Return ONNX's description of an operator, or None where there is none."""
    from onnx import defs

    try:
        return defs.get_schema(name, version, "")
    except defs.SchemaError:
        return None


def _value(attribute: Any) -> Any:
    """Return what an attribute holds; kinds that nothing here takes, as they are."""
    from onnx import AttributeProto

    if attribute.type == AttributeProto.STRING:
        return attribute.s.decode("ascii", "replace")
    fields = {
        AttributeProto.INT: "i",
        AttributeProto.FLOAT: "f",
        AttributeProto.TENSOR: "t",
    }
    lists = {AttributeProto.INTS: "ints", AttributeProto.FLOATS: "floats"}
    if attribute.type in lists:
        return list(getattr(attribute, lists[attribute.type]))
    if attribute.type in fields:
        return getattr(attribute, fields[attribute.type])
    return attribute
