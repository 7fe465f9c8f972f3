from __future__ import annotations

import json
import math
import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from service.app import create_app
from service.config import Config, load_config
from service.drain import Drain
from service.model import MODELS, load_model

from .conftest import Lines

MODEL = load_model()
KNOWN = MODEL.examples[0]
INPUT = dict(KNOWN["input"])


def counted(client: FlaskClient, name: str) -> dict[str, float]:
    """Samples of a metric, by their labels without those of the service, its environment and the model."""
    body = client.get("/metrics").get_data(as_text=True)
    samples = re.findall(rf"^{name}\{{(.*)\}} (\S+)$", body, re.MULTILINE)
    return {re.sub(r'(,?)(service|environment|model)="[^"]*"(,?)', r"\3", labels).strip(","): float(value) for labels, value in samples}


def bins(client: FlaskClient) -> dict[str, int]:
    """In which bin the one value of each feature was counted."""
    found = {}
    for labels, value in counted(client, "prediction_values_total").items():
        place = dict(re.findall(r'(\w+)="([^"]*)"', labels))
        if value == 1:
            found[place["feature"]] = int(place["bin"])
    return found


def test_predicts_what_training_predicted_and_says_by_which_model(client: FlaskClient) -> None:
    response = client.post("/v1/predictions", json=INPUT)
    assert response.status_code == 200
    assert response.get_json() == {"prediction": round(KNOWN["prediction"], 6), "model": MODEL.version}


def test_explains_itself_where_the_flag_explained_predictions_is_on(drain: Drain) -> None:
    client = create_app(load_config({"FEATURE_FLAGS": "explained-predictions"}), drain).test_client()
    answer = client.post("/v1/predictions", json=INPUT).json
    assert answer
    logit = math.fsum((MODEL.intercept, *answer["contributions"].values()))
    assert answer["contributions"].keys() == INPUT.keys()
    assert 1 / (1 + math.exp(-logit)) == pytest.approx(answer["prediction"], abs=1e-5)


def test_predicts_as_ever_when_the_flag_service_is_not_there(drain: Drain) -> None:
    client = create_app(load_config({"OFREP_ENDPOINT": "http://127.0.0.1:1"}), drain).test_client()
    answer = client.post("/v1/predictions", json=INPUT).get_json()
    assert answer == {"prediction": round(KNOWN["prediction"], 6), "model": MODEL.version}


def test_further_away_is_later(client: FlaskClient) -> None:
    near, far = (client.post("/v1/predictions", json={**INPUT, "distance_km": km}).json for km in (1, 20))
    assert near
    assert far
    assert near["prediction"] < far["prediction"]


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ({"distance_km": -1}, 422, "distance_km must be from 0 to 100"),
        ({"hour": 9.5}, 422, "hour must be a whole number"),
        ({"items": "many"}, 422, "items must be a number"),
        ({"colour": 1}, 422, "body holds what the model does not know: colour"),
    ],
)
def test_refuses_what_it_cannot_know(client: FlaskClient, change: dict[str, object], status: int, words: str) -> None:
    response = client.post("/v1/predictions", json={**INPUT, **change})
    assert response.status_code == status
    assert response.get_json() == {"error": {"status": status, "message": words}}
    assert counted(client, "predictions_refused_total")[f'feature="{words.split()[0]}"'] == 1
    assert counted(client, "predictions_total") == {"": 0}


@pytest.mark.parametrize(("body", "kind"), [("{", "application/json"), ("x", "text/plain"), ("", "application/json")])
def test_refuses_what_is_no_json(client: FlaskClient, body: str, kind: str) -> None:
    # 415 for another type where Flask is newer.
    assert client.post("/v1/predictions", data=body, content_type=kind).status_code in (400, 415)


def test_counts_each_value_in_its_bin(client: FlaskClient) -> None:
    client.post("/v1/predictions", json=INPUT)
    values = MODEL.read(INPUT)
    assert bins(client) == MODEL.bins(values, MODEL.predict(values))
    assert set(bins(client)) == {*INPUT, "prediction"}
    assert counted(client, "predictions_total") == {"": 1}
    assert counted(client, "prediction_duration_seconds_count") == {"": 1}


def test_other_values_are_counted_elsewhere(client: FlaskClient) -> None:
    client.post("/v1/predictions", json={**INPUT, "distance_km": 100})
    assert bins(client)["distance_km"] == len(MODEL.references["distance_km"].shares) - 1


def test_says_what_the_counts_are_held_against(client: FlaskClient) -> None:
    shares = counted(client, "model_reference_ratio")
    for name, reference in MODEL.references.items():
        found = [shares[f'bin="{index}",feature="{name}"'] for index in range(len(reference.shares))]
        assert found == list(reference.shares)
        assert sum(found) == pytest.approx(1, abs=1e-4)
    assert counted(client, "model_info") == {f'data="{MODEL.lineage["data"][:12]}"': 1}


def test_the_example_is_answered_and_does_not_count(client: FlaskClient) -> None:
    assert client.get("/v1/predictions/example").get_json() == {
        "input": INPUT,
        "prediction": round(KNOWN["prediction"], 6),
        "model": MODEL.version,
    }
    assert counted(client, "predictions_total") == {"": 0}
    assert bins(client) == {}


def test_says_where_its_model_comes_from(client: FlaskClient) -> None:
    model = client.get("/v1/model").json
    assert model
    assert model["sha256"] == json.loads((MODELS / "current.json").read_text())["sha256"]
    assert model["lineage"]["data"] == MODEL.lineage["data"]
    assert [feature["name"] for feature in model["features"]] == list(INPUT)


@pytest.fixture
def without(config: Config, drain: Drain, tmp_path: Path, lines: Lines) -> Flask:
    assert lines.text == ""
    return create_app(config, drain, models=tmp_path)


def test_without_its_model_it_is_alive_and_not_ready(without: Flask, lines: Lines) -> None:
    client = without.test_client()
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 503
    assert client.get("/metrics").status_code == 200
    assert any(line["msg"] == "there is no model to serve" and line["level"] == "critical" for line in lines.all())


@pytest.mark.parametrize(("method", "path"), [("POST", "/v1/predictions"), ("GET", "/v1/predictions/example"), ("GET", "/v1/model")])
def test_without_its_model_it_predicts_nothing(without: Flask, method: str, path: str) -> None:
    assert without.test_client().open(path, method=method, json=INPUT).status_code == 503
