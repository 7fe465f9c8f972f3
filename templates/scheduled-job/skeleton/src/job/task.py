"""The example task: replace it with what this job is for, and with it `tests/test_task.py` and `acceptance/test_result.py`.

It adds up the amounts of one day. What every task should keep: it is for a named day, it may be run again at any time, and nobody ever
sees half of its result.
"""

from __future__ import annotations

import csv
import json
import os
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path


class BadInput(Exception):  # noqa: N818 - says what it is
    """The input is not what the task can work with; running again will not help."""


def run(day: date, data: Path) -> int:
    """Writes `<data>/results/<day>.json` from `<data>/input/<day>.csv`, and answers how many records it read. No input is no records."""
    total = Decimal(0)
    records = 0
    source = data / "input" / f"{day}.csv"
    if source.exists():
        with source.open(encoding="utf-8", newline="") as lines:
            for number, row in enumerate(csv.DictReader(lines), start=2):
                try:
                    total += Decimal(row["amount"])
                except (KeyError, TypeError, InvalidOperation):
                    raise BadInput(f"{source.name}:{number}: no amount") from None
                records += 1
    write_whole(data / "results" / f"{day}.json", {"day": str(day), "records": records, "total": str(total)})
    return records


def write_whole(path: Path, content: dict[str, object]) -> None:
    """Puts the file in place in one step, so that a reader (or a run cut short) finds the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(f".{os.getpid()}.partial")
    try:
        with beside.open("w", encoding="utf-8") as file:
            json.dump(content, file)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
