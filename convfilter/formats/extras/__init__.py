"""Formats that need the library of an extra: nothing here is imported unless such a file is met."""
