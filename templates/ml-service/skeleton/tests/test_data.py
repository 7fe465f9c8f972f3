from __future__ import annotations

import json
from pathlib import Path

import pytest

from training.data import WrongData, load_data, record, sha256


def test_reads_what_the_manifest_names(checkout: Path) -> None:
    data = load_data(checkout / "data")
    assert data.version == sha256(checkout / "data" / "manifest.json")
    assert len(data.train.labels) == len(data.train.features) == len(data.train.slices) > 0


def test_notices_a_single_changed_value(checkout: Path) -> None:
    file = checkout / "data" / "test.csv"
    file.write_text(file.read_text().replace(",0\n", ",1\n", 1))
    with pytest.raises(WrongData, match=r"test\.csv is not what the manifest names"):
        load_data(checkout / "data")


def test_notices_a_file_nobody_named(checkout: Path) -> None:
    (checkout / "data" / "more.csv").write_text("")
    with pytest.raises(WrongData, match=r"more\.csv"):
        load_data(checkout / "data")


def test_new_data_is_recorded_and_is_another_version(checkout: Path) -> None:
    folder = checkout / "data"
    before = load_data(folder).version
    file = folder / "train.csv"
    file.write_text("\n".join(file.read_text().splitlines()[:-1]) + "\n")
    record(folder)
    after = load_data(folder)
    assert after.version != before
    assert json.loads((folder / "manifest.json").read_text())["files"]["train.csv"]["rows"] == len(after.train.labels)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("1.7,1,9,3.1,west,0", "far,1,9,3.1,west,0", r"train\.csv:2: could not convert"),
        ("1.7,1,9,3.1,west,0", "-1.7,1,9,3.1,west,0", r"train\.csv:2: distance_km must be from 0 to 100"),
        ("1.7,1,9,3.1,west,0", "1.7,1.5,9,3.1,west,0", r"train\.csv:2: items must be a whole number"),
        ("1.7,1,9,3.1,west,0", "nan,1,9,3.1,west,0", r"train\.csv:2: distance_km must be"),
        ("1.7,1,9,3.1,west,0", "1.7,1,9,3.1,west,2", r"train\.csv:2: '2'"),
        ("1.7,1,9,3.1,west,0", "1.7,1,9,3.1,island,0", "does not hold both outcomes for region island"),
        ("rain_mm", "rain", r"train\.csv:2: 'rain_mm'"),
    ],
)
def test_bad_rows_are_never_recorded(checkout: Path, old: str, new: str, words: str) -> None:
    file = checkout / "data" / "train.csv"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))
    with pytest.raises(WrongData, match=words):
        record(checkout / "data")


def test_a_model_is_never_judged_by_what_it_has_seen(checkout: Path) -> None:
    train, test = checkout / "data" / "train.csv", checkout / "data" / "test.csv"
    test.write_text(test.read_text() + train.read_text().splitlines()[1] + "\n")
    with pytest.raises(WrongData, match="1 rows are in both"):
        record(checkout / "data")
