"""What the HTTP side of every service does: requests are traced, measured and logged, errors have one shape, and the platform is told how
it is. The service's own routes are added in `app.py`."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from flask import Flask, Response, abort, g, jsonify, request
from werkzeug.exceptions import HTTPException

from .config import Config
from .drain import Drain
from .metrics import Metrics
from .tracing import LocalTracer, Tracer, set_current_context

BODY_LIMIT = 64 * 1024
"""Largest request body accepted, in bytes."""

QUIET_ROUTES = frozenset({"/healthz", "/readyz", "/metrics"})
"""Left out of the request log."""

_SECURITY_EVENTS = {400: "malformed_request", 401: "unauthorized", 403: "unauthorized", 413: "payload_too_large"}

log = logging.getLogger("service")


def create_web(
    config: Config,
    drain: Drain,
    metrics: Metrics,
    tracer: Tracer | None = None,
    missing: Callable[[], str | None] = lambda: None,
) -> Flask:
    """`missing` names a dependency the service cannot work without and does not have; then it is alive and not ready."""
    app = Flask("service", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = BODY_LIMIT
    _observe(app, metrics, tracer or LocalTracer())
    _answer_errors(app, metrics)
    _platform_routes(app, config, drain, metrics, missing)
    return app


def _route() -> str:
    """The route's pattern; requests for paths that do not exist share one."""
    return request.url_rule.rule if request.url_rule else "unmatched"


def _observe(app: Flask, metrics: Metrics, tracer: Tracer) -> None:
    """A span, a measurement and a log line for each request."""

    @app.before_request
    def begin() -> None:
        g.started = time.perf_counter()
        g.span = tracer.start(
            f"{request.method} {_route()}",
            {name.lower(): value for name, value in request.headers},
            {"http.request.method": request.method, "http.route": _route(), "url.path": request.path},
        )
        set_current_context(g.span.context)
        if (request.content_length or 0) > BODY_LIMIT:
            abort(413)

    @app.after_request
    def finish(response: Response) -> Response:
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Content-Type-Options"] = "nosniff"
        seconds = time.perf_counter() - g.started
        metrics.observe(request.method, _route(), response.status_code, seconds)
        if _route() not in QUIET_ROUTES:
            fields = {
                "method": request.method,
                "route": _route(),
                "status": response.status_code,
                "duration_ms": round(seconds * 1000),
            }
            log.info("request", extra={"fields": fields})
        g.span.end({"http.response.status_code": response.status_code}, g.get("error"))
        return response

    @app.teardown_request
    def forget(_error: BaseException | None) -> None:
        # The thread serves others next.
        set_current_context(None)


def _answer_errors(app: Flask, metrics: Metrics) -> None:
    """Every error in one shape. What went wrong inside is for the log, not for the caller."""

    def answer(status: int, message: str) -> tuple[Response, int]:
        return jsonify(error={"status": status, "message": message}), status

    @app.errorhandler(HTTPException)
    def refused(error: HTTPException) -> tuple[Response, int]:
        status = error.code or 500
        event = _SECURITY_EVENTS.get(status)
        if event:
            metrics.count_security_event(event)
            fields = {"category": "security", "event": event, "reason": error.description}
            log.warning("request refused", extra={"fields": fields})
        if status >= 500:
            return answer(status, "Internal error")
        return answer(status, "Not found" if status == 404 else error.description or error.name)

    @app.errorhandler(Exception)
    def failed(error: Exception) -> tuple[Response, int]:
        g.error = error
        log.error("request failed", exc_info=error)
        return answer(500, "Internal error")


def _platform_routes(app: Flask, config: Config, drain: Drain, metrics: Metrics, missing: Callable[[], str | None]) -> None:
    # Alive: the process answers. It must not depend on anything else, or a broken dependency would restart every replica.
    @app.get("/healthz")
    def healthz() -> Response:
        # Compact, so that a script finds the version without a parser.
        return Response(f'{{"status":"ok","version":"{config.version}"}}\n', mimetype="application/json")

    # Ready: send traffic here.
    @app.get("/readyz")
    def readyz() -> tuple[dict[str, str], int]:
        what = missing()
        if what:
            return {"status": f"no {what}"}, 503
        return ({"status": "draining"}, 503) if drain.draining else ({"status": "ready"}, 200)

    @app.get("/metrics")
    def scrape() -> Response:
        return Response(metrics.scrape(), content_type="text/plain; version=0.0.4; charset=utf-8")
