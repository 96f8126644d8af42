"""Gaps of a picture, filled with what weighs nothing."""

from convfilter.runtime.compiled.declare import loop


@loop("const S[:] values, const u1[:] mask, S value, S[:] out")
def replace(values, mask, value, out):
    """Copy values, and put one in their place where the mask is 0."""
    for x in range(out.shape[0]):
        kept = values[x]
        out[x] = kept if mask[x] != 0 else value
