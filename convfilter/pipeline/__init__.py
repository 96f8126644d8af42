"""Pipelines of filters: from Python, from one line of text, from a TOML file."""

from convfilter.pipeline.pipeline import Pipeline, apply
from convfilter.pipeline.steps import Step, find

__all__ = ["Pipeline", "Step", "apply", "find"]
