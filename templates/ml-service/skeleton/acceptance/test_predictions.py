"""Runs against a deployed service: `BASE_URL=http://… python -m pytest acceptance`."""

from __future__ import annotations

import json
import os
import re
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

BASE_URL = os.environ["BASE_URL"]
PROMOTED = json.loads((Path(__file__).parents[1] / "models" / "current.json").read_text(encoding="utf-8"))


def get(path: str) -> str:
    with urllib.request.urlopen(BASE_URL + path, timeout=5) as response:
        return str(response.read().decode())


def predict(body: object) -> Any:
    request = urllib.request.Request(
        f"{BASE_URL}/v1/predictions", data=json.dumps(body).encode(), headers={"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=5) as response:
        return json.loads(response.read())


def test_serves_the_model_that_was_promoted() -> None:
    model = json.loads(get("/v1/model"))
    assert (model["model"], model["sha256"]) == (PROMOTED["version"], PROMOTED["sha256"])


def test_predicts_what_it_predicted_in_training() -> None:
    known = json.loads(get("/v1/predictions/example"))
    assert predict(known["input"]) == {"prediction": known["prediction"], "model": PROMOTED["version"]}


def test_refuses_what_it_cannot_know_with_a_clear_error() -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        predict({"colour": "red"})
    assert caught.value.code == 422
    assert "colour" in json.loads(caught.value.read())["error"]["message"]


def test_answers_an_unknown_path_with_a_clear_error() -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        get("/v1/nowhere")
    assert caught.value.code == 404
    assert json.loads(caught.value.read())["error"]["message"] == "Not found"


def test_counts_its_predictions_and_says_what_they_are_held_against() -> None:
    counted = re.compile(rf'^predictions_total\{{[^}}]*model="{PROMOTED["version"]}"[^}}]*\}} [1-9]', re.MULTILINE)
    # Each replica counts for itself, and a balancer may ask another one than it sent the request to: both are done again then.
    for _ in range(20):
        predict(json.loads(get("/v1/predictions/example"))["input"])
        metrics = get("/metrics")
        if counted.search(metrics):
            break
    assert counted.search(metrics)
    assert "model_reference_ratio{" in metrics
