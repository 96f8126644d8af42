"""TOML files with the lines of what they say, for messages, and values written as TOML."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from convfilter.errors import PipelineError, UsageError, reason_of, shown

__all__ = ["LARGEST_FILE", "Document", "table", "value"]

LARGEST_FILE = 1 << 20
"""Bytes of a file, and characters of a text."""

_LONGEST = 300
"""Lines of one value; where one has more, no line is named from there on."""

Key = str | int
"""The name of a table or value, or the number of a table in a list of them."""


class Document:
    """What a TOML file says, and in which lines.

    Attributes
    ----------
    name : what messages call it
    tables : its content
    names_files : whether it may name further files, which what came with a picture may not
    """

    def __init__(self, text: str, name: str, *, names_files: bool = True) -> None:
        import tomllib

        self.name = name
        self.names_files = names_files
        self._text = text
        try:
            if len(text) > LARGEST_FILE:
                raise PipelineError(f"{name}: longer than {LARGEST_FILE} characters")
            self.tables: dict[str, Any] = tomllib.loads(text)
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            raise PipelineError(f"{name}: not a TOML file: {error}") from error

    @classmethod
    def load(cls, path: Path) -> Document:
        """Read a file.

        Raises
        ------
        PipelineError
            It cannot be read, is too large, or is no TOML.
        """
        name = shown(path)
        try:
            with path.open("rb") as file:
                data = file.read(LARGEST_FILE + 1)
            if len(data) > LARGEST_FILE:
                raise PipelineError(f"{name}: a recipe has at most {LARGEST_FILE} bytes")
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise PipelineError(f"{name}: not a TOML file: it is not text in UTF-8") from error
        except (OSError, ValueError) as error:
            raise PipelineError(f"{name}: {reason_of(error)}") from error
        return cls(text, name)

    def place(self, *keys: Key) -> str:
        """Return the name, with the line in which a table or a value begins."""
        line = dict(self._lines()).get(keys)
        return self.name if line is None else f"{self.name}, line {line}"

    def _lines(self) -> Iterator[tuple[tuple[Key, ...], int]]:
        """Yield every key with its line.

        Statement by statement: as many lines as it takes until they are TOML by themselves.
        """
        import tomllib

        prefix: tuple[Key, ...] = ()
        counts: dict[tuple[Key, ...], int] = {}
        statement, first = "", 1
        for number, line in enumerate(self._text.split("\n"), 1):
            if not statement:
                first = number
            if number - first > _LONGEST:
                return
            statement += line + "\n"
            try:
                said = tomllib.loads(statement)
            except tomllib.TOMLDecodeError:
                continue
            is_header = statement.lstrip().startswith("[")
            statement = ""
            if not said:
                continue
            if is_header:
                prefix = _place_of_header(said, counts)
                yield prefix, first
            else:
                for keys in _keys(said):
                    yield (*prefix, *keys), first


def _place_of_header(said: Any, counts: dict[tuple[Key, ...], int]) -> tuple[Key, ...]:
    """Return the place of a table by what its header says; a list of tables gets one more."""
    place: tuple[Key, ...] = ()
    while said:
        ((name, said),) = said.items()
        place = (*place, name)
        if isinstance(said, list):
            counts[place] = counts.get(place, 0) + 1
            said = said[0]
        if place in counts:
            place = (*place, counts[place] - 1)
    return place


def _keys(said: Mapping[str, Any]) -> Iterator[tuple[Key, ...]]:
    for name, inner in said.items():
        yield (name,)
        if isinstance(inner, dict):
            for keys in _keys(inner):
                yield (name, *keys)


def table(header: str, values: Mapping[str, Any]) -> str:
    """Return a table as TOML: its header, if it has one, and a line for each value."""
    lines = [header] if header else []
    lines += [f"{name} = {value(each)}" for name, each in values.items()]
    return "\n".join(lines) + "\n"


def value(given: Any) -> str:
    """Return text, a number, yes or no, a list or a mapping as TOML, on one line.

    Raises UsageError for text that cannot be UTF-8, as names of files may be.

    Examples
    --------
    >>> value({"sigma": [1, 0.5], "channels": "luma", "flip": True})
    '{ sigma = [1, 0.5], channels = "luma", flip = true }'
    """
    if isinstance(given, bool):
        return "true" if given else "false"
    if isinstance(given, (int, float)):
        return repr(given)
    if isinstance(given, (list, tuple)):
        return f"[{', '.join(map(value, given))}]"
    if isinstance(given, Mapping):
        return f"{{ {', '.join(f'{name} = {value(each)}' for name, each in given.items())} }}"
    import json

    try:
        str(given).encode()
    except UnicodeEncodeError as error:
        raise UsageError(
            f"{shown(given)} is no text in UTF-8, as a TOML file is: rename what is called so"
        ) from error
    # in JSON's way to write text, TOML asks for one character more to be escaped
    return json.dumps(given, ensure_ascii=False).replace("\x7f", "\\u007f")
