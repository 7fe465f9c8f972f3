"""A run ends by itself when its time is up or when it is told to stop."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class CutShort(Exception):  # noqa: N818 - says what it is
    """The run did not get to its end; it may be run again."""


@contextmanager
def limits(deadline: float) -> Iterator[None]:
    """Raises CutShort inside after `deadline` seconds, and on SIGTERM. For the main thread."""

    def too_late(_signal: int, _frame: FrameType | None) -> None:
        raise CutShort(f"not done after {deadline:g} seconds")

    def told(_signal: int, _frame: FrameType | None) -> None:
        raise CutShort("told to stop")

    before = [signal.signal(signal.SIGALRM, too_late), signal.signal(signal.SIGTERM, told)]
    signal.setitimer(signal.ITIMER_REAL, deadline)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before[0])
        signal.signal(signal.SIGTERM, before[1])
