from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from service.model import Feature, Reference, WrongInput, WrongModel, load_model, parse_model, probability, version_of

CONTENT: dict[str, Any] = {
    "features": [
        {"name": "distance", "lowest": 0, "highest": 10, "whole": False},
        {"name": "items", "lowest": 1, "highest": 9, "whole": True},
    ],
    "intercept": -1.0,
    "weights": [0.5, 0.0],
    "references": {
        "distance": {"bounds": [1, 2], "shares": [0.25, 0.25, 0.5]},
        "prediction": {"bounds": [0.5], "shares": [0.5, 0.5]},
    },
    "examples": [{"input": {"distance": 2, "items": 1}, "prediction": 0.5}],
    "lineage": {"data": "0" * 64},
}


def written(folder: Path, content: dict[str, Any] | None = None) -> Path:
    """A registry with one model, promoted."""
    file = json.dumps(content or CONTENT).encode()
    version, digest = version_of(file)
    (folder / version).mkdir()
    (folder / version / "model.json").write_bytes(file)
    (folder / "current.json").write_text(json.dumps({"version": version, "sha256": digest}))
    return folder / version / "model.json"


def test_serves_what_was_promoted(tmp_path: Path) -> None:
    file = written(tmp_path)
    model = load_model(tmp_path)
    assert model.version == file.parent.name
    assert model.predict(model.read({"distance": 2, "items": 1})) == 0.5


def test_refuses_a_model_that_was_changed_after_training(tmp_path: Path) -> None:
    file = written(tmp_path)
    file.write_bytes(file.read_bytes().replace(b'"lineage"', b'"lineage" '))
    with pytest.raises(WrongModel, match="is not what was promoted"):
        load_model(tmp_path)


def test_refuses_another_model_under_the_promoted_name(tmp_path: Path) -> None:
    file = written(tmp_path)
    pointer = tmp_path / "current.json"
    pointer.write_text(json.dumps({"version": file.parent.name, "sha256": "0" * 64}))
    with pytest.raises(WrongModel, match="is not what was promoted"):
        load_model(tmp_path)


@pytest.mark.parametrize("pointer", [None, "", "[]", "{}", '{"version": "gone", "sha256": "gone"}', '{"version": "../..", "sha256": ""}'])
def test_refuses_to_guess_which_model_is_meant(tmp_path: Path, pointer: str | None) -> None:
    written(tmp_path)
    (tmp_path / "current.json").unlink()
    if pointer is not None:
        (tmp_path / "current.json").write_text(pointer)
    with pytest.raises(WrongModel, match="no model was promoted"):
        load_model(tmp_path)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"intercept": -1.1}, "does not answer its examples"),
        ({"intercept": float("nan")}, "does not answer its examples"),
        ({"examples": []}, "does not answer its examples"),
        ({"weights": [0.5]}, "is no model"),
        ({"features": [{"name": "distance"}]}, "is no model"),
        ({"references": []}, "is no model"),
    ],
)
def test_refuses_a_model_that_does_not_answer_as_in_training(change: dict[str, Any], reason: str) -> None:
    with pytest.raises(WrongModel, match=reason):
        parse_model(json.dumps({**CONTENT, **change}).encode())


@pytest.mark.parametrize(("value", "index"), [(-5, 0), (0.99, 0), (1, 1), (1.5, 1), (2, 2), (100, 2)])
def test_a_value_on_a_bound_is_in_the_bin_above(value: float, index: int) -> None:
    assert Reference((1, 2), (0.25, 0.25, 0.5)).bin_of(value) == index


@pytest.mark.parametrize(
    ("body", "feature"),
    [
        ([], "body"),
        ({"distance": 1, "items": 1, "rain": 1}, "body"),
        ({"distance": 1}, "items"),
        ({"distance": "1", "items": 1}, "distance"),
        ({"distance": True, "items": 1}, "distance"),
        ({"distance": None, "items": 1}, "distance"),
        ({"distance": float("nan"), "items": 1}, "distance"),
        ({"distance": float("inf"), "items": 1}, "distance"),
        ({"distance": 10**400, "items": 1}, "distance"),
        ({"distance": -0.1, "items": 1}, "distance"),
        ({"distance": 10.1, "items": 1}, "distance"),
        ({"distance": 1, "items": 1.5}, "items"),
        ({"distance": 1, "items": 0}, "items"),
    ],
)
def test_refuses_what_training_would_have_refused(body: object, feature: str) -> None:
    with pytest.raises(WrongInput) as caught:
        parse_model(json.dumps(CONTENT).encode()).read(body)
    assert caught.value.feature == feature


@pytest.mark.parametrize("value", [0, 10, 3.5])
def test_takes_what_is_in_the_range(value: float) -> None:
    assert Feature("distance", 0, 10, whole=False).read(value) == value


@pytest.mark.parametrize(("logit", "expected"), [(0, 0.5), (1000, 1.0), (-1000, 0.0), (1, 1 / (1 + math.exp(-1)))])
def test_is_a_probability_however_far_away(logit: float, expected: float) -> None:
    assert probability(logit, [], []) == pytest.approx(expected)
