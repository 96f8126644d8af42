"""How a network runs: what its steps are, how long each takes, and why it is done as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from convfilter.nn.layers.layer import Shape

if TYPE_CHECKING:
    from convfilter.nn.running.operation import Step


@dataclass(frozen=True)
class Explained:
    """A step of a network as it ran.

    Attributes
    ----------
    layers : whose work it does, several where they are done at once
    way : how, in a word or two
    milliseconds : that it took
    gflops : floating-point operations that the layers ask for, whatever the way, in billions a
        second; None where they ask for none to speak of
    reason : why it was done this way, or why not faster; often there is nothing to say
    """

    layers: tuple[str, ...]
    way: str
    milliseconds: float
    gflops: float | None
    reason: str


@dataclass(frozen=True)
class Explanation:
    """How a network ran on one picture; as text, a table.

    Attributes
    ----------
    name : of the network
    input : its shape
    threads : that shared each step
    memory_bytes : of all numbers between the layers, as planned
    steps : in their order, each timed by itself
    """

    name: str
    input: Shape
    threads: int
    memory_bytes: int
    steps: tuple[Explained, ...]

    @property
    def milliseconds(self) -> float:
        """Of all steps."""
        return sum(step.milliseconds for step in self.steps)

    def __str__(self) -> str:
        sides = "x".join(map(str, self.input))
        threads = "1 thread" if self.threads == 1 else f"{self.threads} threads"
        lines = [
            f"{self.name} for {sides}, {threads}: {self.milliseconds:.2f} ms in"
            f" {len(self.steps)} steps, {self.memory_bytes / 2**20:.1f} MiB of memory",
            "        ms  GFLOP/s",
        ]
        told: tuple[tuple[str, ...], str] | None = None
        width = max(len(step.way) for step in self.steps)
        for step in self.steps:
            speed = "" if step.gflops is None else f"{step.gflops:.1f}"
            layers = " + ".join(step.layers)
            lines.append(f"  {step.milliseconds:8.3f}  {speed:>7}  {step.way:{width}}  {layers}")
            if step.reason and told != (step.layers, step.reason):
                lines.append(f"{'':21}{step.reason}")
            told = step.layers, step.reason
        return "\n".join(lines)


def explained(steps: Sequence[Step], seconds: Sequence[float]) -> tuple[Explained, ...]:
    """Return steps as they ran, with the seconds of each."""
    return tuple(
        Explained(
            step.layers,
            step.way,
            taken * 1e3,
            step.flops / taken / 1e9 if step.flops else None,
            step.reason,
        )
        for step, taken in zip(steps, seconds, strict=True)
    )
