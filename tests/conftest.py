"""Settings of all tests."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile(
    "convfilter",
    deadline=None,  # the first call of a loop compiles it, which no deadline should count
    derandomize=True,  # the same examples every time; new ones are the business of tests.fuzz
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("convfilter")
