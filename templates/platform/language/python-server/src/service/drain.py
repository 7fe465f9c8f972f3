"""Whether the service was told to stop, known to all its processes."""

from __future__ import annotations

import mmap


class Drain:
    """A flag in memory that workers share with the server they were forked from. Create it before the fork."""

    def __init__(self) -> None:
        self._flag = mmap.mmap(-1, 1)

    def begin(self) -> None:
        """From now on the service is not ready; it still answers."""
        self._flag[0] = 1

    @property
    def draining(self) -> bool:
        return self._flag[0] == 1
