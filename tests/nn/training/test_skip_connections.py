"""What docs/training.md says of skip connections."""

from __future__ import annotations

from benchmarks.skip_connections import norms


def test_gradients_vanish_without_skip_connections() -> None:
    plain, skips = norms(20, skips=False), norms(20, skips=True)
    assert plain[0] < plain[-1] / 8
    assert skips[0] > skips[-1]
    assert all(one < other for one, other in zip(plain[:-1], skips[:-1], strict=True))
