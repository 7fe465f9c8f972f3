"""What becomes of an event whose handling failed."""

from __future__ import annotations

from collections.abc import Callable

LONGEST_WAIT = 60.0
"""Longest wait between two attempts, in seconds."""


def wait_before(attempt: int, backoff: float, random: Callable[[], float]) -> float:
    """Seconds until the attempt after `attempt` (1 is the first). Doubles, and differs a little, so that what failed together is not
    tried again together."""
    exact = min(backoff * 2.0 ** min(attempt - 1, 16), LONGEST_WAIT)
    return exact * (0.75 + random() / 2)
