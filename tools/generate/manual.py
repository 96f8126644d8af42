"""The manual page, `man convfilter`, from what the command declares and the pages say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import click

from convfilter.cli import commands
from convfilter.cli.commands.listing import families
from convfilter.cli.files import engine_options, file_sections
from convfilter.cli.group import Commands
from tools.generate import ROOT

__all__ = ["page"]

PLACE = "docs/convfilter.1"

HEAD = r""".\" Written by python -m tools.generate
.TH CONVFILTER 1 "" convfilter "User commands"
.SH NAME
convfilter \- fast, exact image filters
.SH SYNOPSIS
.nf
\fBconvfilter\fR \fIFILTER\fR \fIINPUT\fR... [\fIOUTPUT\fR] [\fIOPTIONS\fR]
\fBconvfilter\fR \fBpipe\fR "\fIFILTER\fR | \fIFILTER\fR" \fIINPUT\fR... [\fIOUTPUT\fR]
\fBconvfilter\fR \fICOMMAND\fR \fB\-\-help\fR
.fi
"""
ENVIRONMENT = {
    "CONVFILTER_CACHE_DIR": "Folder of compiled loops, in place of one in the user's cache.",
    "CONVFILTER_WORKERS": "How many CPUs are used, in place of those that the system grants.",
    "CONVFILTER_DEBUG": "1 shows the traceback of an internal error.",
}
EXAMPLES = (
    "convfilter sobel photo.jpg edges.png",
    "convfilter gaussian-blur --sigma 2 -r photos soft",
    'convfilter pipe "gaussian-blur sigma=2 | sobel" - - < photo.png > edges.png',
)


def page() -> str:
    """Return the page in the language of troff."""
    group = Commands()
    parts = [HEAD, ".SH DESCRIPTION\n", _text(group.help or ""), *_listed(commands.SUMMARIES)]
    parts.append(".SH FILTERS\n")
    for family, entries in families().items():
        parts.append(f".SS {family.replace('_', ' ').capitalize()}\n")
        parts += _listed(dict(entries))
    parts.append(
        ".SH KERNELS\nKernels are commands as well: \\fBconvfilter kernels\\fR lists them.\n"
    )
    parts.append(".SH OPTIONS OF EVERY FILTER\n")
    parts.append("Each filter has more: \\fBconvfilter\\fR \\fIFILTER\\fR \\fB\\-\\-help\\fR.\n")
    parts += _options(engine_options())
    for title, options in file_sections():
        parts += [f".SS {title}\n", *_options(options)]
    parts.append(".SH EXIT STATUS\n")
    parts += _listed(_exit_codes())
    parts.append(".SH ENVIRONMENT\n")
    parts += _listed(ENVIRONMENT)
    parts.append(".SH EXAMPLES\n.nf\n")
    parts += [f"{_escaped(line)}\n" for line in EXAMPLES]
    return "".join([*parts, ".fi\n"])


def _options(options: Sequence[click.Option]) -> Iterator[str]:
    context = click.Context(click.Command("convfilter"))
    for option in options:
        record = option.get_help_record(context)
        assert record is not None
        yield from _listed(dict([record]))


def _listed(entries: dict[str, str]) -> Iterator[str]:
    for name, text in entries.items():
        yield f".TP\n\\fB{_escaped(name)}\\fR\n{_text(text)}"


def _exit_codes() -> dict[str, str]:
    """Return the exit codes with their meanings, from the page that has them."""
    text = (ROOT / "docs/output.md").read_text(encoding="utf-8")
    table = text.partition("## Exit codes")[2].partition("\n\n")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| ([\d+N ]+?) \| (.+) \|$", table, re.MULTILINE)
    return {code: f"{meaning[:1].upper()}{meaning[1:]}." for code, meaning in rows}


def _text(text: str) -> str:
    return "".join(f"{_escaped(line.strip())}\n" for line in text.splitlines() if line.strip())


def _escaped(text: str) -> str:
    escaped = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{escaped}" if escaped.startswith((".", "'")) else escaped
