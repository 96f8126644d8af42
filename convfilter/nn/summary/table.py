"""The summary of a network as text: a table of its layers as wide as there is room, and totals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from convfilter.nn.layers.window import Pads, Pair
from convfilter.nn.summary.rows import Row, Summary

GAP = "  "


@dataclass(frozen=True)
class _Column:
    """A column of the table: the lines of its title, what stands in it, and on which side."""

    title: tuple[str, str]
    cell: Callable[[Row], str]
    is_number: bool = True


NAME = _Column(
    ("", "Layer"), lambda row: f"{row.name} ({row.alias})" if row.alias else row.name, False
)

WINDOWS = (
    _Column(("", "Type"), lambda row: row.type, False),
    _Column(("", "Followed by"), lambda row: _joined(row.normalisation, row.activation), False),
    _Column(("", "Maps"), lambda row: str(row.maps)),
    _Column(("", "Size"), lambda row: _sides(row.size) if row.size else ""),
    _Column(("", "Kernel"), lambda row: _sides(row.kernel) if row.kernel else ""),
    _Column(("", "Stride"), lambda row: _pair(row.stride)),
    _Column(("Pad-", "ding"), lambda row: _padding(row.padding)),
    _Column(("Dila-", "tion"), lambda row: _unless((1, 1), row.dilation)),
    _Column(("", "Groups"), lambda row: "" if row.groups in (None, 1) else str(row.groups)),
)

COSTS = (
    _Column(("Para-", "meters"), lambda row: f"{row.parameters:,}"),
    _Column(("Multi-", "ply-adds"), lambda row: short_number(row.multiply_adds)),
    _Column(("Memory of", "output"), lambda row: memory(row.activation_bytes)),
    _Column(
        ("Weights", "if dense"),
        lambda row: "" if row.dense_weights is None else short_number(row.dense_weights),
    ),
)

FIELDS = (
    _Column(("Receptive", "field"), lambda row: _pair(row.receptive_field.size)),
    _Column(("Field's", "stride"), lambda row: _unless((0, 0), row.receptive_field.stride)),
    _Column(("Field's", "offset"), lambda row: _pair(row.receptive_field.offset)),
)


def as_text(summary: Summary, width: int | None = None) -> str:
    """Return a table of the layers and the totals below it.

    Where it would be wider than `width` characters there are several tables, one below the other.
    """
    lines = [f"{summary.name}, for pictures of {_input(summary)}", ""]
    for columns in _tables(summary.layers, width):
        lines += [*_table(columns, summary.layers), ""]
    return "\n".join([*lines, *_totals(summary, width)])


def _tables(rows: Sequence[Row], width: int | None) -> list[list[_Column]]:
    """Return the columns of each table; those that belong together stay so if they can."""
    tables = [[NAME]]

    def fits(*columns: _Column) -> bool:
        return width is None or _width(columns, rows) <= width

    for group in (WINDOWS, COSTS, FIELDS):
        filled = [column for column in group if any(column.cell(row) for row in rows)]
        if fits(*tables[-1], *filled):
            tables[-1] += filled
        elif fits(NAME, *filled):
            tables.append([NAME, *filled])
        else:
            for column in filled:
                if len(tables[-1]) > 1 and not fits(*tables[-1], column):
                    tables.append([NAME])
                tables[-1].append(column)
    return tables


def memory(size: int) -> str:
    """Return a number of bytes with a unit: 11.44 MiB."""
    for unit, large in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if size >= large:
            return f"{_digits(size / large)} {unit}"
    return f"{size} B"


def short_number(number: int) -> str:
    """Return a number with a unit: 225.0M."""
    for unit, large in (("T", 10**12), ("G", 10**9), ("M", 10**6), ("k", 10**3)):
        if number >= large:
            return f"{_digits(number / large)}{unit}"
    return str(number)


def _digits(value: float) -> str:
    return f"{value:.1f}" if value >= 100 else f"{value:.2f}"


def _totals(summary: Summary, width: int | None) -> list[str]:
    entries = [
        (
            "Parameters",
            f"{summary.parameters:,}; all arrays take {memory(summary.parameter_bytes)}",
        ),
        ("Connections", f"{summary.connections:,}"),
        ("Multiply-adds", f"{summary.multiply_adds:,} for a picture"),
        ("Activations", f"{memory(summary.activation_bytes)} for a picture, all layers together"),
        ("At inference", f"{memory(summary.inference_bytes)} at most, as memory is used again"),
        ("In training", f"{memory(summary.training_bytes)}, as every step's output is kept"),
    ]
    if summary.dense_weights:
        entries.append(("If dense", _dense(summary)))
    indent = max(len(title) for title, _ in entries) + len(GAP)
    lines = []
    for title, text in entries:
        first, *rest = _wrapped(text, None if width is None else width - indent)
        lines.append(f"{title:<{indent}}{first}")
        lines += [" " * indent + line for line in rest]
    return lines


def _dense(summary: Summary) -> str:
    with_kernels = [row for row in summary.layers if row.dense_weights is not None]
    if len(with_kernels) == 1:
        (row,) = with_kernels
        return (
            f"a fully connected layer would need {row.dense_weights_per_map:,} weights for one map,"
            f" {row.dense_weights:,} for all {row.maps:,}"
        )
    return (
        f"fully connected layers in place of the {len(with_kernels)} convolutions would need"
        f" {summary.dense_weights:,} weights"
    )


def _table(columns: Sequence[_Column], rows: Sequence[Row]) -> list[str]:
    widths = _widths(columns, rows)
    lines = [[column.title[i] for column in columns] for i in (0, 1)]
    if not any(lines[0]):
        del lines[0]
    lines.append(["-" * width for width in widths])
    lines += [[column.cell(row) for column in columns] for row in rows]
    return [
        GAP.join(
            f"{cell:>{width}}" if column.is_number else f"{cell:<{width}}"
            for cell, width, column in zip(line, widths, columns, strict=True)
        ).rstrip()
        for line in lines
    ]


def _widths(columns: Sequence[_Column], rows: Sequence[Row]) -> list[int]:
    return [
        max(map(len, (*column.title, *(column.cell(row) for row in rows)))) for column in columns
    ]


def _width(columns: Sequence[_Column], rows: Sequence[Row]) -> int:
    return sum(_widths(columns, rows)) + len(GAP) * (len(columns) - 1)


def _wrapped(text: str, width: int | None) -> list[str]:
    import textwrap

    return textwrap.wrap(text, width) if width and width > 20 else [text]


def _input(summary: Summary) -> str:
    maps, *sides = summary.input
    if len(sides) != 2:
        return "x".join(map(str, summary.input))
    return f"{sides[0]}x{sides[1]}, {maps} {'map' if maps == 1 else 'maps'}"


def _sides(pair: Pair) -> str:
    return f"{pair[0]}x{pair[1]}"


def _pair(pair: Pair | None) -> str:
    """Return one number where both are the same."""
    if pair is None:
        return ""
    return str(pair[0]) if pair[0] == pair[1] else _sides(pair)


def _unless(usual: Pair, pair: Pair | None) -> str:
    return "" if pair == usual else _pair(pair)


def _padding(pads: Pads | None) -> str:
    """Return what is added before and after, 2+3 where that differs, rows x columns."""
    if pads is None:
        return ""
    rows, columns = (
        str(before) if before == after else f"{before}+{after}" for before, after in pads
    )
    return rows if rows == columns else f"{rows}x{columns}"


def _joined(*words: str) -> str:
    return ", ".join(word for word in words if word)
