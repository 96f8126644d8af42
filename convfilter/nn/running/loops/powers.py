"""Exponentials and logarithms of float32, without the C library, for loops that LLVM vectorises.

After Moshier, Cephes Mathematical Library: polynomials that are off by a few units in the last
place.
"""

import numpy as np
from numba.extending import register_jitable

from convfilter.runtime.compiled.declare import OPTIONS

INLINED = {**OPTIONS, "forceinline": True}

ZERO, HALF, ONE, TWO = np.float32(0), np.float32(0.5), np.float32(1), np.float32(2)
LOWEST, HIGHEST = np.float32(-87.0), np.float32(88.0)
"""Exponents between which powers of e are numbers that are not denormal."""

LOG2_E = np.float32(1.44269504088896341)
LN2_HIGH, LN2_LOW = np.float32(0.693359375), np.float32(-2.12194440e-4)
ROOT = np.float32(0.707106781186547524)
E0, E1, E2 = np.float32(1.9875691500e-4), np.float32(1.3981999507e-3), np.float32(8.3334519073e-3)
E3, E4, E5 = np.float32(4.1665795894e-2), np.float32(1.6666665459e-1), np.float32(5.0000001201e-1)
L0, L1, L2 = np.float32(7.0376836292e-2), np.float32(-1.1514610310e-1), np.float32(1.1676998740e-1)
L3, L4, L5 = np.float32(-1.2420140846e-1), np.float32(1.4249322787e-1), np.float32(-1.6668057665e-1)
L6, L7, L8 = np.float32(2.0000714765e-1), np.float32(-2.4999993993e-1), np.float32(3.3333331174e-1)
T0, T1, T2 = (
    np.float32(-5.70498872745e-3),
    np.float32(2.06390887954e-2),
    np.float32(-5.37397155531e-2),
)
T3, T4 = np.float32(1.33314422036e-1), np.float32(-3.33332819422e-1)
NEAR = np.float32(0.625)

BIAS, BITS = np.int32(127), np.int32(23)
FRACTION, EXPONENT_OF_HALF = np.int32(0x007FFFFF), np.int32(0x3F000000)


@register_jitable(**INLINED)
def exponential(x):
    """Return e**x, kept from 1.6e-38 to 1.6e38; NaN of NaN."""
    kept = x if x > LOWEST else LOWEST
    kept = kept if kept < HIGHEST else HIGHEST
    scaled = kept * LOG2_E
    whole = np.int32(scaled + (HALF if scaled > ZERO else -HALF))
    n = np.float32(whole)
    r = (kept - n * LN2_HIGH) - n * LN2_LOW
    p = ((((E0 * r + E1) * r + E2) * r + E3) * r + E4) * r + E5
    p = p * (r * r) + r + ONE
    power = p * np.int32(np.int32(whole + BIAS) << BITS).view(np.float32)
    return power if x == x else x


@register_jitable(**INLINED)
def logarithm(x):
    """Return the natural logarithm of a positive number that is not denormal."""
    bits = np.float32(x).view(np.int32)
    exponent = np.float32(np.int32(bits >> BITS) - np.int32(126))
    m = np.int32(np.int32(bits & FRACTION) | EXPONENT_OF_HALF).view(np.float32)
    is_low = m < ROOT
    exponent = exponent - ONE if is_low else exponent
    r = (m + m if is_low else m) - ONE
    p = ((((((((L0 * r + L1) * r + L2) * r + L3) * r + L4) * r + L5) * r + L6) * r + L7) * r) + L8
    z = r * r
    p = p * r * z + exponent * LN2_LOW - HALF * z
    return r + p + exponent * LN2_HIGH


@register_jitable(**INLINED)
def sigmoid(x):
    """Return 1 / (1 + e**-x)."""
    return ONE / (ONE + exponential(-x))


@register_jitable(**INLINED)
def hyperbolic_tangent(x):
    """Return tanh(x): of small numbers by a polynomial, which keeps their digits."""
    size = -x if x < ZERO else x
    z = x * x
    near = ((((T0 * z + T1) * z + T2) * z + T3) * z + T4) * z * x + x
    far = ONE - TWO / (exponential(size + size) + ONE)
    far = -far if x < ZERO else far
    return near if size < NEAR else far
