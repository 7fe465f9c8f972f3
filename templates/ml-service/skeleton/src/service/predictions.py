"""Predictions. What is predicted from what is the model's own business: its features come with it."""

from __future__ import annotations

import logging
import time
from typing import Any

from flask import Blueprint, Response, abort, jsonify, request

from .flags import Flags
from .model import Model, WrongInput
from .prediction_metrics import PredictionMetrics

log = logging.getLogger("service")


def contributions(model: Model, values: list[float]) -> dict[str, float]:
    """What each feature adds to the logit of a prediction; what is left of it is the model's intercept."""
    return {feature.name: round(weight * value, 6) for feature, weight, value in zip(model.features, model.weights, values, strict=True)}


def create_predictions(model: Model | None, metrics: PredictionMetrics, flags: Flags) -> Blueprint:
    """Without a model every answer is 503; `/readyz` keeps requests away from such a replica."""
    predictions = Blueprint("predictions", __name__)

    def served() -> Model:
        if model is None:
            abort(503, "There is no model")
        return model

    @predictions.post("/predictions")
    def predict() -> tuple[dict[str, Any], int] | dict[str, Any]:
        current = served()
        body = request.get_json()
        started = time.perf_counter()
        try:
            values = current.read(body)
        except WrongInput as error:
            metrics.count_refusal(error.feature)
            return {"error": {"status": 422, "message": str(error)}}, 422
        prediction = current.predict(values)
        metrics.count_prediction(current, values, prediction, time.perf_counter() - started)
        answer: dict[str, Any] = {"prediction": round(prediction, 6), "model": current.version}
        if flags.get_boolean_value("explained-predictions", False):
            answer["contributions"] = contributions(current, values)
        return answer

    # A prediction whose answer is known: for the synthetic check, which must not look like the real world changing. Not counted.
    @predictions.get("/predictions/example")
    def example() -> dict[str, Any]:
        current = served()
        known = current.examples[0]
        prediction = current.predict(current.read(known["input"]))
        return {"input": known["input"], "prediction": round(prediction, 6), "model": current.version}

    @predictions.get("/model")
    def describe() -> Response:
        current = served()
        features = [{"name": f.name, "lowest": f.lowest, "highest": f.highest, "whole": f.whole} for f in current.features]
        return jsonify(model=current.version, sha256=current.digest, features=features, lineage=current.lineage)

    return predictions
