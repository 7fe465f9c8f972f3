"""The whole HTTP service, without a socket: tests send requests into it."""

from __future__ import annotations

from flask import Flask

from .config import Config
from .drain import Drain
from .flag_source import create_flags
from .greetings import create_greetings
from .metrics import Metrics
from .tracing import Tracer
from .web import create_web


def create_app(config: Config, drain: Drain, tracer: Tracer | None = None) -> Flask:
    metrics = Metrics(config.version, config.environment)
    # A dependency the service cannot work without is named here, as `missing`: then it is not ready.
    app = create_web(config, drain, metrics, tracer)
    app.register_blueprint(create_greetings(create_flags(config, metrics.count_flag_error)), url_prefix="/v1")
    return app
