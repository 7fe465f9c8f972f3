from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from job.task import BadInput, run

DAY = date(2026, 11, 20)


def give(data: Path, text: str) -> None:
    (data / "input").mkdir(exist_ok=True)
    (data / "input" / f"{DAY}.csv").write_text(text, encoding="utf-8")


def result(data: Path) -> object:
    return json.loads((data / "results" / f"{DAY}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("text", "records", "total"),
    [
        ("id,amount\n1,0.10\n2,0.20\n", 2, "0.30"),
        ("id,amount\n", 0, "0"),
        ("id,amount\n1,-5\n", 1, "-5"),
    ],
)
def test_adds_up_a_day(tmp_path: Path, text: str, records: int, total: str) -> None:
    give(tmp_path, text)
    assert run(DAY, tmp_path) == records
    assert result(tmp_path) == {"day": "2026-11-20", "records": records, "total": total}


def test_a_day_without_input_has_no_records(tmp_path: Path) -> None:
    assert run(DAY, tmp_path) == 0
    assert result(tmp_path) == {"day": "2026-11-20", "records": 0, "total": "0"}


def test_running_again_changes_nothing(tmp_path: Path) -> None:
    give(tmp_path, "id,amount\n1,3\n")
    run(DAY, tmp_path)
    once = sorted((path.name, path.read_bytes()) for path in (tmp_path / "results").iterdir())
    run(DAY, tmp_path)
    assert sorted((path.name, path.read_bytes()) for path in (tmp_path / "results").iterdir()) == once


def test_bad_input_is_refused_by_line_and_leaves_the_old_result(tmp_path: Path) -> None:
    run(DAY, tmp_path)
    give(tmp_path, "id,amount\n1,3\n2,three\n")
    with pytest.raises(BadInput, match=r"2026-11-20\.csv:3"):
        run(DAY, tmp_path)
    assert result(tmp_path) == {"day": "2026-11-20", "records": 0, "total": "0"}
