"""Settings of all tests."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# The first call of a loop compiles it, which no deadline should count.
settings.register_profile(
    "convfilter",
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("convfilter")
