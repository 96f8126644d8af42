"""What `help` shows of a filter: its docstring with every parameter, and its signature.

Other functions whose options are declared as parameters show them alike (`arguments`, `described`).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence

from convfilter.filters.declaring.parameters import Parameter, Text
from convfilter.filters.declaring.reach import AlphaRule
from convfilter.filters.declaring.run_options import RUN_OPTIONS
from convfilter.filters.declaring.values import written

__all__ = [
    "alpha_in_words",
    "arguments",
    "default_in_words",
    "described",
    "docstring",
    "signature",
]

_IMAGE = "array (H, W) or (H, W, C) of uint8, uint16, int16, float32 or float64"
_OF_IMAGE = (
    "Floats span 0 to 1. Of bool, True is white. An array has no alpha unless `alpha` says so, and"
    " other or more axes than these, or more than 4 channels, need `axes`. int8 and float16 are"
    " widened to int16 and float32. An `Image` of one frame says itself what its channels are."
)
_RETURNS = (
    "array of the image's dtype, its axes in the order of the image's; of bool it is bool where"
    " black and white alone can result, else uint8"
)
_RAISES = {
    "UnknownNameError": "For a parameter or a choice that there is not, with the nearest names.",
    "ArgumentError": "For a value that is out of range, or an image that cannot be filtered.",
    "ArgumentTypeError": "For a value, or an image, of a type that cannot be used.",
}
_WIDTH = 88


_ALPHA: dict[AlphaRule, str] = {
    "smooths": "Alpha is smoothed as the colours are.",
    "keeps": "Alpha is kept, and colours count by it.",
    "point": "Alpha is kept, and nothing counts by it.",
}


def alpha_in_words(rule: AlphaRule | Callable[..., AlphaRule]) -> str:
    """Return what a filter declares of alpha; of a function, the first line of its docstring."""
    return (rule.__doc__ or "").partition("\n")[0] if callable(rule) else _ALPHA[rule]


def docstring(description: str, parameters: Iterable[Parameter], alpha: str) -> str:
    """Return a docstring in NumPy's style: the description, and sections made from declarations.

    `alpha` says what becomes of alpha.
    """
    lines = [description.strip(), "", alpha, "", "Parameters", "----------", f"image : {_IMAGE}"]
    lines += _indented(_OF_IMAGE)
    lines += described((*parameters, *RUN_OPTIONS))
    lines += ["", "Returns", "-------", *_wrapped(_RETURNS), "", "Raises", "------"]
    for error, when in _RAISES.items():
        lines += [error, *_indented(when)]
    return "\n".join(lines)


def described(parameters: Iterable[Parameter]) -> list[str]:
    """Return the lines of a docstring that say what parameters are and mean."""
    lines = []
    for parameter in parameters:
        lines.append(f"{parameter.name} : {_type_in_words(parameter)}")
        lines += _indented(_meaning(parameter))
    return lines


def signature(parameters: Iterable[Parameter]) -> inspect.Signature:
    """Return the signature of the call of a filter."""
    image = inspect.Parameter("image", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return inspect.Signature([image, *arguments((*parameters, *RUN_OPTIONS))])


def arguments(parameters: Iterable[Parameter]) -> list[inspect.Parameter]:
    """Return the arguments of a call that takes parameters by their names."""
    return [
        inspect.Parameter(
            each.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=inspect.Parameter.empty if each.required else each.default,
        )
        for each in parameters
    ]


def default_in_words(parameter: Parameter) -> str:
    """Return a default as a person would say it: "2", "none", what None stands for."""
    if parameter.default is None:
        return parameter.spec.automatic or "none"
    return written(parameter.default)


_TYPES = {
    "number": "float",
    "integer": "int",
    "number-pair": "float or (rows, columns)",
    "integer-pair": "int or (rows, columns)",
    "flag": "bool",
    "padding": '"same", "valid", "full", int, pair or pair of pairs',
    "kernel": "name, path, text, array or Kernel",
    "text": "str",
    "mask": "array",
}


def _type_in_words(parameter: Parameter) -> str:
    words = _TYPES.get(parameter.kind)
    if isinstance(parameter, Text) and parameter.numbers:
        words = "str, int or several"
    if words is None:
        words = "{" + ", ".join(f'"{choice}"' for choice in parameter.choices) + "}"
    if parameter.optional:
        words += " or None"
    if parameter.required:
        return words
    default = parameter.default
    return f"{words}, default " + (f'"{default}"' if isinstance(default, str) else repr(default))


def _meaning(parameter: Parameter) -> str:
    """Return the help with range and what None stands for."""
    text = parameter.spec.help
    if parameter.limits:
        text += f" ({', '.join(parameter.limits)})"
    return f"{text}; None: {parameter.spec.automatic}" if parameter.optional else text


def _indented(text: str) -> Sequence[str]:
    return [f"    {line}" for line in _wrapped(text, _WIDTH - 4)]


def _wrapped(text: str, width: int = _WIDTH) -> Sequence[str]:
    import textwrap

    return textwrap.wrap(text, width)
