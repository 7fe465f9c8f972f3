"""Spans through OpenTelemetry, sent to a collector. Imported only where one is configured."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec

from .config import SERVICE_NAME, Config
from .tracing import LocalTracer, SpanContext, Tracer


def create_tracer(config: Config, kind: str = "SERVER") -> Tracer:
    """The tracer of one process, for spans of a kind; its exporter has a thread, and threads do not survive a fork."""
    if config.otlp_endpoint:
        return OpenTelemetryTracer(config, config.otlp_endpoint, kind)
    return LocalTracer()


def can_export() -> bool:
    """Is the extra `tracing` installed?"""
    return all(find_spec(part) for part in ("opentelemetry", "opentelemetry.sdk", "opentelemetry.exporter"))


class OpenTelemetrySpan:
    def __init__(self, span: object, context: SpanContext) -> None:
        self._span = span
        self.context = context

    def end(self, attributes: Mapping[str, str | int], error: BaseException | None = None) -> None:
        from opentelemetry.trace import Span, Status, StatusCode

        span = self._span
        if not isinstance(span, Span):
            raise TypeError("not a span")
        for key, value in attributes.items():
            span.set_attribute(key, value)
        if error:
            span.record_exception(error)
        status = attributes.get("http.response.status_code")
        if error or (isinstance(status, int) and status >= 500):
            span.set_status(Status(StatusCode.ERROR))
        span.end()


class OpenTelemetryTracer:
    def __init__(self, config: Config, endpoint: str, kind: str) -> None:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        self._provider = TracerProvider(
            resource=Resource.create(
                {
                    "service.name": SERVICE_NAME,
                    "service.version": config.version,
                    "deployment.environment.name": config.environment,
                }
            )
        )
        exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._kind = kind
        self._tracer = self._provider.get_tracer(SERVICE_NAME)

    def start(self, name: str, headers: Mapping[str, str], attributes: Mapping[str, str]) -> OpenTelemetrySpan:
        from opentelemetry.trace import SpanKind
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        parent = TraceContextTextMapPropagator().extract(carrier=dict(headers))
        span = self._tracer.start_span(name, context=parent, kind=SpanKind[self._kind], attributes=dict(attributes))
        ids = span.get_span_context()
        return OpenTelemetrySpan(span, SpanContext(f"{ids.trace_id:032x}", f"{ids.span_id:016x}"))

    def shut_down(self) -> None:
        self._provider.shutdown()
