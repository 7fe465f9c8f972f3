from __future__ import annotations

import pytest

from worker.policy import LONGEST_WAIT, wait_before


@pytest.mark.parametrize(("attempt", "seconds"), [(1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (1000, 60)])
def test_the_wait_doubles_up_to_a_minute(attempt: int, seconds: float) -> None:
    assert wait_before(attempt, 1, lambda: 0.5) == seconds


@pytest.mark.parametrize(("drawn", "share"), [(0.0, 0.75), (0.5, 1.0), (1.0, 1.25)])
def test_what_failed_together_is_not_tried_again_together(drawn: float, share: float) -> None:
    assert wait_before(20, 1, lambda: drawn) == LONGEST_WAIT * share
