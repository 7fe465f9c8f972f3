"""The data a model is made of, and the proof that it is that data.

`data/manifest.json` names every file with its hash and says what its columns may hold; the manifest's own hash is the version of the data.
New data is a reviewed change of the manifest: `python -m training.data` checks the files and writes their hashes into it. Where files are
too large for a repository they lie elsewhere (DVC, a bucket), and the manifest stays here.
"""

from __future__ import annotations

import csv
import hashlib
import json
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from service.model import PREDICTION, Feature, WrongInput

FILES = ("train.csv", "test.csv")
"""What a model is made from, and what it is judged by: no row is in both."""


class WrongData(Exception):  # noqa: N818 - says what it is
    """The data is not what the manifest says, or not what a model can be made from."""


@dataclass(frozen=True)
class Rows:
    features: list[list[float]]
    labels: list[int]
    slices: list[str]


@dataclass(frozen=True)
class Data:
    version: str
    """SHA-256 of the manifest."""
    description: str
    features: tuple[Feature, ...]
    label: str
    slice: str
    """The column a model must not be worse for; not a feature."""
    train: Rows
    test: Rows


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def load_data(folder: Path, *, hashes: bool = True) -> Data:
    """Reads the data after comparing it with the manifest. Raises WrongData, naming file and line."""
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        schema = manifest["schema"]
        features = tuple(Feature(**{k: v for k, v in f.items() if k != "description"}) for f in schema["features"])
        label, groups, files = str(schema["label"]), str(schema["slice"]), manifest["files"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WrongData(f"manifest.json cannot be read: {error!r}") from error
    if PREDICTION in {feature.name for feature in features}:
        raise WrongData(f"a feature cannot be called {PREDICTION}")
    there = {path.name for path in folder.iterdir()} - {"manifest.json"}
    if not there == set(files) == set(FILES):
        raise WrongData(f"the manifest names {sorted(files)}, there are {sorted(there)}, and training needs {sorted(FILES)}")
    parts = {}
    for name in FILES:
        if hashes and sha256(folder / name) != files[name]["sha256"]:
            raise WrongData(f"{name} is not what the manifest names: its hash is {sha256(folder / name)}")
        parts[name] = read_rows(folder / name, features, label, groups)
        if hashes and len(parts[name].labels) != files[name]["rows"]:
            raise WrongData(f"{name} has {len(parts[name].labels)} rows; the manifest says {files[name]['rows']}")
    train, test = (parts[name] for name in FILES)
    shared = {tuple(row) for row in train.features} & {tuple(row) for row in test.features}
    if shared:
        raise WrongData(f"{len(shared)} rows are in both {' and '.join(FILES)}: the model would be judged by what it has seen")
    return Data(sha256(folder / "manifest.json"), manifest["description"], features, label, groups, train, test)


def read_rows(path: Path, features: tuple[Feature, ...], label: str, groups: str) -> Rows:
    """Raises WrongData for the first line that is not as the schema says."""
    rows = Rows([], [], [])
    with path.open(encoding="utf-8", newline="") as lines:
        for number, row in enumerate(csv.DictReader(lines), start=2):
            try:
                rows.features.append([feature.read(float(row[feature.name])) for feature in features])
                rows.labels.append({"0": 0, "1": 1}[row[label]])
                rows.slices.append(str(row[groups]))
            except (KeyError, TypeError, ValueError, WrongInput) as error:
                raise WrongData(f"{path.name}:{number}: {error}") from error
    for group, labels in _labels_by_group(rows).items():
        if len(labels) != 2:
            raise WrongData(f"{path.name} does not hold both outcomes for {groups} {group}")
    if not rows.labels:
        raise WrongData(f"{path.name} is empty")
    return rows


def _labels_by_group(rows: Rows) -> dict[str, Counter[int]]:
    found: dict[str, Counter[int]] = {}
    for group, label in zip(rows.slices, rows.labels, strict=True):
        found.setdefault(group, Counter())[label] += 1
    return found


def record(folder: Path) -> None:
    """Writes the hashes of files that were checked into the manifest. Raises WrongData."""
    data = load_data(folder, hashes=False)
    manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    for name, rows in zip(FILES, (data.train, data.test), strict=True):
        manifest["files"][name] = {"sha256": sha256(folder / name), "rows": len(rows.labels)}
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    try:
        record(Path(__file__).parents[1] / "data")
    except WrongData as error:
        sys.exit(str(error))
