"""The whole HTTP service, without a socket: tests send requests into it."""

from __future__ import annotations

import logging
from pathlib import Path

from flask import Flask

from .config import Config
from .drain import Drain
from .flag_source import create_flags
from .model import MODELS, Model, WrongModel, load_model
from .prediction_metrics import PredictionMetrics
from .predictions import create_predictions
from .tracing import Tracer
from .web import create_web

log = logging.getLogger("service")


def create_app(config: Config, drain: Drain, tracer: Tracer | None = None, models: Path = MODELS) -> Flask:
    model = _load(models)
    metrics = PredictionMetrics(config.version, config.environment, model)
    app = create_web(config, drain, metrics, tracer, lambda: None if model else "model")
    app.register_blueprint(create_predictions(model, metrics, create_flags(config, metrics.count_flag_error)), url_prefix="/v1")
    return app


def _load(models: Path) -> Model | None:
    """Without its model the service stays alive and is not ready: the log says why, and the release before it keeps serving."""
    try:
        model = load_model(models)
    except WrongModel as error:
        log.critical("there is no model to serve", extra={"fields": {"reason": str(error)}})
        return None
    log.info("model", extra={"fields": {"model": model.version, "data": model.lineage["data"]}})
    return model
