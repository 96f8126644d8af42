"""The journal of runs into a folder: what is done, and why a file would be done again."""

__all__ = ["NAME"]

NAME = ".convfilter-journal"
"""Of the file, in the folder of the outputs."""
