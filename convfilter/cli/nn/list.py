"""The command `nn list`: which networks there are."""

from __future__ import annotations

from convfilter.cli.commands.listing import print_json
from convfilter.cli.options import Command, flag

__all__ = ["SUMMARY", "command"]

SUMMARY = "List the networks that have names."


def command() -> Command:
    """Return the command that lists networks."""
    return Command(
        "list", callback=_run, help=SUMMARY, sections=[("Options", [flag("--json", "print JSON")])]
    )


def _run(json: bool) -> None:
    from convfilter.nn import models

    known = models.all_models()
    if json:
        print_json([_described(name) for name in known])
        return
    width = max(map(len, known))
    for name, model in known.items():
        print(f"{name:<{width}}  {model.summary}")


def _described(name: str) -> dict[str, object]:
    from convfilter.nn import models

    model = models.all_models()[name]
    graph = model.build()
    parameters = sum(node.layer.trained(*graph.shapes_of(node.inputs)) for node in graph.nodes)
    return {
        "name": name,
        "summary": model.summary,
        "source": model.source,
        "input": [*graph.input_shape],
        "parameters": parameters,
    }
