"""Trace ids for every request, continuing the caller's trace (W3C `traceparent`). Spans leave the process only when there is a collector;
then OpenTelemetry makes them (`telemetry.py`)."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class SpanContext:
    trace_id: str
    span_id: str


class Span(Protocol):
    @property
    def context(self) -> SpanContext: ...

    def end(self, attributes: Mapping[str, str | int], error: BaseException | None = None) -> None:
        """Closes the span; a status of 500 and above, or an error, marks it as failed."""


class Tracer(Protocol):
    def start(self, name: str, headers: Mapping[str, str], attributes: Mapping[str, str]) -> Span:
        """Opens the span of one request. Header names are in lower case."""

    def shut_down(self) -> None:
        """Sends what is still buffered."""


_current: ContextVar[SpanContext | None] = ContextVar("span_context", default=None)


def current_context() -> SpanContext | None:
    return _current.get()


def set_current_context(context: SpanContext | None) -> None:
    _current.set(context)


_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?")


def trace_id_of(headers: Mapping[str, str]) -> str | None:
    """The caller's trace id, if it sent a valid one."""
    match = _TRACEPARENT.fullmatch(headers.get("traceparent", ""))
    return match.group(1) if match else None


@dataclass(frozen=True)
class LocalSpan:
    context: SpanContext

    def end(self, attributes: Mapping[str, str | int], error: BaseException | None = None) -> None:
        """Nobody collects it."""


class LocalTracer:
    """Ids alone: enough to join the logs of the services a request went through."""

    def start(self, name: str, headers: Mapping[str, str], attributes: Mapping[str, str]) -> LocalSpan:
        trace_id = trace_id_of(headers) or secrets.token_hex(16)
        return LocalSpan(SpanContext(trace_id, secrets.token_hex(8)))

    def shut_down(self) -> None:
        """Nothing is buffered."""
