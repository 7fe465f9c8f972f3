"""Runs against what a deployed run left: `DATA_DIR=… RUN_LOG=… python -m pytest acceptance`."""

from __future__ import annotations

import json
import os
from pathlib import Path

DATA = Path(os.environ["DATA_DIR"])
# The day it was for, as the run itself says.
DAY = json.loads(Path(os.environ["RUN_LOG"]).read_text(encoding="utf-8").splitlines()[-1])["day"]


def test_the_day_has_a_whole_result() -> None:
    result = json.loads((DATA / "results" / f"{DAY}.json").read_text(encoding="utf-8"))
    assert result["day"] == DAY
    assert result["records"] >= 0


def test_nothing_half_made_is_left() -> None:
    assert list((DATA / "results").glob("*.partial")) == []
