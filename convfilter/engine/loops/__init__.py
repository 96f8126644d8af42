"""The inner loops: ordinary Numba modules over plain arrays, imported only to be compiled.

A loop gets every byte of memory that it needs from its caller. It neither allocates nor raises, and
never relies on integers that wrap around, so that the same source also runs as plain Python.
"""
