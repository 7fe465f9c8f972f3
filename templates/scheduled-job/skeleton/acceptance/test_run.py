"""What a deployed run says of itself: `RUN_LOG=… DEADLINE_SECONDS=600 python -m pytest acceptance/test_run.py`."""

from __future__ import annotations

import datetime
import json
import os
from pathlib import Path

LAST = json.loads(Path(os.environ["RUN_LOG"]).read_text(encoding="utf-8").splitlines()[-1])


def test_the_run_came_to_its_end_in_time() -> None:
    assert LAST["msg"] == "succeeded"
    assert 0 <= LAST["seconds"] < float(os.environ["DEADLINE_SECONDS"])


def test_the_run_was_for_a_day_and_counted_what_it_did() -> None:
    assert datetime.date.fromisoformat(LAST["day"])
    assert LAST["records"] >= 0
