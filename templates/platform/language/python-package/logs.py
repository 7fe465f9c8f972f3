"""JSON logs on standard output. Each line carries the ids of the trace it belongs to, so that logs and traces can be joined."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any, TextIO

from .config import SERVICE_NAME, Config
from .tracing import current_context

REDACTED = frozenset({"authorization", "cookie", "password", "secret", "token"})


class JsonFormatter(logging.Formatter):
    """One JSON object a line. What a caller passes as `extra={"fields": {…}}` becomes keys of it."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self._base = {"service": SERVICE_NAME, "version": config.version, "environment": config.environment}

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            **self._base,
            "logger": record.name,
            "msg": record.getMessage(),
        }
        context = current_context()
        if context:
            line["trace_id"] = context.trace_id
            line["span_id"] = context.span_id
        for key, value in getattr(record, "fields", {}).items():
            line[key] = "[redacted]" if key.lower() in REDACTED else value
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str, ensure_ascii=False)


def configure_logging(config: Config, stream: TextIO | None = None) -> None:
    """Sends every log of the process, gunicorn's too, through the formatter."""
    handler = logging.StreamHandler(stream or sys.stdout)
    handler.setFormatter(JsonFormatter(config))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(config.log_level.upper())
    logging.captureWarnings(True)
