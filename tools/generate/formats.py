"""What is written from the declarations of formats: the index, parts of the page of the docs."""

from __future__ import annotations

import pkgutil
import re
from collections.abc import Iterator
from importlib import import_module
from typing import NamedTuple, get_args

from convfilter import formats
from convfilter.formats.declaring import Format, Kept
from convfilter.formats.declaring.refused import REFUSED
from tools.generate import COMMAND, ROOT, rewritten

PAGE = ROOT / "docs" / "formats.md"

LONGEST_LINE = 100

_KEPT_IN_WORDS = {
    "colours": "colours besides a profile",
    "CICP": "colours by numbers (CICP)",
    "photoshop": "IPTC and Photoshop's resources",
    "density": "density without a unit",
    "chunks": "further chunks",
    "tags": "GeoTIFF, axes of ImageJ and OME, private tags",
    "compression": "quality and colour resolution",
}


class Declared(NamedTuple):
    """A declaration, and the names of its module and of itself there."""

    form: Format
    module: str
    name: str


def declared() -> list[Declared]:
    """Return all declarations, those first that keep most of what stands beside the pixels."""
    found = sorted(_search(), key=lambda each: (-len(each.form.keeps), each.form.name))
    names = [each.form.name for each in found]
    suffixes = [suffix for each in found for suffix in each.form.suffixes]
    for words in (names, suffixes):
        twice = {word for word in words if words.count(word) > 1}
        assert not twice, f"declared by several formats: {twice}"
    return found


def _search() -> Iterator[Declared]:
    for module in pkgutil.walk_packages(formats.__path__, f"{formats.__name__}."):
        if module.name.endswith((".loops", ".index")):
            continue
        for name, value in vars(import_module(module.name)).items():
            if isinstance(value, Format) and value.read.__module__ == module.name:
                yield Declared(value, module.name, name)


def index() -> str:
    """Return the text of `formats/declaring/index.py`."""
    lines = [
        '"""What is known of each format before its module is imported.',
        "",
        f"Written by `{COMMAND}` from the declarations, not by hand.",
        '"""',
        "",
        "from __future__ import annotations",
        "",
        "from convfilter.formats.declaring import Format, Summary",
    ]
    for form, module, name in declared():
        lines += ["", "", f"def {_function(form)}() -> Format:"]
        lines += [f"    from {module} import {name}", "", f"    return {name}"]
    lines += ["", "", "SUMMARIES: dict[str, Summary] = {"]
    for form, _, _ in declared():
        lines.append(f'    "{form.name}": Summary(')
        lines.append(f"        load={_function(form)},")
        lines += _suffixes(form.suffixes)
        lines += _pattern(form.signature)
        written_as = form.written_as if form.write is None else form.name
        lines.append(f'        written_as="{written_as}",')
        # what is as by default goes without saying
        lines += ["        is_written=False,"] * (form.write is None)
        lines += [f'        quality="{form.quality}",'] * bool(form.quality)
        lines += ["        compress=True,"] * form.compress
        lines += [f'        extra="{form.extra}",'] * bool(form.extra)
        lines += ["        stores=True,"] * form.stores
        lines.append("    ),")
    return "\n".join([*lines, "}"]) + "\n"


def _function(form: Format) -> str:
    return "_" + form.name.lower().replace(" ", "_")


def _suffixes(suffixes: tuple[str, ...]) -> list[str]:
    quoted = [f'"{suffix}"' for suffix in suffixes]
    line = f"        suffixes=({', '.join(quoted)}{',' * (len(quoted) == 1)}),"
    if len(line) <= LONGEST_LINE:
        return [line]
    return ["        suffixes=(", *(f"            {each}," for each in quoted), "        ),"]


def _pattern(signature: bytes | None) -> list[str]:
    if signature is None:
        return ["        signature=None,"]
    text = signature.decode("ascii")
    assert '"' not in text, f"write \\x22 instead of a quote: {text}"
    line = f'        signature=rb"{text}",'
    if len(line) <= 100:
        return [line]
    parts = re.findall(r"(?:\\x..|\\.|[^\\]){1,60}", text)
    assert "".join(parts) == text
    return ["        signature=(", *(f'            rb"{part}"' for part in parts), "        ),"]


def page() -> str:
    """Return the page about formats with its table and list written anew."""
    text = PAGE.read_text(encoding="utf-8")
    for mark, lines in (("formats", _table()), ("refused", _refused())):
        text = rewritten(text, mark, "\n".join(lines) + "\n")
    return text


def _table() -> list[str]:
    lines = [
        "| format | suffixes | values | pixels | beside them | several |",
        "|---|---|---|---|---|---|",
    ]
    for form, _, _ in declared():
        suffixes = ", ".join(f"`{suffix}`" for suffix in form.suffixes)
        name = form.name if form.write is not None else f"{form.name}, only read"
        name += f", by `[{form.extra}]`" * bool(form.extra)
        cells = [name, suffixes, _values(form), _pixels(form), _kept(form)]
        lines.append(f"| {' | '.join([*cells, form.holds.several or 'no'])} |")
    return lines


def _values(form: Format) -> str:
    holds = form.holds
    if holds.arrays:
        return "every dtype, as it is"
    words = {1: "black and white", 8: "8 bits", 16: "8 and 16 bits", 32: "8 and 16 bits, floats"}
    kinds = "floats" if holds.floats_alone else words[holds.depth]
    if form.deep_extra:
        kinds = f"8 bits, by `[{form.deep_extra}]` {kinds.removeprefix('8 and ')}"
    parts = [kinds + ", 16 bits with a sign" * holds.signed]
    if holds.colours:
        parts.append(f"{holds.colours} colours a frame")
    if holds.lossy:
        parts.append("lossy")
    quality = f"; `--quality`: {form.quality}" if form.quality else ""
    return ", ".join(parts) + quality


def _pixels(form: Format) -> str:
    holds = form.holds
    if holds.arrays:
        return "any number of channels, stacks of pictures; nothing tells which is alpha"
    kinds = ["grey"] * holds.grey + ["RGB"] * holds.colour
    alpha = "full transparency" if holds.colours else "alpha"
    bands = "; further channels" * holds.bands
    return ", ".join(kinds) + f", with or without {alpha}" * holds.alpha + bands


def _kept(form: Format) -> str:
    kept = [_KEPT_IN_WORDS.get(word, word) for word in get_args(Kept) if word in form.keeps]
    return ", ".join(kept) or "nothing"


def _refused() -> list[str]:
    return [
        f"- {refused.what}"
        + (f" ({', '.join(f'`{suffix}`' for suffix in refused.suffixes)})" * bool(refused.suffixes))
        + f", {refused.way_out}"
        for refused in REFUSED
        if refused.suffixes
    ]
